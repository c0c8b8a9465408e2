"""A card reads what was compared, in its own unit, whatever the kind of condition; what is true or not needs no number."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.model.alarm import Priority
from edge.response.alarm_words import AlarmWords
from edge.response.wording import Wording
from rules.definition import Comparison, Kind
from rules.signals.deviation import Deviation
from tests.unit.response.conftest import DIRECTORY, mill, rule

#: Which signal it is does not matter here, only that there is one.
SIGNAL = Deviation("CRM.ST3.MOTOR.de_temp", 60.0)


def words(kind: Kind, **facts: Any) -> AlarmWords:
    made = rule("r", kind, "de_temp", Priority.LOW, "试", "test", **facts)
    return AlarmWords(mill(rules={made.id: made}), Wording("en", ZoneInfo("UTC"), DIRECTORY), made.id)


@pytest.mark.parametrize(
    ("kind", "facts", "value", "condition"),
    [
        (Kind.HIGH_HIGH, {"limit": 80.0}, "6.5 °C", "≥ 80 °C"),
        (Kind.LOW_LOW, {"limit": 5.0}, "6.5 °C", "≤ 5 °C"),
        (Kind.DISCRETE, {"values": (2.0, 3.0), "compare": Comparison.IN_SET}, "6.5 °C", ""),
        (Kind.DEVIATION, {"limit": 5.0, "signal": SIGNAL}, "6.5 °C", "≥ 5 °C"),
        (Kind.EXPRESSION, {"limit": 5.0, "signal": SIGNAL, "compare": Comparison.LOW, "unit": "K"}, "6.5 K", "≤ 5 K"),
        (Kind.EXPRESSION, {"limit": 0.0, "signal": SIGNAL, "unit": ""}, "", ""),
        (Kind.MISMATCH, {"limit": 1.0, "signal": SIGNAL, "unit": ""}, "", ""),
        (Kind.RUNS, {"limit": 1.0, "signal": SIGNAL, "unit": ""}, "6.5", "≥ 1"),
        (Kind.BAD_QUALITY, {}, "6.5 °C", ""),
    ],
)
def test_value_and_limit_are_of_what_was_compared(kind: Kind, facts: dict[str, Any], value: str, condition: str) -> None:
    said = words(kind, **facts)
    assert (said.value(6.5), said.condition(facts.get("limit"))) == (value, condition)


@pytest.mark.parametrize("kind", Kind)
def test_there_are_words_for_the_limit_of_each_kind(kind: Kind) -> None:
    assert isinstance(words(kind, limit=1.0, stale_after=1).condition(1.0), str)
