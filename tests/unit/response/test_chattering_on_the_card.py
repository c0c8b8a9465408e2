"""An alarm that chatters has one card, and rings when it begins and when it has settled."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.intent import Purpose
from edge.response.policy import Route

CARD = "CRM.ST3.MOTOR/oil_low#17"


@pytest.fixture
def chattering(shift: Any) -> Any:
    """Occurrence 17 of the oil pressure: told, and found to chatter with its third raise."""
    shift.receive(shift.hear("raised", "oil_low")[0])
    shift.receive(shift.at(10).hear("chattering", "oil_low")[-1])
    return shift


def again(shift: Any, occurrence: int, second: int) -> list[Any]:
    shift.at(second).hear("returned", "oil_low", occurrence=occurrence - 1)
    told: list[Any] = shift.hear("raised", "oil_low", occurrence=occurrence, chattering=True, value=1.0)
    return told


def test_the_beginning_is_told_once(shift: Any) -> None:
    (raised,) = shift.hear("raised", "oil_low")
    shift.receive(raised)
    card, notice = shift.at(10).hear("chattering", "oil_low")
    assert (card.purpose, card.message.state_text) == (Purpose.STATE, "未确认 · 频繁报警 ×3")
    assert (notice.purpose, notice.message.headline) == (Purpose.CHATTERING, "【中·频繁】3号机架 主电机 油压低 84.2 bar")
    assert dict(notice.message.lines)["频繁报警"] == "已报警 3 次，最近 08:00:35；稳定前不再逐次通知"
    assert notice.thread == raised.thread


def test_while_it_chatters_its_card_counts_and_nobody_is_rung(chattering: Any) -> None:
    first = chattering.told(Purpose.RAISED)[0]
    for occurrence in (18, 19, 20):
        (card,) = again(chattering, occurrence, 20 + occurrence)
        assert (card.purpose, card.card, card.occurrence) == (Purpose.STATE, first.card, occurrence)
    assert card.message.state_text == "未确认 · 频繁报警 ×6"
    assert dict(card.message.lines)["频繁报警"] == "已报警 6 次，最近 08:01:15；稳定前不再逐次通知"
    assert [intent.purpose for intent in chattering.outbox.values() if intent.purpose is Purpose.RETURNED] == []
    assert list(chattering.records) == [CARD]


def test_while_it_chatters_nobody_is_reminded(chattering: Any) -> None:
    assert chattering.next_due is None
    again(chattering, 18, 20)
    assert chattering.next_due is None


def test_an_acknowledgement_is_about_the_activation_it_names_and_the_next_takes_it_away(chattering: Any) -> None:
    again(chattering, 18, 20)
    (card,) = chattering.hear("acknowledged", "oil_low", occurrence=18)
    assert card.message.state_text == "已确认 · 频繁报警 ×4"
    (card,) = again(chattering, 19, 30)
    assert card.message.state_text == "未确认 · 频繁报警 ×5"
    assert "确认" not in dict(card.message.lines)


def test_acknowledged_and_gone_it_keeps_its_card_until_it_has_settled(chattering: Any) -> None:
    chattering.hear("acknowledged", "oil_low")
    chattering.hear("returned", "oil_low")
    assert list(chattering.records) == [CARD]
    card, notice = chattering.at(400).hear("settled", "oil_low")
    assert (card.message.state_text, notice.purpose) == ("已恢复", Purpose.SETTLED)
    assert notice.message.headline == "【中·已稳定】3号机架 主电机 油压低 76.9 bar"
    assert dict(notice.message.lines)["频繁报警"] == "共报警 9 次，08:07:15 起判定稳定"


def test_settled_while_active_it_reminds_again(chattering: Any) -> None:
    again(chattering, 18, 20)
    card, notice = chattering.at(400).hear("settled", "oil_low", occurrence=18, active=True)
    assert (card.message.state_text, notice.purpose) == ("未确认", Purpose.SETTLED)
    assert notice.message.headline == "【中·已稳定】3号机架 主电机 油压低 1 bar"
    chattering.receive(notice)
    assert [intent.purpose for intent in chattering.at(701).step()] == [Purpose.REMINDER]
    assert Purpose.RETURNED in [intent.purpose for intent in chattering.hear("returned", "oil_low", occurrence=18)]


def test_after_it_has_settled_the_next_raise_is_told(chattering: Any) -> None:
    again(chattering, 18, 20)
    chattering.hear("returned", "oil_low", occurrence=18)
    chattering.hear("settled", "oil_low", occurrence=18)
    closed, raised = chattering.hear("raised", "oil_low", occurrence=19)
    assert (closed.message.state_text, raised.purpose) == ("已再次报警（事件 19）", Purpose.RAISED)


def test_it_is_known_over_a_restart(chattering: Any) -> None:
    again(chattering, 18, 20)
    chattering.restart()
    (card,) = again(chattering, 19, 30)
    assert card.message.state_text == "未确认 · 频繁报警 ×5"
    assert len(chattering.told(Purpose.CHATTERING)) == 1


def test_what_chatters_under_a_shelf_rings_nobody_and_is_announced_when_the_shelf_ends(chattering: Any) -> None:
    chattering.hear("shelved", "oil_low")
    chattering.hear("returned", "oil_low")
    (card,) = chattering.hear("raised", "oil_low", occurrence=18, chattering=True, suppressed=["shelved"])
    assert card.message.state_text == "已搁置 · 频繁报警 ×4"
    assert [intent.purpose for intent in chattering.hear("settled", "oil_low", occurrence=18, active=True)] == [Purpose.STATE]
    _, raised = chattering.hear("unshelved", "oil_low", occurrence=18)
    assert (raised.purpose, raised.occurrence) == (Purpose.RAISED, 18)


def test_a_chattering_alarm_that_nobody_has_a_card_of_is_told(shift: Any) -> None:
    shift.hear("raised", "oil_low", suppressed=["time"])
    shift.hear("chattering", "oil_low")
    (raised,) = shift.hear("raised", "oil_low", occurrence=18, chattering=True)
    assert (raised.purpose, raised.occurrence) == (Purpose.RAISED, 18)
    shift.hear("returned", "oil_low", occurrence=18)
    (card,) = shift.hear("raised", "oil_low", occurrence=19, chattering=True)
    assert card.purpose is Purpose.STATE


def test_who_was_refused_the_raise_does_not_hear_of_the_chattering(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("one", ("person:li",))]))
    (raised,) = shift.hear("raised", "oil_low")
    card, notice = shift.hear("chattering", "oil_low")
    shift.receive(raised, "refused")
    assert shift.withdrawn == [card.key, notice.key]
