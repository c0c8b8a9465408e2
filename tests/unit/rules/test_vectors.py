"""The published vectors, on the engine in two ways of cutting steps, and on the naive engine."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import get_args

import pytest

from edge.model.command import AlarmCommand, InboxRow, PlantCommand
from edge.model.event import Event
from edge.model.sample import Batch, Sample
from rules.definition import Comparison, Kind
from rules.engine import Engine
from rules.signals.aggregate import Aggregate
from tests.unit.rules.naive_engine import NaiveEngine
from tests.unit.rules.vector_schema import problems
from tests.unit.rules.vector_signals import CLASS_OF
from tests.unit.rules.vectors import FOLDER, SCHEMA, Entry, Restart, Vector, file_of, journal_of, read

NAMES = sorted(path.name for path in FOLDER.glob("*.json") if not path.name.startswith("spc_") and path.name != SCHEMA)
SCHEMA_READ = file_of(SCHEMA)
#: All but `retired` and `severer`: those are about another configuration, and a vector has one.
OF_ALARMS = {
    *("raised", "returned", "acknowledged", "on_my_way", "unacknowledged", "confirmed", "commented", "shelved", "unshelved"),
    *("suppressed", "released", "taken_out_of_service", "returned_to_service", "realarmed", "reset", "first_out_moved"),
    *("chattering", "settled", "learning", "sums_reset", "rejected", "filtered"),
}
OF_PLANT = {"stage_set", "stage_ended", "maintenance_planned", "maintenance_begun", "maintenance_ending", "maintenance_ended"}
CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
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


def test_the_published_vectors_are_as_their_schema_says() -> None:
    wrong = {name: list(problems(file_of(name), SCHEMA_READ, SCHEMA_READ)) for name in NAMES}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_schema_refuses_what_is_misspelt_missing_or_out_of_range() -> None:
    given = file_of("condition_rate.json")
    del given["start"]
    given["tags"][0]["unit"] = "mm"
    given["rules"][0] |= {"kind": "rates", "on_delay": -1, "latching": 1}
    given["rules"][0]["signal"]["over"] = 0
    given["input"][0] = {"at": 0, "tag": "M1.x"}
    given["journal"][0] |= {"plant": "plant"}
    found = sorted(problems(given, SCHEMA_READ, SCHEMA_READ))
    begins = (
        *("/input/0: ", "/journal/0: ", "/rules/0/kind: 'rates' is not", "/rules/0/latching: is no boolean"),
        *(
            "/rules/0/on_delay: -1 is below 0",
            "/rules/0/signal/over: 0 is not above 0",
            "/tags/0: knows no unit",
            ": lacks start",
        ),
    )
    assert all(any(each.startswith(begin) for each in found) for begin in begins), found


def test_input_stands_in_the_order_in_which_it_arrives() -> None:
    for name in NAMES:
        entries = read(name).entries
        order = [(entry.at, isinstance(entry.what, InboxRow)) for entry in entries if not isinstance(entry.what, Restart)]
        assert order == sorted(order), name
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries), name


def test_every_field_and_every_event_stands_in_the_readme() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`([^`]+)`", page))
    assert fields_of(SCHEMA_READ) | OF_ALARMS | OF_PLANT <= said


def fields_of(schema: object) -> set[str]:
    """All names and choices that a schema gives, but for those that its reader knows by JSON Schema itself."""
    if isinstance(schema, list):
        return set().union(*map(fields_of, schema))
    if not isinstance(schema, dict):
        return set()
    own = {*schema.get("properties", ()), *schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])}
    return {each for each in own if isinstance(each, str)}.union(*map(fields_of, schema.values()))


def test_every_kind_signal_function_chart_test_and_command_has_a_vector() -> None:
    files = [file_of(name) for name in NAMES]
    rules = [rule for file in files for rule in file["rules"]]
    signals = [rule["signal"] for rule in rules if "signal" in rule]
    assert {rule["kind"] for rule in rules} == set(Kind)
    assert {read_rule.comparison for name in NAMES for read_rule in read(name).layout.rules} == set(Comparison)
    assert {signal["type"] for signal in signals} == {*CLASS_OF, "expression"}
    assert {signal["aggregate"] for signal in signals if "aggregate" in signal} == set(Aggregate)
    chart_tests = [signal["tests"] for signal in signals if signal["type"] == "runs"]
    assert {test for tests in chart_tests if isinstance(tests, list) for test in tests} == set(range(1, 9))
    presses = {each["press"] for file in files for each in file["input"] if "press" in each}
    assert presses == {CAPITAL.sub("_", body.__name__).lower() for body in get_args(AlarmCommand | PlantCommand)}


def test_every_event_that_the_engine_makes_is_in_a_journal() -> None:
    made = {entry["kind"] for name in NAMES for entry in file_of(name)["journal"]}
    assert made == OF_ALARMS | OF_PLANT | {"state"}
