"""`escalate` of a route: whom it calls must be there, and have a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.act import CallMedium
from edge.model.moment import MINUTE
from edge.response.policy import Escalation
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of, said

RESPONSE = """\
routes:
  all:
    to: [team:shift_a]
    escalate:
      - {after: 10min, call: STEP, to: [TO]}
"""


def written(step: str, to: str) -> str:
    return RESPONSE.replace("STEP", step).replace("TO", to)


def test_a_route_says_who_is_called_after_how_long_and_by_what(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path / "plant", response=written("app", "person:lead_a")))
    (route,) = plant.policy.routes
    assert route.escalate == (Escalation(10 * MINUTE, CallMedium.APP, ("person:lead_a",)),)


@pytest.mark.parametrize(
    ("step", "to", "problem"),
    [
        ("app", "person:nobody", "nobody"),
        ("app", "lead_a", "a recipient is written person:NAME"),
        ("app", "group:pump_house", "a chat group has no phone"),
        ("pigeon", "person:lead_a", "pigeon"),
        ("phone", "person:lead_a", "no channel of cloud.yaml calls people by phone, only by app"),
    ],
)
def test_what_cannot_be_called_is_said_with_its_place(tmp_path: Path, step: str, to: str, problem: str) -> None:
    lines = said(folder_of(tmp_path / "plant", response=written(step, to)))
    assert any("response.yaml:5" in line and problem in line for line in lines), lines
