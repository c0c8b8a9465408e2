"""A simulated line: all machines of a plan, found by unit id, topic or name. Pure, and the door for virtual time.

Production lines (`production.py`) and upsets (named lists of actions) belong to it too.

Not here: sockets, clocks and files. `modbus_server.py` and `mqtt_publisher.py` put the same line on the wire.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulators.devices.machine import Payload, SimulatedMachine
from simulators.devices.modbus_unit import ExceptionCode
from simulators.devices.mqtt_topic import PayloadLayout
from simulators.devices.production import ProductionLine
from simulators.devices.quantities import Quantities
from simulators.steering import Break, Fail, Halt, Mend, PointAction, Resume


@dataclass(frozen=True, slots=True)
class Play:
    """An upset begins: each of its actions happens at its own offset from now."""


Action = PointAction | Break | Fail | Mend | Halt | Resume | Play

Upset = tuple[tuple[int, str, Action], ...]
"""Offset in µs, subject and action of each entry, in order of time."""


class UnknownSubject(Exception):
    """Nothing on the line has this name. The text says what comes close."""


class SimulatedLine:
    """Machines that share a Modbus server and a broker.

    Raises ValueError if two machines share a name or a unit id.
    """

    def __init__(self, machines: Iterable[SimulatedMachine] = ()) -> None:
        self.machines: dict[str, SimulatedMachine] = {}
        self.quantities = Quantities()
        self.schedules: dict[str, ProductionLine] = {}
        self.upsets: Mapping[str, Upset] = {}
        self._machine_of_unit: dict[int, SimulatedMachine] = {}
        for machine in machines:
            self.add(machine)

    def add(self, machine: SimulatedMachine) -> None:
        """Put one more machine on the line. Raises ValueError for a name or a unit id that is taken."""
        if machine.name in self.machines:
            raise ValueError(f"two machines are called {machine.name}")
        if (unit := machine.unit_id) is not None:
            if unit in self._machine_of_unit:
                raise ValueError(f"{machine.name}: unit_id {unit} already belongs to {self._machine_of_unit[unit].name}")
            self._machine_of_unit[unit] = machine
        self.machines[machine.name] = machine

    def script(self, at: int, subject: str, action: Action) -> None:
        """Let something happen later, unless a hand has its way by then. Raises as `act` does."""
        match action:
            case Play():
                for offset, other, happening in self._upset(subject):
                    self.script(at + offset, other, happening)
            case Halt() | Resume():
                self._schedule(subject).command(at, action)
                self.quantities.changed()
            case Fail():
                self.machine(subject).unreachable(True, at)
            case Mend() if subject in self.machines:
                self.machine(subject).unreachable(False, at)
            case Mend():
                machine, point = self.point(subject)
                machine.mend_sensor(point, at)
            case _:
                machine, point = self.point(subject)
                machine.script(point, at, action)

    @property
    def units(self) -> list[int]:
        """The Modbus unit ids that answer."""
        return sorted(self._machine_of_unit)

    @property
    def topics(self) -> list[str]:
        """The MQTT topics that are published."""
        faces = (machine.face for machine in self.machines.values())
        return [face.topic.topic for face in faces if isinstance(face, PayloadLayout)]

    def read(self, unit: int, function: int, address: int, count: int, now: int) -> bytes | ExceptionCode | None:
        """Answer a Modbus read as `SimulatedMachine.read` does; None (silence) for a unit that is not there."""
        machine = self._machine_of_unit.get(unit)
        return None if machine is None else machine.read(unit, function, address, count, now)

    def write(self, unit: int, function: int, address: int, data: bytes, now: int) -> bytes | ExceptionCode | None:
        """Take a Modbus write as `SimulatedMachine.write` does; None (silence) for a unit that is not there."""
        machine = self._machine_of_unit.get(unit)
        return None if machine is None else machine.write(unit, function, address, data, now)

    def due_payloads(self, since: int, now: int) -> list[Payload]:
        """All MQTT payloads that fall due after `since` and not after `now`, in order of time."""
        due = [entry for machine in self.machines.values() for entry in machine.due_payloads(since, now)]
        return [payload for _, payload in sorted(due, key=lambda entry: entry[0])]

    def next_payload_at(self, after: int) -> int | None:
        """The next moment at which any machine publishes; None if none ever does."""
        faces = (machine.face for machine in self.machines.values())
        return min((face.topic.due_after(after) for face in faces if isinstance(face, PayloadLayout)), default=None)

    def retained_payloads(self, now: int) -> list[Payload]:
        """What stands on the retained topics now; a publisher repeats it to a broker that may have lost it."""
        return [
            (topic, body, machine.face.topic.qos, True)
            for machine in self.machines.values()
            if isinstance(machine.face, PayloadLayout) and machine.face.topic.retain and machine.is_reachable(now)
            for topic, body in machine.payloads(now)
        ]

    def act(self, subject: str, action: Action, now: int) -> None:
        """Do one thing to a point (`MACHINE.point`), a machine (Fail, Mend), a production line or an upset, from `now` on.

        What an upset does counts as scripted: a point that a hand holds stays held.
        Raises UnknownSubject, or ValueError if the point cannot show the value.
        """
        if isinstance(action, Play | Halt | Resume | Fail | Mend):
            self.script(now, subject, action)
        else:
            machine, point = self.point(subject)
            machine.steer(point, action, now)

    def check(self, subject: str, action: Action) -> None:
        """Raises what `act` would raise, and does nothing. An upset cannot play another one."""
        match action:
            case Play():
                raise ValueError("an upset plays no other upset")
            case Halt() | Resume():
                self._schedule(subject)
            case Fail():
                self.machine(subject)
            case Mend() if subject in self.machines:
                pass
            case Mend():
                self.point(subject)
            case _:
                machine, point = self.point(subject)
                machine.check(point, action)

    def machine(self, name: str) -> SimulatedMachine:
        """The machine of this name. Raises UnknownSubject."""
        if name not in self.machines:
            raise _unknown("machine", name, self.machines)
        return self.machines[name]

    def point(self, subject: str) -> tuple[SimulatedMachine, str]:
        """The machine and the name of its point that `MACHINE.point` means. Raises UnknownSubject."""
        name, _, point = subject.rpartition(".")
        if name not in self.machines or point not in self.machines[name].points:
            known = (f"{machine.name}.{each}" for machine in self.machines.values() for each in machine.points)
            raise _unknown("point", subject, known)
        return self.machines[name], point

    def _schedule(self, name: str) -> ProductionLine:
        if name not in self.schedules:
            raise _unknown("production line", name, self.schedules)
        return self.schedules[name]

    def _upset(self, name: str) -> Upset:
        if name not in self.upsets:
            raise _unknown("upset", name, self.upsets)
        return self.upsets[name]


def _unknown(kind: str, subject: str, known: Iterable[str]) -> UnknownSubject:
    near = difflib.get_close_matches(subject, list(known), n=1)
    hint = f', did you mean "{near[0]}"?' if near else ""
    return UnknownSubject(f'no {kind} is called "{subject}"{hint}')
