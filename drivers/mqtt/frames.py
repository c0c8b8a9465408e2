"""What a broker sends, cut into packets, and the publications among them read. Pure.

Theory of operation. Of all packets only PUBLISH comes in tens of thousands a second, and a library that builds an object, a
lock and four log lines for each costs more than all else that is done with it. So these are read here, many at once, straight
out of the bytes that came (MQTT 3.1.1, 3.3; MQTT 5, 3.3). Every other packet goes to the library as it is, and so does a
PUBLISH of QoS 2, whose handshake the library keeps, and whatever is malformed: it is the library's to refuse.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.mqtt.codec import PAYLOAD_BYTES_MAX
from edge.model.moment import Moment
from edge.ports import MqttMessage

#: A packet may be longer by so much than a payload may be: topic and properties are 64 kB each. Of a larger one no more is
#: gathered: a publication is taken with the beginning of its payload, too large to be used, and its rest is left out as it
#: comes; anything else goes to the library in pieces.
ROOM_BYTES = 192 * 1024
#: MQTT 3.1.1, 2.2.3: the length of a packet has at most four bytes.
_LENGTH_BYTES_MAX = 4


@dataclass(slots=True)
class Fed:
    """What some bytes came to. messages: with payloads of at most one byte more than may be used. owed: identifiers of those of
    QoS 1, in order, which wait for an acknowledgement. others: all other packets."""

    messages: list[MqttMessage] = field(default_factory=list)
    owed: list[int] = field(default_factory=list)
    others: bytes = b""


class Frames:
    """The bytes of one connection, in the order in which they came. is_5: whether it speaks MQTT 5. payload_bytes_max: see
    `edge.ports.MqttAccess`."""

    def __init__(self, *, is_5: bool, payload_bytes_max: int = PAYLOAD_BYTES_MAX) -> None:
        self._is_5 = is_5
        self._payload_end, self._large = payload_bytes_max + 1, payload_bytes_max + ROOM_BYTES
        self._begun = bytearray()
        # How many bytes more it takes before anything can be made of what has begun.
        self._missing = 0
        self._left_out = 0
        self._passed_on = 0
        self._is_broken = False

    def feed(self, chunk: bytes, now: Moment) -> Fed:
        """The publications that are complete with this chunk, received now, and the bytes of all other packets that are."""
        fed = Fed()
        others: list[bytes] = []
        if self._left_out or self._passed_on:
            skipped, passed = chunk[: self._left_out], chunk[: self._passed_on]
            self._left_out -= len(skipped)
            self._passed_on -= len(passed)
            others.append(passed)
            chunk = chunk[len(skipped) + len(passed) :]
        if self._is_broken:
            others.append(chunk)
        elif len(chunk) < self._missing:
            # Only put aside: a packet may come in so many pieces that copying it with each would cost minutes.
            self._begun += chunk
            self._missing -= len(chunk)
        else:
            self._cut(bytes(self._begun + chunk) if self._begun else chunk, now, fed, others)
        fed.others = b"".join(others)
        return fed

    def _cut(self, data: bytes, now: Moment, fed: Fed, others: list[bytes]) -> None:
        at, end = 0, len(data)
        self._missing = 0
        while at + 2 <= end:
            head, length, body = data[at], data[at + 1], at + 2
            if length > 0x7F:
                measured = _length(data, at + 1, end)
                if measured is None:
                    self._is_broken = end - at > _LENGTH_BYTES_MAX
                    break
                length, body = measured
            stop = body + length
            # PUBLISH, with any dup and retain, without the bit of QoS 2.
            is_ours = head & 0xF4 == 0x30
            if stop > end:
                if end - body >= self._large:
                    if is_ours and self._take(data, head, body, end, now, fed):
                        self._left_out = stop - end
                    else:
                        others.append(data[at:])
                        self._passed_on = stop - end
                    at = end
                else:
                    self._missing = min(stop, body + self._large) - end
                break
            if not (is_ours and self._take(data, head, body, stop, now, fed)):
                others.append(data[at:stop])
            at = stop
        if self._is_broken:
            others.append(data[at:])
            at = end
        self._begun = bytearray(data[at:])

    def _take(self, data: bytes, head: int, body: int, stop: int, now: Moment, fed: Fed) -> bool:
        """False: it is malformed."""
        if body + 2 > stop:
            return False
        at = payload = body + 2 + (data[body] << 8 | data[body + 1])
        qos = head >> 1 & 1
        if qos:
            payload += 2
        if self._is_5 and payload < stop:
            if data[payload] == 0:
                payload += 1
            elif (properties := _length(data, payload, stop)) is not None:
                payload = sum(properties)
            else:
                return False
        elif self._is_5:
            return False
        if payload > stop or at == body + 2:
            return False
        try:
            topic = data[body + 2 : at].decode()
        except UnicodeDecodeError:
            return False
        value = data[payload : min(stop, payload + self._payload_end)]
        fed.messages.append(MqttMessage(topic, value, qos, head & 1 == 1, now))
        if qos:
            fed.owed.append(data[at] << 8 | data[at + 1])
        return True


def _length(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A variable byte integer and where it ends (MQTT 5, 1.5.5). None: it is not complete, or longer than it may be."""
    value = 0
    for place in range(min(_LENGTH_BYTES_MAX, end - at)):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte <= 0x7F:
            return value, at + place + 1
    return None
