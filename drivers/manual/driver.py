"""The driver of devices without a wire: their sessions are up, and that is all it has to say.

The values come from people, as commands through the inbox, and become samples in `rules/intake.py`: they must be durable and
answered, and there is one way for that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from drivers.base import Opening, RefusedInput
from drivers.read_only import ReadOnly
from edge.model.moment import HOUR
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import SESSION, tag_name


def open_drivers(opening: Opening) -> Sequence[ManualDriver]:
    """The function named in `drivers/catalog.py`."""
    return [ManualDriver(opening)]


class ManualDriver(ReadOnly):
    """All devices without a wire."""

    def __init__(self, opening: Opening) -> None:
        self._clock = opening.clock
        self._sessions = [opening.slots[tag_name(device.name, SESSION)] for device in opening.devices]
        self._devices = [device.name for device in opening.devices]

    @property
    def name(self) -> str:
        return "manual"

    async def batches(self) -> AsyncIterator[Batch]:
        now = self._clock.now()
        yield Batch.of(Sample(slot, 1.0, Quality.GOOD, now, now) for slot in self._sessions)
        while True:
            await self._clock.sleep_until(self._clock.now() + HOUR)

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return dict.fromkeys(self._devices, (0.0, 0.0))

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return ()
