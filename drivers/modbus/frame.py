"""Whether bytes that came are the answer to the request that was sent. Pure.

    TCP, TLS    [ transaction 2 ][ protocol 2 ][ length 2 ][ unit 1 ][ PDU ]
    RTU                                                   [ unit 1 ][ PDU ][ CRC 2, low byte first ]

    PDU of a read       [ function 1 ][ byte count 1 ][ data ]
    PDU of a write      [ function 1 ][ the request's address and value, count or masks, 4 or 6 ]; of an echo its two words
    PDU of a refusal    [ function | 0x80 1 ][ exception code 1 ]

(Modbus messaging on TCP/IP V1.0b, 3.1.3; over serial line V1.02, 2.5.1; application protocol V1.1b3, 6 and 7.) Every field is
compared with what the request makes it, because a library that is kind to odd frames turns them into values. What does not fit
is refused as soon as it is seen, with its cause. Not here: which of several requests an answer is to (`exchange.py`), sockets
(`link.py`).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum

from edge.model.errors import BadResponse

HEADER = 7
EXCEPTION_BIT = 0x80
#: Application protocol V1.1b3, 4.1: the longest PDU, which makes a frame of 260 bytes over TCP and of 256 over RTU.
PDU_BYTES_MAX = 253
CRC_BYTES = 2
READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, MASK_WRITE = 5, 6, 15, 16, 22
DIAGNOSE = 8
READS = frozenset({READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT})
#: How much of another PDU than a read's its answer repeats.
_REPEATED = {WRITE_COIL: 5, WRITE_REGISTER: 5, WRITE_COILS: 5, WRITE_REGISTERS: 5, MASK_WRITE: 7, DIAGNOSE: 5}
#: Application protocol V1.1b3, section 7.
EXCEPTION_MEANING = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledged, it takes long",
    6: "server device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    9: "a code that the standard leaves out",
    10: "gateway path unavailable",
    11: "the device behind the gateway does not answer",
}


class FrameFault(StrEnum):
    """Why bytes cannot be the answer."""

    WRONG_TRANSACTION = "wrong_transaction"
    WRONG_PROTOCOL = "wrong_protocol"
    WRONG_LENGTH = "wrong_length"
    WRONG_UNIT = "wrong_unit"
    WRONG_FUNCTION = "wrong_function"
    WRONG_BYTE_COUNT = "wrong_byte_count"
    WRONG_ECHO = "wrong_echo"
    """The answer to a write repeats another address, value or count than was written."""
    WRONG_CRC = "wrong_crc"
    TRAILING_BYTES = "trailing_bytes"


class BadFrame(BadResponse):
    """An answer that was refused; `fault` says why, `received` keeps its beginning for the log."""

    def __init__(self, place: str, fault: FrameFault, received: bytes) -> None:
        super().__init__(f"{place}: answer refused, {fault}: {received[:32].hex(' ')}")
        self.fault = fault
        self.received = received[:32]


@dataclass(frozen=True, slots=True)
class Data:
    """A whole answer. data: two bytes a register, or bits packed lowest first; empty for a write."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole Modbus exception."""

    code: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Right so far, and not all of it."""


def data_length(function: int, count: int) -> int:
    """Bytes of data in the answer to a read of `count` bits (functions 1, 2) or registers (3, 4)."""
    return (count + 7) // 8 if function in (1, 2) else 2 * count


def read_pdu(function: int, address: int, count: int) -> bytes:
    """The request of functions 1 to 4."""
    return struct.pack(">BHH", function, address, count)


def write_pdu(function: int, address: int, data: bytes) -> bytes:
    """The request of functions 5, 6, 15, 16 and 22; data: see `edge.ports.ModbusLink.write`."""
    return struct.pack(">BH", function, address) + data


def begun_answer(received: bytes) -> tuple[int, int, int] | None:
    """Of an RTU answer to a request that is not known: function, bytes of data (0 of all but reads) and how long it will be
    with unit and CRC. None while that cannot be told, or of a function that nothing here asks for."""
    if len(received) < 3:
        return None
    function = received[1]
    if function & EXCEPTION_BIT:
        return function, 0, 3 + CRC_BYTES
    if function in READS:
        return function, received[2], 3 + received[2] + CRC_BYTES
    return (function, 0, 1 + _REPEATED[function] + CRC_BYTES) if function in _REPEATED else None


def tcp_frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", transaction, 0, 1 + len(pdu), unit) + pdu


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    frame = bytes((unit,)) + pdu
    return frame + crc(frame)


def crc(data: bytes) -> bytes:
    """Over serial line V1.02, 6.2.2: as it goes over the wire, low byte first."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ _CRC_OF_BYTE[(register ^ byte) & 0xFF]
    return register.to_bytes(CRC_BYTES, "little")


