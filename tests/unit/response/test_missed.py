"""After an outage: what still stands arrives late and says so; what began and ended meanwhile is in one digest a person."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import SECOND
from edge.response.missed import CameAndWent, Missed, came_and_went, decode_missed, encode_missed, made, settled
from edge.response.policy import Delivering, Route

CUT_OFF = Delivering(cut_off_after=30 * SECOND)


@pytest.fixture
def cut(shift_at: Any, plant: Any) -> Any:
    """Nothing that is intended is heard of: the line to the cloud is down."""
    return shift_at(plant([Route("all to li", ("person:li",), repeat_every=60 * SECOND)], delivering=CUT_OFF))


def purposes(intents: list[Intent]) -> list[Purpose]:
    return [intent.purpose for intent in intents]


def wanted(shift: Any) -> list[Intent]:
    """What the outbox still holds."""
    return [intent for key, intent in shift.outbox.items() if key not in shift.withdrawn]


def digests(shift: Any, to: str = "person:li") -> list[Intent]:
    return [intent for intent in wanted(shift) if intent.purpose is Purpose.MISSED and intent.recipient == to]


def come_and_go(shift: Any, alarm: str, occurrence: int, at: float) -> None:
    """For ten seconds."""
    shift.at(at).hear("raised", alarm, occurrence=occurrence)
    shift.at(at + 10).hear("returned", alarm, occurrence=occurrence)


def test_what_began_and_ended_while_cut_off_is_a_digest_in_place_of_its_raise_and_return(cut: Any) -> None:
    come_and_go(cut, "bearing_hot", 17, 0)
    assert purposes(wanted(cut)) == [Purpose.RAISED, Purpose.STATE, Purpose.RETURNED]
    cut.at(30).step()
    assert purposes(wanted(cut)) == [Purpose.MISSED]
    (event,) = cut.journal("missed")
    assert (event.subject, event.data["occurrence"], event.data["recipients"]) == (
        "CRM.ST3.MOTOR/bearing_hot",
        17,
        ["person:li"],
    )


def test_an_alarm_that_ends_later_is_taken_back_when_it_ends(cut: Any) -> None:
    cut.hear("raised")
    cut.at(100).step()
    assert purposes(wanted(cut)) == [Purpose.RAISED]
    cut.at(200).hear("returned")
    assert purposes(wanted(cut)) == [Purpose.MISSED]


@pytest.mark.parametrize("end", ["acknowledged", "shelved", "commented"])
def test_what_still_stands_keeps_its_raise(cut: Any, end: str) -> None:
    cut.hear("raised")
    cut.at(200).hear(end)
    assert Purpose.RAISED in purposes(wanted(cut))


def test_a_latch_that_waits_for_its_reset_still_stands(cut: Any) -> None:
    cut.hear("raised", "tripped")
    cut.at(200).hear("returned", "tripped")
    assert Purpose.RAISED in purposes(wanted(cut))


def test_who_got_the_raise_before_the_line_went_down_hears_of_the_return_itself(cut: Any) -> None:
    cut.receive(cut.hear("raised")[0])
    cut.at(200).hear("returned")
    assert purposes(wanted(cut))[-1] is Purpose.RETURNED
    assert digests(cut) == []


def test_an_outage_of_an_hour_makes_one_digest_a_person_however_many_came(cut: Any) -> None:
    for number in range(60):
        come_and_go(cut, ("bearing_hot", "oil_low", "lost")[number % 3], 17 + number, 60 * number)
    cut.at(3700).step()
    (digest,) = digests(cut)
    assert purposes(wanted(cut)) == [Purpose.MISSED]
    assert digest.message.headline == "【断线期间】60 条报警已恢复"
    assert dict(digest.message.lines) == {
        "按优先级": "高 ×20、中 ×40",
        "已恢复": "主电机 轴承温度高 ×20；主电机 油压低 ×20；主电机 通信中断 ×20",
        "时段": "08:00:35 至 08:59:45",
        "未确认": "仍有 3 条待确认，请在控制台确认",
        "说明": "包含此前可能已送达的汇总",
    }
    assert digest.wanted_at == cut.told(Purpose.RAISED)[0].wanted_at


def test_a_digest_never_goes_before_what_still_stands(cut: Any) -> None:
    come_and_go(cut, "tripped", 17, 0)
    cut.at(100).hear("reset", "tripped")
    (digest,) = digests(cut)
    assert digest.priority is Priority.MEDIUM


def test_digests_are_made_seconds_apart_not_with_each_alarm(cut: Any) -> None:
    for second in range(40, 50):
        cut.at(0).hear("raised", "bearing_hot", occurrence=second)
        cut.at(second).hear("returned", "bearing_hot", occurrence=second)
    assert len([key for key in cut.outbox if "/missed." in key]) == 1
    assert cut.next_due == cut.now + SECOND
    cut.at(60).step()
    assert len(digests(cut)) == 1


def test_a_digest_that_was_being_sent_when_it_was_replaced_is_not_said_again(cut: Any) -> None:
    come_and_go(cut, "bearing_hot", 17, 0)
    (first,) = cut.at(30).step()
    come_and_go(cut, "oil_low", 18, 40)
    (both,) = [each for each in cut.at(90).step() if each.purpose is Purpose.MISSED]
    assert first.key in cut.withdrawn
    (rest,) = cut.receive(first)
    assert both.key in cut.withdrawn
    assert dict(rest.message.lines)["已恢复"] == "主电机 油压低 ×1"
    assert cut.receive(rest) == []
    assert cut.next_due is None or cut.next_due > cut.now


def test_a_raise_that_was_being_sent_when_it_was_taken_back_has_a_card_that_shows_the_state(cut: Any) -> None:
    come_and_go(cut, "bearing_hot", 17, 0)
    raised = cut.told(Purpose.RAISED)[0]
    cut.at(30).step()
    cut.at(31)
    (card,) = cut.receive(raised)
    assert (card.purpose, card.card, card.message.state) == (Purpose.STATE, raised.card, "returned_unacknowledged")


def test_an_earlier_announcement_that_never_left_goes_with_the_later_one(cut: Any) -> None:
    cut.hear("raised")
    cut.at(5).hear("severer")
    cut.at(50).hear("returned")
    assert purposes(wanted(cut)) == [Purpose.MISSED]


def test_the_digest_and_its_queue_are_kept_over_a_restart(cut: Any) -> None:
    come_and_go(cut, "bearing_hot", 17, 0)
    cut.at(30).step()
    cut.restart()
    come_and_go(cut, "oil_low", 18, 40)
    cut.at(90).step()
    (digest,) = digests(cut)
    assert digest.message.headline == "【断线期间】2 条报警已恢复"


def test_each_recipient_has_a_digest_of_what_they_missed_themselves(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant([Route("both", ("team:maintenance", "group:shift"))], delivering=CUT_OFF))
    li, *_ = shift.hear("raised")
    shift.receive(li)
    shift.at(100).hear("returned")
    assert purposes([each for each in wanted(shift) if each.recipient == "person:li"])[-1] is Purpose.RETURNED
    assert [len(digests(shift, to)) for to in ("person:li", "person:ann", "group:shift")] == [0, 1, 1]
    (of_group,) = digests(shift, "group:shift")
    assert of_group.message.headline == "【断线期间】1 条报警已恢复"
    assert dict(of_group.message.lines)["EN"] == "[MISSED] alarms come and gone: 1"


ALARM = CameAndWent("X/y", 1, Priority.HIGH, 0, 1)
STEPS = st.lists(st.one_of(st.tuples(st.just("come"), st.integers(1, 200)), st.tuples(st.just("settle"), st.integers(0, 3))))


@given(steps=STEPS)
def test_whatever_arrives_when_each_alarm_is_said_by_a_digest_that_arrived_or_still_waits(steps: list[tuple[str, int]]) -> None:
    queue, came, said = Missed("person:li", "zh", {}), 0, 0
    for what, number in steps:
        if what == "come":
            came += number
            queue = made(came_and_went(queue, [ALARM] * number), 0)
        elif queue.digests:
            known, place = queue.digests[-1 - number % len(queue.digests)]
            said = max(said, place)
            queue = settled(queue, known)
        assert queue.gone == said
        assert queue.gone + queue.count == came
        assert decode_missed(encode_missed(queue)) == queue


def test_a_receipt_that_comes_twice_takes_nothing_twice() -> None:
    queue = made(came_and_went(Missed("person:li", "zh", {}), [ALARM] * 3), 0)
    once = settled(queue, 1)
    assert settled(once, 1) == once
