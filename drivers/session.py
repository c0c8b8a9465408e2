"""The session with one device, as samples: up or lost, and BAD for every tag when it is lost.

Every driver keeps one `Session` a device; it is the one place that says "once when lost, once when back", to the log and as
data. Not here: what makes a session up or lost; that is each driver's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import structlog
from numpy.typing import NDArray

from drivers.measuring import Measured
from edge.model.moment import Moment
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import SESSION, Device, tag_name

log = structlog.get_logger()


class Session:
    """What is known about one device's session. tags: those the driver reads; `positions` below count in this order."""

    def __init__(self, device: Device, slots: Mapping[str, int]) -> None:
        self.device = device.name
        self.tags = tuple(tag for tag in device.tags if tag.point is not None)
        self.slots = np.array([slots[tag.name] for tag in self.tags], dtype=np.int32)
        self._session_slot = slots[tag_name(device.name, SESSION)]
        self._last = np.full(len(self.tags), np.nan)
        self._last_text: dict[int, str] = {}
        self._up: bool | None = None
        self._why = ""

    @property
    def is_up(self) -> bool:
        return self._up is True

    @property
    def lost_because(self) -> str:
        """What was said last of why it is lost, for a person; empty while it is not."""
        return self._why if self._up is False else ""

    def up(self, now: Moment) -> Batch:
        """The session tag as 1; empty when it was up already."""
        if self._up:
            return Batch.empty()
        log.info("device is up" if self._up is None else "device is back", device=self.device)
        self._up = True
        return self._session_sample(1.0, now)

    def lost(self, now: Moment, reason: str) -> Batch:
        """The session tag as 0 and every tag as BAD with its last value; empty when it was lost already."""
        self._why = reason
        if self._up is False:
            return Batch.empty()
        log.warning("device is lost", device=self.device, reason=reason)
        self._up = False
        return Batch.join([self._session_sample(0.0, now), self.bad(np.arange(len(self.tags)), now)])

    def note(self, positions: NDArray[np.intp], measured: Measured) -> None:
        """Keep the values that were just read as the last known ones; what is no measurement is no knowledge."""
        if measured.quality.any():
            known = measured.quality == Quality.GOOD
            self._last[positions[known]] = measured.value[known]
        else:
            self._last[positions] = measured.value
        for place, text in measured.text.items():
            self._last_text[int(positions[place])] = text

    def note_one(self, position: int, value: float, text: str | None = None) -> None:
        """As `note`, for a driver that reads tags one by one."""
        self._last[position] = value
        if text is not None:
            self._last_text[position] = text

    def last_of(self, position: int) -> float:
        """The last known value of a tag; NaN if it never had one."""
        return float(self._last[position])

    def last_text_of(self, position: int) -> str | None:
        """The last known text of a tag that is one."""
        return self._last_text.get(position)

    def bad(self, positions: NDArray[np.intp], now: Moment) -> Batch:
        """BAD for some of the tags, each with its last known value, NaN if it never had one. Marked as stamped by us, because
        the device's own stamps may be on another clock."""
        quality = np.full(len(positions), Quality.BAD, dtype=np.uint8)
        mark = np.full(len(positions), Mark.RECEIVED_TIME_USED, dtype=np.uint8)
        last = self._last_text
        text = {place: last[position] for place, position in enumerate(positions.tolist()) if position in last}
        return read_at(now, self.slots[positions], Measured(self._last[positions], quality, mark, text))

    def _session_sample(self, value: float, now: Moment) -> Batch:
        return Batch.of([Sample(self._session_slot, value, Quality.GOOD, now, now)])


def losses_of(sessions: Iterable[Session]) -> dict[str, str]:
    """Of those that are lost, why; by device. What `Explaining` asks for."""
    return {session.device: session.lost_because for session in sessions if session.lost_because}


def read_at(now: Moment, slots: NDArray[np.int32], measured: Measured) -> Batch:
    """Samples that were all taken now, by ourselves. For a polled device that is its source time, and needs no mark."""
    times = np.full(len(slots), now, dtype=np.int64)
    return Batch(
        slot=slots,
        value=measured.value,
        quality=measured.quality,
        source_time=times,
        received_time=times,
        mark=measured.mark,
        text=measured.text,
    )
