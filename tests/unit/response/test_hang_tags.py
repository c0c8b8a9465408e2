"""A hang-tag hangs until its hanger, or who is in charge with a reason, takes it off; so long nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Hang, HangTagCommand, InboxRow, RemoveHangTag, decode_body, encode_body
from edge.model.intent import Intent
from edge.model.moment import HOUR, SECOND
from edge.response.hang_tags import OF_A_DEVICE_MAX, HangTags

DEVICES = ("PUMP_1", "FAN_1")
HUNG = Hang("PUMP_1", "WO-17", "5512", "new bearing")


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


def test_a_card_says_that_somebody_works_at_the_device_as_long_as_the_tag_hangs(shift: Any) -> None:
    def says_so(card: Intent) -> bool:
        return any(label in ("Hang-tag", "挂牌") for label, _ in card.message.lines)

    def ask(number: int, command: HangTagCommand) -> None:
        row = InboxRow("api", f"m{number}", "li", command, shift.now, number)
        step = shift.response.step(shift.now, [], [row], shift.readings.get)
        assert (step.consumed, [event.kind == "rejected" for event in step.events]) == ((number,), [False])

    ask(1, Hang("CRM.ST3.MOTOR", "WO-17", "", "new bearing"))
    cards = shift.hear("raised")
    assert cards and all(says_so(card) for card in cards)
    ask(2, RemoveHangTag("CRM.ST3.MOTOR~1"))
    later = shift.hear("acknowledged", by="li", via="api", comment="", coming=False)
    assert later and not any(
        "hang-tag" in str(card.message.lines).lower() or "挂牌" in str(card.message.lines) for card in later
    )
