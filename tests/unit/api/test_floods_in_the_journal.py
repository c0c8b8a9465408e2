"""Whom an alarm flood is about is said by name in rows of the journal."""

from __future__ import annotations

from typing import Any

import pytest

from edge.api.journal import journal_form
from edge.model.event import Event, JournalRow, Stream
from tests.unit.config.folders import BOILER_HOUSE, plant_of


@pytest.mark.parametrize(
    ("kind", "subject", "data", "positions"),
    [
        ("folded", "K1/gone", {"floods": ["team:maintenance#3", "group:boiler_group#1"]}, ["maintenance", "Boilers"]),
        ("flood_entered", "person:fitter", {"number": 1, "count": 11}, ["Fitter"]),
        ("flood_left", "person:gone", {"number": 1, "count": 11}, ["gone"]),
    ],
)
def test_positions_are_called_as_people_call_them(kind: str, subject: str, data: dict[str, Any], positions: list[str]) -> None:
    plant = plant_of(BOILER_HOUSE)
    row = JournalRow("boiler_house", "agent", 1, 7, 0, Event(Stream.DELIVERY, kind, subject, 0, data), "", "")
    assert journal_form(row, plant)["positions"] == positions
