"""Which devices are there by their own word (`availability`), and what waits for that word. Pure.

Theory of operation. A broker hands out what it retained in an order of its own: the last value of a device may come before the
word that the device is gone. So what was retained of a device waits, on each connection anew, until its word has come. Who is
gone by its own word stays so over a loss of the connection, until it says otherwise; meanwhile nothing that is said in its name
counts: a bridge may repeat old values for it.

| its word on this connection | what was retained | what is said now |
|---|---|---|
| none yet | waits | counts, unless the word before was offline |
| online | counts | counts |
| offline | never counts | does not count |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from edge.ports import MqttMessage


class Presence:
    """Of all devices that share a connection, by number. watched: those that have a word of their own. What waits is bounded by
    the topics of the configuration."""

    def __init__(self, watched: Iterable[int]) -> None:
        self._watched = frozenset(watched)
        self._offline: set[int] = set()
        self._awaited: set[int] = set()
        self._waiting: dict[int, dict[str, MqttMessage]] = defaultdict(dict)

    @property
    def is_plain(self) -> bool:
        """Whether all that comes counts."""
        return not self._offline and not self._awaited

    def is_offline(self, device: int) -> bool:
        return device in self._offline

    def connected(self) -> None:
        """What was retained comes anew."""
        self._awaited = set(self._watched)
        self._waiting.clear()

    def said(self, device: int, *, is_online: bool) -> Sequence[MqttMessage]:
        """What waited for this word and counts now, in the order in which it came."""
        self._awaited.discard(device)
        waited = list(self._waiting.pop(device, {}).values())
        if is_online:
            self._offline.discard(device)
            return waited
        self._offline.add(device)
        return ()

    def counts(self, device: int, message: MqttMessage) -> bool:
        """Whether what a message says of a device counts now; one that may count later is kept for that."""
        if message.retained and device in self._awaited:
            self._waiting[device][message.topic] = message
            return False
        if device in self._waiting:
            self._waiting[device].pop(message.topic, None)
        return device not in self._offline
