"""Time and threads: the only place where anybody waits, and where blocking work goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from edge.model.moment import Moment

T = TypeVar("T")


class Clock(Protocol):
    """Steady UTC, and the only place where anybody waits."""

    def now(self) -> Moment:
        """Steady UTC: never runs backwards within a boot."""

    def wall(self) -> Moment:
        """What the wall says now: for signatures that a peer checks against its own clock, and for nothing else."""

    async def sleep_until(self, moment: Moment) -> None:
        """Returns at once for a moment that is past."""


class Offload(Protocol):
    """Where blocking work goes: one writer thread live, inline in a scenario."""

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of `work(*arguments)`; its exception is raised here. Calls run one at a time, in order."""
