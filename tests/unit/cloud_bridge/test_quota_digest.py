"""What the quota folds: one message for all that a recipient was to be told within a window."""

from __future__ import annotations

from dataclasses import replace

from cloud_bridge.quota.account import Limits
from cloud_bridge.quota.digest import LINES_MAX, card_of, digest_of
from cloud_bridge.quota.gathering import BATCH_MAX, Gathering
from edge.model.act import Call, CallMedium, Tell
from edge.model.alarm import Priority
from edge.model.intent import Delivered, Intent, Purpose, Unknown
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.quota import Kind
from tests.unit.cloud_bridge.harness import START, TO_BOARD, claim, intent, message
from tests.unit.cloud_bridge.quota_bench import ZONE, QuotaBench, at_the_quota

LOW = message(priority=Priority.LOW, priority_text="低")


def low(number: int, purpose: Purpose = Purpose.RAISED, *, at: int = START, **more: object) -> Intent:
    wanted = intent(purpose, alarm=f"CRM.PUMP{number}/leak", message=LOW, created_at=at + number * SECOND)
    return replace(wanted, **more)


def lows(count: int, *, at: int = START) -> list[Intent]:
    return [low(number, at=at) for number in range(count)]


# --- pure -------------------------------------------------------------------------------------------------------------


def test_a_digest_tells_each_alarm_in_a_line_with_its_time() -> None:
    told = digest_of(lows(3), "card", Purpose.FLOOD, START, ZONE)
    assert told.message.headline == "【低】3 条报警合并通知"
    assert told.message.lines[0] == ("08:00", f"{LOW.headline} · 未确认")
    assert (len(told.message.lines), told.message.buttons, told.recipient) == (3, (), "person:fitter")


def test_a_long_digest_counts_what_it_does_not_show() -> None:
    lines = digest_of(lows(LINES_MAX + 7), "card", Purpose.FLOOD, START, ZONE).message.lines
    assert len(lines) == LINES_MAX + 1
    assert lines[0] == ("…", "之前另有 7 条")


def test_a_digest_is_as_urgent_as_the_most_urgent_and_names_and_rings_nobody_in_particular() -> None:
    urgent = replace(intent(message=message(priority=Priority.HIGH)), mention=("li",), act=Call(CallMedium.APP))
    told = digest_of([*lows(2), urgent], "card", Purpose.FLOOD, START, ZONE)
    assert (told.priority, told.mention, told.act) == (Priority.HIGH, (), Tell())


def test_the_same_alarms_make_the_same_digest_in_any_order() -> None:
    assert card_of(lows(3)) == card_of(list(reversed(lows(3)))) != card_of(lows(4))


def test_of_a_thousand_none_is_left_out_and_no_digest_is_endless() -> None:
    gathering = Gathering(ZONE)
    for each in lows(1_000):
        gathering.put(claim(each))
    batches = gathering.batches()
    assert [len(batch) for batch in batches] == [BATCH_MAX] * 10
    assert len({each.intent.key for batch in batches for each in batch}) == 1_000
    assert not gathering


def test_low_alarms_are_added_to_the_card_of_the_day_and_others_ring_anew() -> None:
    gathering = Gathering(ZONE)
    first = gathering.digest([claim(each) for each in lows(2)], START)
    gathering.told([claim(each) for each in lows(2)], first, Delivered(first.intent.card), START, again=False)
    second = gathering.digest([claim(low(7))], START + 4 * HOUR)
    assert (second.intent.purpose, second.intent.card, len(second.intent.message.lines)) == (
        Purpose.STATE,
        first.intent.card,
        3,
    )
    assert gathering.digest([claim(low(8))], START + 24 * HOUR).intent.purpose is Purpose.FLOOD
    medium = intent(message=message(priority=Priority.MEDIUM))
    assert gathering.digest([claim(medium)], START + 4 * HOUR).intent.purpose is Purpose.FLOOD


def test_a_digest_that_made_no_card_is_followed_by_another_message() -> None:
    gathering = Gathering(ZONE)
    first = gathering.digest([claim(low(1))], START)
    gathering.told([claim(low(1))], first, Delivered("a webhook's uuid"), START, again=False)
    assert gathering.digest([claim(low(2))], START + 4 * HOUR).intent.purpose is Purpose.FLOOD


def test_one_that_may_have_arrived_makes_the_whole_a_possible_repeat() -> None:
    told = Gathering(ZONE).digest([claim(low(1)), claim(low(2), 3, after_unknown=True)], START)
    assert (told.attempt, told.after_unknown) == (3, True)


def test_only_what_was_told_in_a_digest_is_without_a_card() -> None:
    gathering = Gathering(ZONE)
    claims = [claim(low(1))]
    gathering.told(claims, gathering.digest(claims, START), Unknown("no answer"), START, again=True)
    assert not gathering.is_without_card(low(1, Purpose.STATE))
    gathering.told(claims, gathering.digest(claims, START), Delivered("k"), START, again=False)
    assert gathering.is_without_card(low(1, Purpose.STATE)) and gathering.is_without_card(low(1, Purpose.FLOOD_OVER))
    assert not gathering.is_without_card(low(1, Purpose.RETURNED))


# --- over the stand-in ------------------------------------------------------------------------------------------------

#: Low alarms have used their share; most of the quota is left.
SHORT = Limits(api=1_000)


def test_above_the_allowance_thirty_alarms_cost_one_call_and_are_all_told() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(600)
        bench.write(*lows(30))
        await bench.pass_time(3 * MINUTE)
        assert bench.standin.shown("fitter.a") == []
        await bench.pass_time(4 * HOUR)
        (digest,) = bench.standin.shown("fitter.a")
        assert "迟" not in digest.card.params["footer"], "its lines say when each was"
        assert bench.used() == 601
        assert bench.outbox.store.outbox_counts() == {"delivered": 30}

    at_the_quota(story, SHORT)


def test_what_follows_a_folded_alarm_comes_with_the_next_window_and_its_silent_updates_cost_nothing() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(600)
        bench.write(low(1), low(1, Purpose.STATE, at=START + 5), low(1, Purpose.RETURNED, at=START + 10))
        await bench.pass_time(3 * HOUR)
        assert bench.outbox.store.outbox_counts() == {"delivered": 2, "waiting": 1}
        await bench.pass_time(2 * HOUR)
        (card,) = bench.standin.shown("fitter.a")
        assert len(card.card.params["lines"].split("label")) == 3
        assert bench.used() == 602
        assert bench.outbox.store.outbox_counts() == {"delivered": 3}

    at_the_quota(story, SHORT)


def test_a_group_that_has_only_a_webhook_gets_digests_as_messages() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(2_000, Kind.PUSH)
        bench.write(*(replace(low(n), address=TO_BOARD, recipient="group:board") for n in range(5)))
        await bench.pass_time(5 * HOUR)
        assert bench.used(Kind.PUSH) == 2_001
        assert bench.outbox.store.outbox_counts() == {"delivered": 5}

    at_the_quota(story)
