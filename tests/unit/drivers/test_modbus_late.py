"""Whatever a unit answers, drops or keeps back, an RTU answer is taken for its own request or for none."""

from __future__ import annotations

import struct
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.exchange import RtuExchange
from drivers.modbus.frame import Data, Refusal, read_pdu, rtu_frame, write_pdu
from drivers.modbus.late import Late, shape_of_request

NARROW, WIDE, OTHER_TABLE = read_pdu(3, 0, 1), read_pdu(3, 500, 3), read_pdu(4, 0, 1)
WRITE = write_pdu(6, 7, b"\0\1")


class Unit:
    """Says in each register which request this answers. mute: functions it is silent to; refuses: PDUs it refuses."""

    def __init__(self, mute: frozenset[int] = frozenset(), refuses: frozenset[bytes] = frozenset()) -> None:
        self.mute, self.refuses = mute, refuses
        self.asked = 0
        self.waiting: deque[bytes] = deque()

    def take(self, frame: bytes, *, is_lost: bool) -> None:
        self.asked += 1
        unit, pdu = frame[0], frame[1:-2]
        if is_lost or pdu[0] in self.mute:
            return
        if pdu in self.refuses or (pdu[0] == 8 and 8 not in self.mute and self.asked % 2):
            answer = bytes((pdu[0] | 0x80, 2))
        elif pdu[0] in (3, 4):
            count = int.from_bytes(pdu[3:5], "big")
            answer = bytes((pdu[0], 2 * count)) + struct.pack(">H", self.asked) * count
        else:
            answer = pdu[:5]
        self.waiting.append(rtu_frame(unit, answer))


Step = tuple[int, bytes, bool, int]
steps = st.lists(
    st.tuples(
        st.sampled_from([3, 4]),
        st.sampled_from([NARROW, WIDE, OTHER_TABLE, WRITE, read_pdu(3, 9, 1)]),
        st.booleans(),
        st.integers(0, 3),
    ),
    max_size=25,
)


def asked(exchange: RtuExchange, units: dict[int, Unit], number: int, pdu: bytes, *, is_lost: bool, sent: int) -> object:
    """One request, given up when what the unit sends of what waits does not end it."""
    key, frame = exchange.ask(number, pdu)
    unit = units[number]
    unit.take(frame, is_lost=is_lost)
    for _ in range(min(sent, len(unit.waiting))):
        for ended_key, said in exchange.receive(unit.waiting.popleft()):
            assert ended_key == key
            return said
    exchange.give_up(key)
    return None


def settled(exchange: RtuExchange, units: dict[int, Unit], step: Step) -> object:
    """A request as the link makes it, with the probes before it."""
    number, pdu, is_lost, sent = step
    late = exchange.late(number)
    for _ in range(late.KINDS):
        if late.is_clear(pdu):
            break
        said = asked(exchange, units, number, late.probe(pdu), is_lost=is_lost, sent=sent)
        if not isinstance(said, Data | Refusal):
            return None
    if not late.is_clear(pdu):
        return None
    return asked(exchange, units, number, pdu, is_lost=is_lost, sent=sent)


@given(steps, st.sampled_from([frozenset(), frozenset({8})]), st.sampled_from([frozenset(), frozenset({read_pdu(3, 9, 1)})]))
def test_an_answer_that_is_believed_is_to_the_request_that_waited(
    made: list[Step], mute: frozenset[int], refuses: frozenset[bytes]
) -> None:
    exchange = RtuExchange()
    units = {number: Unit(mute, refuses) for number in (3, 4)}
    for step in made:
        said = settled(exchange, units, step)
        if isinstance(said, Data) and said.data:
            assert set(struct.unpack(f">{len(said.data) // 2}H", said.data)) == {units[step[0]].asked}


NOTHING: frozenset[bytes] = frozenset()
#: Functions it is mute to, PDUs it refuses: no echo, or no register behind the first; one of the two a unit understands.
UNKIND = [(frozenset({8}), NOTHING), (frozenset[int](), frozenset({read_pdu(3, 0, count) for count in range(2, 9)}))]


@given(steps, st.sampled_from(UNKIND))
def test_a_unit_that_keeps_up_again_is_soon_believed_again(
    made: list[Step], unkind: tuple[frozenset[int], frozenset[bytes]]
) -> None:
    mute, refuses = unkind
    exchange = RtuExchange()
    units = {number: Unit(mute, refuses) for number in (3, 4)}
    for step in made:
        settled(exchange, units, step)
    said = [settled(exchange, units, (3, NARROW, False, 100)) for _ in range(8)]
    assert isinstance(said[-1], Data) and isinstance(said[-2], Data)


def test_a_dead_unit_does_not_make_what_is_kept_of_it_grow() -> None:
    late = Late(may_spare=True)
    late.given_up(NARROW)
    for _ in range(10_000):
        late.given_up(late.probe(NARROW))
    assert len(late._owed) <= 3


def test_registers_are_read_for_nothing_only_where_they_may() -> None:
    for may_spare, functions in ((True, {(3, 4), (8, 0)}), (False, {(8, 0)})):
        late = Late(may_spare=may_spare)
        late.given_up(NARROW)
        assert {shape_of_request(late.probe(NARROW)) for _ in range(4)} == functions


def test_of_more_registers_than_one_fewer_are_asked_for_first_and_what_worked_is_kept() -> None:
    late = Late(may_spare=True)
    for _ in range(2):
        late.given_up(WIDE)
        probe = late.probe(WIDE)
        assert probe == read_pdu(3, 500, 2)
        late.answered(probe, shape_of_request(probe))
        assert late.is_clear(WIDE)
        late.has_worked()


@pytest.mark.parametrize("pdu", [read_pdu(3, 65535, 1), read_pdu(1, 65530, 6)])
def test_no_probe_asks_beyond_the_last_register(pdu: bytes) -> None:
    late = Late(may_spare=True)
    late.given_up(pdu)
    assert shape_of_request(late.probe(pdu)) == (8, 0)


def test_a_write_given_up_is_told_from_the_next_by_a_read_that_was_answered_before() -> None:
    late = Late(may_spare=False)
    late.answered(WIDE, shape_of_request(WIDE))
    late.given_up(WRITE)
    assert not late.is_clear(WRITE)
    assert late.probe(WRITE) == read_pdu(3, 500, 2)


def test_an_answer_tells_nothing_of_what_was_asked_after_its_request() -> None:
    exchange = RtuExchange()
    units = {3: Unit()}
    assert [settled(exchange, units, (3, pdu, False, 0)) for pdu in (NARROW, WIDE)] == [None, None]
    assert settled(exchange, units, (3, WRITE, False, 1)) is None, "what comes is the answer to the first"
    late = exchange.late(3)
    assert late.is_clear(NARROW) and not late.is_clear(WIDE) and not late.is_clear(WRITE)
    assert settled(exchange, units, (3, OTHER_TABLE, False, 3)) == Data(b"\0\4")
    assert not late, "an answer of a shape of its own tells it of all"
