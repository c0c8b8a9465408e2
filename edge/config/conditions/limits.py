"""Conditions on what a tag shows, and on whether it shows anything. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from edge.config.conditions.rule import Condition, Deadband, Delay, Positive, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.sensor_faults import ON_DELAY
from edge.config.text.values import Name, SwitchOrNumber, refuse
from rules.definition import Comparison


class LimitRuleFile(RuleFile):
    """high_high, high, low, low_low: the tag is at or beyond the limit; normal again when it is back by more than the
    deadband."""

    tag: Name
    limit: float
    deadband: Deadband = 0.0
    exclusive: bool = Field(default=False, description="Told to nobody while the next limit of the same tag is reached.")

    def condition(self, tags: Tags) -> Condition | None:
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

    def condition(self, tags: Tags) -> Condition | None:
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

    def condition(self, tags: Tags) -> Condition | None:
        return Condition(stale_after=self.stale_after or tags.own.stale_after)


class CommLossRuleFile(RuleFile):
    """comm_loss: the session with the device is lost."""


class SensorFaultRuleFile(RuleFile):
    """sensor_fault: the tag's device answers, and says what is no measurement. In place of the rule the tag has by itself."""

    tag: Name
    on_delay: Delay = ON_DELAY


class BadQualityRuleFile(RuleFile):
    """bad_quality: the newest data of the tag is bad, for whatever reason."""

    tag: Name
