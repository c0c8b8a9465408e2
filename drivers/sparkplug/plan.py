"""Which topics to subscribe to, and whose tags a topic feeds. Pure.

All that a node says, it says below one filter, `spBv1.0/GROUP/+/NODE/#`; no two of these match the same topic. What others
command the node (NCMD, DCMD) comes too, and is none of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.sparkplug.config import SparkplugConnection
from drivers.sparkplug.node import Kind

NAMESPACE = "spBv1.0"
QOS = 1
REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"
_KINDS = frozenset(str(kind) for kind in Kind)


@dataclass(frozen=True, slots=True)
class Node:
    group: str
    name: str

    @staticmethod
    def of(connection: SparkplugConnection) -> Node:
        return Node(connection.group, connection.node)

    def topic(self, kind: str, device: str | None = None) -> str:
        below = "" if device is None else f"/{device}"
        return f"{NAMESPACE}/{self.group}/{kind}/{self.name}{below}"

    @property
    def topic_filter(self) -> str:
        return f"{NAMESPACE}/{self.group}/+/{self.name}/#"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message comes from. device: None: the node itself."""

    kind: Kind
    node: Node
    device: str | None


def source_of(topic: str) -> Source | None:
    """None: it is no message from a node."""
    levels = topic.split("/")
    if not 4 <= len(levels) <= 5 or levels[0] != NAMESPACE or levels[2] not in _KINDS:
        return None
    kind, device = Kind(levels[2]), levels[4] if len(levels) == 5 else None
    is_of_device = kind in (Kind.DBIRTH, Kind.DDEATH, Kind.DDATA)
    return Source(kind, Node(levels[1], levels[3]), device) if is_of_device == (device is not None) else None


def filters_for(connections: Sequence[SparkplugConnection]) -> tuple[tuple[str, int], ...]:
    """(topic filter, QoS) for all nodes of a connection, sorted."""
    return tuple(sorted({(Node.of(connection).topic_filter, QOS) for connection in connections}))


def state_topic(host_id: str) -> str:
    """Sparkplug 3.0, 4.6: where a primary host says whether it is there."""
    return f"{NAMESPACE}/STATE/{host_id}"
