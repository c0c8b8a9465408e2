"""Ways out without sockets, for scenarios and tests: what leaves by them is kept, and everybody takes it."""

from __future__ import annotations

from cloud_bridge.apprise.memory import MemoryNotifier, Notified
from cloud_bridge.mqtt.memory import MemoryBroker, MemoryPublisher
from cloud_bridge.webhook.memory import MemoryPoster, Posted, accept
from edge.ports import HttpReply, MqttAccess, Network, Notifier, Poster, Publisher


class MemoryCarriers:
    """Implements `edge.ports.Carriers`. posted, notified: all of it, in order. broker: the one that every address leads to."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.notified: list[Notified] = []
        self.broker = MemoryBroker()

    def poster(self, allowed: tuple[Network, ...]) -> Poster:
        return MemoryPoster(self._post, allowed)

    def publisher(self, host: str, port: int, access: MqttAccess) -> Publisher:
        return MemoryPublisher(self.broker, access)

    def notifier(self) -> Notifier:
        return MemoryNotifier(self._take)

    async def _post(self, posted: Posted) -> HttpReply:
        self.posted.append(posted)
        return await accept(posted)

    def _take(self, sent: Notified) -> bool:
        self.notified.append(sent)
        return True
