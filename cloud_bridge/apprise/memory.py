"""Notifying without sockets: it keeps what is sent. For scenarios on virtual time and for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.ports import Fit, ServiceAnswer, ServiceLimits

USUAL = ServiceLimits(250, 32_768)


@dataclass(frozen=True, slots=True)
class Notified:
    url: str
    title: str
    body: str


class MemoryNotifier:
    """Implements `edge.ports.Notifier`. take: what the service says; it may raise NoReply."""

    hangs = False

    def __init__(self, take: Callable[[Notified], bool]) -> None:
        self._take = take

    async def notify(self, url: str, fit: Fit) -> ServiceAnswer | None:
        return ServiceAnswer("memory", self._take(Notified(url, *fit(USUAL))))
