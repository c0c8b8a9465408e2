"""Red data never leave the plant: of every message the red value, its limit and what people wrote of it are missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_bridge.dingtalk.payloads import create_card
from cloud_bridge.marks import IN_TIME
from edge.model.intent import Intent, encode_intent
from edge.model.tag import DataClass
from edge.response.policy import Policy, Route
from rules.definition import Rule
from tests.unit.response.conftest import MOTOR, RULES, Shift, mill

EVERYBODY = (Route("all", ("team:maintenance", "group:shift")),)
DE, OIL = "CRM.ST3.MOTOR.de_temp", "CRM.ST3.MOTOR.oil"
HOT, OIL_LOW = "CRM.ST3.MOTOR/bearing_hot", "CRM.ST3.MOTOR/oil_low"


def plant(data_class: DataClass, *, limit: float = 80.0, context: tuple[str, ...] = (), **changes: Any) -> Policy:
    """The mill, with its bearing's temperature in a class. The words of its rule tell the limit, as people do."""
    told = f"{limit}"
    tags = tuple(replace(tag, data_class=data_class) if tag.name == DE else tag for tag in MOTOR.tags)
    rules: dict[str, Rule] = {rule.id: rule for rule in RULES}
    said = {"zh": f"高于{told}", "en": f"above {told}"}
    rules[HOT] = replace(rules[HOT], limit=limit, words=said, guidance=said, context=context)
    rules[OIL_LOW] = replace(rules[OIL_LOW], context=(DE,))
    return mill(EVERYBODY, devices={MOTOR.name: replace(MOTOR, tags=tags)}, rules=rules, **changes)


def a_shift_of_it(policy: Policy, value: float, limit: float) -> Shift:
    """All that can be told of an alarm."""
    shift, said = Shift(policy), f"it says {value}"
    shift.trails[DE] = (value / 2, limit, value)
    shift.hear("raised", value=value, limit=limit, context={DE: value}, context_began={DE: value})
    shift.reads("de_temp", value)
    for number, (kind, more) in enumerate(
        [
            ("commented", {"text": said}),
            ("unacknowledged", {"reason": said}),
            ("shelved", {"reason": said}),
            ("unshelved", {"value": value, "limit": limit}),
            ("taken_out_of_service", {"reason": said, "work_order": f"WO-{value}"}),
            ("returned_to_service", {"value": value, "limit": limit}),
            ("acknowledged", {"comment": said}),
            ("returned", {"value": value, "peak": value, "context": {DE: value}}),
            ("confirmed", {"comment": said}),
        ]
    ):
        shift.at(10 * number + 10).hear(kind, **more)
    shift.at(300).hear("raised", alarm="oil_low", value=1.1, context={DE: value}, context_began={DE: value})
    return shift


def outgoing(intents: list[Intent]) -> Iterator[str]:
    """What a channel is given, and what becomes of it on the wire."""
    for intent in intents:
        yield json.dumps(encode_intent(intent)["message"], ensure_ascii=False)
        body = create_card(intent, template_id="t", robot_code="r", space=("IM_ROBOT", "u"), marks=IN_TIME)
        yield json.dumps(body, ensure_ascii=False)


def told(policy: Policy, value: float, limit: float) -> list[str]:
    return list(outgoing(list(a_shift_of_it(policy, value, limit).outbox.values())))


def digits(number: float) -> str:
    return re.sub(r"\.?0+$", "", f"{number:.3f}")


NUMBERS = st.integers(10_000, 9_999_999).map(lambda whole: whole * 100.0 + 0.25)


@settings(max_examples=150, deadline=None)
@given(value=NUMBERS, limit=NUMBERS)
def test_no_outgoing_text_holds_a_digit_string_of_a_red_value_or_of_its_limit(value: float, limit: float) -> None:
    for text in told(plant(DataClass.RED, limit=limit), value, limit):
        plain = text.replace(",", "").replace(" ", "")
        for number in (value, limit):
            assert digits(number) not in plain
            assert digits(number).partition(".")[0] not in plain


def test_the_same_shift_tells_a_green_value() -> None:
    texts = told(plant(DataClass.GREEN, limit=654_321.0), 1_234_567.0, 654_321.0)
    assert any("1234567" in text for text in texts)
    assert any("654321" in text for text in texts)


def lines_of(shift: Shift, recipient: str) -> tuple[Any, dict[str, str]]:
    message = next(intent.message for intent in shift.outbox.values() if intent.recipient == recipient)
    return message, dict(message.lines)


def test_a_masked_card_still_says_device_what_which_way_and_where_to_look() -> None:
    shift = Shift(plant(DataClass.RED))
    shift.hear("raised")
    english, lines = lines_of(shift, "person:ann")
    assert english.headline == "[HIGH] main… DE temperature too high"
    assert (lines["Device"], lines["Alarm"]) == ("Stand 3 main motor", "DE temperature too high")
    assert lines["Trigger value"] == "stays in the plant, open at the station"
    assert english.guidance == "Open the alarm at the station."
    chinese, lines = lines_of(shift, "person:li")
    assert (lines["报警"], lines["触发值"]) == ("驱动端温度过高", "数据不出厂，请到现场工位查看")
    assert chinese.guidance == "请到现场工位打开此报警。"


def test_a_yellow_value_is_told_of_its_own_alarm_and_of_no_other() -> None:
    shift = a_shift_of_it(plant(DataClass.YELLOW), 1234.5, 80.0)
    texts = {intent.alarm: str(intent.message) for intent in shift.outbox.values() if intent.recipient == "person:ann"}
    assert "1234.5" in texts[HOT] or "1,234.5" in texts[HOT]
    assert "1234.5" not in texts[OIL_LOW]
    assert "stays in the plant" in texts[OIL_LOW]


def test_an_alarm_whose_rule_or_tag_is_gone_tells_nothing_where_anything_is_red() -> None:
    policy = plant(DataClass.RED)
    shift = Shift(policy)
    shift.hear("raised", value=7_654_321.0)
    left = replace(policy, rules={each: rule for each, rule in policy.rules.items() if each != HOT})
    shift.at(20).restart(left)
    shift.at(30).hear("returned", value=7_654_322.0, peak=7_654_399.0)
    texts = list(outgoing(list(shift.outbox.values())))
    assert len(texts) > 4
    assert not any("765432" in text or "7654399" in text for text in texts)


@pytest.mark.parametrize("data_class", list(DataClass))
def test_a_plant_knows_whether_anything_is_red(data_class: DataClass) -> None:
    assert plant(data_class).has_red == (data_class is DataClass.RED)
