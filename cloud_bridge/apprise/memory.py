"""Notifying without sockets: it keeps what is sent. For scenarios on virtual time and for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.ports import ServiceLimits

USUAL = ServiceLimits("memory", 250, 32_768)


@dataclass(frozen=True, slots=True)
class Notified:
    url: str
    title: str
    body: str


def accept(_sent: Notified) -> bool:
    """A service that takes everything."""
    return True


class MemoryNotifier:
    """Implements `edge.ports.Notifier`. take: what the service says; it may raise NoReply."""

    def __init__(self, take: Callable[[Notified], bool] = accept, limits: ServiceLimits | None = USUAL) -> None:
        self.sent: list[Notified] = []
        self._take, self._limits = take, limits

    async def limits(self, url: str) -> ServiceLimits | None:
        return self._limits

    async def notify(self, url: str, title: str, body: str) -> bool:
        sent = Notified(url, title, body)
        accepted = self._take(sent)
        self.sent.append(sent)
        return accepted

    async def close(self) -> None:
        """Holds nothing."""
