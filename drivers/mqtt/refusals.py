"""Payloads that were not used: how often, why, and what the first of each kind looked like. Pure.

Bounded by the topics of the configuration; of topics that no device has, only the first are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.base import RefusedInput
from drivers.mqtt.codec import Refusal
from edge.ports import MqttMessage

#: How much of the first refused payload of a kind is kept for the engineer.
REFUSED_BYTES_KEPT = 200
#: A wildcard may bring the topics of a whole plant; after so many nobody reads on.
UNKNOWN_TOPICS_MAX = 100


class RefusedPayloads:
    """Kept by device, topic and cause. A payload counts once for a device and cause, however many tags it should have fed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, Refusal], RefusedInput] = {}
        self._unknown_topics = 0

    def count(self, cause: Refusal, message: MqttMessage, *, device: str, tag: str = "") -> RefusedInput | None:
        """What is kept of it if it is the first of its kind. device: for a topic that no device has, the name in the topic."""
        key = (device, message.topic, cause)
        known = self._kept.get(key)
        if known is not None:
            self._kept[key] = known.again()
            return None
        if cause is Refusal.UNKNOWN_DEVICE:
            if self._unknown_topics >= UNKNOWN_TOPICS_MAX:
                return None
            self._unknown_topics += 1
        first = RefusedInput(device, tag, message.topic, str(cause), 1, shown(message.payload), message.received_time)
        self._kept[key] = first
        return first

    def listed(self) -> Sequence[RefusedInput]:
        """In the order in which they first came."""
        return list(self._kept.values())


def shown(payload: bytes) -> str:
    """The beginning of a payload, safe to be shown anywhere: what cannot be printed is written as `\\x1b`."""
    text = payload[:REFUSED_BYTES_KEPT].decode(errors="backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
