"""Who is told: every matching route, each recipient once, nobody left out in silence."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.alarm import Priority
from edge.model.moment import MINUTE
from edge.response.policy import Route
from edge.response.routing import Filtered, Unrouted, route_alarm
from rules.definition import Kind


def routed(plant: Any, *routes: Route, priority: Priority = Priority.HIGH, kind: Kind | None = Kind.HIGH) -> Any:
    return route_alarm(plant(routes), Filtered(priority, "st3", "main_motor", kind))


def ids(result: Any) -> list[str]:
    return [addressee.id for addressee in result.addressees]


def test_every_matching_route_applies_and_each_recipient_is_named_once(plant: Any) -> None:
    result = routed(plant, Route("a", ("person:ann", "group:shift")), Route("b", ("team:maintenance", "group:shift")))
    assert ids(result) == ["person:ann", "group:shift", "person:li"]
    assert result.unrouted == ()


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route("any", ("person:li",)), True),
        (Route("priority", ("person:li",), priorities=frozenset({Priority.HIGH, Priority.CRITICAL})), True),
        (Route("other priority", ("person:li",), priorities=frozenset({Priority.LOW})), False),
        (Route("area", ("person:li",), areas=frozenset({"st3"})), True),
        (Route("other area", ("person:li",), areas=frozenset({"st4"})), False),
        (Route("type", ("person:li",), device_types=frozenset({"main_motor"})), True),
        (Route("other type", ("person:li",), device_types=frozenset({"fan"})), False),
        (Route("kind", ("person:li",), kinds=frozenset({Kind.HIGH, Kind.LOW})), True),
        (Route("other kind", ("person:li",), kinds=frozenset({Kind.SENSOR_FAULT})), False),
        (Route("one of three", ("person:li",), frozenset({Priority.HIGH}), frozenset({"st3"}), frozenset({"fan"})), False),
    ],
)
def test_a_route_matches_when_all_its_filters_do(plant: Any, route: Route, matches: bool) -> None:
    assert ids(routed(plant, route)) == (["person:li"] if matches else [])


ALL = Route("all", ("person:ann",))
INSTRUMENTS = Route("instruments", ("person:li",), kinds=frozenset({Kind.SENSOR_FAULT, Kind.STALE}))


def test_a_failed_sensor_is_told_to_the_instrument_people_alone(plant: Any) -> None:
    assert ids(routed(plant, ALL, INSTRUMENTS, kind=Kind.SENSOR_FAULT)) == ["person:li"]


def test_without_a_route_that_names_it_a_failed_sensor_is_told_as_all_others(plant: Any) -> None:
    elsewhere = Route("other area", ("person:li",), areas=frozenset({"st4"}), kinds=frozenset({Kind.SENSOR_FAULT}))
    assert ids(routed(plant, ALL, elsewhere, kind=Kind.SENSOR_FAULT)) == ["person:ann"]


def test_other_kinds_that_a_route_names_are_told_to_the_others_too(plant: Any) -> None:
    assert ids(routed(plant, ALL, INSTRUMENTS, kind=Kind.STALE)) == ["person:ann", "person:li"]


def test_an_alarm_whose_rule_is_gone_has_no_kind(plant: Any) -> None:
    assert ids(routed(plant, ALL, INSTRUMENTS, kind=None)) == ["person:ann"]


def test_who_is_named_twice_is_reminded_by_the_route_that_repeats_soonest(plant: Any) -> None:
    result = routed(
        plant,
        Route("never", ("person:li",)),
        Route("slow", ("person:li",), repeat_every=10 * MINUTE, repeat_max=9),
        Route("soon", ("team:maintenance",), repeat_every=5 * MINUTE, repeat_max=2),
        Route("as soon, but longer", ("person:li",), repeat_every=5 * MINUTE, repeat_max=4),
    )
    li, ann = result.addressees
    assert (li.repeat_every, li.repeat_max) == (5 * MINUTE, 4)
    assert (ann.repeat_every, ann.repeat_max) == (5 * MINUTE, 2)


def test_journal_priority_tells_nobody_and_that_is_no_fault(plant: Any) -> None:
    result = routed(plant, Route("any", ("person:li",)), priority=Priority.JOURNAL)
    assert (result.addressees, result.unrouted) == ((), ())


@pytest.mark.parametrize(
    ("to", "unrouted"),
    [
        ((), ("", Unrouted.NO_ROUTE)),
        (("team:nobody",), ("", Unrouted.NO_ROUTE)),
        (("person:gone",), ("person:gone", Unrouted.UNKNOWN_RECIPIENT)),
        (("team:gone",), ("team:gone", Unrouted.UNKNOWN_RECIPIENT)),
        (("group:gone",), ("group:gone", Unrouted.UNKNOWN_RECIPIENT)),
        (("person:mute",), ("person:mute", Unrouted.NO_ADDRESS)),
    ],
)
def test_who_cannot_be_told_is_named_with_the_reason(plant: Any, to: tuple[str, ...], unrouted: tuple[str, str]) -> None:
    result = routed(plant, Route("some", to))
    assert (result.addressees, result.unrouted) == ((), (unrouted,))


def test_no_route_at_all_is_said_too(plant: Any) -> None:
    assert routed(plant).unrouted == (("", Unrouted.NO_ROUTE),)
