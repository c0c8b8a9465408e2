"""Keys and cards are names: the same for the same thing, different for different things."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from edge.model.intent import Purpose
from edge.response.identity import CARD_MAX, IntentName, card_id, intent_key, line_key, parse_intent_key, record_key

IDS = st.text(st.characters(exclude_characters="#", exclude_categories=("Cs",)), min_size=1, max_size=30)
NAMES = st.builds(
    IntentName,
    alarm=st.text(min_size=1, max_size=40),
    occurrence=st.integers(1, 10**9),
    recipient=st.sampled_from(["person:", "group:"]).flatmap(lambda kind: IDS.map(lambda name: kind + name)),
    purpose=st.sampled_from(Purpose),
    round=st.integers(1, 50),
    count=st.integers(0, 1000),
)


@given(st.text(max_size=10), NAMES)
def test_a_key_gives_back_the_name_it_was_made_of(site: str, name: IntentName) -> None:
    assert parse_intent_key(site, intent_key(site, name)) == name


@given(NAMES, NAMES)
def test_two_names_never_share_a_key(one: IntentName, other: IntentName) -> None:
    assert (intent_key("crm", one) == intent_key("crm", other)) == (one == other)


@given(st.text(max_size=40))
def test_a_key_of_another_making_has_no_name(text: str) -> None:
    assert parse_intent_key("crm", f"elsewhere/{text}") is None
    assert parse_intent_key("crm", "crm/" + text.replace("#", "")) is None


@given(st.text(max_size=80), st.integers(1, 10**12), IDS)
def test_a_card_is_a_valid_out_track_id_for_any_names(alarm: str, occurrence: int, recipient: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", card_id("crm", alarm, occurrence, recipient, 1))


def test_a_card_begins_with_what_people_read_and_ends_with_what_tells_it_apart() -> None:
    alarm, to = "CRM.ST3.MOTOR/de_temp_high", "person:li"
    card = card_id("crm", alarm, 17, to, 1)
    assert card.startswith("CRM.ST3.MOTOR-de_temp_high-17-")
    others = {
        card_id("other", alarm, 17, to, 1),
        card_id("crm", alarm + "x" * 60, 17, to, 1),
        card_id("crm", alarm + "x" * 61, 17, to, 1),
        card_id("crm", alarm, 18, to, 1),
        card_id("crm", alarm, 17, "group:li", 1),
        card_id("crm", alarm, 17, to, 2),
    }
    assert len(others | {card}) == 7
    assert max(map(len, others)) == CARD_MAX


def test_the_record_of_a_line_is_no_occurrence() -> None:
    assert line_key("a/b") not in {record_key("a/b", number) for number in range(100)}
