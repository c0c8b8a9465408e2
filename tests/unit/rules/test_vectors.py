"""The published vectors, on the engine in two ways of cutting steps, and on the naive engine."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from edge.model.command import InboxRow
from edge.model.event import Event
from edge.model.sample import Batch, Sample
from rules.engine import Engine
from tests.unit.rules.naive_engine import NaiveEngine
from tests.unit.rules.vectors import FOLDER, SCHEMA, Entry, Restart, Vector, journal_of, read

NAMES = sorted(path.name for path in FOLDER.glob("*.json") if not path.name.startswith("spc_") and path.name != SCHEMA)
#: More signals than any of them has.
ALL_SIGNALS = 1_000


def played(vector: Vector) -> list[Event]:
    """One step an entry; a restart goes on from what the steps gave out."""
    engine = Engine(vector.layout, vector.start, vector.first_stage)
    events, durable = list[Event](), dict[str, object]()
    for entry in vector.entries:
        if isinstance(entry.what, Restart):
            durable.update(engine.remember(0, ALL_SIGNALS)[0])
            engine = Engine(vector.layout, entry.at, vector.first_stage)
            engine.restore(json.loads(json.dumps(durable)), now=entry.at, outage=entry.what.outage)
        batch = Batch.of([entry.what] if isinstance(entry.what, Sample) else [])
        step = engine.step(entry.at, batch, [entry.what] if isinstance(entry.what, InboxRow) else [])
        events += step.events
        durable.update(step.changed)
    return events


def played_at_once(vector: Vector) -> list[Event]:
    """One step from restart to restart."""
    engine, events = Engine(vector.layout, vector.start, vector.first_stage), list[Event]()
    for piece in lives(vector):
        if isinstance(piece[0].what, Restart):
            records = engine.records()
            engine = Engine(vector.layout, piece[0].at, vector.first_stage)
            engine.restore(records, now=piece[0].at, outage=piece[0].what.outage)
        samples = [entry.what for entry in piece if isinstance(entry.what, Sample)]
        presses = [entry.what for entry in piece if isinstance(entry.what, InboxRow)]
        events += engine.step(piece[-1].at, Batch.of(samples), presses).events
    return events


def played_naively(vector: Vector) -> list[Event]:
    engine, events = NaiveEngine(vector.layout, vector.start), list[Event]()
    for piece in lives(vector):
        if isinstance(piece[0].what, Restart):
            engine.restart(piece[0].at, piece[0].what.outage)
            events += engine.events
        samples = [entry.what for entry in piece if isinstance(entry.what, Sample)]
        presses = [entry.what for entry in piece if isinstance(entry.what, InboxRow)]
        events += engine.run(piece[-1].at, samples, presses)
    return events


def lives(vector: Vector) -> list[Sequence[Entry]]:
    pieces: list[list[Entry]] = [[]]
    for entry in vector.entries:
        if isinstance(entry.what, Restart):
            pieces.append([])
        pieces[-1].append(entry)
    return list(pieces)


@pytest.mark.parametrize("name", NAMES)
def test_a_published_vector_gives_its_journal(name: str) -> None:
    vector = read(name)
    # The naive engine has neither stages nor maintenance.
    for play in (played, played_at_once) if vector.is_of_plant else (played, played_at_once, played_naively):
        assert journal_of(play(vector), vector.start) == list(vector.journal), play.__name__


def test_the_vectors_are_all_there() -> None:
    sorts = {name.partition("_")[0] for name in NAMES}
    assert sorts >= {"lifecycle", "delay", "deadband", "restart", "bad", "late", "suppression", "first", "chattering", "shelf"}
    assert "spc_ewma_nist.json" not in NAMES
