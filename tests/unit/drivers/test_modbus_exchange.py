"""Bytes in any pieces and of any damage are the answer to their request, or a fault with its cause; never another value."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.exchange import Ended, Exchange, RtuExchange, TcpExchange
from drivers.modbus.frame import Data, FrameFault, Refusal, crc, judge_rtu, read_pdu, rtu_frame, tcp_frame, write_pdu

READ_2 = read_pdu(3, 100, 2)
ANSWER_2 = b"\x03\x04\x01\x02\xff\xfe"
VALUE = Data(b"\x01\x02\xff\xfe")
WRITE = write_pdu(6, 100, b"\x12\x34")
#: PDU of a request, of its answer, and what that means.
ASKED = [
    (READ_2, ANSWER_2, VALUE),
    (READ_2, b"\x83\x02", Refusal(2)),
    (read_pdu(1, 0, 9), b"\x01\x02\xff\x01", Data(b"\xff\x01")),
    (WRITE, WRITE, Data(b"")),
    (write_pdu(5, 7, b"\xff\x00"), b"\x05\x00\x07\xff\x00", Data(b"")),
    (write_pdu(16, 7, b"\x00\x01\x02\x12\x34"), b"\x10\x00\x07\x00\x01", Data(b"")),
    (write_pdu(15, 7, b"\x00\x01\x01\x01"), b"\x0f\x00\x07\x00\x01", Data(b"")),
    (write_pdu(22, 7, b"\xff\x00\x00\x12"), b"\x16\x00\x07\xff\x00\x00\x12", Data(b"")),
    (WRITE, b"\x86\x06", Refusal(6)),
]


def tcp() -> TcpExchange:
    return TcpExchange(itertools.cycle(range(1, 0x10000)))


def framed(exchange: Exchange, request: bytes, unit: int, pdu: bytes) -> bytes:
    """What a device sends for a request that came as `request`."""
    if isinstance(exchange, RtuExchange):
        return rtu_frame(unit, pdu)
    return tcp_frame(int.from_bytes(request[:2], "big"), unit, pdu)


def fed(exchange: Exchange, came: bytes, cuts: Sequence[int] = ()) -> list[Ended]:
    ends = [0, *sorted(min(cut, len(came)) for cut in cuts), len(came)]
    return [ended for a, b in itertools.pairwise(ends) if a < b for ended in exchange.receive(came[a:b])]


@pytest.mark.parametrize("make", [tcp, RtuExchange])
@pytest.mark.parametrize(("asked", "answered", "meant"), ASKED)
def test_an_answer_is_understood_wherever_it_is_cut(
    make: type[RtuExchange], asked: bytes, answered: bytes, meant: object
) -> None:
    length = len(framed(make(), b"\0\1", 3, answered))
    for cuts in [[cut] for cut in range(length + 1)] + [list(range(length))]:
        exchange = make()
        key, request = exchange.ask(3, asked)
        whole = framed(exchange, request, 3, answered)
        assert fed(exchange, whole, cuts) == [(key, meant)]
        assert not exchange.is_astray


@pytest.mark.parametrize("make", [tcp, RtuExchange])
@pytest.mark.parametrize(("asked", "answered", "meant"), ASKED)
def test_an_answer_that_ends_early_is_waited_for(make: type[RtuExchange], asked: bytes, answered: bytes, meant: object) -> None:
    exchange = make()
    _, request = exchange.ask(3, asked)
    for byte in framed(exchange, request, 3, answered)[:-1]:
        assert exchange.receive(bytes((byte,))) == []


@given(
    make=st.sampled_from([tcp, RtuExchange]),
    asked=st.sampled_from(ASKED),
    damage=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 255)), min_size=1, max_size=3),
    cuts=st.lists(st.integers(0, 30), max_size=4),
)
def test_a_damaged_answer_is_never_another_value(
    make: type[RtuExchange], asked: tuple[bytes, bytes, object], damage: list[tuple[int, int]], cuts: list[int]
) -> None:
    exchange = make()
    _, request = exchange.ask(3, asked[0])
    whole = bytearray(framed(exchange, request, 3, asked[1]))
    # TCP has no check sum: only what stands before the data can be judged.
    judged = len(whole) if isinstance(exchange, RtuExchange) else 9
    for at, byte in damage:
        whole[at % judged] = byte
    for _, said in fed(exchange, bytes(whole), cuts):
        is_refused = isinstance(said, FrameFault)
        is_exception = isinstance(said, Refusal) and not isinstance(exchange, RtuExchange)
        assert is_refused or is_exception or said == asked[2]


@given(st.lists(st.binary(min_size=1, max_size=700), max_size=8), st.sampled_from([tcp, RtuExchange]))
def test_garbage_neither_raises_nor_is_kept(pieces: list[bytes], make: type[RtuExchange]) -> None:
    exchange = make()
    exchange.ask(3, READ_2)
    for piece in pieces:
        for _, said in exchange.receive(piece):
            assert isinstance(said, FrameFault)
    assert len(exchange._came) <= 260, "what is kept is never longer than a frame"


@given(st.permutations(range(6)), st.lists(st.integers(0, 90), max_size=6))
def test_answers_to_requests_in_flight_find_theirs_in_any_order(order: list[int], cuts: list[int]) -> None:
    exchange = tcp()
    asked = [exchange.ask(3, read_pdu(3, number, 1)) for number in range(6)]
    came = b"".join(framed(exchange, asked[n][1], 3, struct.pack(">BBH", 3, 2, n)) for n in order)
    ended = fed(exchange, came, cuts)
    assert ended == [(asked[n][0], Data(struct.pack(">H", n))) for n in order]


def test_an_unknown_transaction_ends_all_that_are_in_flight() -> None:
    exchange = tcp()
    keys = [exchange.ask(3, READ_2)[0] for _ in range(3)]
    assert exchange.receive(tcp_frame(77, 3, ANSWER_2)) == [(key, FrameFault.WRONG_TRANSACTION) for key in keys]
    assert exchange.is_astray
    assert exchange.receive(tcp_frame(keys[0], 3, ANSWER_2)) == []


def test_an_answer_behind_the_last_one_asked_for_spoils_it() -> None:
    exchange = tcp()
    (first, request), (second, _) = exchange.ask(3, READ_2), exchange.ask(3, READ_2)
    good = framed(exchange, request, 3, ANSWER_2)
    last = tcp_frame(second, 3, ANSWER_2)
    assert exchange.receive(good + last + last) == [(first, VALUE), (second, FrameFault.TRAILING_BYTES)]


def test_an_echo_is_dropped_before_the_answer() -> None:
    exchange = RtuExchange(echo=True)
    key, request = exchange.ask(3, READ_2)
    assert fed(exchange, request + rtu_frame(3, ANSWER_2), list(range(40))) == [(key, VALUE)]
    exchange.ask(3, READ_2)
    assert exchange.receive(rtu_frame(3, ANSWER_2))[0][1] is FrameFault.WRONG_ECHO


def test_the_echo_of_a_write_is_not_its_answer() -> None:
    exchange = RtuExchange(echo=True)
    key, request = exchange.ask(3, WRITE)
    assert exchange.receive(request) == []
    assert exchange.receive(rtu_frame(3, WRITE)) == [(key, Data(b""))]


def test_a_late_rtu_answer_of_another_unit_is_dropped_before_the_right_one() -> None:
    late = rtu_frame(3, ANSWER_2)
    right = rtu_frame(4, b"\x03\x02\x00\x07")
    for cut in range(len(late + right)):
        exchange = RtuExchange()
        exchange.give_up(exchange.ask(3, READ_2)[0])
        assert exchange.late(3)
        key, _ = exchange.ask(4, read_pdu(3, 0, 1))
        assert fed(exchange, late + right, [cut]) == [(key, Data(b"\x00\x07"))]
        assert not exchange.late(3)


def test_a_late_rtu_answer_that_comes_while_nobody_asks_is_dropped() -> None:
    exchange = RtuExchange()
    exchange.give_up(exchange.ask(3, READ_2)[0])
    assert exchange.receive(rtu_frame(3, ANSWER_2)) == []
    key, _ = exchange.ask(4, READ_2)
    assert exchange.receive(rtu_frame(4, ANSWER_2)) == [(key, VALUE)]


@pytest.mark.parametrize(
    ("received", "fault"),
    [
        (b"\x04", FrameFault.WRONG_UNIT),
        (b"\x03\x04", FrameFault.WRONG_FUNCTION),
        (b"\x03\x03\x06", FrameFault.WRONG_BYTE_COUNT),
        (rtu_frame(3, ANSWER_2)[:-1] + b"\0", FrameFault.WRONG_CRC),
        (rtu_frame(3, ANSWER_2) * 2, FrameFault.TRAILING_BYTES),
        (rtu_frame(3, b"\x83\x02")[:-1] + b"\0", FrameFault.WRONG_CRC),
    ],
)
def test_what_is_wrong_with_an_rtu_frame_has_a_name(received: bytes, fault: FrameFault) -> None:
    assert judge_rtu(rtu_frame(3, READ_2), received) is fault


def test_another_value_than_was_written_is_not_taken_for_done() -> None:
    assert judge_rtu(rtu_frame(3, WRITE), rtu_frame(3, WRITE[:-1] + b"\0")) is FrameFault.WRONG_ECHO


def test_the_check_sum_is_that_of_the_specification() -> None:
    """Modbus over serial line V1.02, 6.2.2: the frame 02 07 ends with 41 12."""
    assert crc(b"\x02\x07") == b"\x41\x12"
