"""What each role may do: the one table, asked at both doors (the API's `authorise`, and the way back from a channel)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from edge.model.person import Role


class Permission(StrEnum):
    SEE = "see"
    ACT = "act"
    """Acknowledge and take that back, say "on my way", confirm, comment, shelve, reset."""
    MAINTAIN = "maintain"
    """Take an alarm out of service and bring it back, let it learn its normal anew, return its sums to zero, set stages,
    plan and end maintenance, have a message tried anew that did not arrive."""
    ADMINISTER = "administer"
    """Accounts."""


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.SEE}),
    Role.WORKER: frozenset({Permission.SEE, Permission.ACT}),
    Role.ENGINEER: frozenset({Permission.SEE, Permission.ACT, Permission.MAINTAIN}),
    Role.ADMIN: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
