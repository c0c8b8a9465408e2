"""Modbus TCP frames: bytes in, requests out; an answer in, a frame out. Pure, no socket.

    [ transaction ][ protocol = 0 ][ length ][ unit ][ function ][ body ... ]
         2 bytes        2 bytes      2 bytes   1 byte    1 byte
    length = unit + function + body                (Modbus Messaging on TCP/IP V1.0b, 3.1.3)

Requests come out in the order they came in, however TCP cut them: several in one segment, one in many.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from simulators.devices.modbus_write import WRITE_FUNCTIONS
from simulators.faults import Treatment

HEADER = struct.Struct(">HHHB")
LENGTH_MAX = 254  # unit (1) + PDU (253)


class BadFrame(Exception):
    """The stream can no longer be understood. Nothing marks the begin of a frame, so the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request frame. `body` is what follows the function code."""

    transaction: int
    unit: int
    function: int
    body: bytes

    def read_range(self) -> tuple[int, int]:
        """Address and count of a read. A body of another length counts as a read of nothing, which every unit refuses."""
        return struct.unpack(">HH", self.body) if len(self.body) == 4 else (0, 0)

    def written(self) -> tuple[int, bytes]:
        """Address of a write and what follows it."""
        return int.from_bytes(self.body[:2], "big"), self.body[2:]


class RequestReader:
    """Collects bytes until they are whole requests: `receive` what came, then take `next_request` until it is None."""

    def __init__(self) -> None:
        self._unread = b""

    def receive(self, received: bytes) -> None:
        self._unread += received

    def next_request(self) -> Request | None:
        """The oldest complete request; None until more bytes have come. Raises BadFrame."""
        if len(self._unread) < HEADER.size:
            return None
        transaction, protocol, length, unit = HEADER.unpack_from(self._unread)
        if protocol != 0:
            raise BadFrame(f"protocol id must be 0, is {protocol}")
        if not 2 <= length <= LENGTH_MAX:
            raise BadFrame(f"length must be 2 to {LENGTH_MAX}, is {length}")
        end = HEADER.size - 1 + length
        if len(self._unread) < end:
            return None
        frame, self._unread = self._unread[:end], self._unread[end:]
        return Request(transaction, unit, frame[HEADER.size], frame[HEADER.size + 1 :])


def response_frame(request: Request, answer: bytes | int, transaction: int) -> bytes:
    """The frame of an answer: values (with the byte count before them), the echo of a write, or an exception code."""
    if isinstance(answer, int):
        pdu = bytes((request.function | 0x80, answer))
    elif request.function in WRITE_FUNCTIONS:
        pdu = bytes((request.function,)) + answer
    else:
        pdu = bytes((request.function, len(answer))) + answer
    return HEADER.pack(transaction, 0, 1 + len(pdu), request.unit) + pdu


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the server does with a request: wait, send these bytes, and perhaps close."""

    delay_us: int
    sent: bytes
    closes: bool


def react(request: Request, answer: bytes | int | None, treatment: Treatment) -> Reaction:
    """What becomes of an answer (values, an exception code, None for silence) under the faults in force."""
    if answer is None or treatment.silent:
        return Reaction(0, b"", closes=False)
    if treatment.exception_code is not None:
        answer = treatment.exception_code
    # The highest bit and not the next number: that could be the id of another request under way.
    transaction = request.transaction ^ 0x8000 if treatment.wrong_transaction else request.transaction
    frame = response_frame(request, answer, transaction)
    if treatment.half:
        frame = frame[: len(frame) // 2]
    if treatment.close_after_bytes is not None:
        return Reaction(treatment.delay_us, frame[: treatment.close_after_bytes], closes=True)
    return Reaction(treatment.delay_us, frame, closes=False)
