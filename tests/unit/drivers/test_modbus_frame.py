"""Only the answer to the question is an answer: every other byte string is refused by its cause, or waited for."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.frame import Data, FrameFault, Incomplete, Refusal, judge

REQUEST = struct.pack(">HHHBBHH", 7, 0, 6, 3, 3, 100, 2)  # holding 100 and 101 of unit 3, transaction 7
DATA = bytes.fromhex("0102 fffe")
ANSWER = struct.pack(">HHHBBB", 7, 0, 7, 3, 3, 4) + DATA
EXCEPTION = struct.pack(">HHHBBB", 7, 0, 3, 3, 0x83, 2)


def test_the_answer_gives_its_data() -> None:
    assert judge(REQUEST, ANSWER) == Data(DATA)


def test_an_exception_gives_its_code() -> None:
    assert judge(REQUEST, EXCEPTION) == Refusal(2)


@pytest.mark.parametrize("whole", [ANSWER, EXCEPTION])
def test_cut_anywhere_it_is_waited_for(whole: bytes) -> None:
    for length in range(len(whole)):
        assert judge(REQUEST, whole[:length]) == Incomplete()


@pytest.mark.parametrize(
    ("at", "byte", "fault"),
    [
        (1, 6, FrameFault.WRONG_TRANSACTION),
        (0, 1, FrameFault.WRONG_TRANSACTION),
        (3, 1, FrameFault.WRONG_PROTOCOL),
        (5, 9, FrameFault.WRONG_LENGTH),
        (5, 3, FrameFault.WRONG_LENGTH),
        (4, 1, FrameFault.WRONG_LENGTH),
        (6, 4, FrameFault.WRONG_UNIT),
        (7, 4, FrameFault.WRONG_FUNCTION),
        (7, 0x84, FrameFault.WRONG_FUNCTION),
        (7, 0x83, FrameFault.WRONG_LENGTH),
        (8, 2, FrameFault.WRONG_BYTE_COUNT),
        (8, 5, FrameFault.WRONG_BYTE_COUNT),
    ],
)
def test_one_wrong_byte_has_a_name(at: int, byte: int, fault: FrameFault) -> None:
    wrong = ANSWER[:at] + bytes([byte]) + ANSWER[at + 1 :]
    assert judge(REQUEST, wrong) is fault


def test_transaction_zero_is_not_taken_for_any() -> None:
    assert judge(REQUEST, b"\0\0" + ANSWER[2:]) is FrameFault.WRONG_TRANSACTION


@pytest.mark.parametrize("whole", [ANSWER, EXCEPTION])
def test_two_answers_glued_together_are_neither(whole: bytes) -> None:
    assert judge(REQUEST, whole + whole) is FrameFault.TRAILING_BYTES


def test_a_wrong_frame_is_refused_before_it_is_whole() -> None:
    assert judge(REQUEST, b"HT") is FrameFault.WRONG_TRANSACTION


def test_an_answer_of_bits_has_the_bytes_its_count_needs() -> None:
    request = struct.pack(">HHHBBHH", 1, 0, 6, 1, 1, 0, 9)
    assert judge(request, struct.pack(">HHHBBB", 1, 0, 5, 1, 1, 2) + b"\xff\x01") == Data(b"\xff\x01")
    assert judge(request, struct.pack(">HHHBBB", 1, 0, 4, 1, 1, 1) + b"\xff") is FrameFault.WRONG_LENGTH


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_or_become_data_of_another_length(received: bytes) -> None:
    judged = judge(REQUEST, received)
    assert not isinstance(judged, Data) or (len(judged.data) == 4 and received[:9] == ANSWER[:9])


@given(st.integers(0, len(ANSWER) - 1), st.integers(0, 255), st.integers(0, len(ANSWER)))
def test_a_changed_header_never_becomes_data(at: int, byte: int, length: int) -> None:
    changed = (ANSWER[:at] + bytes([byte]) + ANSWER[at + 1 :])[:length]
    judged = judge(REQUEST, changed)
    assert not isinstance(judged, Data) or (changed[:9] == ANSWER[:9] and length == len(ANSWER))
