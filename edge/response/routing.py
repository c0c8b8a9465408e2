"""Routing: who is told of an alarm, and why somebody who should be is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from edge.model.alarm import Priority
from edge.model.moment import Span
from edge.model.person import Directory, Group, Person
from edge.response.policy import Escalation, Policy, Route
from rules.definition import Kind


class Unrouted(StrEnum):
    """Why an announcement does not reach somebody."""

    NO_ROUTE = "no_route"
    """No route matches, or those that do name nobody: nobody is told at all."""
    UNKNOWN_RECIPIENT = "unknown_recipient"
    """A route names somebody whom the directory does not know."""
    NO_ADDRESS = "no_address"
    """The recipient has no address on any channel."""
    LEFT = "left"
    """The recipient is no longer in the organisation."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom to tell, how to reach them, and how often to remind them (repeat_every None: never). positions: as which they are
    told: the teams that routes name with them in it, or they themselves. channel: empty for the plant's usual one. ways: the
    other channels that they read, and their addresses there, in the order of people.yaml."""

    id: str
    language: str
    address: Mapping[str, Any]
    repeat_every: Span | None
    repeat_max: int
    positions: tuple[str, ...] = ()
    channel: str = ""
    ways: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Routed:
    """unrouted: (recipient, reason) pairs; the recipient is empty when no route matches at all."""

    addressees: tuple[Addressee, ...]
    unrouted: tuple[tuple[str, Unrouted], ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """What routes filter by. kind: None of an alarm whose rule is gone."""

    priority: Priority
    area: str
    device_type: str
    kind: Kind | None


def route_alarm(policy: Policy, alarm: Filtered, only: Sequence[str] | None = None) -> Routed:
    """Everybody named by a matching route, once each, in the order the routes first name them.

    only: `person:ID`, `team:ID` or `group:ID`, who are told instead, whatever the routes say; reminded as the routes that name
    them say, if any does.

    Who is named by several routes is reminded by the one that repeats soonest; of equal ones, by the one that repeats longest.
    `journal` priority tells nobody, and that is no fault.
    """
    if alarm.priority is Priority.JOURNAL:
        return Routed((), ())
    named: dict[str, list[Route]] = {}
    positions: dict[str, dict[str, None]] = {}
    for route in _applying(policy.routes, alarm):
        for position, recipient in _recipients(route.to, policy.directory):
            named.setdefault(recipient, []).append(route)
            positions.setdefault(recipient, {})[position] = None
    if only is not None:
        named = {recipient: named.get(recipient, []) for _, recipient in _recipients(only, policy.directory)}
    if not named:
        return Routed((), (("", Unrouted.NO_ROUTE),))
    addressees, unrouted = [], []
    for recipient, naming in named.items():
        found = address_of(policy, recipient, naming)
        if isinstance(found, Unrouted):
            unrouted.append((recipient, found))
        else:
            addressees.append(replace(found, positions=tuple(positions.get(recipient, {}))))
    return Routed(tuple(addressees), tuple(unrouted))


def escalations(policy: Policy, alarm: Filtered) -> list[tuple[str, Escalation, Addressee | Unrouted]]:
    """Whom the matching routes call when nobody acknowledges, once for each step that differs; only persons are called."""
    steps = (step for route in _applying(policy.routes, alarm) for step in route.escalate)
    called = {(who, step.after, step.call): step for step in steps for _, who in _recipients(step.to, policy.directory)}
    return [(who, step, address_of(policy, who)) for (who, *_), step in called.items() if who.startswith("person:")]


def named_by_routes(policy: Policy, alarm: Filtered) -> tuple[str, ...]:
    """Who the matching routes name, teams as teams, once each and in order; nobody for the priority that tells nobody."""
    if alarm.priority is Priority.JOURNAL:
        return ()
    return tuple(dict.fromkeys(to for route in _applying(policy.routes, alarm) for to in route.to))


def address_of(policy: Policy, recipient: str, naming: Sequence[Route] = ()) -> Addressee | Unrouted:
    """One recipient, reminded as the routes say that name them; or why there is no way to them.

    Who has no address on the usual channel is told by the first channel that they have one on: a system that takes alarms by a
    webhook is no person in a chat."""
    entry = _entry(recipient, policy.directory)
    if entry is None:
        return Unrouted.UNKNOWN_RECIPIENT
    language, addresses = entry
    if recipient.removeprefix("person:") in policy.left:
        return Unrouted.LEFT
    channel = policy.channel_to(addresses)
    if channel is None:
        return Unrouted.NO_ADDRESS
    usual = channel == policy.channel
    others = [(each, addresses[each]) for each in _other_channels(policy, addresses, channel)]
    every, at_most = _repeat(naming)
    return Addressee(
        recipient, language, addresses[channel], every, at_most, channel="" if usual else channel, ways=tuple(others)
    )


def ways_after(policy: Policy, recipient: str, channel: str) -> tuple[str, ...]:
    """The channels by which a recipient can be told when this one, theirs or one of their further ways, does not reach them."""
    entry = _entry(recipient, policy.directory)
    first = None if entry is None else policy.channel_to(entry[1])
    if entry is None or first is None:
        return ()
    ways = (first, *_other_channels(policy, entry[1], first))
    return ways[ways.index(channel) + 1 :] if channel in ways else ()


def _other_channels(policy: Policy, addresses: Iterable[str], channel: str) -> tuple[str, ...]:
    return tuple(each for each in addresses if each != channel and each in policy.delivering.channels)


def _applying(routes: Iterable[Route], alarm: Filtered) -> list[Route]:
    matching = [route for route in routes if _matches(route, alarm)]
    naming = [route for route in matching if route.kinds]
    return naming if alarm.kind is Kind.SENSOR_FAULT and naming else matching


def _matches(route: Route, alarm: Filtered) -> bool:
    return (
        (not route.priorities or alarm.priority in route.priorities)
        and (not route.areas or alarm.area in route.areas)
        and (not route.device_types or alarm.device_type in route.device_types)
        and (not route.kinds or alarm.kind in route.kinds)
    )


def _recipients(names: Iterable[str], directory: Directory) -> Iterator[tuple[str, str]]:
    """(who is named, who is told)."""
    for to in names:
        kind, _, name = to.partition(":")
        if kind == "team" and name in directory.teams:
            yield from ((to, f"person:{member}") for member in directory.teams[name].members)
        else:
            yield to, to


def _entry(recipient: str, directory: Directory) -> tuple[str, Mapping[str, Mapping[str, Any]]] | None:
    kind, _, name = recipient.partition(":")
    entry: Person | Group | None = None
    if kind == "person":
        entry = directory.persons.get(name)
    elif kind == "group":
        entry = directory.groups.get(name)
    return None if entry is None else (entry.language, entry.addresses)


def _repeat(routes: Iterable[Route]) -> tuple[Span | None, int]:
    repeats = [(route.repeat_every, -route.repeat_max) for route in routes if route.repeat_every is not None]
    if not repeats:
        return None, 0
    every, minus_max = min(repeats)
    return every, -minus_max
