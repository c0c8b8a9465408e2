"""What a driver is, and what it promises.

A driver yields batches for ever: it connects, reconnects and backs off by itself and never raises for a device that is gone,
only for a mistake of ours. It logs once when a device is lost and once when it is back, and says the same as data: it writes
the session tag of each of its devices (1 up, 0 lost), and on loss one sample of quality BAD for each of the device's tags, the
last value kept. It knows nothing of rules. A batch closes when the socket is drained and never waits to be filled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from edge.config.point import Point
from edge.config.text.finding import Phrase
from edge.model.errors import DeviceUnreachable
from edge.model.moment import Moment, Span
from edge.model.sample import Batch
from edge.model.tag import Device
from edge.ports import Clock, Links


class ConnectionLost(DeviceUnreachable):
    """The connection itself cannot be made: it concerns every device behind it, not only the one that was asked."""


@dataclass(frozen=True, slots=True)
class RefusedInput:
    """What devices said and we did not use, of one source for one cause. device: its name, or the name that no device of the
    plant has. tag: the first that should have been fed; empty for none. source: a topic. cause: of a closed set, listed in the
    driver's README. times: how often since the start. first: the beginning of the first, as text that is safe to be shown. at:
    when that came."""

    device: str
    tag: str
    source: str
    cause: str
    times: int
    first: str
    at: Moment

    def again(self) -> RefusedInput:
        return replace(self, times=self.times + 1)


@dataclass(frozen=True, slots=True)
class ScanRate:
    """How well a scan group, the tags of a device that are read together, keeps to its period. configured, achieved: polls a
    second over the last minute. lag: how late a poll began, at worst in the last minute or two. overruns: polls left out since
    the start because the one before took too long."""

    device: str
    every: Span
    tags: int
    configured: float
    achieved: float
    lag: Span
    overruns: int


@dataclass(frozen=True, slots=True)
class Strain:
    """What a configuration asks of a connection beyond what it can carry. device: its name; tag: the key of one whose
    own period it is about, empty: that of the device. refused: it can never be; else there is hardly room for it. key: of the
    connection or the tag, where it is written."""

    device: str
    tag: str
    phrase: Phrase
    refused: bool
    key: str = "every"


@runtime_checkable
class Scanning(Protocol):
    """What a driver that polls has beside `Driver`."""

    def scans(self) -> Sequence[ScanRate]:
        """One a scan group, in the order of the devices."""


@runtime_checkable
class Explaining(Protocol):
    """What a driver is besides, that knows why a device cannot be heard."""

    def losses(self) -> Mapping[str, str]:
        """Why, of each device that is lost now, as the log says it."""


@runtime_checkable
class Refusing(Protocol):
    """What a driver is besides, whose devices may refuse some of their tags and give the others."""

    def refused_tags(self) -> Mapping[str, RefusedInput]:
        """Of each tag that is bad now because its device does not give it, what it said."""


class WriteEnd(StrEnum):
    """What became of a write, as far as the wire tells."""

    DONE = "done"
    """The device said yes. Where there is nobody to say so (a publication), it has left us, and only a read-back can tell."""
    REFUSED = "refused"
    """The device said no, or its point takes no writes: nothing was changed."""
    NOT_SENT = "not_sent"
    """There is no connection, or none in time: nothing has left us."""
    UNKNOWN = "unknown"
    """It was sent, and no answer came that counts: it may have been carried out. Nobody sends it again."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """detail: for the record, what the device said or why nothing was sent; empty for a plain yes."""

    end: WriteEnd
    detail: str = ""


class Driver(Protocol):
    """One connection and all the devices behind it; each is isolated from the others."""

    @property
    def name(self) -> str:
        """For task names, logs and metrics: `modbus 10.0.0.5:502`."""

    def batches(self) -> AsyncIterator[Batch]:
        """Never ends; stop it by closing the iterator or cancelling the task."""

    def rates(self) -> Mapping[str, tuple[float, float]]:
        """Per device: (configured, achieved) polls or messages a second over the last minute; configured 0 = unsolicited."""

    def counters(self) -> Mapping[tuple[str, str], int]:
        """Per (device, what happened): how often since the start. The words are closed sets, listed in each driver's README."""

    def refused_inputs(self) -> Sequence[RefusedInput]:
        """In the order in which each first came; bounded."""

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        """One value, in the tag's unit, to one of its tags; in turn with what it reads. At most one request that changes
        anything leaves us, whatever happens. Never raises for a device. Whether it may be written is decided before."""

    async def read_back(self, tag: str) -> float | str | None:
        """What a tag is now, asked for outside its turn, in its unit; None: nobody can tell now."""


@runtime_checkable
class TakesAcknowledgements(Protocol):
    """What a driver is besides, whose devices raise alarms of their own and let us acknowledge them."""

    async def acknowledge(self, tag: str, comment: str) -> WriteAnswer:
        """The alarm that a tag shows, as it was told of last. DONE also when somebody has acknowledged it there before. At most
        one request leaves us. Never raises for a device."""


@dataclass(frozen=True, slots=True)
class Opening:
    """All a driver is given. slots: tag name to slot of the layout. secret: reveals a secret reference of the configuration."""

    devices: Sequence[Device]
    slots: Mapping[str, int]
    clock: Clock
    links: Links
    secret: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A row of `drivers/catalog.py`. connection: model of a device's `connection:`; point: model of what a tag says beyond the
    fields that every tag has. factory: dotted path `package.module:function` of `(Opening) -> Sequence[Driver]`, imported when
    a plant uses it, and given all the devices of that protocol at once. outline: dotted path of
    `(Sequence[Device]) -> Sequence[Outline]`, what it is going to ask of them. strain: dotted path of
    `(Sequence[Device]) -> Sequence[Strain]`, what is too much for their connections; empty: that cannot be told."""

    name: str
    connection: type[BaseModel]
    point: type[Point]
    factory: str
    outline: str
    strain: str = ""
