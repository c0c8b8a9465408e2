"""The packets of a broker, cut out of its bytes: wherever the stream is cut, and whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.codec import PAYLOAD_BYTES_MAX
from drivers.mqtt.frames import ROOM_BYTES, Frames
from edge.ports import MqttMessage

PINGRESP, SUBACK = b"\xd0\x00", b"\x90\x03\x00\x01\x01"
Sent = tuple[str, bytes, int, bool, int]

SENT = st.tuples(
    st.text(min_size=1, max_size=12), st.binary(max_size=300), st.sampled_from([0, 1, 2]), st.booleans(), st.integers(1, 65535)
)


def number(value: int) -> bytes:
    """MQTT 5, 1.5.5, as the standard's own pseudo code has it."""
    written = bytearray()
    while True:
        value, low = divmod(value, 128)
        written.append(low | (0x80 if value else 0))
        if not value:
            return bytes(written)


def publish(sent: Sent, *, is_5: bool = False, properties: bytes = b"") -> bytes:
    topic, payload, qos, retained, packet = sent
    body = len(topic.encode()).to_bytes(2, "big") + topic.encode()
    body += packet.to_bytes(2, "big") if qos else b""
    body += number(len(properties)) + properties if is_5 else b""
    return bytes([0x30 | qos << 1 | retained]) + number(len(body + payload)) + body + payload


def fed(frames: Frames, chunks: Sequence[bytes]) -> tuple[list[MqttMessage], list[int], bytes]:
    every = [frames.feed(chunk, 7) for chunk in chunks]
    return (
        [message for each in every for message in each.messages],
        [packet for each in every for packet in each.owed],
        b"".join(each.others for each in every),
    )


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(stream) + 1) for place in places} | {0, len(stream)})
    return [stream[begin:end] for begin, end in pairwise(ends)]


@given(
    packets=st.lists(SENT | st.sampled_from([PINGRESP, SUBACK]), max_size=20),
    places=st.lists(st.integers(0, 5000), max_size=12),
    is_5=st.booleans(),
    properties=st.sampled_from([b"", b"\x01\x01", b"\x26\x00\x01a" + b"\x00\xc8" + b"b" * 200]),
)
def test_wherever_the_stream_is_cut_the_same_comes_out_in_order(
    packets: list[Sent | bytes], places: list[int], is_5: bool, properties: bytes
) -> None:
    written = [each if isinstance(each, bytes) else publish(each, is_5=is_5, properties=properties) for each in packets]
    messages, owed, others = fed(Frames(is_5=is_5), cut(b"".join(written), places))
    ours = [each for each in packets if isinstance(each, tuple) and each[2] < 2]
    assert messages == [MqttMessage(topic, payload, qos, kept, 7) for topic, payload, qos, kept, _ in ours]
    assert owed == [packet for *_, qos, _, packet in ours if qos]
    library = [raw for each, raw in zip(packets, written, strict=True) if isinstance(each, bytes) or each[2] == 2]
    assert others == b"".join(library)


@given(
    sent=st.lists(SENT, min_size=1, max_size=5),
    at=st.integers(0, 5000),
    byte=st.integers(0, 255),
    places=st.lists(st.integers(0, 5000), max_size=5),
    is_5=st.booleans(),
)
def test_a_mutated_stream_comes_out_alike_whole_and_in_pieces_and_never_fails(
    sent: list[Sent], at: int, byte: int, places: list[int], is_5: bool
) -> None:
    stream = bytearray(b"".join(publish(each, is_5=is_5) for each in sent))
    stream[at % len(stream)] = byte
    whole = fed(Frames(is_5=is_5), [bytes(stream)])
    assert fed(Frames(is_5=is_5), cut(bytes(stream), places)) == whole


@pytest.mark.parametrize(
    "malformed",
    [
        b"\x30\x01\x00",
        b"\x30\x03\x00\x05a",
        b"\x30\x02\x00\x00",
        b"\x32\x04\x00\x01a\x00",
        b"\x30\x03\x00\x01\xff",
        b"\x36\x05\x00\x01a\x00\x01",
    ],
)
def test_what_is_malformed_is_left_to_the_library(malformed: bytes) -> None:
    good = publish(("a", b"1", 0, False, 0))
    messages, _, others = fed(Frames(is_5=False), [good + malformed + good])
    assert (len(messages), others) == (2, malformed)


def test_after_a_length_of_five_bytes_nothing_is_ours_any_more() -> None:
    broken = b"\x30\xff\xff\xff\xff\x01"
    messages, _, others = fed(Frames(is_5=False), [broken, publish(("a", b"1", 0, False, 0))])
    assert messages == []
    assert others.startswith(broken)


@pytest.mark.parametrize("most", [PAYLOAD_BYTES_MAX, 1024 * 1024])
@pytest.mark.parametrize("qos", [0, 1])
def test_of_a_payload_too_large_to_be_used_only_the_beginning_is_kept_and_the_next_one_is_whole(qos: int, most: int) -> None:
    large = publish(("a", b"x" * 5_000_000, qos, False, 9))
    stream = large + publish(("b", b"1", 0, False, 0)) + PINGRESP
    frames = Frames(is_5=False, payload_bytes_max=most)
    held = 0
    messages, owed = [], []
    for begin in range(0, len(stream), 65_536):
        each = frames.feed(stream[begin : begin + 65_536], 7)
        held = max(held, len(frames._begun))
        messages += each.messages
        owed += each.owed
    assert [(message.topic, len(message.payload)) for message in messages] == [("a", most + 1), ("b", 1)]
    assert owed == ([9] if qos else [])
    assert each.others == PINGRESP
    assert held <= most + ROOM_BYTES + 65_536


def test_a_large_packet_that_comes_in_crumbs_is_not_copied_with_each() -> None:
    frames = Frames(is_5=False, payload_bytes_max=2_000_000)
    stream = publish(("a", b"x" * 1_000_000, 1, False, 5)) + publish(("a", b"2", 0, False, 0))
    crumbs = [stream[at : at + 4] for at in range(0, len(stream), 4)]
    began = process_time()
    messages, owed, _ = fed(frames, crumbs)
    taken, began = process_time() - began, process_time()
    small = publish(("a", b"x" * 1_000, 0, False, 0))
    fed(Frames(is_5=False), [small[at : at + 4] for _ in range(1_000) for at in range(0, len(small), 4)])
    assert taken < 5 * (process_time() - began), "as many crumbs of small ones; far more where each moves all before it"
    assert [len(message.payload) for message in messages] == [1_000_000, 1]
    assert owed == [5]


def test_a_large_packet_that_is_not_ours_goes_on_in_pieces() -> None:
    large = publish(("a", b"x" * 2_000_000, 2, False, 9))
    stream = large + publish(("b", b"1", 0, False, 0))
    messages, _, others = fed(Frames(is_5=False), cut(stream, range(0, len(stream), 50_000)))
    assert others == large
    assert [message.topic for message in messages] == ["b"]
