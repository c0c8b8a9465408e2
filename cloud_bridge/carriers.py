"""The live `Carriers`: ways out over sockets. `memory_carriers.py` is their twin for scenarios.

Libraries are loaded where a plant uses them: some take a moment.
"""

from __future__ import annotations

from edge.ports import MqttAccess, Network, Notifier, Poster, Publisher


class SocketCarriers:
    """Implements `edge.ports.Carriers`."""

    def poster(self, allowed: tuple[Network, ...]) -> Poster:
        from cloud_bridge.webhook.transport import HttpPoster

        return HttpPoster(allowed)

    def publisher(self, host: str, port: int, access: MqttAccess) -> Publisher:
        from cloud_bridge.mqtt.transport import SocketPublisher

        return SocketPublisher(host, port, access)

    def notifier(self) -> Notifier:
        from cloud_bridge.apprise.transport import ThreadNotifier

        return ThreadNotifier()