def answer_length(pdu: bytes) -> int:
    """Bytes of the PDU that answers a request's PDU, when it is no refusal."""
    if pdu[0] in READS:
        return 2 + data_length(pdu[0], int.from_bytes(pdu[3:5], "big"))
    return _REPEATED[pdu[0]]


def judge(request: bytes, received: bytes) -> Data | Refusal | Incomplete | FrameFault:
    """What the bytes received so far are to the request, a whole TCP frame."""
    function = request[HEADER]
    wanted = 1 + answer_length(request[HEADER:])
    if len(received) == HEADER - 1 + wanted and function in READS and received.startswith(_answer_begins(request, wanted)):
        return Data(received[HEADER + 2 :])
    whole_length = int.from_bytes(received[4:6], "big")
    answered = received[HEADER] if len(received) > HEADER else None
    is_exception = answered == function | EXCEPTION_BIT
    counts = function in READS and not is_exception
    # Each check as soon as its bytes are there; the unit id, function and code or count make 3 bytes beside the data.
    checks = (
        (2, received[:2] == request[:2], FrameFault.WRONG_TRANSACTION),
        (4, received[2:4] == b"\0\0", FrameFault.WRONG_PROTOCOL),
        (6, whole_length in (3, wanted), FrameFault.WRONG_LENGTH),
        (7, received[6:7] == request[6:7], FrameFault.WRONG_UNIT),
        (8, answered == function or is_exception, FrameFault.WRONG_FUNCTION),
        (8, whole_length == (3 if is_exception else wanted), FrameFault.WRONG_LENGTH),
        (9, not counts or received[8:9] == bytes((wanted - 3,)), FrameFault.WRONG_BYTE_COUNT),
    )
    for needed, fits, fault in checks:
        if len(received) < needed:
            return Incomplete()
        if not fits:
            return fault
    size = 6 + whole_length
    if len(received) != size:
        return Incomplete() if len(received) < size else FrameFault.TRAILING_BYTES
    return _meant(request[HEADER:], received[HEADER:])


def _answer_begins(request: bytes, wanted: int) -> bytes:
    """The first bytes of the answer to a read, when it is no refusal: with the whole length they are all there is to check."""
    return request[:4] + wanted.to_bytes(2, "big") + request[6 : HEADER + 1] + bytes((wanted - 3,))


def judge_rtu(request: bytes, received: bytes) -> Data | Refusal | Incomplete | FrameFault:
    """As `judge`, of RTU frames. Where a frame ends follows from the request: the silence behind it does not survive
    converters, drivers and networks."""
    pdu = request[1:-CRC_BYTES]
    wanted = answer_length(pdu)
    answered = received[1] if len(received) > 1 else None
    is_exception = answered == pdu[0] | EXCEPTION_BIT
    counts = pdu[0] in READS and not is_exception
    checks = (
        (1, received[:1] == request[:1], FrameFault.WRONG_UNIT),
        (2, answered == pdu[0] or is_exception, FrameFault.WRONG_FUNCTION),
        (3, not counts or received[2:3] == bytes((wanted - 2,)), FrameFault.WRONG_BYTE_COUNT),
    )
    for needed, fits, fault in checks:
        if len(received) < needed:
            return Incomplete()
        if not fits:
            return fault
    size = 1 + (2 if is_exception else wanted) + CRC_BYTES
    if len(received) < size:
        return Incomplete()
    if crc(received[: size - CRC_BYTES]) != received[size - CRC_BYTES : size]:
        return FrameFault.WRONG_CRC
    if len(received) > size:
        return FrameFault.TRAILING_BYTES
    return _meant(pdu, received[1:-CRC_BYTES])


def _meant(asked: bytes, answered: bytes) -> Data | Refusal | FrameFault:
    """What a whole answer says, its header, function and length being right."""
    if answered[0] != asked[0]:
        return Refusal(answered[1])
    if asked[0] in READS:
        return Data(answered[2:])
    return Data(b"") if answered == asked[: len(answered)] else FrameFault.WRONG_ECHO


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_OF_BYTE = tuple(_crc_of(byte) for byte in range(256))
