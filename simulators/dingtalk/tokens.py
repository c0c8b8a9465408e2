"""The app's access token: one at a time, the same for every process of the app, renewed by asking (reference 1)."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.dingtalk.wire import SECOND_US, Chance, new_id

LIFE_S = 7200


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
