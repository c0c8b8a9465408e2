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

RTU, after a request is given up: its answer may yet come, and nothing in it says which request it is to. Until `late_is_over`
it is known by its unit, function and length, and dropped when it comes before another unit's answer; the link asks the same
unit nothing in that time, because there the two could not be told apart. Not here: time and sockets (`link.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from drivers.modbus.frame import HEADER, Data, FrameFault, Incomplete, Refusal, judge, judge_rtu, rtu_frame, tcp_frame

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
    """One request at a time. echo: whether a converter hears its own sending, so that each request comes back first."""

    def __init__(self, *, echo: bool = False) -> None:
        self._echo = echo
        self._key = 0
        self._asked = b""
        self._echoed = b""
        self._late = b""
        self._came = b""
        self.is_astray = False

    @property
    def late_unit(self) -> int | None:
        """The unit whose answer was given up and may yet come."""
        return self._late[0] if self._late else None

    def ask(self, unit: int, pdu: bytes) -> tuple[int, bytes]:
        self._key += 1
        self._came = b""
        self._asked = rtu_frame(unit, pdu)
        self._echoed = self._asked if self._echo else b""
        return self._key, self._asked

    def give_up(self, key: int) -> None:
        if key == self._key:
            self._late = self._asked
            self._asked, self._came = b"", b""

    def late_is_over(self) -> None:
        self._late = b""

    def begin(self) -> None:
        self._asked, self._came = b"", b""

    def receive(self, data: bytes) -> list[Ended]:
        if not self._asked:
            return []
        self._came += data
        if self._echoed:
            if not self._came.startswith(self._echoed):
                return [] if self._echoed.startswith(self._came) else self._end(FrameFault.WRONG_ECHO)
            self._came, self._echoed = self._came[len(self._echoed) :], b""
        self._drop_the_late()
        judged = judge_rtu(self._asked, self._came)
        if isinstance(judged, Incomplete) or (self._late and self._may_become_the_late()):
            return []
        return self._end(judged)

    def _end(self, judged: Data | Refusal | FrameFault) -> list[Ended]:
        if isinstance(judged, FrameFault):
            self.give_up(self._key)
        self._asked, self._came = b"", b""
        return [(self._key, judged)]

    def _drop_the_late(self) -> None:
        """The answer to the request given up, when it is what came first."""
        if self.late_unit in (None, self._asked[0]):
            return
        for length in range(5, len(self._came) + 1):
            if isinstance(judge_rtu(self._late, self._came[:length]), Data | Refusal):
                self._came, self._late = self._came[length:], b""
                return

    def _may_become_the_late(self) -> bool:
        return self.late_unit != self._asked[0] and isinstance(judge_rtu(self._late, self._came), Incomplete)
