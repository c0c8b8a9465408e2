"""What the engine remembers of each tag, and which samples it takes.

Taken are samples that tell something new about the present:

- *late*, a source time older than the newest taken of the tag: left out, it never changes the present;
- *repeated*, the newest taken once more (source time, value, quality): left out, so that twice is once, also for
  silence.

Of those taken, a sample is *good* when its quality is good and its value finite, and *bad* when its quality is bad or
its value is not a finite number, whatever its quality says. One of uncertain quality is neither: it is not compared,
and it proves no freshness. *News* is a good sample that is not an initial one: only news makes a tag fresh. A *fault* is
a bad sample of which the driver says that the device did answer, and that its sensor has failed.

Two clocks meet in one tag when a device stamps its samples and a driver adds its own (the loss of a connection, stamped
with our received time). All times of a tag are kept on the device's clock: the driver's are shifted by the newest lag
seen, or later, when the device's first own stamp shows it. Otherwise a device whose clock is a minute slow would go
unheard for a minute after every loss, and one lost connection could complete a delay.

An initial sample (a retained message) may be older than the loss of the connection before it, and yet is the newest
word of the device. So it is late only against its words (values and faults), not against losses.

Not here: rules. Nothing of this is durable by itself; a rule's record carries what it needs of its tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import Moment
from edge.model.sample import Batch, Mark, Quality
from rules.columns import Bools, Bytes, Floats, Indices, Moments
from rules.order import Order
from rules.wave import Wave

#: Earlier than every moment that can occur; its sum with NEVER is still later than all of them.
NOT_YET: Moment = -(1 << 61)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The samples of a wave that the engine takes, with source times on the device's clock. at: where what follows from them
    belongs, when it is not the place of the sample."""

    index: Indices
    slot: Indices
    value: Floats
    quality: Bytes
    source: Moments
    arrival: Moments
    bad: Bools
    good: Bools
    fault: Bools
    initial: Bools
    own_stamp: Bools
    device_stamped: Bools
    lag: Moments
    at: Order | None = None

    @property
    def news(self) -> Bools:
        fresh: Bools = self.good & ~self.initial
        return fresh


