"""Reports for the faces of a running agent: one at a time, in a process of its own, and for a while the same one."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

from edge.model.errors import StoreError
from edge.model.moment import MINUTE, Moment, Span
from edge.performance.pages import Asked, Pages

#: A report is given again for so long: its figures, one after the other, are of the same journal.
KEPT_FOR: Span = 1 * MINUTE
#: Reports that are kept.
KEPT_MAX = 4
#: A report that takes longer is given up.
WITHIN_S = 300.0


class ReportProcess:
    """folder: where the database is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()
        self._kept: dict[str, tuple[Moment, Pages]] = {}

    async def pages(self, name: str, ask: Callable[[], Asked], now: Moment) -> Pages:
        """name: equal for what is asked in the same words. ask: what it means now, worked out in another thread. Raises
        StoreError and TooManyRows."""
        async with self._one_at_a_time:
            kept = self._kept.get(name)
            if kept is not None and 0 <= now - kept[0] < KEPT_FOR:
                return kept[1]
            found = await self._make(ask)
            self._kept = {name: (now, found), **self._kept}
            self._kept = dict(list(self._kept.items())[:KEPT_MAX])
            return found

    async def _make(self, ask: Callable[[], Asked]) -> Pages:
        asked = await asyncio.to_thread(lambda: pickle.dumps((self._folder, ask())))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edge.performance", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(WITHIN_S):
                told, _ = await child.communicate(asked)
        except TimeoutError as error:
            raise StoreError(f"the report was not ready within {WITHIN_S:g} s: ask for a shorter period") from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            raise StoreError("the report could not be made: see the log of the agent")
        answered: Pages | Exception = pickle.loads(told)
        if isinstance(answered, Exception):
            raise answered
        return answered
