"""What a phone shows and counts, and that nothing in the stand-in grows without end."""

from __future__ import annotations

import pytest

from simulators.dingtalk.cards import CARDS_MAX, HISTORY_MAX, Card
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


def test_a_glance_at_an_open_chat_brings_what_changed_and_nothing_else(bench):
    bench.raise_card("card-1")
    bench.raise_card("card-2")
    bench.advance(1)
    since = bench.now
    assert bench.cloud.glance("lead", bench.group, since).chat(bench.group).messages == ()
    update = {"outTrackId": "card-1", "cardData": {"cardParamMap": {"state_text": "taken"}}}
    bench.api("v1.0/card/instances", update, method="PUT")
    (changed,) = bench.cloud.glance("lead", bench.group, since).chat(bench.group).messages
    assert (changed.card.out_track_id, changed.changed_us) == ("card-1", bench.now)
    assert bench.cloud.glance("lead", "", 0).chat(bench.group).messages == ()
    assert len(bench.cloud.glance("lead", bench.group).chat(bench.group).messages) == 2


def test_a_press_and_its_end_are_changes_on_the_phone_of_who_pressed_alone(bench):
    bench.connect()
    bench.raise_card()
    bench.advance(1)
    pressed = bench.now
    bench.cloud.press("lead", "card-1", "acknowledge", now_us=pressed)
    assert len(bench.cloud.glance("lead", bench.group, pressed).chat(bench.group).messages) == 1
    assert bench.cloud.glance("fitter", bench.group, pressed).chat(bench.group).messages == ()
    bench.advance(3)
    (settled,) = bench.cloud.glance("lead", bench.group, pressed + 1).chat(bench.group).messages
    assert (settled.card.press.status, settled.card.press.settled_us) == ("no_answer", bench.now)


def test_a_card_remembers_what_became_of_it_and_counts_on(bench):
    bench.raise_card()
    for number in range(HISTORY_MAX + 5):
        bench.advance(1)
        params = {"state": "acknowledged", "state_text": f"step {number}"}
        bench.api("v1.0/card/instances", {"outTrackId": "card-1", "cardData": {"cardParamMap": params}}, method="PUT")
    card = bench.cloud.phone("lead").card("card-1")
    assert (card.updates, len(card.history)) == (HISTORY_MAX + 5, HISTORY_MAX)
    assert (card.history[-1].badge, card.history[-1].tone, card.history[-1].time_us) == (
        f"step {HISTORY_MAX + 4}",
        "taken",
        bench.now,
    )


def test_what_one_viewer_sees_instead_is_no_update_of_the_card_for_all(bench):
    bench.raise_card()
    private = {"outTrackId": "card-1", "privateData": {"lead": {"cardParamMap": {"footer": "only you"}}}}
    bench.api("v1.0/card/instances", private, method="PUT")
    card = bench.cloud.phone("lead").card("card-1")
    assert (card.updates, [change.badge for change in card.history]) == (0, ["Not acknowledged"])
