"""Which nodes are asked for together, and when. Pure.

Nodes that are wanted equally often make one subscription, or one rhythm of reads; a request never has more of them than the
server takes. Two tags of one node and equal settings are asked for once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from drivers.opcua.address import Step
from drivers.opcua.config import OpcUaConnection, OpcUaPoint
from edge.model.moment import MILLISECOND, Moment, Span
from edge.ports import OpcUaItem

T = TypeVar("T")

#: Part 4, 7.21: a sampling interval of -1 is the publishing interval.
AS_PUBLISHED = -1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A tag: device, by number, and position among the device's."""

    device: int
    position: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is asked for once. point: of the first of its tags."""

    point: OpcUaPoint
    uris: Mapping[str, str]
    every: Span
    places: tuple[Place, ...]

    @property
    def written(self) -> str:
        """The node as the configuration has it."""
        return str(self.point.node or self.point.path)

    def place_in(self, namespaces: Sequence[str]) -> str | tuple[Step, ...] | None:
        """Its node id, or the way to it that has to be asked for; None: the server has no such namespace."""
        if self.point.node is not None:
            return self.point.node.node_id(namespaces)
        return None if self.point.path is None else self.point.path.way(self.uris, namespaces)

    def item(self, number: int, node: str) -> OpcUaItem:
        point = self.point
        return OpcUaItem(
            number=number,
            node=node,
            sampling_ms=AS_PUBLISHED if point.sampling is None else point.sampling / MILLISECOND,
            queue=point.queue,
            deadband=point.deadband if point.deadband is not None else point.deadband_percent,
            percent=point.deadband_percent is not None,
        )


def plan_values(devices: Sequence[tuple[OpcUaConnection, Sequence[OpcUaPoint]]]) -> tuple[Wanted, ...]:
    """The values of all devices of a session, alarms left out, in the order of their tags."""
    wanted: dict[object, Wanted] = {}
    for number, (connection, points) in enumerate(devices):
        for position, point in enumerate(points):
            if point.alarm is not None:
                continue
            uris = connection.namespaces if point.path is not None else {}
            named = sorted((short, uris[short]) for short in point.path.short_names) if point.path is not None else []
            settings = (point.sampling, point.queue, point.deadband, point.deadband_percent)
            key = (point.node, point.path, tuple(named), connection.every, settings)
            place = Place(number, position)
            known = wanted.get(key)
            wanted[key] = (
                Wanted(point, uris, connection.every, (place,))
                if known is None
                else replace(known, places=(*known.places, place))
            )
    return tuple(wanted.values())


def plan_alarms(devices: Sequence[Sequence[OpcUaPoint]]) -> Mapping[str, tuple[Place, ...]]:
    """By name of the condition: its tags, the messages before the severities that go with them."""
    found: dict[str, list[tuple[bool, Place]]] = {}
    for number, points in enumerate(devices):
        for position, point in enumerate(points):
            if point.alarm is not None:
                found.setdefault(point.alarm, []).append((not point.is_text, Place(number, position)))
    return {name: tuple(place for _, place in sorted(places, key=lambda each: each[0])) for name, places in found.items()}


def by_rhythm(wanted: Sequence[Wanted]) -> Mapping[Span, tuple[int, ...]]:
    """Numbers of the values that are wanted equally often, the most frequent first."""
    groups: dict[Span, list[int]] = {}
    for number, each in enumerate(wanted):
        groups.setdefault(each.every, []).append(number)
    return {every: tuple(groups[every]) for every in sorted(groups)}


def batched(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """In order, at most so many at a time."""
    for start in range(0, len(rows), most):
        yield rows[start : start + most]


def next_due(due: Moment, every: Span, now: Moment) -> tuple[Moment, int]:
    """When a rhythm is due after it was done now, and how many of its beats were missed: what is late is not made up for."""
    missed = max(0, (now - due) // every)
    return due + (missed + 1) * every, missed
