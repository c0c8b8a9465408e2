"""What stands in for the connection where the S7 library is not installed: it says so, and the other devices go on."""

from __future__ import annotations

from typing import NoReturn

from drivers.base import ConnectionLost

LIBRARY_MISSING = "python-snap7 is not installed: pip install 'andon[s7]'"


class AbsentS7Link:
    """Never connects."""

    async def read(self, area: str, block: int, start: int, count: int) -> NoReturn:
        raise ConnectionLost(LIBRARY_MISSING)

    async def write(self, area: str, block: int, start: int, data: bytes) -> NoReturn:
        raise ConnectionLost(LIBRARY_MISSING)

    async def write_bit(self, area: str, block: int, start: int, bit: int, value: bool) -> NoReturn:
        raise ConnectionLost(LIBRARY_MISSING)

    async def runs(self) -> NoReturn:
        raise ConnectionLost(LIBRARY_MISSING)

    async def close(self) -> None:
        """Nothing to close."""
