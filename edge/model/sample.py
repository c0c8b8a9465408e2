"""Samples as columns: what a driver yields and the engine eats.

A batch keeps the order in which samples arrived; per tag that is the order in which they were taken. Several samples of
one tag in a batch are all kept: a button that goes 0-1-0 between two steps must be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import Moment


class Quality(IntEnum):
    """May the value be trusted? Bad is a state of its own, never an old value shown again."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Mark(IntFlag):
    """What a reader must know about how a sample came."""

    NONE = 0
    INITIAL = 1
    """First knowledge, not news: a retained MQTT message, which may be older than the connection."""
    RECEIVED_TIME_USED = 2
    """The device gave no time stamp, or one outside the window: source_time is our own received time."""
    SENSOR_FAULT = 4
    """Of a BAD sample: the device answered, and what it says is no measurement (an open wire, a value outside `valid`). value
    is what it says, NaN when that is no number."""
    FORCED = 8
    """Not from the device: a person has set it for commissioning, and the device's own samples are kept out meanwhile."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of a batch, for the few places that speak of single samples (tests, drivers of slow devices)."""

    slot: int
    value: float
    quality: Quality
    source_time: Moment
    received_time: Moment
    mark: Mark = Mark.NONE
    text: str | None = None


def value_of_text(text: str) -> float:
    """The number by which columns carry a text: equal for equal texts, and nothing else follows from it."""
    return float(crc32(text.encode()))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Samples in arrival order, one array a column, all of one length.

    slot: int32, the tag's number in the layout in force. value: float64 in the tag's unit; booleans are 0 and 1; NaN when
    quality is BAD and no value is known. quality: uint8 of `Quality`. source_time, received_time: int64 moments; received
    times never decrease inside a batch. mark: uint8 of `Mark`. text: by row, of the few tags that are texts (a coil's number, a
    recipe); their value is `value_of_text`. tickets: each called once, in order, when all that came of these samples is
    durable; who sent them is then told that they arrived. They go with a joined batch, and not with the parts of a cut one.
    """

    slot: NDArray[np.int32]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    source_time: NDArray[np.int64]
    received_time: NDArray[np.int64]
    mark: NDArray[np.uint8]
    text: Mapping[int, str] = field(default_factory=dict)
    tickets: tuple[Callable[[], None], ...] = ()

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def stretch(self) -> slice | None:
        """The slots as a slice, where they follow each other, each once; None where they do not, or there are none."""
        slot, size = self.slot, len(self.slot)
        if size == 0 or int(slot[-1]) - int(slot[0]) != size - 1:
            return None
        if size > 1 and not bool((slot[1:] - slot[:-1] == 1).all()):
            return None
        first = int(slot[0])
        return slice(first, first + size)

    @staticmethod
    def of(samples: Iterable[Sample]) -> Batch:
        rows = list(samples)
        return Batch(
            slot=np.array([row.slot for row in rows], dtype=np.int32),
            value=np.array([row.value for row in rows], dtype=np.float64),
            quality=np.array([row.quality for row in rows], dtype=np.uint8),
            source_time=np.array([row.source_time for row in rows], dtype=np.int64),
            received_time=np.array([row.received_time for row in rows], dtype=np.int64),
            mark=np.array([row.mark for row in rows], dtype=np.uint8),
            text={number: row.text for number, row in enumerate(rows) if row.text is not None},
        )

    @staticmethod
    @cache
    def empty() -> Batch:
        return Batch.of(())

    @staticmethod
    def join(batches: Sequence[Batch]) -> Batch:
        """One batch of all rows, in the order given."""
        batches = [batch for batch in batches if len(batch.slot) or batch.tickets]
        if not batches:
            return Batch.empty()
        if len(batches) == 1:
            return batches[0]
        return Batch(
            slot=np.concatenate([batch.slot for batch in batches]),
            value=np.concatenate([batch.value for batch in batches]),
            quality=np.concatenate([batch.quality for batch in batches]),
            source_time=np.concatenate([batch.source_time for batch in batches]),
            received_time=np.concatenate([batch.received_time for batch in batches]),
            mark=np.concatenate([batch.mark for batch in batches]),
            text=_joined_texts(batches),
            tickets=tuple(ticket for batch in batches for ticket in batch.tickets),
        )

    def cut(self, start: int, stop: int) -> Batch:
        """The rows from start up to stop, as views on the same columns."""
        return Batch(
            slot=self.slot[start:stop],
            value=self.value[start:stop],
            quality=self.quality[start:stop],
            source_time=self.source_time[start:stop],
            received_time=self.received_time[start:stop],
            mark=self.mark[start:stop],
            text={row - start: text for row, text in self.text.items() if start <= row < stop} if self.text else {},
        )

    def pick(self, rows: NDArray[np.intp]) -> Batch:
        """Some rows, ascending; as of `cut`, without the tickets."""
        return Batch(
            slot=self.slot[rows],
            value=self.value[rows],
            quality=self.quality[rows],
            source_time=self.source_time[rows],
            received_time=self.received_time[rows],
            mark=self.mark[rows],
            text={place: self.text[row] for place, row in enumerate(rows.tolist()) if row in self.text} if self.text else {},
        )

    def samples(self) -> list[Sample]:
        """The rows one by one, for readers that are not on the hot path."""
        return [
            Sample(int(s), float(v), Quality(int(q)), int(t), int(r), Mark(int(m)), self.text.get(row))
            for row, (s, v, q, t, r, m) in enumerate(
                zip(self.slot, self.value, self.quality, self.source_time, self.received_time, self.mark, strict=True)
            )
        ]


def _joined_texts(batches: Sequence[Batch]) -> dict[int, str]:
    joined: dict[int, str] = {}
    first = 0
    for batch in batches:
        joined.update((first + row, text) for row, text in batch.text.items())
        first += len(batch)
    return joined
