"""Child processes of the agent: started, watched, started again with back-off, and dead when the agent is.

A child gets `--parent` and looks whether we still are, so that not even `kill -9` of the agent leaves one behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from edge.model.moment import SECOND
from edge.ports import Clock

log = structlog.get_logger()

BACK_OFF_FIRST = 1 * SECOND
BACK_OFF_MAX = 60 * SECOND
#: A child that ran this long has recovered: the next back-off starts from the first again.
STEADY_AFTER = 60 * SECOND
#: How often a child looks whether its parent still is.
PARENT_CHECK_S = 0.5
#: How long a child may take to end by itself when it is asked to.
STOP_WITHIN_S = 5.0


async def supervise(module: str, arguments: Sequence[str], clock: Clock, ready: Callable[[dict[str, Any]], None]) -> None:
    """Keep `python -m module arguments --parent` running. `ready` is given the JSON line that it prints when it serves."""
    back_off = BACK_OFF_FIRST
    while True:
        began = clock.now()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, "--parent", stdout=asyncio.subprocess.PIPE
        )
        try:
            assert child.stdout is not None
            line = await child.stdout.readline()
            if line.startswith(b"{"):
                ready(json.loads(line))
            await child.stdout.read()
            code = await child.wait()
        finally:
            await _end(child)
        back_off = BACK_OFF_FIRST if clock.now() - began > STEADY_AFTER else min(back_off * 2, BACK_OFF_MAX)
        log.warning("child ended", module=module, code=code, again_in_s=back_off / SECOND)
        await clock.sleep_until(clock.now() + back_off)


async def stop_with(parent: int, stopping: asyncio.Event) -> None:
    """The other side of it: ask ourselves to stop once `parent` is no longer our parent."""
    while os.getppid() == parent:
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PARENT_CHECK_S)
            return
    stopping.set()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), STOP_WITHIN_S)
    except TimeoutError:
        child.kill()
        await child.wait()
