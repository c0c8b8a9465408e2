"""Whether a message was read, as far as a channel can tell."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from cloud_bridge.base import Channel
from edge.model.intent import Intent


@runtime_checkable
class ReadChannel(Channel, Protocol):
    """A channel whose cloud knows who has read what it sent."""

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        """Whether the recipient has read what was delivered under this receipt. None: nobody can tell of this one, or not now,
        or not any more. Never raises for what the cloud does; it may use up a counted call."""
