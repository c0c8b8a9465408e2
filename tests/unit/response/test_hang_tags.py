"""A hang-tag hangs until its hanger, or who is in charge with a reason, takes it off; so long nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Hang, HangTagCommand, InboxRow, RemoveHangTag, decode_body, encode_body
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.response.hang_tags import OF_A_DEVICE_MAX, HangTags
from edge.response.policy import Route

DEVICES = ("PUMP_1", "FAN_1")
HUNG = Hang("PUMP_1", "WO-17", "5512", "new bearing")
AT_MOTOR = Hang("CRM.ST3.MOTOR", "WO-17", "5512", "new bearing")


class Board:
    """Hang-tags with everything they made durable."""

    def __init__(self, records: Mapping[str, Any] | None = None) -> None:
        self.tags = HangTags(dict.fromkeys(DEVICES))
        self.records: dict[str, Any] = dict(records or {})
        for key, record in self.records.items():
            self.tags.load(key.removesuffix("#hang_tags"), json.loads(json.dumps(record)))
        self._asked = 0

    def ask(self, by: str, command: HangTagCommand, at: int = 0) -> str:
        self._asked += 1
        event = self.tags.answer(InboxRow("api", f"m{self._asked}", by, command, at), command, at)
        assert (event.command, event.data["by"]) == (("api", f"m{self._asked}"), by)
        self.records.update(self.tags.take_changes())
        return str(event.data["reason"]) if event.kind == "rejected" else event.kind


def test_a_device_is_locked_until_the_last_tag_is_off() -> None:
    board = Board()
    assert (board.ask("ann", HUNG), board.ask("bob", HUNG)) == ("hang_tag_hung", "hang_tag_hung")
    assert board.tags.locked_by("PUMP_1") == "ann"
    assert board.ask("ann", RemoveHangTag("PUMP_1~1")) == "hang_tag_removed"
    assert board.tags.locked_by("PUMP_1") == "bob"
    assert board.ask("bob", RemoveHangTag("PUMP_1~2")) == "hang_tag_removed"
    assert (board.tags.locked_by("PUMP_1"), board.tags.hanging("PUMP_1"), board.tags.locked_by("FAN_1")) == (None, (), None)


def test_nobody_takes_off_anothers_tag_but_who_is_in_charge_with_a_reason() -> None:
    board = Board()
    board.ask("ann", HUNG)
    assert board.ask("bob", RemoveHangTag("PUMP_1~1", "in my way")) == "not_your_hang_tag"
    assert board.ask("lead", RemoveHangTag("PUMP_1~1", " ", in_charge=True)) == "reason_missing"
    assert [tag.by for tag in board.tags.all()] == ["ann"]
    assert board.ask("lead", RemoveHangTag("PUMP_1~1", "ann went home", in_charge=True)) == "hang_tag_removed"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Hang("NOTHING", "WO-17", "", "work"), "unknown_device"),
        (Hang("PUMP_1", " ", "", "work"), "permit_missing"),
        (Hang("PUMP_1", "WO-17", "", ""), "reason_missing"),
        (Hang("PUMP_1", "WO-17", "", "x" * 201), "comment_too_long"),
        (RemoveHangTag("PUMP_1~1"), "unknown_hang_tag"),
        (RemoveHangTag("nonsense"), "unknown_hang_tag"),
    ],
)
def test_what_is_refused_hangs_nothing(command: HangTagCommand, reason: str) -> None:
    board = Board()
    assert board.ask("ann", command) == reason
    assert (board.tags.all(), board.records) == ((), {})


def test_so_many_hang_on_one_device_and_no_more() -> None:
    board = Board()
    for _ in range(OF_A_DEVICE_MAX):
        board.ask("ann", HUNG)
    assert board.ask("bob", HUNG) == "too_many_hang_tags"


def test_one_that_hangs_for_long_is_to_be_looked_at_and_stays() -> None:
    board = Board()
    board.ask("ann", HUNG, at=0)
    (tag,) = board.tags.all()
    assert (tag.is_old(12 * HOUR), tag.is_old(12 * HOUR + SECOND)) == (False, True)


def test_a_name_is_never_used_again_not_even_after_a_restart() -> None:
    board = Board()
    board.ask("ann", HUNG)
    board.ask("ann", RemoveHangTag("PUMP_1~1"))
    after = Board(board.records)
    after.ask("bob", HUNG)
    assert [tag.name for tag in after.tags.all()] == ["PUMP_1~2"]


@pytest.mark.parametrize("command", [HUNG, RemoveHangTag("PUMP_1~1", "why", in_charge=True)])
def test_commands_come_back_from_the_inbox_as_they_were(command: HangTagCommand) -> None:
    kind = "hang" if isinstance(command, Hang) else "remove_hang_tag"
    assert decode_body(kind, json.loads(json.dumps(encode_body(command)))) == command
    assert not InboxRow("api", "m", "ann", command, 0).for_engine


PEOPLE = st.sampled_from(["ann", "bob"])
ASKED = st.one_of(
    st.tuples(PEOPLE, st.sampled_from(DEVICES).map(lambda device: Hang(device, "WO", "", "work"))),
    st.tuples(
        PEOPLE,
        st.builds(
            lambda device, number, reason, in_charge: RemoveHangTag(f"{device}~{number}", reason, in_charge),
            st.sampled_from(DEVICES),
            st.integers(1, 4),
            st.sampled_from(["", "why"]),
            st.booleans(),
        ),
    ),
)


@settings(max_examples=400, deadline=None)
@given(asked=st.lists(ASKED, max_size=14), kills=st.sets(st.integers(0, 13)))
def test_no_tag_vanishes_but_by_its_remover_over_any_restart(asked: list[tuple[str, HangTagCommand]], kills: set[int]) -> None:
    board = Board()
    for number, (by, command) in enumerate(asked):
        if number in kills:
            before = board.tags.all()
            board = Board(board.records)
            assert board.tags.all() == before
        before = board.tags.all()
        board.ask(by, command)
        gone = set(before) - set(board.tags.all())
        if isinstance(command, Hang):
            assert gone == set()
        else:
            allowed = {tag for tag in before if tag.by == by or (command.in_charge and command.reason)}
            assert gone <= allowed and all(tag.name == command.tag for tag in gone)


def says_so(card: Intent) -> bool:
    return any("Hang-tag" in label or "挂牌" in label for label, _ in card.message.lines)


def tag_row(shift: Any, number: int, command: HangTagCommand, by: str = "li") -> InboxRow:
    return InboxRow("api", f"m{number}", by, command, shift.now, number)


def test_a_card_says_that_somebody_works_at_the_device_as_long_as_the_tag_hangs(shift: Any) -> None:
    shift.step([], [tag_row(shift, 1, AT_MOTOR)])
    cards = shift.hear("raised")
    assert cards and all(says_so(card) for card in cards)
    shift.step([], [tag_row(shift, 2, RemoveHangTag("CRM.ST3.MOTOR~1"))])
    later = shift.hear("acknowledged", by="li", via="api", comment="", coming=False)
    assert later and not any(says_so(card) for card in later)


def test_open_cards_of_the_device_show_a_tag_at_once_and_its_removal_too(shift: Any) -> None:
    shift.hear("raised")
    hung = shift.step([], [tag_row(shift, 1, AT_MOTOR)])
    assert [(card.purpose, card.recipient, says_so(card)) for card in hung] == [(Purpose.STATE, "person:li", True)]
    removed = shift.step([], [tag_row(shift, 2, RemoveHangTag("CRM.ST3.MOTOR~1"))])
    assert [(card.purpose, card.recipient, says_so(card)) for card in removed] == [(Purpose.STATE, "person:li", False)]
    refused = shift.step([], [tag_row(shift, 3, RemoveHangTag("CRM.ST3.MOTOR~1"))])
    assert refused == []


def test_cards_of_another_device_and_of_what_is_over_say_nothing_of_a_tag(shift_at: Any, plant: Any) -> None:
    base = plant()
    fan = replace(base.devices["CRM.ST3.MOTOR"], name="FAN_1")
    shift = shift_at(plant(devices={**base.devices, "FAN_1": fan}))
    shift.hear("raised")
    assert shift.step([], [tag_row(shift, 1, Hang("FAN_1", "WO-17", "", "belt"))]) == []
    shift.hear("retired")
    assert shift.step([], [tag_row(shift, 2, AT_MOTOR)]) == []


HEARD = st.sampled_from(("raised", "acknowledged", "shelved", "chattering", "settled", "severer", "released", "unacknowledged"))
HAPPENS = st.one_of(
    st.tuples(HEARD, st.sampled_from(("bearing_hot", "oil_low", "tripped"))),
    st.tuples(st.sampled_from(("hang", "remove", "wait"))),
)


@settings(max_examples=50, deadline=None)
@given(story=st.lists(HAPPENS, max_size=10))
def test_no_phone_rings_by_a_tag_and_every_open_card_is_true(shift_at: Any, plant: Any, story: list[Any]) -> None:
    """The same shift with and without its tags: but for silent updates of cards, people are told the same."""
    routes = (Route("all", ("team:maintenance", "group:shift"), repeat_every=5 * MINUTE),)
    with_tags, without = shift_at(plant(routes, flood=None)), shift_at(plant(routes, flood=None))
    cards: dict[tuple[str, str], str] = {}
    hanging: list[str] = []
    hung = 0
    for number, (kind, *alarm) in enumerate(story, 1):
        before = hanging
        if alarm:
            told, would_be_told = (shift.hear(kind, *alarm) for shift in (with_tags, without))
        elif kind == "wait":
            told, would_be_told = (shift.at(number * 400).step() for shift in (with_tags, without))
        else:
            hung += kind == "hang"
            hanging = [*hanging, f"CRM.ST3.MOTOR~{hung}"] if kind == "hang" else hanging[1:]
            command = AT_MOTOR if kind == "hang" else RemoveHangTag(f"CRM.ST3.MOTOR~{hung - len(hanging)}")
            told, would_be_told = with_tags.step([], [tag_row(with_tags, number, command)]), []
        loud, would_be_loud = (
            [(each.purpose, each.recipient, each.alarm) for each in some if each.purpose is not Purpose.STATE]
            for some in (told, would_be_told)
        )
        assert loud == would_be_loud
        cards.update({(each.alarm, each.recipient): each.card for each in told if each.purpose is Purpose.RAISED})
        shown = {each.card: says_so(each) for each in told if each.purpose is not Purpose.REMINDER}
        assert all(shown[card] is bool(hanging) for card in shown if card in cards.values())
        assert hanging == before or shown.keys() >= set(cards.values())
