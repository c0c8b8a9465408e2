"""Who is told of a raise, under which names, and what a shelf or another raise makes of it."""

from __future__ import annotations

from typing import Any

from edge.model.alarm import Priority
from edge.model.event import Stream
from edge.model.intent import Purpose
from edge.model.moment import SECOND
from edge.response.policy import Route

TO_BOTH = Route("both", ("team:maintenance",))


def test_a_raise_is_told_to_everybody_on_the_route_in_their_own_language(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("all", ("team:maintenance", "group:shift"))]))
    intents = shift.hear("raised")
    assert [(intent.recipient, intent.message.language) for intent in intents] == [
        ("person:li", "zh"),
        ("person:ann", "en"),
        ("group:shift", "both"),
    ]
    assert [intent.address for intent in intents] == [{"user_id": "user01"}, {"user_id": "user02"}, {"group": "shift"}]


def test_an_intent_is_named_by_site_alarm_occurrence_and_recipient(shift: Any) -> None:
    (intent,) = shift.at(5).hear("raised")
    assert intent.key == "crm/CRM.ST3.MOTOR/bearing_hot#17/person:li/raised.1.0"
    assert intent.thread == "CRM.ST3.MOTOR/bearing_hot|person:li"
    assert (intent.channel, intent.purpose, intent.alarm, intent.occurrence, intent.priority) == (
        "dingtalk",
        Purpose.RAISED,
        "CRM.ST3.MOTOR/bearing_hot",
        17,
        Priority.HIGH,
    )
    assert intent.card.startswith("CRM.ST3.MOTOR-bearing_hot-17-")


def test_lateness_counts_from_the_event_and_not_from_the_decision(shift: Any) -> None:
    row = shift.row("raised")
    (intent,) = shift.at(90).step([row])
    assert (intent.wanted_at, intent.created_at - intent.wanted_at) == (row.event.time, 90 * SECOND)


def test_journal_priority_is_told_to_nobody_and_leaves_no_record(shift: Any) -> None:
    assert shift.hear("raised", "note") == []
    assert (shift.events, shift.records) == ([], {})


def test_an_alarm_without_a_route_is_journalled_as_not_told(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("other", ("person:li",), areas=frozenset({"st4"}))]))
    assert shift.hear("raised") == []
    (event,) = shift.events
    assert (event.stream, event.kind, event.subject) == (Stream.DELIVERY, "unrouted", "CRM.ST3.MOTOR/bearing_hot")
    assert event.data == {"occurrence": 17, "priority": "high", "recipient": "", "detail": "no_route"}
    assert shift.records == {}


def test_who_has_no_address_is_journalled_and_the_others_are_told(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("all", ("person:mute", "person:gone", "person:li"))]))
    assert [intent.recipient for intent in shift.hear("raised")] == ["person:li"]
    assert [(event.data["recipient"], event.data["detail"]) for event in shift.journal("unrouted")] == [
        ("person:mute", "no_address"),
        ("person:gone", "unknown_recipient"),
    ]


def test_an_alarm_of_a_rule_we_do_not_know_still_reaches_routes_without_filters(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([TO_BOTH, Route("filtered", ("group:shift",), areas=frozenset({"st3"}))], rules={}))
    assert [intent.recipient for intent in shift.hear("raised", priority="low")] == ["person:li", "person:ann"]


# --- state on the cards -----------------------------------------------------------------------------------------------


def test_each_change_of_state_updates_every_card_under_a_key_of_its_own(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([TO_BOTH]))
    cards = [intent.card for intent in shift.hear("raised", "oil_low")]
    updates = []
    for kind in ("acknowledged", "on_my_way", "commented", "shelved"):
        intents = shift.hear(kind, "oil_low")
        assert [(intent.purpose, intent.card) for intent in intents] == [(Purpose.STATE, card) for card in cards]
        updates += intents
    assert len({intent.key for intent in updates}) == len(updates)


def test_what_happens_to_an_alarm_nobody_was_told_of_is_told_to_nobody(shift: Any) -> None:
    for kind in ("returned", "acknowledged", "on_my_way", "commented", "shelved", "reset", "rejected", "retired", "filtered"):
        assert shift.hear(kind) == []


def test_a_comment_given_with_the_acknowledgement_is_on_the_card(shift: Any) -> None:
    shift.hear("raised")
    (card,) = shift.hear("acknowledged", comment="pump clogged")
    assert dict(card.message.lines)["备注"] == "Lead B: pump clogged"


def test_a_person_who_has_left_the_directory_is_shown_by_id(shift: Any) -> None:
    shift.hear("raised")
    (card,) = shift.hear("acknowledged", by="former")
    assert dict(card.message.lines)["确认"].startswith("former · ")


# --- another raise ----------------------------------------------------------------------------------------------------


def test_a_new_occurrence_closes_the_card_of_the_one_before(shift: Any) -> None:
    first = shift.hear("raised", "oil_low", occurrence=17)[0]
    shift.hear("returned", "oil_low", occurrence=17)
    closed, second = shift.hear("raised", "oil_low", occurrence=18)
    assert (closed.purpose, closed.card, closed.occurrence) == (Purpose.STATE, first.card, 17)
    assert (closed.message.state_text, closed.message.buttons) == ("已再次报警（事件 18）", ())
    assert (second.purpose, second.occurrence) == (Purpose.RAISED, 18)
    assert second.card != first.card


