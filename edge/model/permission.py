"""What each role may do: the one table, asked at both doors (the API's `authorise`, and the way back from a channel)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from edge.model.person import Role


class Permission(StrEnum):
    SEE = "see"
    ACT = "act"
    """Acknowledge, say "on my way", comment, shelve, reset."""
    ADMINISTER = "administer"
    """Accounts."""


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.SEE}),
    Role.WORKER: frozenset({Permission.SEE, Permission.ACT}),
    Role.ENGINEER: frozenset({Permission.SEE, Permission.ACT}),
    Role.ADMIN: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
