"""The card of an alarm whose rule was changed or removed stays what it was: what was wrong, not what a new rule looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.intent import Purpose
from edge.model.sample import Quality, Sample
from rules.definition import Kind
from tests.unit.response.conftest import RULES, Shift, mill


@pytest.mark.parametrize(
    "changed", [{"tag": "CRM.ST3.MOTOR.oil"}, {"kind": Kind.LOW}, {"kind": Kind.STALE, "tag": "CRM.ST3.MOTOR.oil"}]
)
def test_a_retired_card_keeps_its_condition_and_shows_no_value_of_the_new_tag(changed: dict[str, object]) -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    anew = [replace(rule, **changed) if rule.key == "bearing_hot" else rule for rule in RULES]  # type: ignore[arg-type]
    shift.restart(mill(rules={rule.id: rule for rule in anew}))
    shift.at(60)
    for tag in ("de_temp", "oil"):
        shift.readings[f"CRM.ST3.MOTOR.{tag}"] = Sample(0, 6.0, Quality.GOOD, shift.now, shift.now)
    shift.hear("retired", cause="rule_changed", state="unacknowledged")
    message = shift.told(Purpose.STATE)[-1].message
    lines = dict(message.lines)
    assert (lines["触发值"], "当前值" in lines) == ("84.2 °C", False)
    assert lines["条件"].startswith("≥ 80 °C")
    assert message.state_text == "规则已更改，不再监视"


def test_the_card_of_a_removed_rule_says_removed_and_not_changed() -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    shift.restart(mill(rules={rule.id: rule for rule in RULES if rule.key != "bearing_hot"}))
    shift.at(60)
    shift.hear("retired", cause="rule_removed", state="unacknowledged")
    message = shift.told(Purpose.STATE)[-1].message
    assert (message.state_text, message.buttons) == ("规则已删除，不再监视", ())
