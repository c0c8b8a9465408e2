"""What the stages over sockets have alike: the two devices are behind relays, A's the first."""

from __future__ import annotations

from collections.abc import Sequence

from tests.relay import Relay


class Relayed:
    relays: Sequence[Relay]

    async def lose(self) -> None:
        for relay in self.relays:
            await relay.cut()

    async def lose_one(self) -> None:
        self.relays[0].hang()

    async def mend(self) -> None:
        for relay in self.relays:
            await relay.mend()

    def connections(self) -> int:
        return sum(relay.open for relay in self.relays)


class Unrelayed:
    """In memory there is no connection to be counted."""

    def connections(self) -> int:
        return 0
