"""HTTP callbacks: a cloud calls us, where a plant publishes an endpoint. What a route hands to a channel, and gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from cloud_bridge.base import Channel


@dataclass(frozen=True, slots=True)
class Callback:
    """A request as it came, of anybody: nothing of it is to be believed before its signature fits. kind: the last part of its
    path. headers: names in lower case."""

    kind: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """status: HTTP. body: to be sent as JSON."""

    status: int
    body: Any


@runtime_checkable
class CallbackChannel(Channel, Protocol):
    """A channel whose cloud may call us."""

    async def called_back(self, callback: Callback) -> CallbackReply | None:
        """Answers after what it asks for is committed. None: it takes none of that kind, as it is configured. Never raises."""
