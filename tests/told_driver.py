"""A driver that says of itself what a test wants it to say, and reads nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from drivers.base import RefusedInput, ScanRate
from drivers.read_only import ReadOnly
from edge.model.sample import Batch


@dataclass
class ToldDriver(ReadOnly):
    """rated, counted, lost, scanned, refused: what the methods of `drivers.base` answer."""

    name: str
    rated: Mapping[str, tuple[float, float]]
    counted: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    scanned: Sequence[ScanRate] = ()
    refused: Sequence[RefusedInput] = ()

    async def batches(self) -> AsyncIterator[Batch]:
        yield Batch.empty()

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return self.rated

    def counters(self) -> Mapping[tuple[str, str], int]:
        return self.counted

    def losses(self) -> Mapping[str, str]:
        return self.lost

    def scans(self) -> Sequence[ScanRate]:
        return self.scanned

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return self.refused
