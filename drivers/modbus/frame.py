"""Whether bytes that came are the answer to the request that was sent. Pure.

    [ transaction 2 ][ protocol 2 ][ length 2 ][ unit 1 ][ function 1 ][ byte count 1 ][ data ]
    [ transaction 2 ][ protocol 2 ][ length 2 ][ unit 1 ][ function | 0x80 1 ][ exception code 1 ]

(Modbus messaging on TCP/IP V1.0b, 3.1.3; the exception: application protocol V1.1b3, 7.) Every field is compared with what the
request makes it, because a library that is kind to odd frames turns them into values: pymodbus 3.16 takes transaction id 0 for
any, does not compare the function code and ignores the byte count of bits. What does not fit is refused as soon as it is seen,
with its cause. Not here: sockets (`link.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.model.errors import BadResponse

HEADER = 7
EXCEPTION_BIT = 0x80
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
    TRAILING_BYTES = "trailing_bytes"


class BadFrame(BadResponse):
    """An answer that was refused; `fault` says why, `received` keeps its beginning for the log."""

    def __init__(self, place: str, fault: FrameFault, received: bytes) -> None:
        super().__init__(f"{place}: answer refused, {fault}: {received[:32].hex(' ')}")
        self.fault = fault
        self.received = received[:32]


@dataclass(frozen=True, slots=True)
class Data:
    """A whole answer. data: two bytes a register, or bits packed lowest first."""

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


def judge(request: bytes, received: bytes) -> Data | Refusal | Incomplete | FrameFault:
    """What the bytes received so far are to the request, a whole frame of functions 1 to 4."""
    function = request[HEADER]
    wanted = data_length(function, int.from_bytes(request[10:12], "big"))
    whole_length = int.from_bytes(received[4:6], "big")
    answered = received[HEADER] if len(received) > HEADER else None
    is_exception = answered == function | EXCEPTION_BIT
    # Each check as soon as its bytes are there; the unit id, function and code or count make 3 bytes beside the data.
    checks = (
        (2, received[:2] == request[:2], FrameFault.WRONG_TRANSACTION),
        (4, received[2:4] == b"\0\0", FrameFault.WRONG_PROTOCOL),
        (6, whole_length in (3, 3 + wanted), FrameFault.WRONG_LENGTH),
        (7, received[6:7] == request[6:7], FrameFault.WRONG_UNIT),
        (8, answered == function or is_exception, FrameFault.WRONG_FUNCTION),
        (8, whole_length == (3 if is_exception else 3 + wanted), FrameFault.WRONG_LENGTH),
        (9, is_exception or received[8:9] == bytes((wanted,)), FrameFault.WRONG_BYTE_COUNT),
    )
    for needed, fits, fault in checks:
        if len(received) < needed:
            return Incomplete()
        if not fits:
            return fault
    size = 6 + whole_length
    if len(received) != size:
        return Incomplete() if len(received) < size else FrameFault.TRAILING_BYTES
    return Refusal(received[8]) if is_exception else Data(received[9:])
