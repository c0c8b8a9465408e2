"""A simulated machine: points that show signals, seen over Modbus or MQTT, steered by a script and by hand. Pure.

Theory of operation. Each point has two timelines on top of each other: the script's over the point's own signal, the
hand's over the script's. So a value held by hand beats the script, and a release shows what the script says by then.
Whether the machine can be reached is one list of changes for script and hand together: the latest that has begun
counts. All questions take `now`; the machine reads no clock, opens nothing and can be driven on virtual time.

Not here: which unit id or topic belongs to which machine of a plant (`line.py`), sockets and files.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable

from simulators.devices.encoding import misfit
from simulators.devices.modbus_unit import ExceptionCode, ModbusUnit
from simulators.devices.mqtt_topic import PayloadLayout
from simulators.devices.point import Point, Table
from simulators.signals import PointAction, RampTo, Release, Set, SettleTo, Timeline, timeline

COURSES_MAX = 64
"""So many past actions by hand are remembered of a point, so many past failures of a machine; older ones are forgotten."""

Payload = tuple[str, bytes, int, bool]
"""topic, payload, qos, retain"""


class SimulatedMachine:
    """One machine with its points, behind one Modbus unit id or one MQTT topic."""

    def __init__(self, name: str, points: Iterable[Point], face: ModbusUnit | PayloadLayout) -> None:
        self.name = name
        self.points = {point.name: point for point in points}
        self.face = face
        self._by_hand = {point.name: timeline(timeline(point.signal)) for point in self.points.values()}
        self._scripts: dict[str, list[tuple[int, PointAction]]] = {}
        self._reachable: list[tuple[int, bool]] = []

    @property
    def unit_id(self) -> int | None:
        return self.face.unit_id if isinstance(self.face, ModbusUnit) else None

    def value(self, point: str, now: int) -> float:
        """What the point shows, in engineering units, before the wire rounds it. KeyError: no such point."""
        return self._by_hand[point].value(now)

    def is_reachable(self, now: int) -> bool:
        begun = bisect_right(self._reachable, now, key=lambda change: change[0])
        return begun == 0 or self._reachable[begun - 1][1]

    def changed_at(self, point: str, now: int) -> int | None:
        """When a hand or the script last did something to the point; None: never yet. KeyError: no such point."""
        by_hand = self._by_hand[point]
        scripted = by_hand.base
        courses = [*by_hand.courses, *(scripted.courses if isinstance(scripted, Timeline) else ())]
        return max((begun_at for begun_at, _ in courses if begun_at <= now), default=None)

    # Steering

    def script(self, point: str, at: int, action: PointAction) -> None:
        """Add an action to the script of a point; entries may come in any order, before the hand does anything.

        Raises KeyError for an unknown point, ValueError for a value the point cannot show.
        """
        self._check(point, action)
        entries = self._scripts.setdefault(point, [])
        insort(entries, (at, action), key=lambda entry: entry[0])
        self._by_hand[point] = timeline(timeline(self.points[point].signal, entries))

    def steer(self, point: str, action: PointAction, now: int) -> None:
        """Do one thing by hand. KeyError: no such point; ValueError: it cannot show that value, or time ran back."""
        self._check(point, action)
        self._by_hand[point] = self._by_hand[point].then(now, action).youngest(COURSES_MAX)

    def override(self, point: str, value: float, now: int) -> None:
        """Hold a point at exactly this value until it is released."""
        self.steer(point, Set(value), now)

    def ramp(self, point: str, to: float, over_us: int, now: int) -> None:
        """Take a point on a straight line from where it is to `to`, and hold it there until it is released."""
        self.steer(point, RampTo(to, over_us), now)

    def settle(self, point: str, to: float, time_constant_us: int, now: int) -> None:
        """Let a point creep to `to` as a first-order lag, and hold it there until it is released."""
        self.steer(point, SettleTo(to, time_constant_us), now)

    def release(self, point: str, now: int) -> None:
        """Give a point back to its script and signal."""
        self.steer(point, Release(), now)

    def unreachable(self, is_unreachable: bool, now: int) -> None:
        """Cut the machine off (True) or bring it back (False), from `now` on."""
        insort(self._reachable, (now, not is_unreachable), key=lambda change: change[0])
        begun = bisect_right(self._reachable, now, key=lambda change: change[0])
        del self._reachable[: max(0, begun - COURSES_MAX)]

    # Seen over Modbus

    def registers(self, now: int) -> dict[Table, dict[int, int]]:
        """What stands in each table: address to bit or 16-bit register. Empty tables for an MQTT machine."""
        if not isinstance(self.face, ModbusUnit):
            return {table: {} for table in Table}
        return self.face.image(lambda point: self.value(point.name, now))

    def read(self, unit: int, function: int, address: int, count: int, now: int) -> bytes | ExceptionCode | None:
        """Answer a Modbus read: big-endian registers or packed bits, an exception code, or None for silence.

        Silent are a machine that cannot be reached, another unit id and an MQTT machine.
        """
        if not isinstance(self.face, ModbusUnit) or unit != self.face.unit_id or not self.is_reachable(now):
            return None
        return self.face.answer(function, address, count, lambda point: self.value(point.name, now))

    # Seen over MQTT

    def payloads(self, now: int) -> list[tuple[str, bytes]]:
        """What the machine would publish at this moment: (topic, JSON), none for a Modbus machine."""
        if not isinstance(self.face, PayloadLayout):
            return []
        return [(self.face.topic.topic, self.face.payload(lambda point: self.value(point.name, now), now))]

    def due_payloads(self, since: int, now: int) -> list[tuple[int, Payload]]:
        """All that falls due after `since` and not after `now`, each with the moment it was due, in order."""
        if not isinstance(self.face, PayloadLayout):
            return []
        topic = self.face.topic
        due_at = range(topic.due_after(since), now + 1, topic.every_us)
        return [
            (moment, (name, body, topic.qos, topic.retain))
            for moment in due_at
            if self.is_reachable(moment)
            for name, body in self.payloads(moment)
        ]

    def _check(self, point: str, action: PointAction) -> None:
        place = self.points[point]
        value = action.value if isinstance(action, Set) else getattr(action, "to", None)
        if value is None:
            return
        if isinstance(self.face, PayloadLayout) and not math.isfinite(value):
            raise ValueError(f"{self.name}.{point}: JSON has no word for {value}")
        if problem := misfit(value, place.value_type, place.scale):
            raise ValueError(f"{self.name}.{point}: {problem}")
