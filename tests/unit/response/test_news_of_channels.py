"""What a channel finds out by itself: its way back was lost, a card is not ours, a person has left."""

from __future__ import annotations

import json

import pytest

from edge.model.command import (
    ChannelNews,
    ForeignPress,
    HeardAgain,
    InboxRow,
    PersonLeft,
    PersonReturned,
    body_kind,
    decode_body,
    encode_body,
)
from edge.model.event import Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE
from edge.response.policy import Route
from tests.unit.response.conftest import START, Shift, mill

TO_ALL = (Route("all", ("person:li", "person:ann"), repeat_every=5 * MINUTE, repeat_max=3),)


def says(shift: Shift, news: ChannelNews, message_id: str = "m") -> list[Intent]:
    return shift.step([], [InboxRow("dingtalk", message_id, "system", news, shift.now, 900)])


@pytest.mark.parametrize(
    "news",
    [
        HeardAgain("dingtalk", START),
        ForeignPress("dingtalk", "card-1", "li"),
        PersonLeft("li", "dingtalk"),
        PersonReturned("li", "dingtalk"),
    ],
)
def test_news_of_a_channel_come_back_from_the_inbox_as_they_were(news: ChannelNews) -> None:
    assert decode_body(body_kind(news), json.loads(json.dumps(encode_body(news)))) == news
    assert not InboxRow("dingtalk", "m", "system", news, 0).for_engine


# --- the way back stands again ----------------------------------------------------------------------------------------


def test_after_a_gap_every_open_card_is_drawn_again_and_the_journal_says_how_many() -> None:
    shift = Shift(mill(TO_ALL))
    for raised in shift.hear("raised"):
        shift.receive(raised)
    for raised in shift.hear("raised", "oil_low"):
        shift.receive(raised)
    drawn = says(shift.at(100), HeardAgain("dingtalk", START))
    assert {(intent.purpose, intent.recipient, intent.alarm) for intent in drawn} == {
        (Purpose.STATE, recipient, f"CRM.ST3.MOTOR/{alarm}")
        for recipient in ("person:li", "person:ann")
        for alarm in ("bearing_hot", "oil_low")
    }
    (event,) = shift.journal("heard_again")
    assert (event.stream, event.subject, event.data["cards"]) == (Stream.SYSTEM, "dingtalk", 2)
    assert event.command == ("dingtalk", "m")


def test_what_is_drawn_again_overtakes_what_was_drawn_before() -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    (first,) = says(shift.at(100), HeardAgain("dingtalk", START), "m1")
    (second,) = says(shift.at(200), HeardAgain("dingtalk", START), "m2")
    assert first.key != second.key
    assert first.card == second.card


def test_a_card_that_is_over_is_left_alone() -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    shift.hear("acknowledged")
    shift.hear("returned")
    assert says(shift.at(100), HeardAgain("dingtalk", START)) == []


def test_the_gap_of_another_channel_draws_nothing() -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    assert says(shift.at(100), HeardAgain("mail", START)) == []


def test_a_gap_holds_back_no_reminder() -> None:
    shift = Shift()
    shift.receive(shift.hear("raised")[0])
    says(shift.at(100), HeardAgain("dingtalk", START))
    reminded = shift.at(301).step()
    assert [intent.purpose for intent in reminded] == [Purpose.REMINDER]


# --- cards that are not ours ------------------------------------------------------------------------------------------


def test_a_press_on_a_card_that_we_never_made_is_journalled_and_counted_over_a_restart() -> None:
    shift = Shift()
    says(shift.at(10), ForeignPress("dingtalk", "card-9", "li"), "m1")
    says(shift.at(20), ForeignPress("dingtalk", "card-9", ""), "m2")
    assert [event.data for event in shift.journal("foreign_press")] == [
        {"card": "card-9", "by": "li"},
        {"card": "card-9", "by": ""},
    ]
    shift.restart()
    assert shift.response.foreign_presses(START) == 2
    assert shift.response.foreign_presses(START + 15_000_000) == 1
    assert shift.response.foreign_presses(START + HOUR) == 0


def test_of_many_such_presses_the_newest_are_kept() -> None:
    shift = Shift()
    for number in range(60):
        says(shift.at(number), ForeignPress("dingtalk", "card-9"), f"m{number}")
    assert len(shift.records["dingtalk#foreign"]["at"]) == 50


# --- people who leave -------------------------------------------------------------------------------------------------


def test_who_has_left_is_told_of_nothing_new_and_the_journal_says_so() -> None:
    shift = Shift(mill(TO_ALL))
    says(shift, PersonLeft("li", "dingtalk"))
    told = shift.hear("raised")
    assert [intent.recipient for intent in told] == ["person:ann"]
    (unrouted,) = shift.journal("unrouted")
    assert (unrouted.data["recipient"], unrouted.data["detail"]) == ("person:li", "left")
    (event,) = shift.journal("left")
    assert (event.stream, event.subject, event.data) == (Stream.PERSON, "li", {"via": "dingtalk"})


def test_who_has_left_stays_so_over_a_restart_and_is_told_again_when_back() -> None:
    shift = Shift()
    says(shift, PersonLeft("li", "dingtalk"), "m1")
    shift.restart()
    assert shift.response.leavers() == {"li"}
    assert shift.hear("raised") == []
    says(shift, PersonReturned("li", "dingtalk"), "m2")
    assert shift.response.leavers() == frozenset()
    assert [intent.recipient for intent in shift.hear("raised", "oil_low")] == ["person:li"]
    assert "li#left" not in shift.records


def test_what_is_known_already_is_no_news() -> None:
    shift = Shift()
    says(shift, PersonReturned("li", "dingtalk"), "m1")
    says(shift, PersonLeft("li", "dingtalk"), "m2")
    says(shift, PersonLeft("li", "dingtalk"), "m3")
    assert [event.kind for event in shift.events] == ["left"]
