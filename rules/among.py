"""Samples that follow from others: taken in turns, and put right behind those that brought them. In columns.

Not here: what follows from what (derived.py), and what counters have counted (counting.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.model.sample import Batch
from rules.columns import Bytes, Floats, Indices, Moments


def turns(group: Indices) -> list[Indices]:
    """Positions that may be taken together, because no two of them are of one group; those of a group in order."""
    order = np.argsort(group, kind="stable")
    sorted_groups = group[order]
    first = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    nth = np.arange(len(group)) - np.repeat(first, np.diff(np.r_[first, len(group)]))
    turn_of = np.empty(len(group), dtype=np.intp)
    turn_of[order] = nth
    by_turn = np.argsort(turn_of, kind="stable")
    return np.split(by_turn, np.cumsum(np.bincount(turn_of))[:-1])


class Followers:
    """Of each of some numbers, those that follow from it, in order."""

    def __init__(self, size: int, following: dict[int, list[int]]) -> None:
        """size: how many numbers there are, from 0."""
        count = np.zeros(size + 1, dtype=np.intp)
        for number, those in following.items():
            count[number + 1] = len(those)
        self._start = np.cumsum(count)
        self._those = np.array([each for number in sorted(following) for each in following[number]], dtype=np.intp)

    def of(self, numbers: Indices) -> tuple[Indices, Indices]:
        """Pairs: the position of a number among those given, and what follows from it."""
        count = self._start[numbers + 1] - self._start[numbers]
        position = np.repeat(np.arange(len(numbers)), count)
        nth = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
        return position, self._those[self._start[numbers[position]] + nth]


class NewSamples:
    """Samples on their way into a batch. rows: behind which of its rows each belongs."""

    def __init__(self) -> None:
        self._rows: list[Indices] = []
        self._numbers: list[Indices] = []
        self._values: list[Floats] = []
        self._qualities: list[Bytes] = []
        self._sources: list[Moments] = []
        self._marks: list[Bytes] = []

    def add(self, rows: Indices, numbers: Indices, value: Floats, quality: Bytes, source: Moments, mark: Bytes) -> None:
        self._rows.append(rows)
        self._numbers.append(numbers)
        self._values.append(value)
        self._qualities.append(quality)
        self._sources.append(source)
        self._marks.append(mark)

    def among(self, batch: Batch, slot_of: NDArray[np.int32]) -> Batch:
        """The batch with them; the very same where there are none. slot_of: by number."""
        rows, numbers = np.concatenate(self._rows), np.concatenate(self._numbers)
        if not len(rows):
            return batch
        # Behind the row each follows from, and there in the order in which they follow from each other.
        order = np.lexsort((np.r_[np.full(len(batch), -1), numbers], np.r_[np.arange(len(batch)), rows]))
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        return replace(
            batch,
            slot=np.concatenate([batch.slot, slot_of[numbers]])[order],
            value=np.concatenate([batch.value, *self._values])[order],
            quality=np.concatenate([batch.quality, *self._qualities])[order],
            source_time=np.concatenate([batch.source_time, *self._sources])[order],
            received_time=np.concatenate([batch.received_time, batch.received_time[rows]])[order],
            mark=np.concatenate([batch.mark, *self._marks])[order],
            text={int(place[row]): text for row, text in batch.text.items()},
        )
