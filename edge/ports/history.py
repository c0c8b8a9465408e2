"""The samples of the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from edge.model.sample import Batch
from edge.model.tag import Tag
from edge.model.trend import Trend, TrendQuestion


class HistoryWriter(Protocol):
    def append(self, batch: Batch) -> None:
        """Take samples over at once: never waits, never raises. What it cannot keep it leaves out, counts and says."""


class HistoryReader(Protocol):
    async def trend(self, question: TrendQuestion) -> Trend:
        """What a tag showed, with what was appended a moment ago. Raises HistoryRefused."""


class History(HistoryWriter, HistoryReader, Protocol):
    """The samples of the last days. Losing it costs no alarm, so nothing here raises for a disk that refuses."""

    def begin(self, slots: Mapping[str, int], tags: Sequence[Tag]) -> None:
        """From the next batch on, slots have these names. Called before the first batch."""

    async def run(self) -> None:
        """Keep what is appended, for ever."""

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges by their name in /metrics."""
