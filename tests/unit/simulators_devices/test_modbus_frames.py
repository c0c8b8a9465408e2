"""Modbus TCP frames, however TCP cuts them, and what faults leave of an answer."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.mbap import BadFrame, Reaction, Request, RequestReader, react
from simulators.faults import Treatment

requests = st.builds(
    Request, st.integers(0, 65535), st.integers(0, 255), st.integers(1, 127), st.binary(min_size=0, max_size=252)
)
READ_ONE = Request(transaction=7, unit=3, function=3, body=bytes((0, 10, 0, 1)))
ANSWER = bytes.fromhex("0007 0000 0005 03 03 02 026c")


def written(request: Request) -> bytes:
    pdu = bytes((request.function,)) + request.body
    return struct.pack(">HHHB", request.transaction, 0, len(pdu) + 1, request.unit) + pdu


def drain(reader: RequestReader) -> list[Request]:
    return list(iter(reader.next_request, None))


@given(st.lists(requests, max_size=5), st.lists(st.integers(0, 1500), max_size=10))
def test_requests_come_out_whole_and_in_order_wherever_the_stream_is_cut(sent, cuts):
    stream = b"".join(map(written, sent))
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    reader, received = RequestReader(), []
    for begin, end in pairwise(edges):
        reader.receive(stream[begin:end])
        received += drain(reader)
    assert received == sent


def test_a_request_cut_at_every_single_byte():
    reader, stream = RequestReader(), written(READ_ONE)
    for byte in stream[:-1]:
        reader.receive(bytes((byte,)))
        assert reader.next_request() is None
    reader.receive(stream[-1:])
    assert drain(reader) == [READ_ONE]
    assert READ_ONE.read_range() == (10, 1)


@pytest.mark.parametrize(
    "header", ["0001 0001 0006 01", "0001 0000 0001 01", "0001 0000 00ff 01", "4745 5420 2f20 48"], ids=str
)
def test_a_stream_that_is_not_modbus_is_given_up_after_the_good_requests(header):
    reader = RequestReader()
    reader.receive(written(READ_ONE) + bytes.fromhex(header) + bytes(10))
    assert reader.next_request() == READ_ONE
    with pytest.raises(BadFrame):
        reader.next_request()


def test_a_body_of_another_length_counts_as_a_read_of_nothing():
    assert Request(1, 1, 3, b"\0\0\0\1\0").read_range() == (0, 0)


@pytest.mark.parametrize(
    ("answer", "treatment", "reaction"),
    [
        (b"\x02\x6c", Treatment(), Reaction(0, ANSWER, closes=False)),
        (2, Treatment(), Reaction(0, bytes.fromhex("0007 0000 0003 03 83 02"), closes=False)),
        (None, Treatment(delay_us=5), Reaction(0, b"", closes=False)),
        (b"\x02\x6c", Treatment(silent=True), Reaction(0, b"", closes=False)),
        (b"\x02\x6c", Treatment(delay_us=5), Reaction(5, ANSWER, closes=False)),
        (b"\x02\x6c", Treatment(exception_code=6), Reaction(0, bytes.fromhex("0007 0000 0003 03 83 06"), closes=False)),
        (b"\x02\x6c", Treatment(wrong_transaction=True), Reaction(0, b"\x80" + ANSWER[1:], closes=False)),
        (b"\x02\x6c", Treatment(half=True), Reaction(0, ANSWER[:5], closes=False)),
        (b"\x02\x6c", Treatment(close_after_bytes=3), Reaction(0, ANSWER[:3], closes=True)),
        (b"\x02\x6c", Treatment(close_after_bytes=0), Reaction(0, b"", closes=True)),
    ],
)
def test_what_each_fault_leaves_of_an_answer(answer, treatment, reaction):
    assert react(READ_ONE, answer, treatment) == reaction
