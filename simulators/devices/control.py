"""What a control request does to a running line, and the answer: method, path and body in, status and JSON out.

    POST /set     {"point": "CRM.ST3.MOTOR.de_temp", "value": 86}
    POST /ramp    {"point": ..., "to": 86, "over": "40s"}
    POST /settle  {"point": ..., "to": 86, "time_constant": "40s"}
    POST /release {"point": ...}
    POST /break   {"point": ..., "as": "open"}              or "short", or what the broken sensor shows
    POST /fail    {"machine": "CRM.ST3.MOTOR"}
    POST /mend    {"machine": ...}                          or {"point": ...}: its sensor
    POST /halt    {"line": "MILL", "over": "5s"}
    POST /resume  {"line": "MILL"}
    POST /play    {"upset": "strip_break"}
    POST /faults  {"seed": 1, "faults": [{"kind": "delay", "by": "300ms"}]}         an empty list ends all faults
    GET  /state

Not here: the socket and HTTP (`control_server.py`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from simulators.devices.clock import Clock
from simulators.devices.fields import Located, Problem, did_you_mean, locate
from simulators.devices.line import Play, SimulatedLine, UnknownSubject
from simulators.devices.machine import SimulatedMachine
from simulators.devices.modbus_server import ModbusServer
from simulators.devices.mqtt_publisher import MqttPublisher
from simulators.devices.script import Verb, read_action, read_faults
from simulators.steering import Fail, Halt, Mend, Resume

VERBS = {verb.value: verb for verb in Verb}
POST_PATHS = ["/faults", *(f"/{name}" for name in VERBS)]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and what stands in the JSON body."""

    status: int
    body: dict[str, Any]


class Control:
    """The door to a running line. `modbus` and `mqtt` are None where the plan has no such machine."""

    def __init__(self, line: SimulatedLine, clock: Clock, modbus: ModbusServer | None, mqtt: MqttPublisher | None) -> None:
        self._line = line
        self._clock = clock
        self._modbus = modbus
        self._mqtt = mqtt

    async def answer(self, method: str, path: str, body: bytes) -> Reply:
        """Never raises for what a client sends: 400 says what is wrong, 404 what is not there."""
        if (method, path) == ("GET", "/state"):
            return Reply(200, self._state())
        if path not in POST_PATHS or method != "POST":
            return _refused(404, f"no {method} {path}{did_you_mean(path, POST_PATHS)}; GET /state, POST {' '.join(POST_PATHS)}")
        try:
            asked = locate(json.loads(body))
            return await self._set_faults(asked) if path == "/faults" else self._act(VERBS[path[1:]], asked)
        except UnknownSubject as problem:
            return _refused(404, str(problem))
        except (Problem, ValueError, RecursionError) as problem:
            return _refused(400, str(problem))

    def _act(self, verb: Verb, asked: Located) -> Reply:
        subject, action = read_action(verb, asked)
        now = self._clock.now()
        self._line.act(subject, action, now)
        happened = {"changed_at": self._clock.wall_of(now), "simulated_at": now}
        if isinstance(action, Play):
            return Reply(200, {"upset": subject, "actions": len(self._line.upsets[subject]), **happened})
        if isinstance(action, Halt | Resume):
            return Reply(200, {"line": subject, "halted": isinstance(action, Halt), **happened})
        if subject in self._line.machines and isinstance(action, Fail | Mend):
            reachable = self._line.machine(subject).is_reachable(now)
            return Reply(200, {"machine": subject, "reachable": reachable, **happened})
        machine, point = self._line.point(subject)
        return Reply(200, {"point": subject, "value": _shown(machine.shown(point, now)), **happened})

    async def _set_faults(self, asked: Located) -> Reply:
        plan = read_faults(asked)
        if self._modbus is None:
            return _refused(404, "the plan has no Modbus machine, so there is no server to disturb")
        await self._modbus.set_faults(plan)
        now = self._clock.now()
        return Reply(200, {"faults": len(plan.faults), "changed_at": self._clock.wall_of(now), "simulated_at": now})

    def _state(self) -> dict[str, Any]:
        now = self._clock.now()
        state: dict[str, Any] = {
            "simulated_now": now,
            "wall_now": self._clock.wall_of(now),
            "machines": {name: self._machine_state(machine, now) for name, machine in self._line.machines.items()},
        }
        if self._modbus is not None:
            faults = [type(fault).__name__ for fault in self._modbus.faults.faults]
            state["modbus"] = {"port": self._modbus.port, "requests": self._modbus.requests, "faults": faults}
        if self._mqtt is not None:
            state["mqtt"] = {"connected": self._mqtt.connected, "published": self._mqtt.published}
        return state

    def _machine_state(self, machine: SimulatedMachine, now: int) -> dict[str, Any]:
        points: dict[str, dict[str, Any]] = {}
        for point in machine.points:
            changed_at = machine.changed_at(point, now)
            points[point] = {
                "value": _shown(machine.shown(point, now)),
                "changed_at": None if changed_at is None else self._clock.wall_of(changed_at),
                **({"broken": True} if machine.is_broken(point, now) else {}),
            }
        return {"reachable": machine.is_reachable(now), "points": points}


def _refused(status: int, reason: str) -> Reply:
    return Reply(status, {"error": reason})


def _shown(value: float | str) -> float | str:
    """JSON has no NaN and no infinity."""
    return value if isinstance(value, str) or math.isfinite(value) else str(value)
