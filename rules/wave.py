"""Waves: a batch cut so that each tag has at most one sample in each.

Columns can take one sample a tag at a time. Wave 1 holds the first sample of every tag, wave 2 the second, and so on. A wave may
hold a sample that arrived after one of the next wave; that changes nothing, because no rule reads two tags, and the engine puts
events in order afterwards by the arrival they were caused by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edge.model.sample import Batch
from rules.columns import Bools, Bytes, Floats, Indices, Moments


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Samples of distinct tags. index: the sample's place in the batch. arrival: when the engine's time reached it. lag: its
    received time minus its source time, as the driver gave them."""

    index: Indices
    slot: Indices
    value: Floats
    quality: Bytes
    source: Moments
    lag: Moments
    arrival: Moments
    mark: Bytes


def cut_waves(batch: Batch, arrival: Moments, wanted: Bools) -> Iterator[Wave]:
    """The waves of the samples whose slot is wanted (a column over all slots), first samples first."""
    wanted_at = np.flatnonzero(wanted[batch.slot])
    if len(wanted_at) == 0:
        return
    slot = batch.slot[wanted_at]
    order = np.argsort(slot, kind="stable")
    sorted_slot = slot[order]
    starts_tag = np.empty(len(slot), dtype=np.bool_)
    starts_tag[0] = True
    np.not_equal(sorted_slot[1:], sorted_slot[:-1], out=starts_tag[1:])
    first = np.flatnonzero(starts_tag)
    if len(first) == len(slot):
        yield _wave(batch, arrival, wanted_at)
        return
    per_tag = np.diff(first, append=len(slot))
    nth_of_tag = np.empty(len(slot), dtype=np.intp)
    nth_of_tag[order] = np.arange(len(slot)) - np.repeat(first, per_tag)
    by_wave = np.argsort(nth_of_tag, kind="stable")
    ends = np.cumsum(np.bincount(nth_of_tag))
    for positions in np.split(by_wave, ends[:-1]):
        yield _wave(batch, arrival, wanted_at[positions])


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
