"""What stands in for the session where the OPC UA library is not installed: it says so, and the other devices go on."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.opcua.memory import MemoryOpcUaLink, MemoryOpcUaServer
from drivers.opcua.trouble import ServerUnreachable, library_missing
from edge.ports import Clock


class AbsentOpcUaLink(MemoryOpcUaLink):
    """Never connects."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(MemoryOpcUaServer(clock))
        self._url = url

    async def connect(self) -> Sequence[str]:
        raise ServerUnreachable(self._url, library_missing())
