"""What the naive engine remembers of a tag: the newest of everything, and how far it may be trusted."""

from __future__ import annotations

import math

from edge.model.moment import Moment, Span
from edge.model.sample import Mark, Quality, Sample

FOREVER = 10**18
LONG_AGO = -FOREVER


class NaiveTag:
    """newest: time of the newest sample, on the device's clock; newest_value: of the newest value or fault. last: value
    and quality of the newest sample. news_source, news_arrival: of the newest good sample that is not initial. shown: what it
    shows as context."""

    def __init__(self, stale_after: Span | None, start: Moment) -> None:
        self.stale_after = FOREVER if stale_after is None else stale_after
        self.faults_told = False
        self.forget(start)

    def forget(self, now: Moment) -> None:
        self.newest = LONG_AGO
        self.newest_on_our_clock = False
        self.newest_value = LONG_AGO
        self.last: tuple[str, Quality] | None = None
        self.lag: Span | None = None
        self.value: float | None = None
        self.quality = Quality.BAD
        self.news_source: Moment | None = None
        self.news_arrival = now
        self.shown: float | str | None = None
        self.faulty = False
        self.fault_value: float | None = None

    def wake_up(self, now: Moment) -> None:
        """After a restart, by what a record says: silence counts from now, and the first sample is no repetition."""
        self.last, self.shown = None, None
        self.news_arrival = now
        if self.news_source is not None:
            self.news_source = now - (self.lag or 0)

    # --- may it be trusted?

    def fresh_until(self) -> Moment:
        """By the device's clock."""
        if self.stale_after == FOREVER:
            return FOREVER
        return LONG_AGO if self.news_source is None else self.news_source + self.stale_after

    def stale_from(self) -> Moment:
        """By our clock."""
        return self.news_arrival + self.stale_after

    # --- a sample

    def time_of(self, sample: Sample) -> Moment | None:
        """Its time on the device's clock; None for one that is late or repeated."""
        initial = bool(sample.mark & Mark.INITIAL)
        source = sample.source_time
        if sample.mark & Mark.RECEIVED_TIME_USED and self.lag is not None:
            source -= self.lag
        newest = self.newest
        if is_stamped(sample) and self.newest_on_our_clock:
            newest -= sample.received_time - sample.source_time
        quality = quality_of(sample)
        if source < (self.newest_value if initial else newest):
            return None
        repeated = source == newest and self.last == (repr(float(sample.value)), quality)
        if repeated and not (is_fault(sample) and not self.faulty):
            return None
        return source

    def remember(self, sample: Sample, source: Moment, now: Moment) -> None:
        quality = quality_of(sample)
        if is_stamped(sample) and self.newest_on_our_clock:
            self.newest -= sample.received_time - sample.source_time
        self.newest = max(self.newest, source)
        if is_stamped(sample):
            self.lag = sample.received_time - sample.source_time
            self.newest_on_our_clock = False
        elif sample.mark & Mark.RECEIVED_TIME_USED and self.lag is None:
            self.newest_on_our_clock = True
        self.last = (repr(float(sample.value)), quality)
        self.quality = quality
        self.shown = None if quality is Quality.BAD else sample.text if sample.text is not None else float(sample.value)
        if is_fault(sample):
            self.faulty = True
            self.fault_value = float(sample.value) if math.isfinite(sample.value) else None
        if quality is not Quality.BAD or is_fault(sample):
            self.newest_value = source
        if quality is Quality.GOOD:
            self.faulty = False
            self.value = float(sample.value)
            if not sample.mark & Mark.INITIAL:
                self.news_source, self.news_arrival = source, now


class SignalTag(NaiveTag):
    """What a signal says, as rules read it: as fresh as the least fresh of its inputs."""

    def __init__(self, inputs: list[NaiveTag], *, on_our_clock: bool, start: Moment) -> None:
        self.inputs, self.on_our_clock = inputs, on_our_clock
        super().__init__(None, start)
        self.trust()

    def trust(self) -> None:
        self._stale_from = min(tag.stale_from() for tag in self.inputs)
        self._fresh_until = self._stale_from if self.on_our_clock else min(tag.fresh_until() for tag in self.inputs)

    def fresh_until(self) -> Moment:
        return self._fresh_until

    def stale_from(self) -> Moment:
        return self._stale_from

    def say(self, value: float | None, source: Moment, now: Moment) -> None:
        self.newest = max(self.newest, source)
        self.quality = Quality.BAD if value is None else Quality.GOOD
        if value is not None:
            self.value = value
        self.trust()


def is_stamped(sample: Sample) -> bool:
    """By the device itself, and now."""
    return not sample.mark & (Mark.RECEIVED_TIME_USED | Mark.INITIAL)


def quality_of(sample: Sample) -> Quality:
    return Quality(sample.quality) if math.isfinite(sample.value) else Quality.BAD


def is_fault(sample: Sample) -> bool:
    return quality_of(sample) is Quality.BAD and bool(sample.mark & Mark.SENSOR_FAULT)
