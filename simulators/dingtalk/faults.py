"""Faults on request, for calls: fail, lose the answer, answer late; and the way to the cloud being cut.

What happens to stream connections (zombies, duplicates, disconnects) is asked of the gateway; tokens and quotas of
their own parts. `Cloud` has one method for each, and `/standin/...` one address.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.dingtalk.wire import SECOND_US

#: The name that stands for every call.
ANY = "*"

#: DingTalk's own gateway gives up on its backend after about 3 s; the outcome is unknown then (reference 0.4).
BACKEND_TIMEOUT_US = 3 * SECOND_US


class FaultKind(StrEnum):
    FAIL = "fail"
    """Not executed; answered with status and code."""
    NEVER_ANSWER = "never_answer"
    """Executed; no answer, the connection stays open."""
    CLOSE = "close"
    """Executed; the connection is closed without an answer."""
    HALF = "half"
    """Executed; the answer breaks off in the middle of its body."""
    BACKEND_TIMEOUT = "backend_timeout"
    """Executed; after 3 s answered with errcode 15 or HTTP 504."""
    DELAY = "delay"
    """Executed; answered late."""
    BAN = "ban"
    """Not executed; answered with the ban page of an over-used address (reference 0.5)."""


@dataclass(slots=True)
class Fault:
    """One fault waiting for calls. call: a call name, or `*`. times: how many calls it still meets. status, code,
    message: for FAIL (code is the errcode for the old family). delay_us: for DELAY."""

    kind: FaultKind
    call: str = ANY
    times: int = 1
    status: int = 500
    code: str = "system.error"
    message: str = "fault on request"
    delay_us: int = 0


#: What the ban page looks like: neither family's error shape.
BAN_PAGE = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "00000000-standin-ban"}

FAULTS_MAX = 1_000


class Faults:
    """Faults in the order they were asked for; the first that fits a call meets it."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self.cut_until_us: int | None = None
        self.is_cut = False

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)
        del self._waiting[:-FAULTS_MAX]

    def clear(self) -> None:
        self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        return tuple(self._waiting)

    def meet(self, call: str) -> Fault | None:
        """The fault this call meets, used up by one; None = all is well."""
        for fault in self._waiting:
            if fault.call in (call, ANY):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def cut(self, until_us: int | None) -> None:
        """Nothing reaches the cloud any more, until `mend` or that moment."""
        self.is_cut = True
        self.cut_until_us = until_us

    def mend(self) -> None:
        self.is_cut = False
        self.cut_until_us = None

    def mend_is_due(self, now_us: int) -> bool:
        return self.is_cut and self.cut_until_us is not None and self.cut_until_us <= now_us
