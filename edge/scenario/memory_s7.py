"""The memory of a simulated S7 CPU: what the machines of a scenario show, laid down where the plant's tags say.

Reads are laid out anew each time, from what the machines show at that moment; what is written holds the machine's point at
that value, as a hand does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from drivers.measuring import Measuring, raw_of
from drivers.s7.codec import Decoder
from drivers.s7.config import S7Point
from drivers.s7.layout import PointType
from drivers.s7.memory import MemoryCpu
from drivers.s7.plan import plan_reads
from edge.model.sample import Quality
from edge.model.tag import Device, Tag
from edge.ports import Clock
from simulators.devices.machine import SimulatedMachine

_FORM = {
    PointType.INT8: ">b",
    PointType.UINT8: ">B",
    PointType.INT16: ">h",
    PointType.UINT16: ">H",
    PointType.INT32: ">i",
    PointType.UINT32: ">I",
    PointType.INT64: ">q",
    PointType.UINT64: ">Q",
    PointType.FLOAT32: ">f",
    PointType.FLOAT64: ">d",
}


class SimulatedCpu(MemoryCpu):
    """The devices of a plant that are parts of one CPU; each with its machine."""

    def __init__(self, clock: Clock) -> None:
        super().__init__({})
        self._clock = clock
        self._parts: list[tuple[Device, SimulatedMachine]] = []

    def add(self, device: Device, machine: SimulatedMachine) -> None:
        self._parts.append((device, machine))
        for _, point, _ in _points([(device, machine)]):
            place = (str(point.address.area), point.address.block)
            missing = point.address.byte + point.width - len(self.areas.get(place, b""))
            self.areas[place] = self.areas.get(place, bytearray()) + bytes(max(missing, 0))

    def is_there(self) -> bool:
        """One CPU: it is gone when any of its machines is."""
        return all(machine.is_reachable(self._clock.now()) for _, machine in self._parts)

    def bytes_at(self, area: str, block: int, start: int, count: int) -> bytearray:
        now = self._clock.now()
        held = super().bytes_at(area, block, start, count)
        for tag, point, machine in _points(self._parts):
            if (str(point.address.area), point.address.block) == (area, block):
                _lay(held, tag, point, machine.shown(tag.key, now))
        return held

    def put(self, area: str, block: int, start: int, data: bytes) -> None:
        held = self.bytes_at(area, block, start, len(data))
        before = bytes(held)
        held[start : start + len(data)] = data
        now = self._clock.now()
        for tag, point, machine in _points(self._parts):
            place = slice(point.address.byte, point.address.byte + point.width)
            if (str(point.address.area), point.address.block) == (area, block) and before[place] != held[place]:
                machine.override(tag.key, _read(bytes(held[place]), tag, point), now)


def _points(parts: Sequence[tuple[Device, SimulatedMachine]]) -> Iterator[tuple[Tag, S7Point, SimulatedMachine]]:
    for device, machine in parts:
        for tag in device.tags:
            if isinstance(tag.point, S7Point):
                yield tag, tag.point, machine


def _lay(held: bytearray, tag: Tag, point: S7Point, shown: float | str) -> None:
    first = point.address.byte
    if isinstance(shown, str):
        wide = point.kind is PointType.WSTRING
        length = point.length or 0
        characters = shown.encode("utf-16-be" if wide else str(point.encoding or "utf-8"))[: 2 * length if wide else length]
        header = struct.pack(">HH", length, len(characters) // 2) if wide else bytes([length, len(characters)])
        held[first : first + point.width] = (header + characters).ljust(point.width, b"\0")
    elif point.kind is PointType.BOOL:
        bit = 1 << (point.address.bit or 0)
        held[first] = held[first] | bit if shown else held[first] & ~bit
    else:
        raw = raw_of(shown, tag.measure)
        form = _FORM[point.kind]
        held[first : first + point.width] = struct.pack(form, raw if form[1] in "fd" else round(raw))


def _read(data: bytes, tag: Tag, point: S7Point) -> float | str:
    """What a point is by its own bytes."""
    (read,) = plan_reads([point], [0], bytes_max=point.width)
    decoder = Decoder(read, [point])
    decoded = decoder.decode(data)
    measured = Measuring([tag.measure]).measure(decoder.positions, decoded.raw, decoded.text)
    return decoded.text.get(0, float(measured.value[0]) if measured.quality[0] == Quality.GOOD else float(decoded.raw[0]))
