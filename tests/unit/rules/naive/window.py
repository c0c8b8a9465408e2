"""Windowed aggregates again: the list of all samples, of which those in the window are picked out each time."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt

from edge.model.moment import NEVER
from rules.signals.aggregate import Aggregate, Aggregated
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window
from tests.unit.rules.naive.coverage import NaiveCoverage

NOTHING = "nothing"
#: From the epoch to the first midnight of a Monday.
MONDAY = 4 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    time: int
    value: float
    apart: bool


class NaiveSamples:
    """Samples that were taken, and what they amount to. The ring that holds them keeps `capacity` of those in the window."""

    def __init__(self, signal: Aggregated) -> None:
        self._signal = signal
        self.taken: list[Taken] = []
        self.lost = -NEVER
        self.coverage = NaiveCoverage(signal.span, signal.coverage)

    def add(self, sample: Taken, window: int) -> None:
        """window: earlier samples are out of it."""
        inside = [other for other in self.taken if other.time >= window]
        if len(inside) == self._signal.capacity:
            self.lost = inside[0].time
        self.taken = [*self.taken, sample][-self._signal.capacity :]

    def whole_from(self, first: int, start: int) -> int:
        return self.taken[0].time if self.lost >= first else start

    def evaluate(self, first: int, start: int, end: int, tail: bool) -> float | None:
        """first: the earliest time of a sample in the window, which begins at `start`."""
        whole_from = self.whole_from(first, start)
        inside = [sample.value for sample in self.taken if sample.time >= first]
        covered = self.coverage.covered(whole_from, end)
        newest = self.taken[-1].value if self.taken else 0.0
        value: float | None = None
        match self._signal.aggregate:
            case Aggregate.COUNT:
                value = float(len(inside))
            case Aggregate.SUM:
                value = total(inside)
            case Aggregate.MEAN if inside:
                value = newest + total([each - newest for each in inside]) / len(inside)
            case Aggregate.MIN if inside:
                value = min(inside)
            case Aggregate.MAX if inside:
                value = max(inside)
            case Aggregate.STDDEV if len(inside) > 1:
                distances = [each - newest for each in inside]
                mean = total(distances) / len(inside)
                value = sqrt(total([(each - mean) * (each - mean) for each in distances]) / (len(inside) - 1))
            case Aggregate.PERCENTILE if inside:
                value = percentile(sorted(inside), self._signal.percent)
            case Aggregate.TIME_WEIGHTED:
                held = self._held(first, whole_from, end, tail)
                covered = sum(time for _, time in held)
                if covered:
                    first_held = next(each for each, time in held if time)
                    value = first_held + total([(each - first_held) * (time / covered) for each, time in held])
        return value if covered >= round(self._signal.span * self._signal.coverage) else None

    def _held(self, first: int, start: int, end: int, tail: bool) -> list[tuple[float, int]]:
        """The samples in the window, and the one before it, each with its time."""
        outside = [sample for sample in self.taken if sample.time < first]
        samples = [*outside[-1:], *(sample for sample in self.taken if sample.time >= first)]
        held = []
        for number, sample in enumerate(samples):
            if number + 1 < len(samples):
                following = samples[number + 1]
                until = sample.time if following.apart else following.time
            else:
                until = end if tail else sample.time
            held.append((sample.value, max(until - max(sample.time, start), 0)))
        return held


def total(values: list[float]) -> float:
    """From the first to the last; newer Pythons add in another way."""
    result = 0.0
    for value in values:
        result += value
    return result


def percentile(ordered: list[float], percent: float) -> float:
    rank = (len(ordered) - 1) * percent / 100.0
    low = floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


class NaiveWindow:
    def __init__(self, signal: Window) -> None:
        self._signal = signal
        self._samples = NaiveSamples(signal)
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        apart = self._samples.coverage.take(value, source, gap)
        if value is None:
            self.due = NEVER
            return None
        self._samples.add(Taken(source, value, apart), source - self._signal.span + 1)
        return self._say(source)

    def wake(self, now: int) -> float | str | None:
        return self._say(now)

    def _say(self, now: int) -> float | None:
        start = now - self._signal.span
        value = self._samples.evaluate(start + 1, start, now, tail=True)
        if self._signal.aggregate is Aggregate.COUNT:
            inside = [sample.time for sample in self._samples.taken if sample.time > start]
            falls = inside[0] + self._signal.span if inside else NEVER
            learns = self._samples.coverage.enough_from(self._samples.whole_from(start + 1, start))
            self.due = falls if value is not None else min(falls, learns)
        return value


class NaiveTumblingWindow:
    def __init__(self, signal: TumblingWindow) -> None:
        self._signal = signal
        self._samples = NaiveSamples(signal)
        self._closes: int | None = None

    @property
    def due(self) -> int:
        return NEVER if self._closes is None or self._samples.coverage.broken else self._closes

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        apart = self._samples.coverage.take(value, source, gap)
        if value is None:
            return None
        start = source - (source - self._signal.phase - MONDAY) % self._signal.span
        says: float | str | None = NOTHING
        if self._closes is not None and source >= self._closes:
            says = self._samples.evaluate(start - self._signal.span, start - self._signal.span, start, tail=not apart)
        self._closes = start + self._signal.span
        self._samples.add(Taken(source, value, apart), start)
        return says

    def wake(self, now: int) -> float | str | None:
        self._closes = now + self._signal.span
        return self._samples.evaluate(now - self._signal.span, now - self._signal.span, now, tail=True)
