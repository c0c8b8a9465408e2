"""A board's address: it is read as it is written, and what nobody knows is left out."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.dingtalk.organisation import LANGUAGES
from simulators.dingtalk.organisation_file import load
from simulators.dingtalk.phone_board import PHONES_MAX, Board, read_board
from tests.unit.simulators_dingtalk.conftest import ORGANISATION

PLAYED = load(ORGANISATION)
USERS = ("lead", "fitter", "engineer")


def board_at(address: str) -> Board:
    """What a server makes of an address."""
    split = urlsplit(address)
    alone = split.path.removeprefix("/phones").strip("/")
    return read_board({**dict(parse_qsl(split.query)), "alone": alone}, PLAYED, "en")


boards = st.builds(
    Board,
    language=st.sampled_from(LANGUAGES),
    people=st.permutations(USERS).flatmap(lambda users: st.integers(1, 3).map(lambda count: tuple(users[:count]))),
    chosen=st.just(True),
    chats=st.dictionaries(st.sampled_from(USERS), st.text(min_size=1, max_size=12)),
    shells=st.dictionaries(st.sampled_from(USERS), st.sampled_from(LANGUAGES)),
)


@given(boards)
def test_an_address_shows_the_board_it_was_written_for(board):
    again = board_at(board.address)
    assert (again.language, again.people, again.chosen) == (board.language, board.people, True)
    for user in board.people:
        assert again.chats.get(user, "") == board.chats.get(user, "")
        assert again.language_of(user) == board.language_of(user)


@given(boards, st.sampled_from(USERS))
def test_the_address_of_one_phone_alone_keeps_its_chat(board, user):
    again = board_at(board.of_one(user).address)
    assert (again.people, again.alone) == ((user,), True)
    assert again.chats.get(user, "") == board.chats.get(user, "")


def test_without_an_address_everybody_is_shown_and_the_page_may_show_fewer():
    board = board_at("/phones")
    assert (board.people, board.chosen, board.language) == (USERS, False, "en")


@pytest.mark.parametrize(
    ("address", "people"),
    [
        ("/phones?people=engineer,nobody,lead", ("engineer", "lead")),
        ("/phones?people=engineer,engineer", ("engineer",)),
        ("/phones?people=nobody", USERS),
        ("/phones?lang=tlh&shell.engineer=tlh", USERS),
        ("/phones/nobody", USERS),
    ],
)
def test_what_nobody_knows_is_left_out(address, people):
    board = board_at(address)
    assert board.people == people
    assert {board.language_of(user) for user in people} == {"en"}


def test_a_phone_alone_speaks_its_owners_language():
    assert board_at("/phones/lead").language == "zh"
    assert board_at("/phones/engineer").language == "en"
    assert board_at("/phones/lead?lang=en").language == "en"


def test_the_last_phone_cannot_be_taken_away_and_a_board_has_room_for_so_many():
    alone = board_at("/phones?people=engineer")
    assert alone.toggled("engineer").people == ("engineer",)
    assert alone.toggled("lead").people == ("engineer", "lead")
    assert alone.toggled("lead").toggled("engineer").people == ("lead",)
    persons = [{"user_id": f"p{number}", "name": "P"} for number in range(PHONES_MAX + 3)]
    crowd = read_board({}, load({**ORGANISATION, "persons": [*ORGANISATION["persons"], *persons]}), "zh")
    assert len(crowd.people) == PHONES_MAX
    assert len(crowd.toggled(f"p{PHONES_MAX + 2}").people) == PHONES_MAX


def test_the_page_in_another_language_takes_every_phone_with_it():
    board = board_at("/phones?lang=en&shell.lead=zh").in_language("zh")
    assert {board.language_of(user) for user in board.people} == {"zh"}
