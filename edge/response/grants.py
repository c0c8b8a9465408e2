"""Grants: which points may be written, with what, how often and by whom; and what rules write. What the plant's files say.

A point without a grant is never written. `edge/config/writes.py` checks what a grant may be for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.model.deed import Value
from edge.model.moment import MINUTE, SECOND, Span
from edge.model.person import Role


class Purpose(StrEnum):
    """What a point does that may be written: whoever reviews the plant reads it, and it says whether rules may write it."""

    LAMP = "lamp"
    SIREN = "siren"
    REQUEST = "request"
    """A bit or a number that the device's own program looks at, and honours or not."""
    SETPOINT = "setpoint"
    """A value that a process follows: for people alone."""
    DISPLAY = "display"
    HEARTBEAT = "heartbeat"
    """What shows a controller that this gateway lives: written in a rhythm (`alive:` in gateway.yaml), by nobody else."""


class OnFault(StrEnum):
    """What becomes of a value that a rule holds at a point when nobody can tell any more whether the rule still wants it: what
    the rule reads is bad or stale, or the gateway stops in order."""

    HOLD = "hold"
    """It stays."""
    VALUE = "value"
    """The grant's `fault_value` is written."""
    RELEASE = "release"
    """As if the rule no longer asked."""


class Until(StrEnum):
    """How long a rule asks for its value, from the raise on."""

    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    """Until somebody has seen it, also when the condition is gone before."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The tag must show the value within this time, a number within this distance."""

    within: Span = 5 * SECOND
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Grant:
    """allowed: the only values; empty: `range` says, both ends included. step: the most that a number may differ from what the
    tag shows now; None: any. times, per: at most so many writes in so long. role: of a person, at least; rules: whether rules
    may write. two_step: within what time a second person must agree; None: nobody needs to. valid_for: nothing leaves us later
    than that after it was asked. rest: what is written when no rule asks for a value any more; None: what was written stays.
    purpose: what the point does."""

    tag: str
    allowed: tuple[Value, ...] = ()
    range: tuple[float, float] | None = None
    step: float | None = None
    times: int = 6
    per: Span = 1 * MINUTE
    role: Role = Role.ENGINEER
    rules: bool = False
    two_step: Span | None = None
    read_back: ReadBack | None = ReadBack()
    valid_for: Span = 10 * SECOND
    rest: Value | None = None
    on_fault: OnFault = OnFault.HOLD
    fault_value: Value | None = None
    purpose: Purpose = Purpose.REQUEST


@dataclass(frozen=True, slots=True)
class RuleWrite:
    """While its alarm is raised, a rule wants this value at this point."""

    tag: str
    value: Value
    until: Until = Until.RETURNED


@dataclass(frozen=True, slots=True)
class Grants:
    """by_tag: of the points that may be written. of_rules: what each rule writes, by its id."""

    by_tag: Mapping[str, Grant] = field(default_factory=dict)
    of_rules: Mapping[str, tuple[RuleWrite, ...]] = field(default_factory=dict)


NO_GRANTS = Grants()

_RANK: Mapping[Role, int] = {role: rank for rank, role in enumerate(Role)}


def role_suffices(role: Role, grant: Grant) -> bool:
    """Roles ascend in the order in which `Role` lists them; a viewer never writes."""
    return role is not Role.VIEWER and _RANK[role] >= _RANK[grant.role]
