"""A connection to an S7 CPU."""

from __future__ import annotations

from typing import Protocol


class S7Link(Protocol):
    """One connection to an S7 CPU. area: DB, M, I or Q; block: of a data block its number, else 0. Each call connects by itself
    and raises DeviceUnreachable, DeviceRefused (the CPU's return code) or BadResponse."""

    async def read(self, area: str, block: int, start: int, count: int) -> bytes:
        """That many bytes from that one on."""

    async def write(self, area: str, block: int, start: int, data: bytes) -> None:
        """In one request."""

    async def write_bit(self, area: str, block: int, start: int, bit: int, value: bool) -> None:
        """That bit alone; its neighbours are left to the CPU's program."""

    async def runs(self) -> bool | None:
        """Whether the CPU is in RUN; None: it does not say."""

    async def close(self) -> None: ...