class TagColumns:
    """One entry a slot.

    source, value, quality: of the newest sample taken. value_source: source time of the newest word of the device, a value
    or a fault. lag: received minus source time of the newest that the device stamped itself; lag_known: there was one.
    unshifted: source is on our own clock, for want of a lag. good_value: of the newest good one, NaN before the first.
    news_source, news_arrival: of the newest news, see `aged_from`; before the first, silence counts from the start. faulty:
    the newest sample that was good or a fault was a fault. fault_value: what the device said by the newest fault, NaN for no
    number; fault_arrival: of the newest that was no initial one.
    """

    def __init__(self, stale_after: Moments, by_hand: Bools, start: Moment) -> None:
        size = len(stale_after)
        self.stale_after = stale_after
        self._by_hand = by_hand
        self._any_by_hand = bool(by_hand.any())
        self.source = np.full(size, NOT_YET, dtype=np.int64)
        self.value = np.full(size, np.nan, dtype=np.float64)
        self.quality = np.full(size, Quality.BAD, dtype=np.uint8)
        self.value_source = np.full(size, NOT_YET, dtype=np.int64)
        self.lag = np.zeros(size, dtype=np.int64)
        self.lag_known = np.zeros(size, dtype=np.bool_)
        self.unshifted = np.zeros(size, dtype=np.bool_)
        self.good_value = np.full(size, np.nan, dtype=np.float64)
        self.news_source = np.full(size, NOT_YET, dtype=np.int64)
        self.news_arrival = np.full(size, start, dtype=np.int64)
        self.faulty = np.zeros(size, dtype=np.bool_)
        self.fault_value = np.full(size, np.nan, dtype=np.float64)
        self.fault_arrival = np.full(size, start, dtype=np.int64)
        self._calm = np.zeros(size, dtype=np.bool_)
        self._calm_received = np.zeros(size, dtype=np.int64)
        self._calm_arrival = np.zeros(size, dtype=np.int64)
        self._any_calm = False
        #: Samples that were left out because they came too late.
        self.late_total = 0

    def sift(self, wave: Wave) -> Taken:
        """The samples to take; nothing is remembered yet."""
        slot = wave.slot
        self.catch_up(slot)
        own_stamp = (wave.mark & np.uint8(Mark.RECEIVED_TIME_USED)) != 0
        initial = (wave.mark & np.uint8(Mark.INITIAL)) != 0
        source = np.where(own_stamp, wave.source - self.lag[slot], wave.source)
        finite = np.isfinite(wave.value)
        quality = np.where(finite, wave.quality, np.uint8(Quality.BAD))

        device_stamped = ~(own_stamp | initial)

        newest = self.source[slot]
        newest = np.where(device_stamped & self.unshifted[slot], newest - wave.lag, newest)
        late = source < np.where(initial, self.value_source[slot], newest)
        self.late_total += int(np.count_nonzero(late))
        known = self.value[slot]
        same_value = (wave.value == known) | (np.isnan(wave.value) & np.isnan(known))
        bad = quality == Quality.BAD
        fault = bad & ((wave.mark & np.uint8(Mark.SENSOR_FAULT)) != 0)
        repeated = (source == newest) & same_value & (quality == self.quality[slot])
        if fault.any():
            # A loss keeps the value that the device said last: the fault that says the same is no repetition of it.
            repeated &= self.faulty[slot] | ~fault
        kept = np.flatnonzero(~(late | repeated))

        taken = Taken(
            index=wave.index,
            slot=slot,
            value=wave.value,
            quality=quality,
            source=source,
            arrival=wave.arrival,
            bad=bad,
            good=quality == Quality.GOOD,
            fault=fault,
            initial=initial,
            own_stamp=own_stamp,
            device_stamped=device_stamped,
            lag=wave.lag,
        )
        return taken if len(kept) == len(slot) else _only(taken, kept)

    def take(self, taken: Taken) -> None:
        """Remember them."""
        slot, source = taken.slot, taken.source
        device_stamped = taken.device_stamped
        shown = device_stamped & self.unshifted[slot]
        self.source[slot] = np.where(shown, source, np.maximum(self.source[slot], source))
        self.lag[slot[device_stamped]] = taken.lag[device_stamped]
        self.lag_known[slot[device_stamped]] = True
        self.unshifted[slot] = (taken.own_stamp | (self.unshifted[slot] & ~device_stamped)) & ~self.lag_known[slot]
        self.value[slot] = taken.value
        self.quality[slot] = taken.quality
        with_value = taken.fault | ~taken.bad
        self.value_source[slot[with_value]] = source[with_value]
        self.good_value[slot[taken.good]] = taken.value[taken.good]
        news = taken.news
        self.news_source[slot[news]] = source[news]
        self.news_arrival[slot[news]] = self.aged_from(taken)[news]
        if self.faulty.any():
            self.faulty[slot[taken.good]] = False
        if taken.fault.any():
            self.faulty[slot[taken.fault]] = True
            self.fault_value[slot[taken.fault]] = taken.value[taken.fault]
            answered = taken.fault & ~taken.initial
            self.fault_arrival[slot[answered]] = taken.arrival[answered]

    def aged_from(self, taken: Taken) -> Moments:
        """From when on the steady clock silence counts, should nothing follow. What people enter is as old as its measurement,
        because both times are ours."""
        if not self._any_by_hand:
            return taken.arrival
        aged: Moments = np.where(
            self._by_hand[taken.slot] & ~taken.own_stamp, np.minimum(taken.source, taken.arrival), taken.arrival
        )
        return aged

    # --- calm samples ---------------------------------------------------------------------------------------------

    def take_calmly(self, stretch: slice, batch: Batch, arrival: Moments) -> None:
        """Remember calm samples, one for each slot of a stretch. What follows from them is worked out when somebody asks."""
        self.source[stretch] = batch.source_time
        self.value[stretch] = batch.value
        self.quality[stretch] = Quality.GOOD
        self._calm_received[stretch] = batch.received_time
        self._calm_arrival[stretch] = arrival
        self._calm[stretch] = True
        self._any_calm = True

    def save(self, slot: Indices) -> tuple[NDArray[Any], ...]:
        """What `take_calmly` writes of some slots."""
        return tuple(column[slot] for column in self._of_calm())

    def put_back(self, slot: Indices, saved: tuple[NDArray[Any], ...]) -> None:
        for column, was in zip(self._of_calm(), saved, strict=True):
            column[slot] = was

    def catch_up(self, slot: Indices) -> None:
        """Work out of calm samples what the other columns say of their tags. To be called before those are read."""
        if not self._any_calm:
            return
        behind = slot[self._calm[slot]]
        if len(behind) == 0:
            return
        source = self.source[behind]
        self.value_source[behind] = source
        self.news_source[behind] = source
        self.news_arrival[behind] = self._calm_arrival[behind]
        self.lag[behind] = self._calm_received[behind] - source
        self.lag_known[behind] = True
        self.good_value[behind] = self.value[behind]
        self.faulty[behind] = False
        self._calm[behind] = False

    def _of_calm(self) -> tuple[NDArray[Any], ...]:
        return self.source, self.value, self.quality, self._calm_received, self._calm_arrival, self._calm

    def copy(self, slot: int, other: TagColumns, other_slot: int) -> None:
        """Take over what another layout's columns know of a tag."""
        other.catch_up(np.array([other_slot]))
        for name in _REMEMBERED:
            getattr(self, name)[slot] = getattr(other, name)[other_slot]

    def fresh_until(self, slot: Indices) -> Moments:
        """The source time up to which the newest news may be trusted; far away for a tag that does not go stale."""
        self.catch_up(slot)
        until: Moments = self.news_source[slot] + self.stale_after[slot]
        return until

    def fresh_until_steady(self, slot: Indices) -> Moments:
        """The same on the steady clock: when the tag goes stale if nothing comes."""
        self.catch_up(slot)
        until: Moments = self.news_arrival[slot] + self.stale_after[slot]
        return until


_REMEMBERED = (
    "source",
    "value",
    "quality",
    "value_source",
    "lag",
    "lag_known",
    "unshifted",
    "good_value",
    "news_source",
    "news_arrival",
    "faulty",
    "fault_value",
    "fault_arrival",
)


def _only(taken: Taken, kept: Indices) -> Taken:
    return Taken(
        index=taken.index[kept],
        slot=taken.slot[kept],
        value=taken.value[kept],
        quality=taken.quality[kept],
        source=taken.source[kept],
        arrival=taken.arrival[kept],
        bad=taken.bad[kept],
        good=taken.good[kept],
        fault=taken.fault[kept],
        initial=taken.initial[kept],
        own_stamp=taken.own_stamp[kept],
        device_stamped=taken.device_stamped[kept],
        lag=taken.lag[kept],
    )
