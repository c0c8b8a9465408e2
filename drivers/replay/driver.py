"""Plays a recording in the place of a device, once or for ever.

Not here: what cells are worth (`play.py`), when rows are due (`plan.py`), files (`reading.py`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing

import structlog

from drivers.backoff import DEVICE_BACKOFF
from drivers.base import Driver, Opening, RefusedInput
from drivers.rate import RateWindow
from drivers.read_only import ReadOnly
from drivers.replay.config import AtEnd, ReplayConnection, ReplayPoint
from drivers.replay.plan import Pace, Turn
from drivers.replay.play import Play
from drivers.replay.reading import is_utf8
from drivers.session import Session, losses_of
from edge.model.errors import DeviceRefused, DriverError
from edge.model.moment import HOUR
from edge.model.sample import Batch
from edge.model.tag import Device
from edge.ports import Record, RecordingSource

log = structlog.get_logger()


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each device. A device without tags has nothing to play."""
    return [ReplayDriver(device, opening) for device in opening.devices if any(tag.point is not None for tag in device.tags)]


class ReplayDriver(ReadOnly):
    """A device and its recording."""

    def __init__(self, device: Device, opening: Opening) -> None:
        self._wanted = wanted = _connection(device)
        self._clock = opening.clock
        self._session = Session(device, opening.slots)
        self._play = Play(self._session, wanted, _tell)
        points = [tag.point for tag in self._session.tags if isinstance(tag.point, ReplayPoint)]
        columns = tuple(dict.fromkeys(point.column for point in points))
        source = RecordingSource(wanted.file, wanted.time, columns, wanted.separator, wanted.is_history)
        self._link = opening.links.recording(source)
        self._rate = RateWindow(opening.clock.now())

    @property
    def name(self) -> str:
        return f"replay {self._wanted.file}"

    def rates(self) -> Mapping[str, tuple[float, float]]:
        return {self._session.device: (0.0, self._rate.per_second(self._clock.now()))}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(self._session.device, what): times for what, times in self._play.counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of([self._session])

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return list(self._play.refused.values())

    async def batches(self) -> AsyncIterator[Batch]:
        backoff = DEVICE_BACKOFF
        try:
            while True:
                try:
                    async with aclosing(self._played()) as playing:
                        async for batch in playing:
                            backoff = backoff.succeeded()
                            if len(batch):
                                yield batch
                    break
                except DriverError as error:
                    self._play.counts["unreadable"] += 1
                    lost = self._session.lost(self._clock.now(), str(error))
                if len(lost):
                    yield lost
                backoff = backoff.failed()
                await self._clock.sleep_until(self._clock.now() + backoff.wait)
            log.info("the recording has ended", device=self._session.device)
            if self._wanted.at_end is AtEnd.LOST:
                yield self._session.lost(self._clock.now(), "the recording has ended")
            while True:
                await self._clock.sleep_until(self._clock.now() + HOUR)
        finally:
            await self._link.close()

    async def _played(self) -> AsyncGenerator[Batch, None]:
        """From the first row to the last, round after round in a loop."""
        pace = Pace(self._wanted, self._clock.now())
        is_first = True
        while is_first or self._wanted.loop:
            if not is_first:
                pace.next_round()
            columns = await self._link.rewind()
            now = self._clock.now()
            missing = self._play.header(columns, now)
            if missing is None:
                raise DeviceRefused(f"{self._wanted.file}:1: no column {self._wanted.time} with the moments", 0)
            if not self._play.is_fed:
                known = ", ".join(ascii(name)[1:-1] for name in columns)
                why = (
                    f"no tag has its column: there are {known}"
                    if is_utf8([columns])
                    else "it is not UTF-8 (GBK?): save it as UTF-8"
                )
                raise DeviceRefused(f"{self._wanted.file}:1: {why}", 0)
            rows = 0
            yield Batch.join([self._session.up(now), *([missing] if is_first else [])])
            while records := await self._link.read():
                rows += len(records)
                async with aclosing(self._timely(self._turns(records, len(columns), pace))) as due:
                    async for batch in due:
                        yield batch
            if not rows:
                raise DeviceRefused(f"{self._wanted.file}: there are no rows", 0)
            is_first = False

    def _turns(self, records: Sequence[Record], width: int, pace: Pace) -> Sequence[tuple[Record, Turn]]:
        """The rows that can be played, each with its turn."""
        now = self._clock.now()
        found = []
        for record in records:
            recorded = self._play.time_of(record, width, now)
            turn = None if recorded is None else pace.turn(recorded)
            if turn is not None:
                found.append((record, turn))
            elif recorded is not None:
                self._play.out_of_order(record, now)
        return found

    async def _timely(self, turns: Sequence[tuple[Record, Turn]]) -> AsyncGenerator[Batch, None]:
        """Waits for each row; those that are due together are one batch."""
        at = 0
        while at < len(turns):
            await self._clock.sleep_until(turns[at][1].play_at)
            now, end = self._clock.now(), at
            while end < len(turns) and turns[end][1].play_at <= now:
                end += 1
            self._rate.count(now, end - at)
            yield self._play.samples(turns[at:end], now)
            at = end


def _tell(first: RefusedInput) -> None:
    log.warning("recording: not used", where=first.source, tag=first.tag, cause=first.cause, cell=first.first)


def _connection(device: Device) -> ReplayConnection:
    if not isinstance(device.connection, ReplayConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected ReplayConnection")
    return device.connection
