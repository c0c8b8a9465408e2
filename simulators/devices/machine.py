"""A simulated machine: points that show signals, seen over Modbus or MQTT, steered by a script and by hand. Pure.

Theory of operation. Each point has two timelines on top of each other: the script's over the point's own signal, the
hand's over the script's. So a value held by hand beats the script, and a release shows what the script says by then.
Texts, broken sensors, and whether the machine can be reached are lists of changes for script and hand together: the
latest that has begun counts. All questions take `now`; the machine reads no clock, opens nothing and can be driven on
virtual time.

What a point *is* and what it *shows* differ: others that depend on it (`quantities.py`) see the former, steered as it may
be; the wire shows the latter, with the sensor's noise and steps, or what a broken sensor shows.

Not here: which unit id or topic belongs to which machine of a plant (`line.py`), sockets and files.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable
from functools import partial
from typing import cast

from simulators.devices.changes import Changes
from simulators.devices.encoding import misfit, text_misfit
from simulators.devices.modbus_unit import ExceptionCode, ModbusUnit
from simulators.devices.modbus_write import echo_of
from simulators.devices.mqtt_topic import PayloadLayout
from simulators.devices.point import Point, Table, TextSignal
from simulators.devices.quantities import Quantities
from simulators.signals import Signal
from simulators.steering import Break, PointAction, RampTo, Release, SensorFault, Set, SettleTo, Timeline, timeline

COURSES_MAX = 64
"""So many past actions by hand are remembered of a point, so many past failures of a machine; older ones are forgotten."""
SCRIPT_MAX = 1000
"""So many scripted actions are remembered of a point."""

Payload = tuple[str, bytes, int, bool]
"""topic, payload, qos, retain"""


class SimulatedMachine:
    """One machine with its points, behind one Modbus unit id, one MQTT topic, or nothing (a place for quantities).

    quantities: where its points are known to the points of other machines.
    """

    def __init__(
        self,
        name: str,
        points: Iterable[Point],
        face: ModbusUnit | PayloadLayout | None,
        quantities: Quantities | None = None,
    ) -> None:
        self.name = name
        self.points = {point.name: point for point in points}
        self.face = face
        self._by_hand: dict[str, Timeline] = {}
        self._scripts: dict[str, list[tuple[int, PointAction]]] = {}
        self._texts: dict[str, Changes[str | None]] = {}
        self._broken: dict[str, Changes[float | None]] = {}
        self._reachable = Changes(True, COURSES_MAX)
        self._known = known = Quantities() if quantities is None else quantities
        for point in self.points.values():
            if point.is_text:
                self._texts[point.name] = Changes(None, COURSES_MAX)
                known.texts[f"{name}.{point.name}"] = partial(self.text, point.name)
            else:
                self._by_hand[point.name] = timeline(timeline(cast(Signal, point.signal)))
                known.numbers[f"{name}.{point.name}"] = partial(self.quantity, point.name)

    @property
    def unit_id(self) -> int | None:
        return self.face.unit_id if isinstance(self.face, ModbusUnit) else None

    def value(self, point: str, now: int) -> float:
        """What the point shows, in engineering units, before the wire rounds it. KeyError: no such point of numbers."""
        if (broken := self._broken.get(point)) is not None and (shown := broken.at(now)) is not None:
            return shown
        return self._by_hand[point].value(now)

    def quantity(self, point: str, now: int) -> float:
        """What the point is, whatever its sensor makes of it. KeyError: no such point of numbers."""
        return self._by_hand[point].undisturbed(now)

    def text(self, point: str, now: int) -> str:
        """What a point of type string shows. KeyError: no such point of texts."""
        held = self._texts[point].at(now)
        return cast(TextSignal, self.points[point].signal).text(now) if held is None else held

    def shown(self, point: str, now: int) -> float | str:
        """`value` or `text`, whichever the point has. KeyError: no such point."""
        return self.text(point, now) if point in self._texts else self.value(point, now)

    def is_reachable(self, now: int) -> bool:
        return self._reachable.at(now)

    def is_broken(self, point: str, now: int) -> bool:
        return (broken := self._broken.get(point)) is not None and broken.at(now) is not None

    def changed_at(self, point: str, now: int) -> int | None:
        """When a hand or the script last did something to the point; None: never yet. KeyError: no such point."""
        changes = [each[point].begun_at(now) for each in (self._texts, self._broken) if point in each]
        if point not in self._texts:
            by_hand = self._by_hand[point]
            scripted = by_hand.base
            courses = [*by_hand.courses, *(scripted.courses if isinstance(scripted, Timeline) else ())]
            changes += [begun_at for begun_at, _ in courses if begun_at <= now]
        return max((at for at in changes if at is not None), default=None)

    # Steering

    def script(self, point: str, at: int, action: PointAction | Break) -> None:
        """Add an action to the script of a point; entries may come in any order, but not for a moment already asked about.

        Raises KeyError for an unknown point, ValueError for a value the point cannot show.
        """
        if self._changed(point, action, at):
            return
        assert not isinstance(action, Break)
        entries = self._scripts.setdefault(point, [])
        insort(entries, (at, action), key=lambda entry: entry[0])
        del entries[:-SCRIPT_MAX]
        self._by_hand[point] = self._by_hand[point].over(timeline(cast(Signal, self.points[point].signal), entries))

    def steer(self, point: str, action: PointAction | Break, now: int) -> None:
        """Do one thing by hand. KeyError: no such point; ValueError: it cannot show that value, or time ran back."""
        if self._changed(point, action, now):
            return
        assert not isinstance(action, Break)
        self._by_hand[point] = self._by_hand[point].then(now, action).youngest(COURSES_MAX)

    def mend_sensor(self, point: str, at: int) -> None:
        """Let a point show what it is again. KeyError: no such point."""
        self._broken.setdefault(self.points[point].name, Changes(None, COURSES_MAX)).add(at, None)

    def override(self, point: str, value: float | str, now: int) -> None:
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
        self._reachable.add(now, not is_unreachable)

    # Seen over Modbus

    def registers(self, now: int) -> dict[Table, dict[int, int]]:
        """What stands in each table: address to bit or 16-bit register. Empty tables for an MQTT machine."""
        if not isinstance(self.face, ModbusUnit):
            return {table: {} for table in Table}
        return self.face.image(lambda point: self.shown(point.name, now))

    def read(self, unit: int, function: int, address: int, count: int, now: int) -> bytes | ExceptionCode | None:
        """Answer a Modbus read: big-endian registers or packed bits, an exception code, or None for silence.

        Silent are a machine that cannot be reached, another unit id and an MQTT machine.
        """
        if not isinstance(self.face, ModbusUnit) or unit != self.face.unit_id or not self.is_reachable(now):
            return None
        return self.face.answer(function, address, count, lambda point: self.shown(point.name, now))

    def write(self, unit: int, function: int, address: int, data: bytes, now: int) -> bytes | ExceptionCode | None:
        """Take a Modbus write: its points are held at what was written, as by hand. What follows the function code in the
        answer, an exception code, or None for silence, as of `read`."""
        if not isinstance(self.face, ModbusUnit) or unit != self.face.unit_id or not self.is_reachable(now):
            return None
        made = self.face.take(function, address, data, lambda point: self.shown(point.name, now))
        if isinstance(made, ExceptionCode):
            return made
        for point, value in made.items():
            if not isinstance(value, str) and not math.isfinite(value):
                return ExceptionCode.ILLEGAL_DATA_VALUE
            self.override(point, value, now)
        return echo_of(function, address, data)

    # Seen over MQTT

    def payloads(self, now: int) -> list[tuple[str, bytes]]:
        """What the machine would publish at this moment: (topic, JSON), none for a Modbus machine."""
        if not isinstance(self.face, PayloadLayout):
            return []
        return [(self.face.topic.topic, self.face.payload(lambda point: self.shown(point.name, now), now))]

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

    def _changed(self, point: str, action: PointAction | Break, at: int) -> bool:
        """Take what is no course of a timeline: a text, a broken sensor. ValueError: the point cannot show it."""
        self.check(point, action)
        self._known.changed()
        if isinstance(action, Break):
            self._broken.setdefault(point, Changes(None, COURSES_MAX)).add(at, self._shown_broken(point, action.shown))
            return True
        if point not in self._texts:
            return False
        self._texts[point].add(at, str(action.value) if isinstance(action, Set) else None)
        return True

    def _shown_broken(self, point: str, shown: SensorFault | float) -> float:
        if not isinstance(shown, SensorFault):
            return shown
        value = self.points[point].wires.shown(shown)
        assert value is not None, "checked before"
        return value

    def check(self, point: str, action: PointAction | Break) -> None:
        """Raises ValueError if the point cannot show what the action would have it show; KeyError: no such point."""
        place = self.points[point]
        match action:
            case Set(value) | RampTo(to=value) | SettleTo(to=value) | Break(shown=value):
                problem = self._misfit(place, value)
            case Release():
                problem = None
        if problem:
            raise ValueError(f"{self.name}.{point}: {problem}")

    def _misfit(self, place: Point, value: float | str | SensorFault) -> str | None:
        if isinstance(value, SensorFault):
            return None if place.wires.shown(value) is not None else f"the plan does not say what it shows when {value.value}"
        if isinstance(value, str):
            return text_misfit(value, place.part) if place.is_text else f'must be a number, is "{value[:40]}"'
        if place.is_text:
            return "shows a text: set a text or release it"
        if isinstance(self.face, PayloadLayout) and not math.isfinite(value):
            return f"JSON has no word for {value}"
        return misfit(value, place.value_type, place.scale)
