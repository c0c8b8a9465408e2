"""Faults of a Modbus TCP server, as values: which there are, and how the n-th request is treated under them.

Theory of operation. A `FaultPlan` is a seed and a list of faults; each names the units it befalls and the share of their
requests. Whether a fault befalls a request depends on the seed, the fault's place in the list and the number of the
request alone, so a run can be repeated. Faults add up: a unit can be slow *and* answer with half frames. `Refuse`
is the one that befalls connections and not requests.

Not here: sockets. `simulators/devices/modbus_server.py` does what a `Treatment` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

DELAY_US_MAX = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What all faults have: `unit` (None: every unit) and `share` of the requests it befalls (0 to 1)."""

    unit: int | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be 0 to 1, is {self.share:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent(Fault):
    """No answer, the connection stays open: what most real gateways do for a unit that is switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Fault):
    """The answer comes `by_us` of wall time later, and so do the answers behind it on the same connection."""

    by_us: int

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not 0 <= self.by_us <= DELAY_US_MAX:
            raise ValueError(f"a delay must be 0 to {DELAY_US_MAX // 1_000_000} s, is {self.by_us} µs")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionAnswer(Fault):
    """A Modbus exception instead of values, with `code` 1 to 255 (4: server device failure, 6: busy)."""

    code: int = 4

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not 1 <= self.code <= 255:
            raise ValueError(f"exception code must be 1 to 255, is {self.code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTransaction(Fault):
    """The right values under a transaction id that nobody asked with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFrame(Fault):
    """The first half of the answer, then nothing; the connection stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAfter(Fault):
    """The first `sent_bytes` bytes of the answer, then the connection is closed."""

    sent_bytes: int = 0

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if self.sent_bytes < 0:
            raise ValueError(f"a connection cannot close after {self.sent_bytes} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Fault):
    """The server closes its connections and refuses new ones. Unit and share have no meaning here."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to one answer. `sent_bytes_max` None: the whole frame is sent."""

    silent: bool = False
    delay_us: int = 0
    exception_code: int | None = None
    wrong_transaction: bool = False
    half: bool = False
    close_after_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The faults in force."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    @property
    def refuses_connections(self) -> bool:
        return any(isinstance(fault, Refuse) for fault in self.faults)

    def treatment(self, unit: int, nth: int) -> Treatment:
        """How the answer to the `nth` request of the server (for `unit`) is treated."""
        silent, delay_us, exception_code, wrong_transaction, half = False, 0, None, False, False
        close_after_bytes: int | None = None
        for place, fault in enumerate(self.faults):
            if fault.unit not in (None, unit) or not self._befalls(place, fault.share, nth):
                continue
            match fault:
                case Silent():
                    silent = True
                case Delay():
                    delay_us += fault.by_us
                case ExceptionAnswer():
                    exception_code = fault.code
                case WrongTransaction():
                    wrong_transaction = True
                case HalfFrame():
                    half = True
                case CloseAfter():
                    close_after_bytes = fault.sent_bytes
        return Treatment(silent, delay_us, exception_code, wrong_transaction, half, close_after_bytes)

    def _befalls(self, place: int, share: float, nth: int) -> bool:
        digest = blake2b(b"%d:%d:%d" % (self.seed, place, nth), digest_size=8).digest()
        return int.from_bytes(digest, "big") < share * 2**64
