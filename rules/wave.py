"""Waves: a batch cut so that each tag has at most one sample in each.

Columns can take one sample a tag at a time. Wave 1 holds the first sample of every tag, wave 2 the second, and so on. A
wave may hold a sample that arrived after one of the next wave; that changes nothing, because tags that a signal reads together
count as one here, and the engine puts events in order afterwards by the arrival they were caused by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.model.sample import Batch
from rules.columns import Bytes, Floats, Indices, Moments

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Samples of distinct tags. index: the sample's place in the batch. arrival: when the engine's time reached it.
    lag: its received time minus its source time, as the driver gave them."""

    index: Indices
    slot: Indices
    value: Floats
    quality: Bytes
    source: Moments
    lag: Moments
    arrival: Moments
    mark: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The samples of a batch brought together by tag. index: their places in the batch, tag after tag, each tag's in
    arrival order. first: where each tag's run begins in `index`; length: how long it is."""

    index: Indices
    first: Indices
    length: Indices

    @property
    def longest(self) -> int:
        return int(self.length.max(initial=0))

    def spread(self, column: NDArray[T]) -> NDArray[T]:
        """One entry a run, repeated for each of its samples."""
        return np.repeat(column, self.length)


def find_runs(slot: NDArray[np.signedinteger[Any]], wanted: Indices) -> Runs:
    """The runs of the samples at the places `wanted`. slot: by sample, what it has in common with others of its run."""
    index = wanted[np.argsort(slot[wanted], kind="stable")]
    sorted_slot = slot[index]
    begins = np.empty(len(index), dtype=np.bool_)
    begins[:1] = True
    np.not_equal(sorted_slot[1:], sorted_slot[:-1], out=begins[1:])
    first = np.flatnonzero(begins)
    return Runs(index, first, np.diff(first, append=len(index)))


def cut_waves(batch: Batch, arrival: Moments, runs: Runs) -> Iterator[Wave]:
    """The first sample of every run, then the second of every run that has one, and so on. There must be a run."""
    if runs.longest <= 1:
        yield _wave(batch, arrival, runs.index)
        return
    nth = np.arange(len(runs.index)) - runs.spread(runs.first)
    by_wave = np.argsort(nth, kind="stable")
    ends = np.cumsum(np.bincount(nth))
    for positions in np.split(by_wave, ends[:-1]):
        yield _wave(batch, arrival, runs.index[positions])


def _wave(batch: Batch, arrival: Moments, index: Indices) -> Wave:
    source = batch.source_time[index]
    return Wave(
        index=index,
        slot=batch.slot[index].astype(np.intp),
        value=batch.value[index],
        quality=batch.quality[index],
        source=source,
        lag=batch.received_time[index] - source,
        arrival=arrival[index],
        mark=batch.mark[index],
    )
