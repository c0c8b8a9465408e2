"""The signals of a layout: their banks, and the way of a sample from a tag into a signal and out of it as the signal's own
sample.

For the samples of a wave, in this order:

1. `overdue`: signals that would have spoken by themselves before a sample came do so first;
2. `hear`: what was taken of their inputs is told to the banks, and what they say becomes samples of the signals.

A signal answers every sample it hears: one that has nothing new to say says again what it said last, so that its rules know how
fresh it is. It is as fresh as the least fresh of its inputs. Where those have several clocks, its times are ours.

Not here: what rules make of a signal's samples (evaluation.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from edge.model.moment import NEVER, Moment
from edge.model.sample import Quality
from rules.columns import Bools, Floats, Indices, Moments
from rules.layout import Layout
from rules.order import Order
from rules.signals import BANK_OF
from rules.signals.base import Heard, LearningBank, SignalBank, SummingBank
from rules.tag_state import TagColumns, Taken


@dataclass(frozen=True, slots=True, eq=False)
class _Bank:
    """numbers: of the signals, by place."""

    bank: SignalBank
    numbers: Indices


class SignalColumns:
    """One entry a signal.

    fed: by slot of a tag, whether a signal hears it. wake: when, on the steady clock, a signal speaks although nothing came,
    NEVER for never. fresher: whether it remembers more than was last given out. unheard: by feed, whether time passed in
    which its tag could not be trusted."""

    def __init__(self, layout: Layout) -> None:
        count = len(layout.signals)
        self._layout = layout
        self._first = len(layout.tags)
        self._bank_of = np.zeros(count, dtype=np.intp)
        self._place = np.zeros(count, dtype=np.intp)
        self._banks: list[_Bank] = []
        for bank_type in dict.fromkeys(BANK_OF[type(signal)] for signal in layout.signals):
            numbers = np.array([n for n, each in enumerate(layout.signals) if BANK_OF[type(each)] is bank_type], dtype=np.intp)
            self._bank_of[numbers] = len(self._banks)
            self._place[numbers] = np.arange(len(numbers))
            self._banks.append(_Bank(bank_type([layout.signals[number] for number in numbers]), numbers))
        self.fed: Bools = np.diff(layout.feeds.readers.start) > 0
        self.wake: Moments = np.full(count, NEVER, dtype=np.int64)
        self._due, self._due_at = self._share_due()
        self.fresher: Bools = np.zeros(count, dtype=np.bool_)
        self._lag: Moments = np.zeros(count, dtype=np.int64)
        self._gap: Bools = np.ones(len(layout.feeds.signal), dtype=np.bool_)

    # --- hearing --------------------------------------------------------------------------------------------------

    def due_by(self, taken: Taken) -> Iterator[tuple[int, Moment]]:
        """Signals that are to speak before they hear one of these samples, by the steady clock; and until when."""
        signals, at = self._fed_by(taken.slot)
        for position in np.flatnonzero(self.wake[signals] <= taken.arrival[at]):
            yield int(signals[position]), int(taken.arrival[at[position]])

    def outrun_by(self, taken: Taken, tags: TagColumns) -> Iterator[tuple[int, int]]:
        """Signals whose due lies before the time of a sample that they are about to hear, again and again while it does; and
        the sample, as its position."""
        signals, at = self._fed_by(taken.slot)
        own = np.flatnonzero(~self._layout.on_our_clock[signals])
        signals, at = signals[own], at[own]
        trusted = np.minimum(taken.source[at], tags.fresh_until(self._first + signals))
        for position in (self._due[self._due_at[signals]] <= trusted).nonzero()[0]:
            signal = int(signals[position])
            while self.due_of(signal) <= trusted[position]:
                yield signal, int(at[position])

    def hear(self, taken: Taken, tags: TagColumns, fresh_before: Moments) -> Taken | None:
        """Tell the samples to the signals. fresh_before: by sample, until when its tag could be trusted before. The samples of
        the signals that follow; None for none."""
        rows, at = self._layout.feeds.readers.of(taken.slot)
        told = taken.good[at] | taken.bad[at]
        rows, at = rows[told], at[told]
        if len(rows) == 0:
            return None
        signals = self._layout.feeds.signal[rows]
        # Bank by bank, so that each hears a stretch of the columns, which costs nothing to cut out.
        banks = self._bank_of[signals]
        order = np.argsort(banks, kind="stable")
        rows, at, signals = rows[order], at[order], signals[order]
        good = taken.good[at]
        gap = self._gap[rows] | (taken.source[at] > fresh_before[at])
        self._gap[rows] = ~good
        slots = self._first + signals
        source = np.maximum(
            np.where(self._layout.on_our_clock[signals], taken.arrival[at], taken.source[at]), tags.source[slots]
        )
        heard = Heard(
            places=self._place[signals],
            input=self._layout.feeds.input[rows],
            value=np.where(good, taken.value[at], np.nan),
            good=good,
            source=source,
            arrival=taken.arrival[at],
            gap=gap,
        )
        self.fresher[signals] = True
        value = tags.good_value[slots]
        known = tags.quality[slots] == Quality.GOOD
        counts, first = np.bincount(banks, minlength=len(self._banks)).tolist(), 0
        for each, count in zip(self._banks, counts, strict=True):
            if count:
                said = each.bank.hear(_stretch(heard, slice(first, first + count)))
                value[first + said.position] = said.value
                known[first + said.position] = said.known
                first += count
        self._lag[signals] = heard.arrival - source
        return self._samples(signals, value, known, source, heard.arrival, taken.index[at])

    def speak(self, signal: int, arrival: Moment, at: Order) -> Taken:
        """A signal speaks by itself at its due; the sample of it that follows. at: where that belongs."""
        due = self.due_of(signal)
        each = self._banks[int(self._bank_of[signal])]
        self.fresher[signal] = True
        said = each.bank.wake(self._place[signal : signal + 1], np.array([due], dtype=np.int64))
        one = np.array([signal])
        times = np.array([due], dtype=np.int64), np.array([arrival], dtype=np.int64)
        return self._samples(one, said.value, said.known, *times, np.array([0]), at)

    def due_of(self, signal: int) -> Moment:
        """When it would speak by itself, in its own time."""
        return int(self._due[self._due_at[signal]])

    def trust(self, signals: Indices, tags: TagColumns) -> None:
        """Signals are as fresh as the least fresh of their inputs; and wake only while they are."""
        slots, inputs = self._first + signals, self._layout.inputs[signals]
        age = tags.stale_after[slots]
        steady = tags.fresh_until_steady(inputs).min(axis=1)
        until = np.where(self._layout.on_our_clock[signals], steady, tags.fresh_until(inputs).min(axis=1))
        tags.news_source[slots] = until - age
        tags.news_arrival[slots] = steady - age
        due = self._due[self._due_at[signals]]
        self.wake[signals] = np.where(due <= until, due + self._lag[signals], NEVER)

    # --- memory ---------------------------------------------------------------------------------------------------

    def record(self, signal: int) -> dict[str, Any]:
        """What makes an equal signal go on where this one is, as plain JSON."""
        feeds = np.flatnonzero(self._layout.feeds.signal == signal)
        return {
            "is": repr(self._layout.signals[signal]),
            "memory": self._banks[int(self._bank_of[signal])].bank.memory(int(self._place[signal])),
            "gap": self._gap[feeds].tolist(),
            "lag": int(self._lag[signal]),
        }

    def recall(self, signal: int, record: Mapping[str, Any], *, heard_all: bool) -> None:
        """Go on where another left off. heard_all: nothing was missed since then."""
        if record["is"] != repr(self._layout.signals[signal]):
            return
        if record["memory"] is not None:
            self._banks[int(self._bank_of[signal])].bank.recall(int(self._place[signal]), record["memory"])
        self._lag[signal] = record["lag"]
        if heard_all:
            self._gap[np.flatnonzero(self._layout.feeds.signal == signal)] = record["gap"]

    def facts(self, signal: int) -> Mapping[str, float | str | None]:
        bank = self._banks[int(self._bank_of[signal])].bank
        return bank.facts(int(self._place[signal]))

    def can_learn(self, signal: int) -> bool:
        """Whether it has a normal that it learned, or learns."""
        bank = self._banks[int(self._bank_of[signal])].bank
        return isinstance(bank, LearningBank) and bank.learns(int(self._place[signal]))

    def learn_anew(self, signal: int) -> None:
        """Only where `can_learn` says so."""
        bank = cast(LearningBank, self._banks[int(self._bank_of[signal])].bank)
        bank.rebaseline(int(self._place[signal]))

    def has_sums(self, signal: int) -> bool:
        return isinstance(self._banks[int(self._bank_of[signal])].bank, SummingBank)

    def reset_sums(self, signal: int) -> None:
        """Only where `has_sums` says so."""
        bank = cast(SummingBank, self._banks[int(self._bank_of[signal])].bank)
        bank.reset(int(self._place[signal]))

    # --- inside ---------------------------------------------------------------------------------------------------

    def _fed_by(self, slots: Indices) -> tuple[Indices, Indices]:
        feeds, at = self._layout.feeds.readers.of(slots)
        return self._layout.feeds.signal[feeds], at

    def _share_due(self) -> tuple[Moments, Indices]:
        """The dues of all banks as one column, of which each bank has its stretch; and where in it each signal's is."""
        column = np.concatenate([np.empty(0, dtype=np.int64), *(each.bank.due for each in self._banks)])
        at = np.zeros(len(self.wake), dtype=np.intp)
        first = 0
        for each in self._banks:
            behind = first + len(each.numbers)
            each.bank.due = column[first:behind]
            at[each.numbers] = np.arange(first, behind)
            first = behind
        return column, at

    def _samples(
        self,
        signals: Indices,
        value: Floats,
        known: Bools,
        source: Moments,
        arrival: Moments,
        index: Indices,
        at: Order | None = None,
    ) -> Taken:
        none = np.zeros(len(signals), dtype=np.bool_)
        known = known & np.isfinite(value)
        return Taken(
            index=index,
            slot=self._first + signals,
            value=value,
            quality=np.where(known, np.uint8(Quality.GOOD), np.uint8(Quality.BAD)),
            source=source,
            arrival=arrival,
            bad=~known,
            good=known,
            fault=none,
            initial=none,
            own_stamp=none,
            device_stamped=~none,
            lag=arrival - source,
            at=at,
        )


def _stretch(heard: Heard, stretch: slice) -> Heard:
    return Heard(
        places=heard.places[stretch],
        input=heard.input[stretch],
        value=heard.value[stretch],
        good=heard.good[stretch],
        source=heard.source[stretch],
        arrival=heard.arrival[stretch],
        gap=heard.gap[stretch],
    )
