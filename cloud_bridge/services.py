"""What a channel is that tells by services of others, each with a life of its own: it says which of them hangs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from cloud_bridge.base import Channel
from edge.model.moment import Moment


@runtime_checkable
class ServiceChannel(Channel, Protocol):
    """A channel of which one part may hang while the others deliver."""

    def hanging(self) -> Mapping[str, Moment]:
        """Services that have not let go of a message, by their names in the configuration, and since when. Until they do,
        nothing is sent there; what is wanted waits."""
