"""Two recordings that are played round after round; the files are the devices, on virtual time as on the wall's."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from edge.ports import Clock, Links
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Unrelayed
from tests.driver_rig import Rig, device

TAGS = {key: {"column": key} for key in "xy"}


class OnDisk(Unrelayed):
    name, is_polled, unfit, answers_writes = "replay", True, None, True

    def __init__(self, clock: Clock, links: Links, folder: Path) -> None:
        self._files = {each: folder / f"{each}.csv" for each in "AB"}
        self._shown = FIRST
        self._write_all()
        given = {"loop": True, "speed": 10}
        self.rig = Rig(
            [device("replay", f"replay_{each}", TAGS, {"file": str(file), **given}) for each, file in self._files.items()],
            clock,
            links,
        )

    def _write_all(self) -> None:
        for each, file in self._files.items():
            x = self._shown if each == "A" else FIRST
            aside = file.with_suffix(".new")
            aside.write_text(f"time,x,y\n2026-01-01 00:00:00,{x},{FIRST}\n2026-01-01 00:00:01,{x},{FIRST}\n")
            aside.replace(file)

    async def show(self, value: float) -> None:
        self._shown = value
        self._write_all()

    async def lose(self) -> None:
        for file in self._files.values():
            file.unlink()

    async def lose_one(self) -> None:
        self._files["A"].unlink()

    async def mend(self) -> None:
        self._write_all()

    async def taken(self) -> Sequence[float]:
        return []


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[OnDisk]:
    with tempfile.TemporaryDirectory() as folder:
        yield OnDisk(clock, MemoryLinks(clock, modbus={}, mqtt={}), Path(folder))


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[OnDisk]:
    """Over threads, which are what a file is read by."""
    with tempfile.TemporaryDirectory() as folder:
        yield OnDisk(clock, SocketLinks(clock), Path(folder))
