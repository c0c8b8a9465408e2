"""The thin shell around `Cloud`: the real clock, the task that lets things fall due, and who is told of changes.

No HTTP here (that is `app`) and no process (that is `server`). Every act on the cloud goes through `now_us` and ends with
`acted`, which wakes what may have to do something earlier than it thought.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.gate import Gate
from simulators.dingtalk.wire import SECOND_US

#: How long a shut gate lets the answer to the request that shut it pass.
PARTING_S = 0.05

REOPEN_S = 0.5


class Shell:
    """One cloud in real time. gate: the way to it, which follows `cloud.faults.is_cut`."""

    def __init__(self, cloud: Cloud, gate: Gate) -> None:
        self.cloud = cloud
        self.gate = gate
        self.stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._watchers: set[asyncio.Event] = set()
        self._shown = self._version()
        # Wall time at the start, monotonic from there: a step of the machine's clock must not reorder the ledger.
        self._epoch_us = time.time_ns() // 1000 - _elapsed_us()  # noqa: TID251 - the stand-in has no ports: here is its clock

    def now_us(self) -> int:
        return self._epoch_us + _elapsed_us()

    def acted(self) -> None:
        """Something was done to the cloud: look again what is due, and tell the watchers when a page shows it."""
        self._wake.set()
        if self._shown != self._version():
            self._shown = self._version()
            for watcher in self._watchers:
                watcher.set()

    async def run(self) -> None:
        """Let things fall due and let the gate follow, until `stop`."""
        while not self.stopping.is_set():
            self._wake.clear()
            due_us = self.cloud.tick(self.now_us())
            self.acted()
            self._wake.clear()
            if self.cloud.faults.is_cut and self.gate.is_open:
                await self._pause(self.stopping, PARTING_S)
                await self.gate.shut()
            elif not self.cloud.faults.is_cut and not self.gate.is_open:
                try:
                    await self.gate.open()
                except OSError:
                    # Somebody took the port while it was free: the way stays shut until the port is ours again.
                    await self.pause(REOPEN_S)
                    continue
            timeout_s = None if due_us is None else max(0.0, (due_us - self.now_us()) / SECOND_US)
            await self._pause(self._wake, timeout_s)

    def stop(self) -> None:
        self.stopping.set()
        self._wake.set()
        for watcher in self._watchers:
            watcher.set()

    async def pause(self, seconds: float) -> None:
        """Wait that long, or until the shell stops."""
        await self._pause(self.stopping, seconds)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever a phone or the ledger shows something new; whoever waits for it clears it."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def _version(self) -> tuple[int, int]:
        return self.cloud.timeline.version, self.cloud.ledger.last_sequence

    @staticmethod
    async def _pause(event: asyncio.Event, timeout_s: float | None) -> bool:
        try:
            await asyncio.wait_for(event.wait(), timeout_s)
        except TimeoutError:
            return False
        return True


def _elapsed_us() -> int:
    return time.monotonic_ns() // 1000  # noqa: TID251 - the stand-in has no ports: here is its clock
