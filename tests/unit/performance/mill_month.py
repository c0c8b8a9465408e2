"""A month of the mill in a database on disk, made of the engine's own rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge.config.plant import Plant
from edge.model.event import Event
from edge.model.moment import HOUR, SECOND, Moment
from edge.ports import EngineCommit
from edge.store.store import open_store
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, SmallGateway

__all__ = ["BEARING", "PUMPS", "keep", "lived"]


def lived(gateway: SmallGateway, times: int = 4) -> list[Event]:
    """The bearing gets hot so many times, three minutes apart; once the pumps trip, and stay so."""
    gateway.raise_pumps()
    for _ in range(times):
        gateway.raise_bearing()
        gateway.pass_time(60)
        gateway.hold(BEARING_TAG, 60.0, 61)
        gateway.pass_time(30)
    return [row.event for row in gateway.store.read_after(0, 10_000)]


def keep(folder: Path, plant: Plant, recorded: Iterable[tuple[Moment, Event]]) -> Path:
    """Write events as of the moments at which they were recorded."""
    store = open_store(folder, site=plant.site, agent=plant.agent, now=0)
    for now, event in recorded:
        store.commit_engine(EngineCommit(now, [event], {}, ()))
    store.close()
    return folder


def shifted(events: Iterable[Event], hours: float) -> list[Event]:
    """The same, so many hours later."""
    return [replace(event, time=event.time + round(hours * HOUR)) for event in events]


def at_once(events: Iterable[Event]) -> list[tuple[Moment, Event]]:
    return [(event.time + SECOND, event) for event in events]
