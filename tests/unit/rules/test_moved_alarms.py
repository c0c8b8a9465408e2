"""Which alarms moved since a turn, and who is on their way: what a face follows."""

from __future__ import annotations

from edge.model.command import Acknowledge, InboxRow, OnMyWay
from edge.model.moment import SECOND
from edge.model.sample import Batch, Quality, Sample
from rules.engine import Engine
from rules.layout import build_layout
from tests.api_gateway import BEARING, PUMPS, PUMPS_TAG, T0, load_mill


def engine() -> Engine:
    plant = load_mill()
    return Engine(build_layout(1, [tag for device in plant.devices.values() for tag in device.tags], plant.rules), T0)


def trip(machine: Engine, value: float, second: int) -> None:
    now = T0 + second * SECOND
    machine.step(now, Batch.of([Sample(machine.layout.slots[PUMPS_TAG], value, Quality.GOOD, now, now)]), ())


def press(machine: Engine, body: Acknowledge | OnMyWay, who: str, second: int) -> None:
    now = T0 + second * SECOND
    machine.step(now, Batch.empty(), [InboxRow("api", f"{who}{second}", who, body, now, second)])


def test_each_change_is_told_once_and_the_newest_last() -> None:
    machine = engine()
    assert machine.moved_since(0, 10) == ([], 0)
    trip(machine, 1.0, 1)
    views, turn = machine.moved_since(0, 10)
    assert [view.rule.id for view in views] == [PUMPS]
    assert machine.moved_since(turn, 10) == ([], turn)
    press(machine, Acknowledge(PUMPS, 1), "fitter", 2)
    views, _ = machine.moved_since(turn, 10)
    assert [(view.rule.id, view.facts.acked) for view in views] == [(PUMPS, True)]


def test_a_part_ends_where_the_next_one_begins() -> None:
    machine = engine()
    trip(machine, 1.0, 1)
    machine.step(T0 + 60 * SECOND, Batch.empty(), ())  # everything else falls silent
    every, last = machine.moved_since(0, 1_000)
    turn, parts = 0, list[str]()
    while views := (found := machine.moved_since(turn, 2))[0]:
        parts += [view.rule.id for view in views]
        turn = found[1]
    assert (parts, turn) == ([view.rule.id for view in every], last)
    assert len(parts) > 4


def test_a_restart_tells_all_that_were_ever_anything() -> None:
    machine = engine()
    trip(machine, 1.0, 1)
    again = engine()
    again.restore(machine.records(), now=T0 + 2 * SECOND, outage=0)
    views, _ = again.moved_since(0, 1_000)
    assert PUMPS in [view.rule.id for view in views]


def test_who_comes_is_remembered_through_a_restart_and_forgotten_by_the_next_occurrence() -> None:
    machine = engine()
    trip(machine, 1.0, 1)
    press(machine, OnMyWay(PUMPS, 1), "fitter", 2)
    press(machine, OnMyWay(PUMPS, 1), "lead", 3)
    view = machine.view(PUMPS)
    assert (view.acknowledged_by, view.coming_by, view.coming_at) == ("fitter", "lead", T0 + 3 * SECOND)
    again = engine()
    again.restore(machine.records(), now=T0 + 4 * SECOND, outage=0)
    assert again.view(PUMPS).coming_by == "lead"
    trip(again, 0.0, 5)
    trip(again, 1.0, 6)
    assert (again.view(PUMPS).facts.occurrence, again.view(PUMPS).coming_by) == (2, None)


def test_an_acknowledgement_alone_says_nothing_of_coming() -> None:
    machine = engine()
    trip(machine, 1.0, 1)
    press(machine, Acknowledge(PUMPS, 1), "fitter", 2)
    assert machine.view(PUMPS).coming_by is None
    assert machine.view(BEARING).coming_by is None
