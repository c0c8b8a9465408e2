"""Counters: how fast one counts, and for how long it has not. Both survive that it rolls over, and that it is reset.

From one good sample to the next a counter has counted the difference. Where that is negative it has fallen, and either
- rolled over: then it has counted (rolls_over_at - before) + now. Where `rolls_over_at` is stated (10000 for a counter of four
  digits) that is believed up to half of it. Otherwise 2^16, 2^32 and 2^64 are tried, the least that is above what was there
  before, and believed up to a sixteenth: so a counter of 32 bits that is reset at 30,000 has not rolled over at 65,536; or
- been reset: then it has counted what it shows now, and nothing if that is below 0.

*CounterRate*: what was counted per `per`, in pairs of at least `over` as a rate of change has them (rate.py): nothing to say
between the ends of pairs, gaps not bridged, and not evaluable at bad samples and behind a gap. Compared with a limit low or
high. Facts: counted and seconds, of the newest pair; None before there is one.

*CounterStop*: for how many seconds it has not counted. It begins with the first good sample, and is 0 at each that shows that
something was counted, also behind a gap. Without samples it speaks once, when the time is `after`, which is the limit of the
rule, `high`; a deadband has no use, as the value falls to 0 at once. Interruptions count for nothing: behind them the time
begins again, but what was seen before stands until that is longer, as with a frozen value (frozen.py). Not evaluable at bad
samples.
Facts: count (the newest that was good; None before).

Counters of 64 bits are numbers with 53 bits here: above 9 · 10^15 single counts are not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import HOUR, NEVER, SECOND, Span
from rules.columns import Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, integer, moment, number, or_none
from rules.signals.sample_driven import SampleDriven, say_all, say_where, within_range

#: Where counters of PLCs and meters roll over when nobody says it.
WIDTHS: Floats = np.array([2.0**16, 2.0**32, 2.0**64])
#: The greatest part of the range that a single roll-over may have counted: where it is stated, and where it is a guess.
STATED_PART = 1 / 2
GUESSED_PART = 1 / 16


@dataclass(frozen=True, slots=True)
class CounterRate:
    """over: how long a pair lasts at least, above 0. per: the unit of time of the value. rolls_over_at: the number that would
    follow the greatest one; None for unknown. ValueError where one is not above 0."""

    tag: str
    over: Span
    per: Span = HOUR
    rolls_over_at: float | None = None

    def __post_init__(self) -> None:
        if self.over <= 0 or self.per <= 0:
            raise ValueError(f"{self.tag}: a counter's rate is measured over more than 0 µs, per more than 0 µs")
        _check_roll_over(self.tag, self.rolls_over_at)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


@dataclass(frozen=True, slots=True)
class CounterStop:
    """after: when it shall speak by itself, above 0. rolls_over_at: as with CounterRate. ValueError likewise."""

    tag: str
    after: Span
    rolls_over_at: float | None = None

    def __post_init__(self) -> None:
        if self.after <= 0:
            raise ValueError(f"{self.tag}: a counter has stopped after more than 0 µs")
        _check_roll_over(self.tag, self.rolls_over_at)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


def _check_roll_over(tag: str, at: float | None) -> None:
    if at is not None and not at > 0.0:
        raise ValueError(f"{tag}: a counter rolls over at a number above 0, not at {at}")


class Readings:
    """The newest reading of each counter; NaN for none."""

    def __init__(self, roll_overs: Sequence[float | None], resets: Sequence[bool] | None = None) -> None:
        """resets: which of them may be reset; None: all."""
        self.newest: Floats = np.full(len(roll_overs), np.nan)
        self._rolls_over_at = np.array([np.nan if at is None else at for at in roll_overs])
        self._resets = np.array([True] * len(roll_overs) if resets is None else resets, dtype=np.bool_)

    def counted(self, places: Indices, now: Floats) -> Floats:
        """Since the newest reading; NaN where one of both is missing, and where one has been reset that cannot be. Takes no
        reading."""
        before = self.newest[places]
        with np.errstate(over="ignore"):
            counted = within_range(now - before)
        fell = np.flatnonzero(counted < 0.0)
        if len(fell):
            counted[fell] = self._after_fall(places[fell], before[fell], now[fell])
        return counted

    def _after_fall(self, places: Indices, before: Floats, now: Floats) -> Floats:
        stated = self._rolls_over_at[places]
        guess = WIDTHS[np.minimum(np.searchsorted(WIDTHS, before, side="right"), len(WIDTHS) - 1)]
        width = np.where(np.isnan(stated), guess, stated)
        part = np.where(np.isnan(stated), GUESSED_PART, STATED_PART)
        rolled = (width - before) + now
        rolled_over = (now >= 0.0) & (before < width) & (rolled <= width * part)
        return np.where(rolled_over, rolled, np.where(self._resets[places], np.maximum(now, 0.0), np.nan))


class CounterRateBank(SampleDriven):
    """since: by place, when the pair that is open began; NEVER where none is. open: counted in it so far."""

    def __init__(self, signals: Sequence[CounterRate]) -> None:
        super().__init__(len(signals))
        self._over = np.array([signal.over for signal in signals], dtype=np.int64)
        self._per = np.array([signal.per for signal in signals], dtype=np.float64)
        self._readings = Readings([signal.rolls_over_at for signal in signals])
        self._since: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._open: Floats = np.zeros(len(signals))
        self._elapsed: Moments = np.zeros(len(signals), dtype=np.int64)
        self._counted: Floats = np.zeros(len(signals))

    def hear(self, heard: Heard) -> Said:
        places = heard.places
        since = self._since[places]
        broken = heard.gap | ~heard.good | (since == NEVER)
        elapsed = heard.source - since
        pair = ~broken & (elapsed >= self._over[places])
        moves = pair | broken
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            counted = within_range(self._open[places] + self._readings.counted(places, heard.value))
            rate = within_range(counted * self._per[places] / elapsed)

        self._readings.newest[places] = heard.value
        self._since[places] = np.where(heard.good, np.where(moves, heard.source, since), NEVER)
        self._open[places] = np.where(moves, 0.0, counted)
        self._elapsed[places] = np.where(moves, np.where(pair, elapsed, 0), self._elapsed[places])
        self._counted[places] = np.where(pair, counted, self._counted[places])
        return say_where(moves, rate, pair)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        since = int(self._since[place])
        if since == NEVER:
            return None
        return {
            "since": since,
            "newest": float(self._readings.newest[place]),
            "open": float(self._open[place]),
            "elapsed": int(self._elapsed[place]),
            "counted": float(self._counted[place]),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            since, newest, open_ = moment(memory, "since"), number(memory, "newest"), number(memory, "open")
            elapsed, counted = integer(memory, "elapsed"), number(memory, "counted")
        except Unreadable:
            return
        self._since[place], self._readings.newest[place], self._open[place] = since, newest, open_
        self._elapsed[place], self._counted[place] = elapsed, counted

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        elapsed = int(self._elapsed[place])
        if elapsed == 0:
            return {"counted": None, "seconds": None}
        return {"counted": float(self._counted[place]), "seconds": elapsed / SECOND}


class CounterStopBank:
    """since: by place, from when it is seen without interruption that nothing is counted; NEVER while interrupted. longest: so
    far, since something was counted."""

    def __init__(self, signals: Sequence[CounterStop]) -> None:
        self._after = np.array([signal.after for signal in signals], dtype=np.int64)
        self._readings = Readings([signal.rolls_over_at for signal in signals])
        self._since: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._longest: Moments = np.zeros(len(signals), dtype=np.int64)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good = heard.places, heard.good
        since, longest = self._since[places], self._longest[places]
        # NaN, which is no comparison, stands for the first reading: it begins the time just as counting does.
        counts = good & ~(self._readings.counted(places, heard.value) <= 0.0)
        anew = counts | (good & (heard.gap | (since == NEVER)))
        since = np.where(good, np.where(anew, heard.source, since), NEVER)
        longest = np.where(counts, 0, np.where(good, np.maximum(longest, heard.source - since), longest))
        self._readings.newest[places] = np.where(good, heard.value, self._readings.newest[places])
        self._since[places], self._longest[places] = since, longest
        self.due[places] = self._due(places)
        return say_all(longest / SECOND, good)

    def wake(self, places: Indices, now: Moments) -> Said:
        self._longest[places] = longest = np.maximum(self._longest[places], now - self._since[places])
        self.due[places] = NEVER
        return say_all(longest / SECOND, np.ones(len(places), dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        newest = float(self._readings.newest[place])
        if np.isnan(newest):
            return None
        return {"newest": newest, "since": or_none(self._since[place]), "longest": int(self._longest[place])}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            newest, since, longest = number(memory, "newest"), moment(memory, "since"), integer(memory, "longest")
        except Unreadable:
            return
        self._readings.newest[place], self._since[place], self._longest[place] = newest, since, longest
        one = np.array([place])
        self.due[one] = self._due(one)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        newest = float(self._readings.newest[place])
        return {"count": None if np.isnan(newest) else newest}

    def _due(self, places: Indices) -> Moments:
        """None once the time has been `after`: samples tell the rest."""
        since = self._since[places]
        waits = (since != NEVER) & (self._longest[places] < self._after[places])
        return np.where(waits, since + self._after[places], NEVER)
