"""Floods: more alarms than a person can take in are told as one digest, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.model.alarm import AlarmState, Priority
from edge.model.event import Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND
from edge.model.tag import Words
from edge.response.flood import Flood, FloodLimits, replan_flood
from edge.response.flood_codec import decode_flood, encode_flood
from edge.response.occurrence_codec import shallow
from edge.response.policy import Policy, Route
from edge.response.tally import Folded, Tally, tallied
from edge.store import canonical
from rules.definition import Kind, Rule

COUNT = 40
LI = "person:li"
CARDS = (Purpose.RAISED, Purpose.FLOOD)


@pytest.fixture
def policy(plant: Any) -> Policy:
    return many(plant)


def many(plant: Any, routes: Sequence[Route] = (Route("all", (LI,)),), **changes: Any) -> Policy:
    """Forty rules: a0 to a39, low but for a30 (medium), a31 (critical) and a32 (class safety)."""
    words: Words = {"zh": "跳闸", "en": "tripped"}
    priorities = {30: Priority.MEDIUM, 31: Priority.CRITICAL}
    rules = [
        Rule(
            id=f"CRM.ST3.MOTOR/a{n}", key=f"a{n}", device="CRM.ST3.MOTOR", device_type="main_motor", area="st3",
            kind=Kind.DISCRETE, tag="CRM.ST3.MOTOR.trip", priority=priorities.get(n, Priority.LOW),
            words={key: f"{text} {n}" for key, text in words.items()}, limit=1.0, safety=n == 32,
        )
        for n in range(COUNT)
    ]  # fmt: skip
    made: Policy = plant(routes, rules={rule.id: rule for rule in rules}, **changes)
    return made


def upset(shift: Any, numbers: Sequence[int], **data: Any) -> list[Intent]:
    """All in one step."""
    told: list[Intent] = shift.step([shift.row("raised", f"a{n}", **data) for n in numbers])
    return told


def cards(told: Sequence[Intent], to: str = LI) -> list[tuple[str, str]]:
    return [(intent.purpose, intent.alarm) for intent in told if intent.recipient == to and intent.purpose in CARDS]


def lines(intent: Intent) -> dict[str, str]:
    return dict(intent.message.lines)


# --- entering and leaving ---------------------------------------------------------------------------------------------


def test_ten_alarms_in_ten_minutes_are_no_flood(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    told = upset(shift, range(10))
    assert {purpose for purpose, _ in cards(told)} == {Purpose.RAISED} and len(cards(told)) == 10
    assert shift.journal("flood_entered") == []


def test_forty_in_one_step_are_one_digest_and_what_must_be_told_one_by_one(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    rows = [shift.row("raised", f"a{n}") for n in range(1, COUNT)]
    first = shift.row("raised", "a0", first_out={"group": "break", "rank": 1, "tie": False, "within": 0.0})
    told = shift.step([first, *rows])
    raised = [f"CRM.ST3.MOTOR/{key}" for key in ("a0", "a31", "a32")]
    assert cards(told) == [*((Purpose.RAISED, alarm) for alarm in raised), (Purpose.FLOOD, f"flood:{LI}")]
    (entered,) = shift.journal("flood_entered")
    assert (entered.stream, entered.subject, entered.data) == (Stream.DELIVERY, LI, {"number": 1, "count": 40})
    assert len(shift.journal("folded")) == 37


def test_the_eleventh_alarm_within_ten_minutes_is_folded_and_says_so_at_once(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    for n in range(10):
        upset(shift.at(n * 59), [n])
    told = upset(shift.at(599), [10])
    assert cards(told) == [(Purpose.FLOOD, f"flood:{LI}")]
    (folded,) = shift.journal("folded")
    assert (folded.subject, folded.data["occurrence"]) == ("CRM.ST3.MOTOR/a10", 17)
    assert (folded.data["recipients"], folded.data["floods"]) == ([LI], [f"{LI}#1"])


def test_eleven_alarms_in_more_than_ten_minutes_are_no_flood(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    for n in range(11):
        assert cards(upset(shift.at(n * 60), [n])) == [(Purpose.RAISED, f"CRM.ST3.MOTOR/a{n}")]
    assert shift.journal("flood_entered") == []


def test_it_is_left_when_fewer_than_five_are_within_ten_minutes(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(11))
    for n in range(5):
        upset(shift.at(100 + n), [n + 11])
    # At 700 s the first of the five falls out of the ten minutes.
    shift.at(699).step()
    assert shift.journal("flood_left") == []
    shift.at(700).step()
    (left,) = shift.journal("flood_left")
    assert (left.subject, left.data["number"], left.data["count"], left.data["peak"]) == (LI, 1, 16, 16)
    assert left.data["folded"] == len(shift.journal("folded")) == 16
    assert left.data["top"][0] == ["CRM.ST3.MOTOR/a0", 1]
    assert cards(upset(shift, [20])) == [(Purpose.RAISED, "CRM.ST3.MOTOR/a20")]


def test_the_record_of_a_flood_names_who_came_first_and_the_most_frequent(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    place = {"group": "break", "rank": 1, "tie": False, "within": 0.0}
    rows = [shift.row("raised", f"a{n}", occurrence=n + 20) for n in range(12)]
    shift.step([*rows, shift.row("raised", "a3"), shift.row("raised", "a20", first_out=place)])
    shift.at(600).step()
    (left,) = shift.journal("flood_left")
    assert left.data["first_out"] == ["CRM.ST3.MOTOR/a20"]
    assert (left.data["top"][0], len(left.data["top"])) == (["CRM.ST3.MOTOR/a3", 2], 10)


def test_the_step_is_due_when_a_flood_is_to_be_left(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(11))
    assert shift.next_due == shift.now + 10 * MINUTE - shift.now % SECOND


def test_a_second_flood_has_a_digest_of_its_own(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(11))
    told = upset(shift.at(600), range(11, 30))
    (over,) = shift.told(Purpose.FLOOD_OVER)
    digests = shift.told(Purpose.FLOOD)
    assert [intent.occurrence for intent in digests] == [1, 2] and digests[1] in told
    assert over.card == digests[0].card != digests[1].card
    assert [event.kind for event in shift.events if "flood" in event.kind] == ["flood_entered", "flood_left", "flood_entered"]


# --- the digest -------------------------------------------------------------------------------------------------------


def test_the_digest_counts_by_priority_and_area_and_names_the_most_frequent(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", ("person:ann",)),)))
    shift.step(
        [*(shift.row("raised", f"a{n}") for n in range(31)), *(shift.row("raised", "a7", occurrence=n) for n in (18, 19))]
    )
    (digest,) = shift.told(Purpose.FLOOD, to="person:ann")
    said = lines(digest)
    assert digest.message.headline == "[ALARM FLOOD] 33 alarms in one message"
    assert (said["By priority"], said["By area"]) == ("MEDIUM ×1, LOW ×32", "Stand 3 ×33")
    assert said["Most frequent"].startswith("main motor tripped 7 ×3; ") and said["Most frequent"].endswith("; and 26 more")
    assert said["Now"] == "31 active, 31 unacknowledged"
    assert said["For"] == "Lead B"
    assert (digest.priority, digest.message.buttons, digest.message.state) == (Priority.MEDIUM, (), AlarmState.UNACK)


def test_a_digest_in_both_languages_says_the_same_twice(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", ("group:shift",)),)))
    upset(shift, range(12))
    (digest,) = shift.told(Purpose.FLOOD, to="group:shift")
    assert digest.message.headline == "【报警泛滥】12 条报警合并为一条消息"
    assert lines(digest)["EN"] == "[ALARM FLOOD] 12 alarms in one message"
    assert lines(digest)["按优先级 / By priority"] == "低 ×12 / LOW ×12"


def test_the_digest_is_told_anew_no_more_often_than_every_five_minutes_and_only_with_news(
    policy: Policy, shift_at: Any
) -> None:
    shift = shift_at(policy)
    upset(shift, range(12))
    for second in range(10, 290, 10):
        upset(shift.at(second), [12], occurrence=second)
    assert shift.told(Purpose.STATE) == []
    assert shift.next_due == shift.now + 20 * SECOND
    shift.at(300).step()
    (news,) = shift.told(Purpose.STATE)
    (digest,) = shift.told(Purpose.FLOOD)
    assert (news.card, news.thread) == (digest.card, digest.thread)
    assert "40 条" in news.message.headline
    shift.at(600).step()
    assert shift.told(Purpose.STATE) == [news]


def test_the_digest_is_told_anew_when_what_is_folded_returns_or_is_acknowledged(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", ("person:ann",)),)))
    upset(shift, range(12))
    shift.at(30).hear("commented", "a5")
    assert shift.next_due == shift.now + 570 * SECOND
    shift.at(60).hear("returned", "a3")
    shift.at(61).hear("acknowledged", "a4")
    assert shift.told(Purpose.STATE, to="person:ann") == []
    shift.restart()
    shift.at(300).step()
    (news,) = shift.told(Purpose.STATE, to="person:ann")
    assert lines(news)["Now"] == "11 active, 11 unacknowledged"


def test_the_last_digest_says_how_many_were_folded_and_what_is_still_active(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", ("person:ann",)),)))
    upset(shift, range(12))
    for n in range(10):
        shift.hear("returned", f"a{n}")
    shift.hear("acknowledged", "a10")
    shift.at(600).step()
    (over,) = shift.told(Purpose.FLOOD_OVER, to="person:ann")
    said = lines(over)
    assert over.message.headline == "[FLOOD OVER] 12 alarms in one message"
    assert said["Now"] == "2 active, 11 unacknowledged"
    assert said["Still active"] == "main motor tripped 10; main motor tripped 11"
    assert (said["Lasted"], over.message.state) == ("10 min", AlarmState.NORM)


# --- what is folded ---------------------------------------------------------------------------------------------------


def test_of_what_is_folded_no_return_reminder_or_change_is_told(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", (LI,), repeat_every=MINUTE),)))
    upset(shift, range(20))
    before = len(shift.outbox)
    shift.at(200).step()
    shift.hear("acknowledged", "a3")
    shift.hear("returned", "a3")
    shift.hear("returned", "a4")
    assert len(shift.outbox) == before


def test_who_was_told_before_the_flood_hears_the_return(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, [0])
    upset(shift.at(1), range(1, 20))
    shift.hear("returned", "a0")
    shift.hear("returned", "a1")
    assert [intent.alarm for intent in shift.told(Purpose.RETURNED)] == ["CRM.ST3.MOTOR/a0"]


def test_a_card_of_before_is_kept_when_its_alarm_is_announced_again_in_the_flood(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, [0])
    (card,) = shift.told(Purpose.RAISED)
    shift.hear("shelved", "a0")
    upset(shift.at(1), range(1, 20))
    told = shift.at(2).hear("unshelved", "a0")
    assert [(intent.purpose, intent.card) for intent in told if intent.alarm.endswith("/a0")] == [(Purpose.STATE, card.card)]
    shift.hear("returned", "a0")
    assert [intent.alarm for intent in shift.told(Purpose.RETURNED)] == ["CRM.ST3.MOTOR/a0"]


def test_what_becomes_critical_in_the_flood_is_told_by_itself(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(20))
    told = shift.hear("severer", "a5", before="low", active=True, announce=True, suppressed=[])
    assert cards(told) == [(Purpose.RAISED, "CRM.ST3.MOTOR/a5")]


def test_a_trial_is_neither_counted_nor_folded(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    told = upset(shift, range(20), stage="commissioning", only=[LI])
    assert len(cards(told)) == 20 and shift.journal("flood_entered") == []
    upset(shift, range(20))
    told = upset(shift, [21], stage="commissioning", only=[LI])
    assert cards(told) == [(Purpose.RAISED, "CRM.ST3.MOTOR/a21")]


# --- positions --------------------------------------------------------------------------------------------------------


def test_a_team_is_one_position_and_each_member_has_the_digest(plant: Any, shift_at: Any) -> None:
    shift = shift_at(many(plant, (Route("all", ("team:maintenance",)),)))
    told = upset(shift, range(12))
    assert {(intent.recipient, intent.alarm) for intent in told} == {
        (LI, "flood:team:maintenance"),
        ("person:ann", "flood:team:maintenance"),
    }
    (entered,) = shift.journal("flood_entered")
    assert (entered.subject, entered.data["count"]) == ("team:maintenance", 12)
    assert {tuple(event.data["recipients"]) for event in shift.journal("folded")} == {(LI, "person:ann")}


def test_each_digest_counts_as_still_active_what_is_folded_for_its_recipient_alone(plant: Any, shift_at: Any) -> None:
    routes = (Route("team", ("team:maintenance",)), Route("medium", ("person:ann",), frozenset({Priority.MEDIUM})))
    shift = shift_at(many(plant, routes, floods={"person:ann": None}))
    upset(shift, [*range(11), 30])
    (lis,) = shift.told(Purpose.FLOOD)
    (anns,) = shift.told(Purpose.FLOOD, to="person:ann")
    assert lines(anns)["Now"] == "11 active, 11 unacknowledged"
    assert "12" in lines(lis)["目前状态"] and "11" not in lines(lis)["目前状态"]


def test_another_position_is_told_as_ever(plant: Any, shift_at: Any) -> None:
    routes = (Route("all", (LI,)), Route("urgent", ("group:shift",), frozenset({Priority.MEDIUM})))
    shift = shift_at(many(plant, routes))
    told = upset(shift, range(31))
    assert cards(told, "group:shift") == [(Purpose.RAISED, "CRM.ST3.MOTOR/a30")]
    assert cards(told) == [(Purpose.FLOOD, f"flood:{LI}")]


def test_a_position_may_have_limits_of_its_own_or_none(plant: Any, shift_at: Any) -> None:
    routes = (Route("all", (LI, "person:ann", "group:shift")),)
    floods = {LI: None, "person:ann": FloodLimits(over=3, under=2)}
    shift = shift_at(many(plant, routes, floods=floods))
    told = upset(shift, range(9))
    assert [len(cards(told, who)) for who in (LI, "person:ann", "group:shift")] == [9, 1, 9]
    off = shift_at(many(plant, routes, flood=None))
    assert len(cards(upset(off, range(30)))) == 30


def test_who_is_named_by_a_position_that_is_off_hears_each_alarm_though_a_team_of_theirs_is_in_flood(
    plant: Any, shift_at: Any
) -> None:
    routes = (Route("team", ("team:maintenance",)), Route("own", (LI,)))
    shift = shift_at(many(plant, routes, floods={LI: None}))
    told = upset(shift, range(12))
    assert cards(told) == [(Purpose.RAISED, f"CRM.ST3.MOTOR/a{n}") for n in range(12)]
    assert cards(told, "person:ann") == [(Purpose.FLOOD, "flood:team:maintenance")]
    assert {tuple(event.data["recipients"]) for event in shift.journal("folded")} == {("person:ann",)}


# --- restarts ---------------------------------------------------------------------------------------------------------


def test_a_flood_goes_on_after_a_restart_with_the_same_card_and_counts(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(20))
    shift.restart()
    assert upset(shift.at(60), [20]) == []
    shift.restart()
    shift.at(300).step()
    (news,) = shift.told(Purpose.STATE)
    (digest,) = shift.told(Purpose.FLOOD)
    assert (news.card, "21 条" in news.message.headline) == (digest.card, True)
    shift.restart()
    shift.at(700).step()
    (left,) = shift.journal("flood_left")
    assert left.data["folded"] == 21
    assert "21 条" in shift.told(Purpose.FLOOD_OVER)[0].message.headline


def test_the_count_of_the_last_ten_minutes_survives_a_restart(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(10))
    shift.restart()
    assert cards(upset(shift.at(1), [10])) == [(Purpose.FLOOD, f"flood:{LI}")]


def flood_in_order() -> Flood:
    """What came, came in another order than that of the alphabet."""
    items = [Folded("b", Priority.LOW, "st3"), Folded("a", Priority.HIGH, "st1"), Folded("c", Priority.LOW, "")]
    first, then = (tallied(Tally("zh", {"user": who}, 7), items) for who in ("li", "ann"))
    tallies = {"person:li": first, "person:ann": then}
    return Flood(2, 5, ((0, 1), (5, 2)), 3, 3, ("b", "a"), {"b": 1, "a": 1, "c": 1}, 3, tallies)


def test_what_came_first_is_first_after_a_restart_though_the_store_sorts_keys() -> None:
    flood = flood_in_order()
    again = decode_flood(canonical.decode(canonical.encode(encode_flood(flood))))
    assert again == flood
    assert (list(again.alarms), list(again.tallies)) == (["b", "a", "c"], ["person:li", "person:ann"])
    for who, tally in again.tallies.items():
        before = flood.tallies[who]
        assert (list(tally.by_priority), list(tally.by_area)) == (list(before.by_priority), ["st3", "st1", ""])
        assert list(tally.alarms) == ["b", "a", "c"]


def test_a_position_as_the_first_versions_wrote_it_is_read() -> None:
    flood = flood_in_order()
    tallies = {who: shallow(tally) for who, tally in flood.tallies.items()}
    assert decode_flood(canonical.decode(canonical.encode({**shallow(flood), "tallies": tallies}))) == flood


def test_where_the_mode_is_switched_off_a_flood_that_lasts_ends(plant: Any, policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift, range(20))
    shift.restart(replace(policy, flood=None))
    shift.at(1).step()
    assert (len(shift.journal("flood_left")), len(shift.told(Purpose.FLOOD_OVER))) == (1, 1)


def test_a_step_that_is_run_again_tells_the_same_under_the_same_keys(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    rows = [shift.row("raised", f"a{n}") for n in range(20)]
    once = {intent.key for intent in shift.step(rows)}
    shift.records, shift.positions = {}, {}
    shift.restart()
    assert {intent.key for intent in shift.at(30).step(rows)} == once


def test_a_clock_that_ran_ahead_before_the_restart_keeps_nobody_in_flood(policy: Policy, shift_at: Any) -> None:
    shift = shift_at(policy)
    upset(shift.at(86_400), range(20))
    shift.at(0).restart()
    shift.at(600).step()
    assert len(shift.journal("flood_left")) == 1


def test_a_flood_that_began_in_the_future_begins_now_after_a_restart() -> None:
    flood = replan_flood(flood_in_order(), 3)
    assert (flood.since, flood.recent) == (3, ((0, 3),))
    assert {tally.told_at for tally in flood.tallies.values()} == {3}
