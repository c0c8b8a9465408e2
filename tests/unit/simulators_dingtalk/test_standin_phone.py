"""What a phone shows and counts, and that nothing in the stand-in grows without end."""

from __future__ import annotations

import pytest

from simulators.dingtalk.cards import CARDS_MAX, Card
from simulators.dingtalk.ledger import Direction, Effect, Ledger
from simulators.dingtalk.presses import Hindrance, PersonError
from simulators.dingtalk.timeline import MESSAGES_MAX, Kind


def test_a_person_has_not_to_read_what_that_person_wrote(bench):
    bench.cloud.say("lead", bench.group, "hello", bench.now)
    assert bench.cloud.phone("lead").unread == 0
    assert bench.cloud.phone("fitter").unread == 1


def test_an_opened_chat_is_read_for_that_person_alone_and_the_mention_is_gone(bench):
    deliver = {"robotCode": "dingapp", "atUserIds": {"@ALL": "@ALL"}}
    bench.raise_card(imGroupOpenDeliverModel=deliver)
    before = bench.cloud.timeline.version
    bench.cloud.mark_read("lead", bench.group)
    assert bench.cloud.timeline.version > before
    lead, fitter = (bench.cloud.phone(user_id).chat(bench.group) for user_id in ("lead", "fitter"))
    assert (lead.unread, lead.mentioned) == (0, False)
    assert (fitter.unread, fitter.mentioned) == (1, True)
    seen = bench.cloud.timeline.version
    bench.cloud.mark_read("lead", bench.group)
    bench.cloud.mark_read("lead", "cidNowhere==")
    assert bench.cloud.timeline.version == seen, "reading again is no change, so pages do not refresh for ever"


def test_the_latest_chat_is_on_top(bench):
    bench.raise_card()
    bench.advance(1)
    bench.cloud.say("lead", "", "hello", bench.now)
    assert [chat.kind for chat in bench.cloud.phone("lead").chats][:2] == ["robot", "group"]


def test_an_unknown_person_has_no_phone(bench):
    with pytest.raises(PersonError) as refused:
        bench.cloud.phone("nobody")
    assert refused.value.hindrance is Hindrance.NO_SUCH_PERSON


def test_a_conversation_keeps_its_newest_messages(bench):
    for number in range(MESSAGES_MAX + 5):
        bench.cloud.timeline.show(
            bench.now, bench.group, Kind.TEXT, {"text": str(number)}, message_id=str(number), sender_name="x"
        )
    texts = bench.texts("lead")
    assert (len(texts), texts[0], texts[-1]) == (MESSAGES_MAX, "5", str(MESSAGES_MAX + 4))


def test_the_ledger_forgets_its_oldest_entries_and_says_how_many():
    ledger = Ledger(entries_max=3)
    for now in range(5):
        ledger.add(now, Direction.CONTROL, "x", Effect.CUT)
    assert [entry.sequence for entry in ledger] == [3, 4, 5]
    assert (ledger.forgotten, ledger.last_sequence) == (2, 5)


def test_a_forgotten_card_leaves_an_empty_place_on_the_phone(bench):
    bench.raise_card()
    card = bench.cloud.cards.find("card-1")
    for number in range(CARDS_MAX):
        bench.cloud.cards.add(Card(f"other-{number}", card.template, "STREAM", frozenset(), {}))
    assert len(list(bench.cloud.cards)) == CARDS_MAX
    message = bench.cloud.phone("lead").chat(bench.group).messages[0]
    assert (message.kind, message.card) == (Kind.CARD, None)


def test_the_same_seed_and_the_same_calls_give_the_same_ledger(bench_with):
    def ledger() -> list[object]:
        bench = bench_with()
        connections = [bench.connect(), bench.connect()]
        bench.raise_card()
        for _ in range(20):
            bench.cloud.press("lead", "card-1", "acknowledge", now_us=bench.now)
            bench.advance(1)
        assert all(connection.take() for connection in connections)
        return [entry.as_json() for entry in bench.cloud.ledger]

    assert ledger() == ledger()
