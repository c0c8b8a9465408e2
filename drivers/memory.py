"""`Links` in memory: a plant's addresses bound to functions and brokers of this process, for scenarios and tests."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.base import ConnectionLost
from drivers.modbus.memory import Answer, MemoryModbusLink
from drivers.mqtt.memory import MemoryMqttBroker, MemoryMqttLink
from edge.ports import Clock, ModbusLink, MqttAccess, MqttLink


class MemoryLinks:
    """modbus, mqtt: what stands at (host, port). An address that is not listed refuses connections."""

    def __init__(
        self,
        clock: Clock,
        *,
        modbus: Mapping[tuple[str, int], Answer],
        mqtt: Mapping[tuple[str, int], MemoryMqttBroker],
    ) -> None:
        # Host names do not depend on letter case, and drivers group devices accordingly.
        self._clock = clock
        self._modbus = {(host.lower(), port): answer for (host, port), answer in modbus.items()}
        self._mqtt = {(host.lower(), port): broker for (host, port), broker in mqtt.items()}

    def modbus(self, host: str, port: int, *, timeout_s: float) -> ModbusLink:
        def refuse(unit: int, function: int, address: int, count: int) -> None:
            raise ConnectionLost(f"{host}:{port}: no connection")

        answer = self._modbus.get((host.lower(), port), refuse)
        return MemoryModbusLink(answer, self._clock, timeout=round(timeout_s * 1_000_000))

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink:
        broker = self._mqtt.get((host.lower(), port))
        if broker is None:
            broker = MemoryMqttBroker(self._clock)
            broker.cut()
        return MemoryMqttLink(broker, access)
