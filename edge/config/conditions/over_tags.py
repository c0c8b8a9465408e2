"""Conditions over several tags: how far one is from another, whether a command is obeyed, and expressions. Pure."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from edge.config.conditions.expression import read_expression
from edge.config.conditions.in_units import warn_of_units
from edge.config.conditions.rule import Condition, Deadband, Finite, Positive, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.text.values import Name, SwitchOrNumber, refuse
from rules.definition import Comparison
from rules.expression import Yields
from rules.signals.deviation import Deviation, Side
from rules.signals.mismatch import Mismatch

#: A tag of the same device, or `DEVICE.key`.
TagNamed = Annotated[str, Field(min_length=1, max_length=200)]


class DeviationRuleFile(RuleFile):
    """deviation: the tag is at least `limit` away from its set point, a number or another tag."""

    tag: Name
    setpoint: Finite | None = None
    setpoint_tag: TagNamed | None = None
    side: Literal["above", "below", "both"] = "both"
    limit: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    deadband: Deadband = 0.0

    @model_validator(mode="after")
    def _from_somewhere(self) -> DeviationRuleFile:
        if (self.setpoint is None) == (self.setpoint_tag is None):
            raise refuse("config.setpoint_one_of")
        if self.deadband >= self.limit:
            raise refuse("config.deviation_never_back")
        return self

    def condition(self, tags: Tags) -> Condition | None:
        set_point: float | str | None = self.setpoint
        if self.setpoint_tag is not None:
            other = tags.other(self.setpoint_tag, "setpoint_tag")
            set_point = None if other is None else other.name
            if other is not None:
                warn_of_units(tags.own, other, tags.node.follow(("setpoint_tag",)).place, tags.findings)
        if set_point is None:
            return None
        return Condition(self.limit, self.deadband, signal=Deviation(tags.own.name, set_point, Side(self.side)))


class MismatchRuleFile(RuleFile):
    """mismatch: the feedback is not what the command wants, `within` after it was given. expect: what each command wants to
    see; otherwise itself."""

    about: ClassVar[str] = "feedback"
    feedback: Name
    command: TagNamed
    within: Positive
    expect: Annotated[dict[str, SwitchOrNumber], Field(max_length=50)] = Field(default_factory=dict)
    tolerance: Deadband = 0.0

    def condition(self, tags: Tags) -> Condition | None:
        command = tags.other(self.command, "command")
        if command is None:
            return None
        expected: dict[float, float] = {}
        for given, wanted in self.expect.items():
            number = _number(given)
            if number is None or number in expected:
                key = "expect_number" if number is None else "expect_twice"
                tags.findings.error(tags.node.follow(("expect", given)).key, key, name=given[:100])
                return None
            expected[number] = float(wanted)
        signal = Mismatch(command.name, tags.own.name, self.within, tuple(expected.items()), self.tolerance)
        return Condition(1.0, signal=signal, unit="")


_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def _number(key: str) -> float | None:
    """Keys are texts, also those that look like numbers and switches."""
    if key in ("true", "false"):
        return float(key == "true")
    return float(key) if _NUMBER.fullmatch(key) else None


class ExpressionRuleFile(RuleFile):
    """expression: it is true; or, of one that yields a number, that is at or beyond `limit` (`below`: the lower way). tag: the
    one that it is about, for words and trend."""

    tag: Name
    expression: Annotated[str, Field(min_length=1, max_length=1000)]
    limit: Finite | None = None
    below: bool = False
    deadband: Deadband = 0.0
    unit: Annotated[str, Field(max_length=20)] = ""

    @model_validator(mode="after")
    def _compared(self) -> ExpressionRuleFile:
        if self.limit is None and (extra := self.model_fields_set & {"below", "deadband", "unit"}):
            raise refuse("config.limit_for", key=min(extra))
        return self

    def condition(self, tags: Tags) -> Condition | None:
        wanted = Yields.CONDITION if self.limit is None else Yields.NUMBER
        node = tags.node.follow(("expression",))
        signal = read_expression(self.expression, wanted, node, tags.device, tags.devices, tags.findings)
        if signal is None:
            return None
        if self.limit is None:
            return Condition(0.0, compare=Comparison.NOT_EQUAL, signal=signal, unit="")
        compare = Comparison.LOW if self.below else Comparison.HIGH
        return Condition(self.limit, self.deadband, compare=compare, signal=signal, unit=self.unit)
