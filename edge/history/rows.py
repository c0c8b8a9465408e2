"""The samples of one tag as columns, and how they are picked out of batches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import Moment
from edge.model.sample import Batch

#: Texts by row, None where a sample has none.
Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One array a column, all of one length; in no order unless somebody says so."""

    source_time: NDArray[np.int64]
    received_time: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    mark: NDArray[np.uint8]
    text: Texts

    def __len__(self) -> int:
        return len(self.source_time)

    def ordered(self) -> Rows:
        """By source time, then received time, then as they are."""
        return self.take(np.lexsort((self.received_time, self.source_time)))

    def take(self, index: NDArray[np.intp]) -> Rows:
        return Rows(
            self.source_time[index],
            self.received_time[index],
            self.value[index],
            self.quality[index],
            self.mark[index],
            self.text[index],
        )

    def first(self, number: int) -> Rows:
        return self if len(self) <= number else self.take(np.arange(number))

    @staticmethod
    def join(parts: Sequence[Rows]) -> Rows:
        if not parts:
            return EMPTY
        return Rows(
            np.concatenate([part.source_time for part in parts]),
            np.concatenate([part.received_time for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.quality for part in parts]),
            np.concatenate([part.mark for part in parts]),
            np.concatenate([part.text for part in parts]),
        )


EMPTY = Rows(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.float64),
    np.empty(0, np.uint8),
    np.empty(0, np.uint8),
    np.empty(0, np.object_),
)


def pick(batches: Iterable[Batch], slot: int, start: Moment, end: Moment) -> Rows:
    """The samples of a slot whose source time is from `start` up to `end`, in the order of arrival."""
    parts = []
    for batch in batches:
        index = np.flatnonzero((batch.slot == slot) & (batch.source_time >= start) & (batch.source_time < end))
        if len(index):
            parts.append(_rows(batch, index))
    return Rows.join(parts)


def _rows(batch: Batch, index: NDArray[np.intp]) -> Rows:
    text = np.full(len(index), None, np.object_)
    if batch.text:
        for number, row in enumerate(index.tolist()):
            text[number] = batch.text.get(row)
    return Rows(
        batch.source_time[index],
        batch.received_time[index],
        batch.value[index],
        batch.quality[index],
        batch.mark[index],
        text,
    )
