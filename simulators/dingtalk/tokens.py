"""Access tokens: the app's, one at a time and the same for every process of the app (reference 1); and those of persons.

A person's way: a code, good once and for 5 minutes, is exchanged by the app for a token of 2 hours and a refresh token of
30 days. A person who left the organisation has none of them any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.dingtalk.organisation import Person
from simulators.dingtalk.wire import SECOND_US, Chance, new_id

LIFE_S = 7200
CODE_LIFE_S = 300
REFRESH_LIFE_S = 30 * 86_400
REMEMBERED_MAX = 10_000


@dataclass(slots=True)
class TokenDesk:
    """Issues and checks the token of one app. Asking again within its life returns the same one and renews it."""

    chance: Chance
    token: str = ""
    expires_us: int = 0

    def issue(self, now_us: int) -> str:
        if not self.is_valid(self.token, now_us):
            self.token = new_id(self.chance)
        self.expires_us = now_us + LIFE_S * SECOND_US
        return self.token

    def is_valid(self, token: str, now_us: int) -> bool:
        return bool(token) and token == self.token and now_us < self.expires_us

    def expire(self) -> None:
        """End the token's life now, as a reset of the app's secret would."""
        self.expires_us = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that stands for a person until a moment."""

    user_id: str
    expires_us: int


class UserTokens:
    """find: the person with a userId, while that person is in the organisation."""

    def __init__(self, find: Callable[[str], Person | None], chance: Chance) -> None:
        self._find = find
        self._chance = chance
        self._codes: dict[str, Grant] = {}
        self._tokens: dict[str, Grant] = {}
        self._refreshing: dict[str, Grant] = {}

    def issue_code(self, user_id: str, now_us: int) -> str:
        """What a phone hands to a page that asks who is looking at it."""
        return self._grant(self._codes, user_id, now_us, CODE_LIFE_S)

    def redeem(self, code: str, now_us: int) -> Person | None:
        """Whose code it is; it is used up by this. None: unknown, used, expired, or of somebody who left."""
        return self._person(self._codes.pop(code, None), now_us)

    def issue(self, user_id: str, now_us: int) -> tuple[str, str]:
        """A token, and one to refresh it."""
        token = self._grant(self._tokens, user_id, now_us, LIFE_S)
        return token, self._grant(self._refreshing, user_id, now_us, REFRESH_LIFE_S)

    def refresh(self, token: str, now_us: int) -> Person | None:
        """Whose refresh token it is; it is used up by this."""
        return self._person(self._refreshing.pop(token, None), now_us)

    def person_of(self, token: str, now_us: int) -> Person | None:
        return self._person(self._tokens.get(token), now_us)

    def _person(self, grant: Grant | None, now_us: int) -> Person | None:
        return self._find(grant.user_id) if grant is not None and now_us < grant.expires_us else None

    def _grant(self, grants: dict[str, Grant], user_id: str, now_us: int, life_s: int) -> str:
        key = new_id(self._chance)
        grants[key] = Grant(user_id, now_us + life_s * SECOND_US)
        while len(grants) > REMEMBERED_MAX:
            del grants[next(iter(grants))]
        return key
