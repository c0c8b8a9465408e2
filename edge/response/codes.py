"""Short numbers by which people name alarms where there are no buttons: `ack 17`. Pure.

    free ── an occurrence is told ──▶ taken ── it is over ──▶ resting ── a day ──▶ free

A number belongs to one occurrence for as long as it is open, and for a day after nobody can have meant another one by it: who
types the number of an alarm that is over is told so. The smallest free number is taken, so that they stay short. Numbers are
given when people are told, and never for an alarm that nobody hears of. They are durable: `17` is the same after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.model.moment import HOUR, MINUTE, Moment, Span

#: The records of numbers are called so: `17#code`.
CODE = "code"
RESTS_FOR: Span = 24 * HOUR
#: Looking for those that are over costs a look at each.
LOOK_EVERY: Span = 1 * MINUTE


@dataclass(frozen=True, slots=True)
class Coded:
    """What a number stands for. occurrence: by which the record is named. over_at: since when it rests; None: open."""

    alarm: str
    occurrence: int
    over_at: Moment | None = None


class Codes:
    """is_open: whether an occurrence of an alarm still is; its record is gone when it is long over."""

    def __init__(self, is_open: Callable[[str, int], bool]) -> None:
        self._is_open = is_open
        self._coded: dict[int, Coded] = {}
        self._numbers: dict[tuple[str, int], int] = {}
        self._changed: set[int] = set()
        self._lowest = 1
        self._looked_at: Moment | None = None

    def load(self, number: str, record: Mapping[str, Any]) -> None:
        self._put(int(number), Coded(**record))

    def take_changes(self) -> dict[str, Mapping[str, Any] | None]:
        """By record key."""
        changed, self._changed = sorted(self._changed), set()
        return {f"{each}#{CODE}": asdict(self._coded[each]) if each in self._coded else None for each in changed}

    def find(self, number: int) -> Coded | None:
        return self._coded.get(number)

    def open(self) -> Iterator[tuple[int, Coded]]:
        """By number."""
        return (
            (number, coded) for number, coded in sorted(self._coded.items()) if self._is_open(coded.alarm, coded.occurrence)
        )

    def of(self, alarm: str, occurrence: int, now: Moment) -> int:
        """The number of an occurrence; given now, if it has none."""
        known = self._numbers.get((alarm, occurrence))
        if known is not None:
            return known
        self._look(now)
        number = self._lowest
        while number in self._coded:
            number += 1
        self._lowest = number + 1
        self._put(number, Coded(alarm, occurrence))
        self._changed.add(number)
        return number

    def _look(self, now: Moment) -> None:
        """Those that are over begin to rest, those that have rested are free again."""
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        for number, coded in list(self._coded.items()):
            if coded.over_at is None:
                if not self._is_open(coded.alarm, coded.occurrence):
                    self._put(number, replace(coded, over_at=now))
                    self._changed.add(number)
            elif now - coded.over_at >= RESTS_FOR:
                del self._coded[number], self._numbers[coded.alarm, coded.occurrence]
                self._changed.add(number)
                self._lowest = min(self._lowest, number)

    def _put(self, number: int, coded: Coded) -> None:
        self._coded[number] = coded
        self._numbers[coded.alarm, coded.occurrence] = number
