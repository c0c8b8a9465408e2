"""Who is not reached by one channel is told of what is critical by the next one of theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Person
from edge.response.policy import Delivering, Policy, Route

WAYS = Delivering(cut_off_after=30 * SECOND, fallback=frozenset({Priority.CRITICAL}), channels=("dingtalk", "apprise", "sms"))
ADDRESSES = {"apprise": {"service": "mail"}, "dingtalk": {"user_id": "user01"}, "sms": {"number": "1"}, "webhook": {"url": "x"}}


@pytest.fixture
def policy(plant: Any) -> Policy:
    """Li has an address on each channel, and people read three of them."""
    policy: Policy = plant(
        [Route("all to li", ("person:li",), repeat_every=5 * MINUTE, repeat_max=3)],
        delivering=WAYS,
        channels=("dingtalk", "apprise", "sms", "webhook"),
    )
    li = Person("li", "钳工师傅", "zh", addresses=ADDRESSES)
    return replace(policy, directory=replace(policy.directory, persons={**policy.directory.persons, "li": li}))


@pytest.fixture
def shift(shift_at: Any, policy: Policy) -> Any:
    return shift_at(policy)


def by(shift: Any, channel: str) -> list[Intent]:
    return [each for each in shift.outbox.values() if each.channel == channel and each.key not in shift.withdrawn]


def test_a_raise_of_which_nothing_is_heard_goes_by_the_next_channel_too(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped")
    assert shift.at(29).step() == []
    (second,) = shift.at(30).step()
    assert (second.purpose, second.channel, second.recipient) == (Purpose.RAISED, "apprise", "person:li")
    assert second.address == {"service": "mail"}
    assert {second.key, second.thread, second.card}.isdisjoint({first.key, first.thread, first.card})
    assert first.key not in shift.withdrawn


def test_the_message_says_why_it_comes_this_way_and_the_journal_too(shift: Any) -> None:
    shift.hear("raised", "tripped")
    (second,) = shift.at(30).step()
    assert dict(second.message.lines)["备用通道"].startswith("钉钉 未确认送达")
    (event,) = shift.journal("fell_back")
    assert event.subject == "CRM.ST3.MOTOR/tripped"
    assert {key: event.data[key] for key in ("recipient", "before", "channel", "detail")} == {
        "recipient": "person:li",
        "before": "dingtalk",
        "channel": "apprise",
        "detail": "nothing_heard",
    }


def test_a_raise_that_is_refused_goes_by_the_next_channel_at_once_and_so_on(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped")
    (second,) = shift.receive(first, "refused")
    (third,) = shift.receive(second, "quarantined")
    assert [each.channel for each in (first, second, third)] == ["dingtalk", "apprise", "sms"]
    assert shift.receive(third, "expired") == []


def test_a_raise_of_which_nobody_knows_whether_it_arrived_goes_by_the_next_channel_too(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped")
    (second,) = shift.receive(first, "unknown")
    (third,) = shift.receive(second, "unknown")
    assert [each.channel for each in (first, second, third)] == ["dingtalk", "apprise", "sms"]
    assert [event.data["detail"] for event in shift.journal("fell_back")] == ["perhaps", "perhaps"]
    assert shift.withdrawn == []
    shift.receive(third)
    assert shift.at(60).step() == []


def test_who_perhaps_got_it_by_the_first_way_is_reminded_by_both(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped")
    (second,) = shift.at(30).step()
    shift.receive(second)
    assert shift.receive(first, "unknown") == []
    reminders = shift.at(1000).step()
    assert {(each.purpose, each.channel) for each in reminders} == {
        (Purpose.REMINDER, "dingtalk"),
        (Purpose.REMINDER, "apprise"),
    }


def test_a_channel_that_is_known_to_fail_costs_no_time(shift: Any) -> None:
    step = shift.response.step(
        shift.now, [shift.row("raised", "tripped")], [], shift.readings.get, failing={"dingtalk", "apprise"}
    )
    assert [each.channel for each in step.intents] == ["dingtalk", "apprise", "sms"]
    assert [event.data["detail"] for event in step.events] == ["channel_fails", "channel_fails"]


@pytest.mark.parametrize("alarm", ["bearing_hot", "oil_low"])
def test_what_is_less_urgent_waits_for_its_channel(shift: Any, alarm: str) -> None:
    shift.hear("raised", alarm)
    shift.at(300).step()
    assert by(shift, "apprise") == []


def test_who_got_it_in_time_is_told_once(shift: Any) -> None:
    shift.receive(shift.hear("raised", "tripped")[0])
    shift.at(60).step()
    assert by(shift, "apprise") == []


@pytest.mark.parametrize("kind", ["acknowledged", "shelved", "suppressed"])
def test_what_needs_nobody_any_more_falls_back_to_nothing(shift: Any, kind: str) -> None:
    shift.hear("raised", "tripped")
    shift.at(20).hear(kind, "tripped")
    shift.at(60).step()
    assert by(shift, "apprise") == []


def test_an_alarm_that_became_critical_falls_back(shift: Any) -> None:
    shift.hear("raised", "bearing_hot")
    shift.at(60).hear("severer", "bearing_hot")
    assert [each.channel for each in shift.at(90).step()] == ["apprise"]


def test_the_other_way_reminds_and_says_that_it_is_over(shift: Any) -> None:
    first = shift.hear("raised", "tripped")[0]
    (second,) = shift.receive(first, "refused")
    shift.receive(second)
    reminders = shift.at(301).step()
    assert [(each.purpose, each.channel) for each in reminders] == [(Purpose.REMINDER, "apprise")]
    shift.hear("returned", "tripped")
    over = shift.hear("reset", "tripped")
    assert (Purpose.RETURNED, "apprise") in [(each.purpose, each.channel) for each in over]


def test_when_the_first_way_is_there_again_it_alone_reminds(shift: Any) -> None:
    first = shift.hear("raised", "tripped")[0]
    (second,) = shift.at(30).step()
    shift.receive(second)
    shift.at(100).receive(first)
    reminders = shift.at(1000).step()
    assert [(each.purpose, each.channel) for each in reminders] == [(Purpose.REMINDER, "dingtalk")]


def test_who_heard_by_the_other_way_that_it_is_over_gets_no_digest_of_it(shift: Any) -> None:
    first = shift.hear("raised", "tripped")[0]
    (second,) = shift.at(30).step()
    shift.receive(second)
    shift.at(40).hear("returned", "tripped")
    shift.at(50).hear("reset", "tripped")
    assert first.key in shift.withdrawn
    assert [each.purpose for each in by(shift, "apprise")][-1] is Purpose.RETURNED
    assert by(shift, "dingtalk") == [] and shift.journal("missed") == []


def test_who_was_reached_by_no_way_gets_one_digest(shift: Any) -> None:
    shift.hear("raised", "tripped")
    shift.at(30).step()
    shift.at(80).hear("returned", "tripped")
    shift.hear("reset", "tripped")
    assert [(each.purpose, each.channel) for each in (*by(shift, "dingtalk"), *by(shift, "apprise"))] == [
        (Purpose.MISSED, "dingtalk")
    ]


def test_the_ways_that_are_left_are_kept_over_a_restart(shift: Any) -> None:
    first = shift.hear("raised", "tripped")[0]
    shift.restart()
    (second,) = shift.receive(first, "refused")
    shift.restart()
    (third,) = shift.receive(second, "refused")
    assert third.channel == "sms"


def test_receipts_of_the_other_way_are_on_record_for_the_person(shift: Any) -> None:
    (second,) = shift.receive(shift.hear("raised", "tripped")[0], "refused")
    shift.receive(second)
    (event,) = shift.journal("delivered")
    assert (event.data["recipient"], event.data["alarm"]) == ("person:li", "CRM.ST3.MOTOR/tripped")


def test_who_has_one_channel_waits_for_it(shift_at: Any, policy: Policy) -> None:
    shift = shift_at(replace(policy, routes=(Route("all to ann", ("person:ann",)),)))
    shift.hear("raised", "tripped")
    assert shift.at(60).step() == []
