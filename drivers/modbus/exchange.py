"""Which request bytes are the answer to, as they arrive in any pieces. Pure.

Two ways to know, behind one shape: over TCP by the transaction id, with several requests on their way at once; over RTU, which
has none, by asking one at a time.

Theory of operation. An exchange holds the frames of the requests on their way and at most one frame's bytes that came. What
arrives is judged at once:

    bytes are                        TCP                                RTU
    the answer, or a refusal         its request is ended               its request is ended
    right so far                     kept                               kept
    no answer to any request         every request that they could be   the request is ended with the fault
                                     to is ended with the fault; then
                                     nothing on this stream is trusted
    an answer nobody waits for       as above (`is_astray`)             dropped

RTU, after a request is given up: its answer may yet come, and nothing in it says which request it is to. What may come so is
known of each unit (`late.py`), over connections too, and dropped when it comes before the answer that is waited for; the link
asks a unit nothing whose answer could not be told from it. Not here: time and sockets (`link.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from drivers.modbus.frame import (
    CRC_BYTES,
    EXCEPTION_BIT,
    HEADER,
    Data,
    FrameFault,
    Incomplete,
    Refusal,
    begun_answer,
    crc,
    judge,
    judge_rtu,
    rtu_frame,
    tcp_frame,
)
from drivers.modbus.late import Late, shape_of_request

Ended = tuple[int, Data | Refusal | FrameFault]


class Exchange(Protocol):
    @property
    def is_astray(self) -> bool:
        """Whether something came that cannot be understood: only a new connection can be."""

    def ask(self, unit: int, pdu: bytes) -> tuple[int, bytes]:
        """A key for the request, and the frame to send."""

    def receive(self, data: bytes) -> list[Ended]:
        """The requests that these bytes end, by key, and how."""

    def give_up(self, key: int) -> None:
        """Nobody waits for this answer any more."""

    def begin(self) -> None:
        """A new connection: nothing is on its way."""


class TcpExchange:
    """transactions: 0 to 65535, each other than the last ones; they go on counting over connections."""

    def __init__(self, transactions: Iterator[int]) -> None:
        self._transactions = transactions
        self._asked: dict[int, bytes] = {}
        self._came = b""
        self.is_astray = False

    def ask(self, unit: int, pdu: bytes) -> tuple[int, bytes]:
        key = next(self._transactions)
        self._asked[key] = tcp_frame(key, unit, pdu)
        return key, self._asked[key]

    def give_up(self, key: int) -> None:
        self._asked.pop(key, None)

    def begin(self) -> None:
        self._asked.clear()
        self._came = b""
        self.is_astray = False

    def receive(self, data: bytes) -> list[Ended]:
        if self.is_astray:
            return []
        came = self._came + data
        ended: list[Ended] = []
        while came and self._asked:
            key = self._key_of(came)
            if key is None:
                return ended + self._astray(FrameFault.WRONG_TRANSACTION)
            asked = self._asked[key]
            # Behind this frame another may begin: it is judged by the bytes that its own header claims.
            size = HEADER - 1 + int.from_bytes(came[4:6], "big") if len(came) >= HEADER - 1 else len(came)
            judged = judge(asked, came[:size])
            if isinstance(judged, Incomplete):
                break
            del self._asked[key]
            ended.append((key, judged))
            if isinstance(judged, FrameFault):
                return ended + self._astray(judged)
            came = came[size:]
        if came and not self._asked:
            self.is_astray = True
            # The last answer is one of two for one request: which of them was meant, nobody knows.
            return [*ended[:-1], *((key, FrameFault.TRAILING_BYTES) for key, _ in ended[-1:])]
        self._came = came
        return ended

    def _key_of(self, came: bytes) -> int | None:
        """The request whose transaction id these bytes begin with; of less than a whole one, any that fits."""
        if len(came) >= 2:
            key = int.from_bytes(came[:2], "big")
            return key if key in self._asked else None
        return next((key for key in self._asked if key >> 8 == came[0]), None)

    def _astray(self, fault: FrameFault) -> list[Ended]:
        """What came could be to any of those on their way."""
        self.is_astray = True
        ended: list[Ended] = [(key, fault) for key in self._asked]
        self._asked.clear()
        return ended


class RtuExchange:
    """One request at a time. echo: whether a converter hears its own sending, so that each request comes back first.
    may_spare: whether registers may be read for nothing, to tell late answers from others."""

    def __init__(self, *, echo: bool = False, may_spare: bool = True) -> None:
        self._echo, self._may_spare = echo, may_spare
        self._key = 0
        self._asked = b""
        self._echoed = b""
        self._came = b""
        self._late: dict[int, Late] = {}
        self.is_astray = False

    def late(self, unit: int) -> Late:
        """What may yet come from a unit."""
        return self._late.setdefault(unit, Late(may_spare=self._may_spare))

    def ask(self, unit: int, pdu: bytes) -> tuple[int, bytes]:
        self._key += 1
        self._came = b""
        self._asked = rtu_frame(unit, pdu)
        self._echoed = self._asked if self._echo else b""
        return self._key, self._asked

    def give_up(self, key: int) -> None:
        if key == self._key and self._asked:
            self.late(self._asked[0]).given_up(self._asked[1:-CRC_BYTES])
            self._asked, self._came = b"", b""

    def begin(self) -> None:
        self._asked, self._came = b"", b""

    def receive(self, data: bytes) -> list[Ended]:
        self._came += data
        if self._echoed and self._asked:
            if not self._came.startswith(self._echoed):
                return [] if self._echoed.startswith(self._came) else self._end(FrameFault.WRONG_ECHO)
            self._came, self._echoed = self._came[len(self._echoed) :], b""
        is_late_begun = self._drop_the_late()
        if not self._asked:
            self._came = self._came if is_late_begun else b""
            return []
        judged = judge_rtu(self._asked, self._came)
        if isinstance(judged, Incomplete) or (is_late_begun and isinstance(judged, FrameFault)):
            return []
        return self._end(judged)

    def _end(self, judged: Data | Refusal | FrameFault) -> list[Ended]:
        if isinstance(judged, FrameFault):
            self.give_up(self._key)
        else:
            late = self._late.get(self._asked[0])
            if late is not None:
                pdu = self._asked[1:-CRC_BYTES]
                late.answered(pdu, (pdu[0] | EXCEPTION_BIT, 0) if isinstance(judged, Refusal) else shape_of_request(pdu))
        self._asked, self._came = b"", b""
        return [(self._key, judged)]

    def _drop_the_late(self) -> bool:
        """Drop whole answers to requests given up, as long as they come first; whether what is left may be the beginning of
        one. What may be the answer that is waited for stays."""
        while self._came:
            late = self._late.get(self._came[0])
            if not late:
                return False
            begun = begun_answer(self._came)
            if begun is None:
                return len(self._came) < 3
            function, size, length = begun
            if not late.may_be((function, size)):
                return False
            whole = self._came[:length]
            if len(whole) < length:
                return True
            if self._is_to_the_asked(whole) or crc(whole[:-CRC_BYTES]) != whole[-CRC_BYTES:]:
                return False
            late.came((function, size))
            self._came = self._came[length:]
        return False

    def _is_to_the_asked(self, whole: bytes) -> bool:
        return bool(self._asked) and isinstance(judge_rtu(self._asked, whole), Data | Refusal)
