"""Where a point's value is kept at the far end, and which other points a write would change as well. Pure.

Two tags can stand for one thing: a word and a bit of it, two devices that are one, two tags at one address. What no grant
can be for must not be written by way of such a neighbour either. Not here: which tags those are (`never_written.py`), what a
driver's points keep where (`Point.kept` and `Point.changed` of its `config.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from edge.config.point import Point, Touched
from edge.model.tag import Device, Tag


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tag that a write to another one would change. is_beside: their values are apart, but one cannot be written without the
    other."""

    name: str
    is_beside: bool


class Places:
    """What is kept where, of the tags that no grant can be for."""

    def __init__(self, kept: Iterable[tuple[Device, Tag]]) -> None:
        self._by_memory: dict[Hashable, list[tuple[Touched, str]]] = defaultdict(list)
        for device, tag in kept:
            if isinstance(tag.point, Point):
                for each in tag.point.kept(device):
                    self._by_memory[each.memory].append((each, tag.name))

    def changed_by(self, tag: Tag, devices: Mapping[str, Device]) -> Neighbour | None:
        """The first of them that a write to this tag would change; None: none of them."""
        if not isinstance(tag.point, Point):
            return None
        device = devices[tag.device]
        own = tag.point.kept(device)
        for each in tag.point.changed(device):
            for other, name in self._by_memory.get(each.memory, ()):
                if name != tag.name and each.overlaps(other):
                    mine = [one for one in own if one.memory == other.memory]
                    return Neighbour(name, is_beside=bool(mine) and not any(one.overlaps(other) for one in mine))
        return None
