"""How well the tags that are read together keep to their period, counted as they are read. Pure."""

from __future__ import annotations

from drivers.base import ScanRate
from drivers.rate import RateWindow, WorstWindow
from edge.model.moment import SECOND, Moment, Span


class ScanWatch:
    """One scan group. started: before it nothing is expected."""

    def __init__(self, device: str, every: Span, tags: int, started: Moment) -> None:
        self._device, self._every, self._tags = device, every, tags
        self._rate = RateWindow(started)
        self._late = WorstWindow()
        self._overruns = 0

    def begun(self, now: Moment, due: Moment) -> None:
        """A poll begins that was due then. Of one that had to wait for a lost device nothing is said here."""
        self._late.note(now, now - due)

    def ended(self, now: Moment, missed: int = 0) -> None:
        """A poll was made. missed: those left out because it took so long."""
        self._rate.count(now)
        self._overruns += missed

    def figures(self, now: Moment) -> ScanRate:
        return ScanRate(
            device=self._device,
            every=self._every,
            tags=self._tags,
            configured=SECOND / self._every,
            achieved=self._rate.per_second(now),
            lag=self._late.worst(now),
            overruns=self._overruns,
        )
