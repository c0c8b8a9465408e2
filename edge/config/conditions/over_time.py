"""Conditions on how a tag behaves over time: how fast it changes, how often, whether at all. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from edge.config.conditions.rule import Condition, Deadband, Finite, Positive, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.text.values import Name, SwitchOrNumber, duration, format_span, refuse
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from rules.definition import Comparison
from rules.signals.aggregate import OF_EACH_SAMPLE, Aggregate
from rules.signals.counter import CounterRate, CounterStop
from rules.signals.coverage import DEFAULT_COVERAGE
from rules.signals.frozen import Frozen
from rules.signals.grains import room_for, room_of_samples
from rules.signals.n_of_m import OF_MAX, NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.rate import Side as RateSide
from rules.signals.raw import Raw
from rules.signals.raw import Side as RawSide
from rules.signals.repeat import COUNT_MAX, Repeat
from rules.signals.rings import CAPACITY_MAX
from rules.signals.trend import Side as TrendSide
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window as SlidingWindow

Window = Annotated[Span, duration("1s", "31d")]
Coverage = Annotated[float, Field(ge=0.0, le=1.0)]
DAY: Span = 24 * HOUR
RollOver = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def per_unit(unit: str, per: Span) -> str:
    """`°C/min`: a unit per a span of time."""
    span = format_span(per)
    return f"{unit}/{span.removeprefix('1 ')}" if unit else f"/{span.removeprefix('1 ')}"


def expect_clock_length(key: str, length: Span) -> None:
    """Refuses windows that do not begin at the same times each day, nor at midnight."""
    if DAY % length and length % DAY:
        raise refuse("config.tumbling_length", key=key)


def _parameters(signal: Repeat | SlidingWindow) -> dict[str, Any]:
    return {each.name: getattr(signal, each.name) for each in fields(signal)}


class RateRuleFile(RuleFile):
    """rate: the tag rises, falls or does either by `limit` per `per`; measured over at least `over`."""

    tag: Name
    limit: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    per: Positive = MINUTE
    over: Window = 10 * SECOND
    side: RateSide = RateSide.BOTH
    deadband: Deadband = 0.0

    def condition(self, tags: Tags) -> Condition | None:
        signal = Rate(tags.own.name, self.over, self.per, self.side)
        return Condition(self.limit, self.deadband, signal=signal, unit=per_unit(tags.own.unit, self.per))


class FrozenRuleFile(RuleFile):
    """frozen: the tag has stayed within `band` of one value for `lasting`."""

    tag: Name
    lasting: Window
    band: Deadband = 0.0

    def condition(self, tags: Tags) -> Condition | None:
        return Condition(self.lasting / SECOND, signal=Frozen(tags.own.name, self.band), unit="s")


class CountedRuleFile(RuleFile):
    """What rules say that count how often a comparison of the tag comes true: `above`, `below` or `equals`, one of them."""

    tag: Name
    above: Finite | None = None
    below: Finite | None = None
    equals: SwitchOrNumber | None = None
    deadband: Deadband = 0.0

    @model_validator(mode="after")
    def _one_comparison(self) -> CountedRuleFile:
        if sum(each is not None for each in (self.above, self.below, self.equals)) != 1:
            raise refuse("config.counted_one_of")
        if self.equals is not None and self.deadband:
            raise refuse("config.counted_deadband")
        return self

    @property
    def raw(self) -> Raw:
        if self.above is not None:
            return Raw(RawSide.HIGH, self.above, self.deadband)
        if self.below is not None:
            return Raw(RawSide.LOW, self.below, self.deadband)
        return Raw(RawSide.EQUAL, float(self.equals or 0.0))


class RepeatRuleFile(CountedRuleFile):
    """repeat: that began `count` times within `within`; tumbling: within windows that the plant's clock sets."""

    count: Annotated[int, Field(ge=1, le=COUNT_MAX)]
    within: Window
    tumbling: bool = False
    coverage: Coverage = DEFAULT_COVERAGE

    @model_validator(mode="after")
    def _fits_the_clock(self) -> RepeatRuleFile:
        if self.tumbling:
            expect_clock_length("within", self.within)
        return self

    def condition(self, tags: Tags) -> Condition | None:
        signal = Repeat(tag=tags.own.name, raw=self.raw, within=self.within, count=self.count, coverage=self.coverage)
        if self.tumbling:
            signal = TumblingRepeat(**_parameters(signal), zone=tags.zone)
        return Condition(float(self.count), signal=signal, unit="")


class NOfMRuleFile(CountedRuleFile):
    """n_of_m: it was so in `n` of the last `of` samples; it ends when it was not in `n_off` of them."""

    of: Annotated[int, Field(ge=1, le=OF_MAX)]
    n: Annotated[int, Field(ge=1, le=OF_MAX)]
    n_off: Annotated[int, Field(ge=1, le=OF_MAX)] | None = None

    @field_validator("n", "n_off")
    @classmethod
    def _not_more_than_all(cls, given: int | None, info: ValidationInfo) -> int | None:
        if given is not None and given > info.data.get("of", OF_MAX):
            raise refuse("config.n_of_m_more", of=info.data["of"])
        return given

    @model_validator(mode="after")
    def _ends_somewhere(self) -> NOfMRuleFile:
        least = self.of - self.n + 1
        if self.n_off is not None and self.n_off < least:
            raise refuse("config.n_of_m_off", least=least, of=self.of)
        return self

    def condition(self, tags: Tags) -> Condition | None:
        signal = NOfM(tags.own.name, self.raw, self.n, self.of, self.n_off or 0)
        return Condition(float(self.n), signal.deadband, signal=signal, unit="")


