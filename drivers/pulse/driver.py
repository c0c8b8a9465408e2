"""Watches other gateways: each is a device, up while its pulses come.

Not here: when a gateway is up or lost (`listening.py`), what a pulse is and how it is sealed (`edge/model/pulse.py`), sockets
(`link.py`).
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby

import structlog

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput
from drivers.pulse.config import PulseConnection, PulsePoint
from drivers.pulse.listening import Heard
from drivers.rate import RateWindow
from drivers.read_only import ReadOnly
from drivers.session import Session, losses_of
from edge.model.moment import Moment
from edge.model.pulse import SECRET_MIN, Pulse, Unfit, unseal
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import Device

log = structlog.get_logger()

#: Pulses that wait to be read. One that finds no room is told so, and its gateway sends the next.
WAITING_MAX = 1_000


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each place at which pulses come in."""

    def place(device: Device) -> tuple[str, int]:
        wanted = _connection(device)
        return wanted.host, wanted.port

    by_place = groupby(sorted(opening.devices, key=place), key=place)
    return [PulseDriver(host, port, list(devices), opening) for (host, port), devices in by_place]


class PulseDriver(ReadOnly):
    """All gateways whose pulses come in at one place."""

    def __init__(self, host: str, port: int, devices: Sequence[Device], opening: Opening) -> None:
        self._clock = opening.clock
        self._place = f"{host}:{port}"
        self._link = opening.links.pulses(host, port)
        now = self._clock.now()
        self._watched = {_connection(device).gateway: _Watched(device, opening, now) for device in devices}
        self._secrets = {gateway: each.secret for gateway, each in self._watched.items() if each.secret}
        self._batches: deque[Batch] = deque()
        self._news = asyncio.Event()
        self._refused: dict[tuple[str, Unfit], RefusedInput] = {}

    @property
    def name(self) -> str:
        return f"pulse {self._place}"

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        return {each.session.device: (0.0, each.rate.per_second(now)) for each in self._watched.values()}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(each.session.device, what): times for each in self._watched.values() for what, times in each.counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of(each.session for each in self._watched.values())

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return list(self._refused.values())

    async def batches(self) -> AsyncIterator[Batch]:
        listening = asyncio.create_task(self._listen(), name=self.name)
        try:
            while True:
                self._news.clear()
                now = self._clock.now()
                for each in self._watched.values():
                    self._offer(each.missed(now))
                while self._batches:
                    yield self._batches.popleft()
                await self._next_news()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _next_news(self) -> None:
        """Until a pulse has come or one is missed."""
        dues = [due for each in self._watched.values() if (due := each.due_at()) is not None]
        news = asyncio.ensure_future(self._news.wait())
        waited_for = [news, *([asyncio.ensure_future(self._clock.sleep_until(min(dues)))] if dues else [])]
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waited_for:
                each.cancel()

    async def _listen(self) -> None:
        backoff = CONNECTION_BACKOFF
        while True:
            try:
                await self._link.listen(self._judge, self._opened)
            except ConnectionLost as error:
                backoff = backoff.failed()
                if backoff.failures == 1:
                    log.warning("pulses cannot come in", place=self._place, reason=str(error))
                for each in self._watched.values():
                    self._offer(each.lost(self._clock.now(), str(error)))
                await self._clock.sleep_until(self._clock.now() + backoff.wait)

    def _opened(self) -> None:
        """What could not be heard until now is not missed."""
        for each in self._watched.values():
            each.begin(self._clock.now())
        self._news.set()

    def _judge(self, text: str) -> Unfit | None:
        now, pulse = self._clock.now(), unseal(text, self._secrets)
        if isinstance(pulse, Unfit):
            return self._refuse(pulse, "", now)
        watched = self._watched[pulse.gateway]
        if watched.heard.is_old(pulse):
            watched.counts[Unfit.OLD] += 1
            return self._refuse(Unfit.OLD, watched.session.device, now)
        if len(self._batches) >= WAITING_MAX:
            return self._refuse(Unfit.NO_ROOM, watched.session.device, now)
        self._offer(watched.took(pulse, now))
        return None

    def _refuse(self, unfit: Unfit, device: str, now: Moment) -> Unfit:
        """What it said is not kept: nobody has vouched for it."""
        before = self._refused.get((device, unfit))
        self._refused[device, unfit] = (
            RefusedInput(device, "", self._place, str(unfit), 1, "", now) if before is None else before.again()
        )
        return unfit

    def _offer(self, batch: Batch) -> None:
        if len(batch):
            self._batches.append(batch)
            self._news.set()


class _Watched:
    """One gateway."""

    def __init__(self, device: Device, opening: Opening, now: Moment) -> None:
        wanted = _connection(device)
        self._silent_after = wanted.silent_after
        self.session = Session(device, opening.slots)
        self._figures = [_figure(tag.key, tag.point) for tag in self.session.tags]
        self.heard = Heard(now)
        self.rate = RateWindow(now)
        self.counts: Counter[str] = Counter()
        secret = opening.secret(wanted.secret)
        self.secret = secret if len(secret) >= SECRET_MIN else ""
        if not self.secret:
            reason = f"its secret has less than {SECRET_MIN} characters"
            log.error("a gateway cannot be watched", device=device.name, reason=reason)

    def begin(self, now: Moment) -> None:
        self.heard = Heard(now, self.heard.number, self.heard.up)

    def due_at(self) -> Moment | None:
        """When a pulse would be missed; None while it is lost."""
        return None if self.heard.up is False else self.heard.due_at(self._silent_after)

    def took(self, pulse: Pulse, now: Moment) -> Batch:
        self.rate.count(now)
        self.counts["pulses"] += 1
        self.heard = self.heard.took(pulse, now)
        if pulse.leaving:
            return self.session.lost(now, "it stops in order")
        return Batch.join([self.session.up(now), Batch.of(self._samples(pulse, now))])

    def missed(self, now: Moment) -> Batch:
        if self.heard.up is False:
            return Batch.empty()
        self.heard = self.heard.missed(self._silent_after, now)
        if self.heard.up is not False:
            return Batch.empty()
        self.counts["silent"] += 1
        return self.session.lost(now, "no pulse")

    def lost(self, now: Moment, reason: str) -> Batch:
        self.heard = Heard(now, self.heard.number, up=False)
        return self.session.lost(now, reason)

    def _samples(self, pulse: Pulse, now: Moment) -> list[Sample]:
        """A figure that does not come is one that the gateway cannot tell now."""
        samples = []
        for position, figure in enumerate(self._figures):
            value = pulse.figures.get(figure, math.nan)
            quality = Quality.BAD if math.isnan(value) else Quality.GOOD
            if quality is Quality.GOOD:
                self.session.note_one(position, value)
            samples.append(Sample(int(self.session.slots[position]), value, quality, now, now))
        return samples


def _figure(key: str, point: object) -> str:
    return point.figure if isinstance(point, PulsePoint) and point.figure is not None else key


def _connection(device: Device) -> PulseConnection:
    if not isinstance(device.connection, PulseConnection):
        raise TypeError(f"{device.name} is no device of this driver")
    return device.connection
