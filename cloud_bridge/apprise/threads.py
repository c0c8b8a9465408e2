"""The threads of one service: what blocks runs in them, and a service that hangs holds up itself alone.

Theory of operation. Work gets a thread of its own, THREADS of them at a time; who comes then waits for a turn. A thread cannot
be ended from outside: one that does not come back in time is *given up*, and goes on for as long as it likes. While one is out,
the service *hangs*, and nothing more is begun there: so what hangs holds THREADS threads at most, and what waits is not used up
on a service that would not answer it either. When the last one has come back, the service is asked again.

Work asks by `leave` before anything leaves. What is given up before that never leaves, so it surely did not arrive.

The threads are daemons: a process that ends does not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from edge.ports import NoReply

T = TypeVar("T")

THREADS = 4
#: Work may take so long, and a quarter of it may be waited for a turn: together less than an attempt may take (30 s).
WITHIN_S = 20.0

#: Whether anything may leave. False: nobody waits for it any more. To be asked once at most.
Leave = Callable[[], bool]


class ServiceThreads:
    """within_s: how long work may take before it is given up."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._turns = asyncio.Semaphore(THREADS)
        self._given_up: list[Thread] = []

    @property
    def hangs(self) -> bool:
        self._given_up = [thread for thread in self._given_up if thread.is_alive()]
        return bool(self._given_up)

    async def run(self, work: Callable[[Leave], T]) -> T:
        """What `work` returns or raises. Raises NoReply where it does not begin, or does not come back in time."""
        await self._take_turn()
        told: Future[T] = Future()
        ended, loop = asyncio.Event(), asyncio.get_running_loop()

        def end() -> None:
            self._turns.release()
            ended.set()

        thread = Thread(target=_work, args=(work, told, loop, end), name="apprise", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._turns.release()
            raise NoReply(f"there is no thread for it: {error}", sent=False) from None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._within_s):
                    await ended.wait()
        finally:
            never_left = told.cancel()
            is_given_up = never_left or not told.done()
            if is_given_up:
                self._given_up.append(thread)
        if is_given_up:
            raise NoReply(f"no answer within {self._within_s:g} s", sent=not never_left)
        return told.result()

    async def _take_turn(self) -> None:
        self._check_hangs()
        try:
            async with asyncio.timeout(self._within_s / 4):
                await self._turns.acquire()
        except TimeoutError:
            self._check_hangs()
            raise NoReply(f"busy with {THREADS} messages", sent=False) from None
        try:
            self._check_hangs()
        except NoReply:
            self._turns.release()
            raise

    def _check_hangs(self) -> None:
        if self.hangs:
            raise NoReply("an earlier message hangs there, and nothing more is sent until that has ended", sent=False)


def _work(work: Callable[[Leave], T], told: Future[T], loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """In a thread."""
    try:
        with suppress(InvalidStateError):  # given up before anything left
            try:
                result = work(told.set_running_or_notify_cancel)
            except Exception as error:  # raised to who waits for it
                told.set_exception(error)
            else:
                told.set_result(result)
    finally:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(end)
