"""The writer and a slow connection: what a hang-tag takes back does not leave, whatever waits in line there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from drivers.base import RefusedInput, WriteAnswer, WriteEnd
from drivers.modbus.writing import Writing
from edge.model.command import DeedReceipt
from edge.model.deed import Deed, DeedEnd, DeedKind
from edge.model.moment import MINUTE, SECOND, Moment, from_iso
from edge.model.sample import Batch
from edge.ports import ResponseCommit
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.runtime.writer import Writer
from edge.store.store import SqliteStore, open_store
from tests.driver_rig import device

START = from_iso("2026-05-04T08:00:00+08:00")
TAGS = 12


class SlowLink:
    """Every answer takes 2 s."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.left: list[tuple[Moment, int]] = []

    @property
    def connections(self) -> int:
        return 1

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        self.left.append((self._clock.now() - START, address))
        await self._clock.sleep_until(self._clock.now() + 2 * SECOND)

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        return b"\x00\x01"

    async def close(self) -> None:
        return


class Devices:
    """Those behind one connection; cut: it is gone, which each time takes a second to find out."""

    name = "devices"

    def __init__(self, clock: VirtualClock, *names: str, cut: bool = False) -> None:
        tags = {f"t{number}": {"address": f"holding {number}", "type": "uint16"} for number in range(TAGS)}
        self.link, self._clock, self._names, self._cut = SlowLink(clock), clock, names, cut
        built = [device("modbus", name, tags, {"host": "127.0.0.1", "every": "1s"}) for name in names]
        self._writing = Writing(built, self.link, clock)
        self.tried: list[Moment] = []

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch.empty()

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return dict.fromkeys(self._names, (1.0, 1.0))

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return ()

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        self.tried.append(self._clock.now() - START)
        if self._cut:
            await self._clock.sleep_until(self._clock.now() + SECOND)
            return WriteAnswer(WriteEnd.NOT_SENT, "no connection")
        return await self._writing.write(tag, value)

    async def read_back(self, tag: str) -> float | str | None:
        return await self._writing.read_back(tag)


def a_deed(tag: str, key: str = "") -> Deed:
    return Deed(key or tag, DeedKind.WRITE, f"{tag}~1", tag, 1.0, START, START + MINUTE, read_back_within=2 * SECOND)


def commit(store: SqliteStore, clock: VirtualClock, deeds: Sequence[Deed] = (), withdrawn: Sequence[str] = ()) -> None:
    store.commit_response(ResponseCommit(clock.now(), 0, (), (), tuple(withdrawn), {}, (), tuple(deeds)))


class Floor:
    """A writer at work over a store in memory."""

    def __init__(self, clock: VirtualClock, drivers: Sequence[Devices], deeds: Sequence[Deed]) -> None:
        self.clock = clock
        self.store = open_store(None, site="s", agent="a", now=START)
        commit(self.store, clock, deeds)
        self.writer = Writer(drivers, lambda tag, value: True, self.store, Inline(), clock, lambda: None)
        self._task = asyncio.create_task(self.writer.run())

    async def until(self, moment: Moment) -> None:
        await self.clock.sleep_until(START + moment)

    def withdraw(self, keys: Sequence[str]) -> None:
        commit(self.store, self.clock, withdrawn=keys)
        self.writer.wake()

    async def close(self) -> list[DeedReceipt]:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return [row.body for row in self.store.unconsumed() if isinstance(row.body, DeedReceipt)]


def test_what_is_taken_back_while_others_are_slow_never_leaves() -> None:
    async def play(clock: VirtualClock) -> None:
        devices = Devices(clock, "M1", "M2")
        deeds = [a_deed(f"{name}.t{number}") for name in ("M1", "M2") for number in range(TAGS // 2)]
        floor = Floor(clock, [devices], deeds)
        await floor.until(SECOND)
        floor.withdraw([deed.key for deed in deeds])
        await floor.until(MINUTE)
        receipts = await floor.close()
        assert devices.link.left == [(0, 0)]
        assert [(receipt.deed, receipt.end) for receipt in receipts] == [("M1.t0", DeedEnd.DONE)]

    run_virtually(play, START)


def test_what_is_taken_back_as_it_finds_no_connection_is_not_tried_again() -> None:
    async def play(clock: VirtualClock) -> None:
        devices = Devices(clock, "M1", cut=True)
        floor = Floor(clock, [devices], [a_deed("M1.t0")])
        await floor.until(SECOND // 2)
        floor.withdraw(["M1.t0"])
        await floor.until(MINUTE)
        receipts = await floor.close()
        assert (devices.tried, receipts) == ([0], [])

    run_virtually(play, START)


def test_a_slow_connection_holds_up_no_other() -> None:
    async def play(clock: VirtualClock) -> None:
        slow, other = Devices(clock, "M1", cut=True), Devices(clock, "M2")
        deeds = [*(a_deed(f"M1.t{number % TAGS}", f"k{number}") for number in range(TAGS)), a_deed("M2.t0")]
        floor = Floor(clock, [slow, other], deeds)
        await floor.until(MINUTE)
        await floor.close()
        assert other.link.left == [(0, 0)]

    run_virtually(play, START)


def test_looking_whether_a_value_is_shown_holds_up_no_other_write_of_the_connection() -> None:
    async def play(clock: VirtualClock) -> None:
        devices = Devices(clock, "M1")
        deeds = [a_deed("M1.t0"), a_deed("M1.t1")]
        deeds = [
            Deed(d.key, d.kind, d.write, d.tag, 7.0, d.created_at, d.valid_until, read_back_within=20 * SECOND) for d in deeds
        ]
        floor = Floor(clock, [devices], deeds)
        await floor.until(MINUTE)
        await floor.close()
        assert devices.link.left == [(0, 0), (2 * SECOND, 1)]

    run_virtually(play, START)
