"""The keys of a rule, a model a condition kind; and what each makes of them: the condition that the engine compares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from edge.config.rationalisation import ConsequenceClass, Rationale, ResponseTime
from edge.config.sensor_faults import ON_DELAY
from edge.config.values import (
    FileModel,
    Name,
    ShortText,
    SwitchOrNumber,
    TwoLanguages,
    TwoLanguagesLong,
    duration,
    refuse,
)
from edge.model.alarm import Priority
from edge.model.moment import SECOND, Span
from edge.model.tag import Tag
from rules.definition import Chatter, Comparison, Kind
from rules.signals.base import Signal

Delay = Annotated[Span, duration("0s", "24h")]
Positive = Annotated[Span, duration("100ms", "7d")]
Deadband = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule's keys mean to the engine; see `rules.definition.Rule`."""

    limit: float | None = None
    deadband: float = 0.0
    values: tuple[float, ...] = ()
    compare: Comparison | None = None
    signal: Signal | None = None
    unit: str | None = None
    stale_after: Span | None = None


class RuleClass(StrEnum):
    """What a rule is about beside the process."""

    SAFETY = "safety"


class ChatterFile(FileModel):
    """When the alarm chatters: raised so often within so long; it has settled when it has been quiet for so long."""

    count: Annotated[int, Field(ge=2, le=20)] = 3
    within: Annotated[Span, duration("1s", "1h")] = 60 * SECOND
    quiet: Annotated[Span, duration("1s", "24h")] = 300 * SECOND

    @property
    def chatter(self) -> Chatter:
        return Chatter(self.count, self.within, self.quiet)


class RuleFile(FileModel):
    """What every rule says. for: a device type, or one device. priority: the matrix gives it, by consequence_class and
    respond_within, when it is not written. class: `safety` warns people of a danger to them."""

    for_: str = Field(alias="for")
    kind: Kind
    priority: Priority | None = None
    class_: RuleClass | None = Field(default=None, alias="class")
    words: TwoLanguages
    guidance: TwoLanguagesLong | None = None
    on_delay: Delay = 0
    off_delay: Delay = 0
    latching: bool = False
    ack_required: bool = True
    confirm: bool = Field(default=False, description="Somebody must say that the work is done, too.")
    ack_on_return: bool = Field(default=False, description="Its return acknowledges it by itself.")
    keep_ack: bool = Field(default=False, description="What was acknowledged stays so when it was hidden meanwhile.")
    realarm_after: Annotated[Span, duration("1min", "7d")] | None = None
    realarm_max: Annotated[int, Field(ge=1, le=100)] = 10
    first_out: Name | None = Field(default=None, description="The group in which the first alarm counts.")
    chatter: ChatterFile | None = None
    suppressed_by: Annotated[list[str], Field(max_length=100)] = Field(
        default=[], description="Other alarms that explain it: rules of the same device, or DEVICE/rule."
    )
    cause: TwoLanguagesLong | None = None
    consequence: TwoLanguagesLong | None = None
    consequence_class: ConsequenceClass | None = None
    respond_within: ResponseTime | None = None
    owner: ShortText | None = None

    @property
    def rationale(self) -> Rationale:
        return Rationale(
            cause=self.cause.words if self.cause is not None else {},
            consequence=self.consequence.words if self.consequence is not None else {},
            consequence_class=self.consequence_class,
            respond_within=self.respond_within,
            owner=self.owner or "",
        )

    def condition(self, tag: Tag) -> Condition:
        """tag: the one that the rule is about."""
        return Condition()


class LimitRuleFile(RuleFile):
    """high_high, high, low, low_low: the tag is at or beyond the limit; normal again when it is back by more than the
    deadband."""

    tag: Name
    limit: float
    deadband: Deadband = 0.0
    exclusive: bool = Field(default=False, description="Told to nobody while the next limit of the same tag is reached.")

    def condition(self, tag: Tag) -> Condition:
        return Condition(self.limit, self.deadband)


class DiscreteRuleFile(RuleFile):
    """discrete: the tag has this value; one of these; this bit is set (from 0); or is not the normal one."""

    tag: Name
    value: SwitchOrNumber | None = None
    values: Annotated[list[SwitchOrNumber], Field(min_length=1, max_length=100)] | None = None
    bit: Annotated[int, Field(ge=0, le=52)] | None = None
    normal: SwitchOrNumber | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> DiscreteRuleFile:
        said = [name for name in ("value", "values", "bit", "normal") if getattr(self, name) is not None]
        if len(said) > 1:
            raise refuse("config.discrete_twice", first=said[0], second=said[1])
        return self

    def condition(self, tag: Tag) -> Condition:
        if self.values is not None:
            return Condition(values=tuple(self.values), compare=Comparison.IN_SET)
        if self.bit is not None:
            return Condition(float(self.bit), compare=Comparison.BIT)
        if self.normal is not None:
            return Condition(self.normal, compare=Comparison.NOT_EQUAL)
        return Condition(1.0 if self.value is None else self.value)


class StaleRuleFile(RuleFile):
    """stale: the tag has no fresh good sample. stale_after: the tag's own unless given."""

    tag: Name
    stale_after: Positive | None = None

    def condition(self, tag: Tag) -> Condition:
        return Condition(stale_after=self.stale_after or tag.stale_after)


class CommLossRuleFile(RuleFile):
    """comm_loss: the session with the device is lost."""


class SensorFaultRuleFile(RuleFile):
    """sensor_fault: the tag's device answers, and says what is no measurement. In place of the rule the tag has by itself."""

    tag: Name
    on_delay: Delay = ON_DELAY


class BadQualityRuleFile(RuleFile):
    """bad_quality: the newest data of the tag is bad, for whatever reason."""

    tag: Name


FILE_OF_KIND: Mapping[Kind, type[RuleFile]] = {
    Kind.HIGH_HIGH: LimitRuleFile,
    Kind.HIGH: LimitRuleFile,
    Kind.LOW: LimitRuleFile,
    Kind.LOW_LOW: LimitRuleFile,
    Kind.DISCRETE: DiscreteRuleFile,
    Kind.STALE: StaleRuleFile,
    Kind.COMM_LOSS: CommLossRuleFile,
    Kind.BAD_QUALITY: BadQualityRuleFile,
    Kind.SENSOR_FAULT: SensorFaultRuleFile,
}
