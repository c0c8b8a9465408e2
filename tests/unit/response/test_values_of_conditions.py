"""A card reads what was compared, in its own unit, whatever the kind of condition; what is true or not needs no number."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.model.alarm import Priority
from edge.model.moment import SECOND
from edge.response.alarm_words import AlarmWords
from edge.response.wording import Wording
from rules.definition import Comparison, Kind
from rules.expression import Expression, Yields, compile_expression
from rules.signals.baseline import Stated
from rules.signals.deviation import Deviation
from rules.signals.expression import ExpressionSignal
from rules.signals.mismatch import Mismatch
from rules.signals.runs import Runs, RunTests
from tests.unit.response.conftest import DIRECTORY, mill, rule

DE, NDE = "CRM.ST3.MOTOR.de_temp", "CRM.ST3.MOTOR.nde_temp"
SIGNAL = Deviation(DE, 60.0)
MISMATCH = Mismatch(NDE, DE, 5 * SECOND)
RUNS = Runs(tag=DE, baseline=Stated(60.0, 1.0), tests=RunTests((1, 2)))


def expression(text: str, yields: Yields) -> ExpressionSignal:
    compiled = compile_expression(text, yields)
    assert isinstance(compiled, Expression)
    return ExpressionSignal(compiled, (DE, NDE))


NUMBER, CONDITION = expression("de - nde", Yields.NUMBER), expression("de > nde", Yields.CONDITION)


def words(kind: Kind, **facts: Any) -> AlarmWords:
    made = rule("r", kind, "de_temp", Priority.LOW, "试", "test", **facts)
    return AlarmWords(mill(rules={made.id: made}), Wording("en", ZoneInfo("UTC"), DIRECTORY), made.id)


@pytest.mark.parametrize(
    ("kind", "facts", "value", "condition"),
    [
        (Kind.HIGH_HIGH, {"limit": 80.0}, "6.5 °C", "≥ 80 °C"),
        (Kind.LOW_LOW, {"limit": 5.0}, "6.5 °C", "≤ 5 °C"),
        (Kind.DISCRETE, {"values": (2.0, 3.0), "compare": Comparison.IN_SET}, "6.5 °C", "one of 2 °C, 3 °C"),
        (Kind.DISCRETE, {"limit": 3.0, "compare": Comparison.BIT}, "6.5 °C", "bit 3 is set"),
        (Kind.DEVIATION, {"limit": 5.0, "signal": SIGNAL}, "6.5 °C", "off the set point by ≥ 5 °C"),
        (Kind.EXPRESSION, {"limit": 5.0, "signal": NUMBER, "compare": Comparison.LOW, "unit": "K"}, "6.5 K", "≤ 5 K"),
        (Kind.EXPRESSION, {"limit": 0.0, "signal": CONDITION, "unit": ""}, "", ""),
        (Kind.MISMATCH, {"limit": 1.0, "signal": MISMATCH, "unit": ""}, "", "feedback not as commanded for 5 s"),
        (Kind.RUNS, {"limit": 1.0, "signal": RUNS, "unit": ""}, "", "a control chart test fails (1, 2)"),
        (Kind.BAD_QUALITY, {}, "6.5 °C", ""),
    ],
)
def test_value_and_limit_are_of_what_was_compared(kind: Kind, facts: dict[str, Any], value: str, condition: str) -> None:
    said = words(kind, **facts)
    assert (said.value(6.5), said.condition(facts.get("limit"))) == (value, condition)


@pytest.mark.parametrize("kind", Kind)
def test_there_are_words_for_the_limit_of_each_kind(kind: Kind) -> None:
    assert isinstance(words(kind, limit=1.0, stale_after=1).condition(1.0), str)
