"""What hides an alarm is on its card in words; while it does, nobody is reminded, and behind it the alarm is told again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.event import Event, JournalRow, Stream
from edge.model.intent import Intent, Purpose
from edge.response.policy import LineWords, Route
from rules.definition import Validity

EN = Route("ann", ("person:ann",))
DESIGN = ["parent:CRM.ST3.MOTOR/bearing_hot"]


def line_turned(shift: Any, state: str | None) -> JournalRow:
    event = Event(Stream.LINE, "state", "mill", shift.now, {"before": None, "state": state})
    return JournalRow("crm", "line-2", 1, 1, shift.now, event, "", "")


def line_of(intent: Intent, label: str) -> str | None:
    return dict(intent.message.lines).get(label)


# --- by design --------------------------------------------------------------------------------------------------------


def test_a_suppressed_alarm_says_by_what_in_the_other_alarms_own_words(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    (card,) = shift.hear("suppressed", "oil_low", suppressed=DESIGN)
    assert (card.purpose, card.message.state_text, card.message.buttons) == (Purpose.STATE, "已抑制", ())
    assert line_of(card, "抑制") == "由“主电机 轴承温度高”引起"


@pytest.mark.parametrize(
    ("cover", "text"),
    [
        ("parent:CRM.ST3.MOTOR/bearing_hot", "explained by main motor bearing hot"),
        ("more_severe:CRM.ST3.MOTOR/bearing_hot", "the more severe main motor bearing hot is told"),
        ("parent:GONE/rule", "explained by GONE rule"),
        ("group:power_off", "suppression group power_off"),
        ("inhibited:power st3", "muted by power st3"),
        ("machine_state", "the line is in a state in which it does not matter"),
        ("time", "does not matter at this time"),
    ],
)
def test_every_cause_has_its_words(cover: str, text: str, shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([EN]))
    shift.hear("raised", "oil_low")
    (card,) = shift.hear("suppressed", "oil_low", suppressed=[cover])
    assert line_of(card, "Suppressed") == text


def test_what_is_over_is_hidden_no_more(shift: Any) -> None:
    """It is still to be acknowledged, also from the card; the rules say nothing of its covers any more."""
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("suppressed", "oil_low", suppressed=DESIGN)
    (card, _) = shift.hear("returned", "oil_low", suppressed=DESIGN)
    assert line_of(card, "抑制") is None
    assert "acknowledge" in {button.action for button in card.message.buttons}


@pytest.mark.parametrize("cover", ["group:picks", "inhibited:picks st3"])
def test_a_suppression_that_has_words_says_them(cover: str, shift_at: Any, plant: Any) -> None:
    words = {"picks": {"zh": "气源压力低", "en": "air supply low"}}
    shift = shift_at(plant([EN], suppressions=words))
    shift.hear("raised", "oil_low")
    (card,) = shift.hear("suppressed", "oil_low", suppressed=[cover])
    assert line_of(card, "Suppressed") == "explained by air supply low"


def test_several_covers_are_all_named(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([EN]))
    shift.hear("raised", "oil_low")
    (card,) = shift.hear("suppressed", "oil_low", suppressed=["shelved", "group:a", "time"])
    assert line_of(card, "Suppressed") == "suppression group a; does not matter at this time"


@pytest.mark.parametrize(
    ("restarts", "to", "text"), [(False, "li", "轧机：穿带"), (True, "ann", "rolling mill is in: threading")]
)
def test_the_state_of_the_line_has_its_own_words_also_after_a_restart(
    restarts: bool, to: str, text: str, shift_at: Any, plant: Any
) -> None:
    lines = {
        "mill": LineWords({"zh": "轧机", "en": "rolling mill"}, {"threading": {"zh": "穿带", "en": "threading"}}),
    }
    policy = plant([Route("to", (f"person:{to}",))], lines=lines)
    alarm = "CRM.ST3.MOTOR/oil_low"
    policy.rules[alarm] = replace(policy.rules[alarm], validity=Validity("mill", ("running",)))
    shift = shift_at(policy)
    shift.hear("raised", "oil_low")
    shift.step([line_turned(shift, "threading")])
    if restarts:
        shift.restart()
    (card,) = shift.hear("suppressed", "oil_low", suppressed=["machine_state"])
    assert text in dict(card.message.lines).values()


def test_a_suppressed_alarm_reminds_nobody(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("suppressed", "oil_low")
    assert shift.next_due is None


def test_a_released_alarm_is_announced_on_a_new_card_and_reminds_from_the_first(shift: Any) -> None:
    (first,) = shift.hear("raised", "oil_low")
    shift.receive(first)
    shift.receive(shift.at(301).step()[0])
    shift.hear("suppressed", "oil_low")
    closed, again = shift.hear("released", "oil_low")
    assert (closed.card, closed.message.state_text) == (first.card, "已重新通知，见新卡片")
    assert (again.purpose, again.message.state) == (Purpose.RAISED, "unacknowledged")
    assert line_of(again, "再次报警") == "抑制解除时条件仍在"
    assert line_of(again, "抑制") is None
    shift.receive(again)
    (reminder,) = shift.at(700).step()
    assert (line_of(reminder, "提醒") or "").startswith("第 1 次")


def test_what_nobody_was_told_of_under_cover_is_told_when_it_ends(shift: Any) -> None:
    assert shift.hear("raised", "oil_low", suppressed=DESIGN) == []
    (raised,) = shift.hear("released", "oil_low")
    assert raised.purpose is Purpose.RAISED


def test_a_release_under_a_shelf_announces_nothing(shift: Any) -> None:
    shift.hear("raised", "oil_low")
    shift.hear("shelved", "oil_low")
    shift.hear("suppressed", "oil_low", suppressed=["shelved", *DESIGN])
    (card,) = shift.hear("released", "oil_low", suppressed=["shelved"], announce=False)
    assert (card.purpose, card.message.state) == (Purpose.STATE, "shelved")
    assert line_of(card, "抑制") is None


def test_a_return_under_cover_closes_what_was_opened(shift: Any) -> None:
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.hear("suppressed", "oil_low")
    state, notice = shift.hear("returned", "oil_low")
    assert (state.message.state, notice.purpose) == ("returned_unacknowledged", Purpose.RETURNED)


def test_a_shelf_for_this_once_says_so(shift: Any) -> None:
    shift.hear("raised", "oil_low")
    (card,) = shift.hear("shelved", "oil_low", one_shot=True)
    assert line_of(card, "搁置") == "Lead B · 仅此一次，最迟 09:00:35 · 检修中"


# --- out of service ---------------------------------------------------------------------------------------------------


def test_out_of_service_says_who_why_and_under_which_order(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    (card,) = shift.hear("taken_out_of_service")
    assert (card.message.state_text, card.message.buttons) == ("已停用", ())
    assert line_of(card, "停用") == "Lead B · 08:00:35 · 工单 WO-4711 · new bearing"
    assert shift.next_due is None


def test_back_in_service_an_active_alarm_is_announced_again(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("taken_out_of_service")
    _, again = shift.hear("returned_to_service")
    assert (again.purpose, line_of(again, "再次报警")) == (Purpose.RAISED, "恢复使用时条件仍在")
    assert line_of(again, "停用") is None


def test_what_has_returned_comes_back_into_service_in_silence(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("taken_out_of_service")
    shift.hear("returned")
    (card,) = shift.hear("returned_to_service", active=False, announce=False)
    assert (card.purpose, line_of(card, "停用")) == (Purpose.STATE, None)


# --- acknowledgement withdrawn, confirmation, urgency -----------------------------------------------------------------


def test_a_withdrawn_acknowledgement_is_on_the_card_and_reminders_begin_again(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    shift.receive(shift.at(301).step()[0])
    shift.hear("acknowledged")
    card, given_back = shift.hear("unacknowledged")
    assert (card.message.state_text, line_of(card, "确认")) == ("未确认", None)
    assert line_of(card, "撤销确认") == "Lead B · 08:05:36 · called away"
    assert [button.action for button in card.message.buttons] == ["acknowledge", "on_my_way"]
    shift.receive(given_back)
    (reminder,) = shift.at(601).step()
    assert (line_of(reminder, "提醒") or "").startswith("第 1 次")
    assert reminder.key.endswith("reminder.1.2")


def test_a_withdrawn_acknowledgement_of_what_has_returned_reminds_nobody(shift: Any) -> None:
    shift.receive(shift.hear("raised", "tripped")[0])
    for kind in ("acknowledged", "returned", "unacknowledged"):
        shift.hear(kind, "tripped")
    assert shift.next_due is None


@pytest.fixture
def to_confirm(shift_at: Any, plant: Any) -> Any:
    policy = plant([EN])
    alarm = "CRM.ST3.MOTOR/bearing_hot"
    policy.rules[alarm] = replace(policy.rules[alarm], confirm=True)
    return shift_at(policy)


def test_what_asks_for_a_confirmation_stays_on_the_card_until_the_work_is_done(to_confirm: Any) -> None:
    to_confirm.receive(to_confirm.hear("raised")[0])
    assert "confirm" not in buttons(to_confirm.told(Purpose.RAISED, to="person:ann")[0])
    assert buttons(to_confirm.hear("acknowledged")[0]) == ["on_my_way", "confirm"]
    returned = to_confirm.hear("returned")
    assert [intent.purpose for intent in returned] == [Purpose.STATE, Purpose.RETURNED]
    assert (returned[0].message.state_text, buttons(returned[0])) == ("Returned, work to be confirmed", ["confirm"])
    (done,) = to_confirm.at(60).hear("confirmed")
    assert (done.message.state_text, buttons(done)) == ("Returned to normal", [])
    assert line_of(done, "Work confirmed") == "Lead B · 08:01:35 · belt replaced"


def buttons(intent: Intent) -> list[str]:
    return [button.action for button in intent.message.buttons]


def test_an_alarm_that_became_more_urgent_is_announced_anew_with_what_was_known(shift: Any) -> None:
    shift.hear("raised", "oil_low", value=0.9)
    shift.hear("acknowledged", "oil_low")
    closed, again = shift.hear("severer", "oil_low")
    assert closed.message.state_text == "已重新通知，见新卡片"
    assert (again.purpose, again.priority, again.message.state) == (Purpose.RAISED, "critical", "unacknowledged")
    assert again.message.headline == "【紧急】3号机架 主电机 油压低 0.9 bar"
    assert line_of(again, "再次报警") == "优先级已提高，条件仍在"


def test_an_alarm_that_nobody_was_told_of_is_told_when_it_becomes_urgent(shift: Any) -> None:
    shift.hear("raised", "note")
    (raised,) = shift.hear("severer", "note", priority="high", value=72.0)
    assert (raised.purpose, raised.message.headline) == (Purpose.RAISED, "【高】3号机架 主电机 温度偏高 72 °C")


def test_a_hidden_alarm_that_became_more_urgent_rings_nobody(shift: Any) -> None:
    shift.hear("raised", "oil_low")
    shift.hear("suppressed", "oil_low")
    (card,) = shift.hear("severer", "oil_low")
    assert (card.purpose, card.message.priority) == (Purpose.STATE, "critical")


def test_an_alarm_that_alarms_again_reminds_and_takes_nothing_from_the_routes(shift: Any) -> None:
    shift.receive(shift.hear("raised")[0])
    (reminder,) = shift.at(60).hear("realarmed", count=1)
    assert (reminder.purpose, line_of(reminder, "提醒")) == (Purpose.REMINDER, "第 1 次重复报警，已有 1 分无人确认")
    shift.receive(reminder)
    (next_one,) = shift.at(361).step()
    assert (line_of(next_one, "提醒") or "").startswith("第 1 次（最多 3 次）")


def test_a_realarm_does_not_stand_in_line_behind_what_still_rings(shift: Any) -> None:
    shift.hear("raised")
    assert shift.at(60).hear("realarmed") == []


@pytest.mark.parametrize("act", ["learning", "sums_reset"])
def test_what_is_done_to_statistics_tells_nobody(shift: Any, act: str) -> None:
    shift.hear("raised")
    assert shift.hear(act) == []