def test_an_occurrence_that_was_over_is_left_alone_by_the_next(shift: Any) -> None:
    shift.hear("raised", occurrence=17)
    shift.hear("acknowledged", occurrence=17)
    shift.hear("returned", occurrence=17)
    assert [intent.purpose for intent in shift.hear("raised", occurrence=18)] == [Purpose.RAISED]


def test_a_realarm_says_that_it_was_acknowledged_before(shift: Any) -> None:
    shift.hear("raised", occurrence=17)
    shift.hear("acknowledged", occurrence=17)
    closed, again = shift.hear("raised", occurrence=18, realarm=True)
    assert (closed.occurrence, closed.message.buttons) == (17, ())
    assert dict(again.message.lines)["再次报警"] == "确认后条件仍在"


def test_news_of_an_occurrence_that_was_succeeded_changes_nothing(shift: Any) -> None:
    shift.hear("raised", occurrence=17)
    shift.hear("raised", occurrence=18)
    assert shift.hear("acknowledged", occurrence=17) == []


def test_a_rule_that_is_retired_closes_its_card(shift: Any) -> None:
    card = shift.hear("raised")[0].card
    (closed,) = shift.hear("retired")
    assert (closed.card, closed.message.state_text, closed.message.buttons) == (card, "规则已删除，不再监视", ())


# --- shelves ----------------------------------------------------------------------------------------------------------


def test_a_raise_under_a_shelf_is_told_to_nobody(shift: Any) -> None:
    shift.hear("shelved", "oil_low")
    assert shift.hear("raised", "oil_low", suppressed=["shelved"]) == []
    assert (shift.journal("unrouted"), shift.records) == ([], {})


def test_a_shelf_that_ends_over_an_active_alarm_announces_it_at_once(shift: Any) -> None:
    shift.hear("shelved", "oil_low")
    shift.hear("raised", "oil_low", suppressed=["shelved"])
    (intent,) = shift.hear("unshelved", "oil_low")
    assert (intent.purpose, intent.message.state) == (Purpose.RAISED, "unacknowledged")
    assert dict(intent.message.lines)["此前未通知"] == "搁置结束时条件仍在"


def test_an_occurrence_known_before_the_shelf_is_announced_on_a_new_card(shift: Any) -> None:
    (first,) = shift.hear("raised", "oil_low")
    shift.receive(first)
    shift.hear("acknowledged", "oil_low")
    shift.hear("shelved", "oil_low")
    closed, second = shift.hear("unshelved", "oil_low")
    assert (closed.purpose, closed.card) == (Purpose.STATE, first.card)
    assert (closed.message.state_text, closed.message.buttons) == ("已重新通知，见新卡片", ())
    assert second.purpose is Purpose.RAISED
    assert second.card != first.card
    assert second.key == "crm/CRM.ST3.MOTOR/oil_low#17/person:li/raised.2.0"
    assert "确认" not in dict(second.message.lines)
    # From now on the state is shown on the new card.
    assert [intent.card for intent in shift.hear("acknowledged", "oil_low")] == [second.card]


def test_a_shelf_that_ends_over_a_quiet_alarm_rings_nobody(shift: Any) -> None:
    shift.hear("raised", "oil_low")
    shift.hear("shelved", "oil_low")
    shift.hear("returned", "oil_low")
    (state,) = shift.hear("unshelved", "oil_low", active=False)
    assert (state.purpose, state.message.state) == (Purpose.STATE, "returned_unacknowledged")
    assert [intent.purpose for intent in shift.hear("raised", "oil_low", occurrence=18)] == [Purpose.STATE, Purpose.RAISED]


def test_an_announcement_after_a_shelf_keeps_the_first_raise_and_the_comment(shift: Any) -> None:
    shift.hear("raised", "oil_low")
    shift.hear("commented", "oil_low")
    shift.hear("shelved", "oil_low")
    lines = dict(shift.at(3600).hear("unshelved", "oil_low")[-1].message.lines)
    assert (lines["报警时间"], lines["备注"]) == ("08:00:35", "Lead B: fan belt is off")


def test_who_is_no_longer_on_the_route_keeps_the_card_up_to_date_without_being_rung(shift: Any, plant: Any) -> None:
    (first,) = shift.hear("raised", "oil_low")
    shift.receive(first)
    shift.hear("shelved", "oil_low")
    shift.restart(plant([Route("ann only", ("person:ann",))]))
    state, raised = shift.hear("unshelved", "oil_low")
    assert (state.recipient, state.purpose, state.card) == ("person:li", Purpose.STATE, first.card)
    assert (state.message.state, state.message.state_text) == ("unacknowledged", "未确认")
    assert (raised.recipient, raised.purpose) == ("person:ann", Purpose.RAISED)
    told_before = set(shift.outbox)
    assert not told_before & {intent.key for intent in shift.hear("acknowledged", "oil_low")}
