"""Threads of one service: what hangs, what has left, and who waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from threading import Event

import pytest

from cloud_bridge.apprise.threads import THREADS, Leave, ServiceThreads
from edge.ports import NoReply
from tests.other_channels import until

SHORT_S = 0.05


class Stuck:
    """Work that stands until it is let go: before or after it would leave."""

    def __init__(self, *, before_it_leaves: bool = False) -> None:
        self.before_it_leaves = before_it_leaves
        self.begun, self.go, self.left = Event(), Event(), Event()

    def __call__(self, leave: Leave) -> str:
        if self.before_it_leaves:
            self.begun.set()
            assert self.go.wait(10)
        if leave():
            self.left.set()
        if not self.before_it_leaves:
            self.begun.set()
            assert self.go.wait(10)
        return "back"


def at_once(leave: Leave) -> str:
    return "told" if leave() else "kept"


async def no_reply(threads: ServiceThreads, work: Callable[[Leave], str]) -> NoReply:
    with pytest.raises(NoReply) as caught:
        await threads.run(work)
    return caught.value


async def test_what_is_given_up_before_anything_left_never_leaves() -> None:
    threads, stuck = ServiceThreads(SHORT_S), Stuck(before_it_leaves=True)
    assert (await no_reply(threads, stuck)).sent is False
    stuck.go.set()
    await until(lambda: not threads.hangs)
    assert not stuck.left.is_set()


async def test_of_what_is_given_up_later_nobody_knows_whether_it_arrived() -> None:
    threads, stuck = ServiceThreads(SHORT_S), Stuck()
    assert (await no_reply(threads, stuck)).sent is True
    assert stuck.left.is_set()
    stuck.go.set()


async def test_while_one_hangs_nothing_is_begun_and_when_it_has_come_back_all_goes_on() -> None:
    threads, stuck = ServiceThreads(SHORT_S), Stuck()
    await no_reply(threads, stuck)
    other = Stuck()
    refused = await no_reply(threads, other)
    assert (refused.sent, threads.hangs, other.begun.is_set()) == (False, True, False)
    stuck.go.set()
    await until(lambda: not threads.hangs)
    assert await threads.run(at_once) == "told"


async def test_so_many_run_at_a_time_and_who_comes_then_has_a_turn_when_one_ends() -> None:
    threads = ServiceThreads(10.0)
    working = [Stuck() for _ in range(THREADS)]
    under_way = [asyncio.create_task(threads.run(each)) for each in working]
    await until(lambda: all(each.begun.is_set() for each in working))
    late = Stuck()
    waits = asyncio.create_task(threads.run(late))
    await asyncio.wait([waits], timeout=SHORT_S)
    assert not late.begun.is_set()
    working[0].go.set()
    await until(late.begun.is_set)
    for each in (*working, late):
        each.go.set()
    assert await asyncio.gather(*under_way, waits) == ["back"] * (THREADS + 1)


async def test_who_waits_for_a_turn_while_all_begin_to_hang_has_sent_nothing() -> None:
    threads, working = ServiceThreads(SHORT_S), [Stuck() for _ in range(THREADS)]
    ends = asyncio.gather(*(no_reply(threads, each) for each in working))
    late = Stuck()
    waits = asyncio.create_task(no_reply(threads, late))
    await ends
    working[0].go.set()
    assert (await waits).sent is False
    assert not late.begun.is_set()
    for each in working:
        each.go.set()


async def test_what_goes_wrong_in_the_thread_is_raised_where_it_is_waited_for() -> None:
    def wrong(leave: Leave) -> str:
        raise LookupError("a mistake")

    threads = ServiceThreads()
    with pytest.raises(LookupError, match="a mistake"):
        await threads.run(wrong)
    assert not threads.hangs


def test_a_process_that_ends_does_not_wait_for_what_hangs() -> None:
    program = (
        "import asyncio, threading\n"
        "from cloud_bridge.apprise.threads import ServiceThreads\n"
        "from edge.ports import NoReply\n"
        "async def main():\n"
        "    try: await ServiceThreads(0.01).run(lambda leave: leave() and threading.Event().wait())\n"
        "    except NoReply as error: print(error)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=20, capture_output=True, text=True, check=True)
    assert "no answer" in ended.stdout