def _rolls_over_at(tags: Tags) -> float | None:
    """What the tag says of itself."""
    return tags.own.counter.rolls_over_at if tags.own.counter is not None else None


class CounterRateRuleFile(RuleFile):
    """counter_rate: the counter counts `limit` or more per `per`; with `below`, `limit` or fewer."""

    tag: Name
    limit: Finite
    below: bool = False
    per: Positive = HOUR
    over: Window = MINUTE
    deadband: Deadband = 0.0
    rolls_over_at: RollOver | None = None

    def condition(self, tags: Tags) -> Condition | None:
        signal = CounterRate(tags.own.name, self.over, self.per, self.rolls_over_at or _rolls_over_at(tags))
        compare = Comparison.LOW if self.below else Comparison.HIGH
        unit = per_unit(tags.own.unit, self.per)
        return Condition(self.limit, self.deadband, compare=compare, signal=signal, unit=unit)


class CounterStopRuleFile(RuleFile):
    """counter_stop: nothing was counted for `after`."""

    tag: Name
    after: Window
    rolls_over_at: RollOver | None = None

    def condition(self, tags: Tags) -> Condition | None:
        signal = CounterStop(tags.own.name, self.after, self.rolls_over_at or _rolls_over_at(tags))
        return Condition(self.after / SECOND, signal=signal, unit="s")


class EventRuleFile(RuleFile):
    """event: the device raises it itself, by a value that is not 0; it stands for `hold`, unless another comes."""

    tag: Name
    hold: Window = 10 * SECOND

    def condition(self, tags: Tags) -> Condition | None:
        return Condition(1.0, signal=Pulse(tags.own.name, self.hold), unit="")


class WindowRuleFile(RuleFile):
    """window: an aggregate of the last `over` is at or above `limit`; with `below`, at or below it. tumbling: of windows that
    follow each other by the plant's clock, instead. percent: of a percentile."""

    tag: Name
    aggregate: Aggregate
    over: Window
    limit: Finite
    below: bool = False
    deadband: Deadband = 0.0
    percent: Annotated[float, Field(ge=0, le=100)] = 50.0
    tumbling: bool = False
    coverage: Coverage = DEFAULT_COVERAGE
    samples: Annotated[int, Field(ge=8, le=4096)] | None = Field(
        default=None, description="So many samples are kept, each by itself; what is older is not covered. A power of two."
    )

    @field_validator("samples")
    @classmethod
    def _is_a_power_of_two(cls, given: int | None) -> int | None:
        if given is not None and given & (given - 1):
            raise refuse("config.power_of_two")
        return given

    @model_validator(mode="after")
    def _fits_the_clock(self) -> WindowRuleFile:
        if self.tumbling:
            expect_clock_length("over", self.over)
        if "percent" in self.model_fields_set and self.aggregate is not Aggregate.PERCENTILE:
            raise refuse("config.percent_unused", aggregate=str(self.aggregate))
        return self

    def condition(self, tags: Tags) -> Condition | None:
        each_sample = self.samples is not None or self.aggregate in OF_EACH_SAMPLE
        room = room_of_samples(self.over, tags.every, self.samples) if each_sample else room_for(self.over, tags.every)
        if each_sample and tags.every and self.over * self.coverage > room.capacity * tags.every:
            said = {"over": format_span(self.over), "count": self.over // tags.every, "every": format_span(tags.every)}
            key = "window_samples" if self.aggregate not in OF_EACH_SAMPLE else "window_of_each_sample"
            at = "over" if self.samples is None else "samples"
            most = format_span(CAPACITY_MAX * tags.every)
            place = tags.node.follow((at,)).place
            tags.findings.error(place, key, **said, kept=room.capacity, longest=most, aggregate=self.aggregate)
            return None
        sliding = SlidingWindow(
            tag=tags.own.name,
            aggregate=self.aggregate,
            span=self.over,
            percent=self.percent,
            coverage=self.coverage,
            capacity=room.capacity,
            grain=room.grain,
        )
        signal = TumblingWindow(**_parameters(sliding), zone=tags.zone) if self.tumbling else sliding
        compare = Comparison.LOW if self.below else Comparison.HIGH
        unit = "" if self.aggregate is Aggregate.COUNT else None
        return Condition(self.limit, self.deadband, compare=compare, signal=signal, unit=unit)


class TrendRuleFile(RuleFile):
    """trend: at the slope of the last `over`, the tag reaches `limit` within `within`."""

    tag: Name
    limit: Finite
    side: TrendSide = TrendSide.HIGH
    within: Window
    over: Window
    min_fit: Coverage = 0.5
    min_samples: Annotated[int, Field(ge=3, le=4096)] = 10
    coverage: Coverage = DEFAULT_COVERAGE

    def condition(self, tags: Tags) -> Condition | None:
        room = room_for(self.over, tags.every)
        signal = Trend(
            tag=tags.own.name,
            side=self.side,
            limit=self.limit,
            span=self.over,
            min_samples=self.min_samples,
            min_fit=self.min_fit,
            coverage=self.coverage,
            capacity=max(room.capacity, 1 << (self.min_samples - 1).bit_length()),
            grain=room.grain,
        )
        # A tenth of the time, so that an alarm does not come and go with every sample.
        seconds = self.within / SECOND
        return Condition(seconds, seconds / 10, signal=signal, unit="s")
