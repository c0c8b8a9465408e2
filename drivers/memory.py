"""`Links` in memory: a plant's addresses bound to functions and brokers of this process, for scenarios and tests."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.base import ConnectionLost
from drivers.modbus.memory import Answer, MemoryModbusLink, Take, take_nothing
from drivers.mqtt.memory import MemoryMqttBroker, MemoryMqttLink
from drivers.opcua.memory import MemoryOpcUaLink, MemoryOpcUaServer
from drivers.pulse.memory import MemoryPulseLink, MemoryPulsePlace
from drivers.s7.memory import MemoryCpu, MemoryS7Link
from edge.ports import (
    PLAIN_TCP,
    Clock,
    ModbusAccess,
    ModbusLink,
    MqttAccess,
    MqttLink,
    OpcUaAccess,
    OpcUaLink,
    PulseLink,
    RecordingLink,
    RecordingSource,
    S7Link,
)


class MemoryLinks:
    """modbus, mqtt, s7: what stands at (host, port), a serial port at (its path, 0). An address that is not listed refuses
    connections. modbus_writes: what takes writes there; one that is not listed refuses them. opcua: servers, by URL.
    pulses: places at which they come in."""

    def __init__(
        self,
        clock: Clock,
        *,
        modbus: Mapping[tuple[str, int], Answer],
        mqtt: Mapping[tuple[str, int], MemoryMqttBroker],
        s7: Mapping[tuple[str, int], MemoryCpu] | None = None,
        modbus_writes: Mapping[tuple[str, int], Take] | None = None,
        opcua: Mapping[str, MemoryOpcUaServer] | None = None,
        pulses: Mapping[tuple[str, int], MemoryPulsePlace] | None = None,
    ) -> None:
        # Host names do not depend on letter case, and drivers group devices accordingly.
        self._clock = clock
        self._modbus = {(host.lower(), port): answer for (host, port), answer in modbus.items()}
        self._modbus_writes = {(host.lower(), port): take for (host, port), take in (modbus_writes or {}).items()}
        self._opcua = opcua or {}
        self._pulses = pulses or {}
        self._s7 = {(host.lower(), port): cpu for (host, port), cpu in (s7 or {}).items()}
        self._mqtt = {(host.lower(), port): broker for (host, port), broker in mqtt.items()}

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> ModbusLink:
        def refuse(*asked: object) -> None:
            raise ConnectionLost(f"{host}:{port}: no connection")

        place = (host.lower(), port)
        answer = self._modbus.get(place, refuse)
        take = self._modbus_writes.get(place, take_nothing if place in self._modbus else refuse)
        return MemoryModbusLink(answer, self._clock, timeout=round(timeout_s * 1_000_000), take=take)

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink:
        broker = self._mqtt.get((host.lower(), port))
        if broker is None:
            broker = MemoryMqttBroker(self._clock)
            broker.cut()
        return MemoryMqttLink(broker, access)

    def s7(self, host: str, port: int, *, rack: int, slot: int, kind: int, timeout_s: float) -> S7Link:
        return MemoryS7Link(self._s7.get((host.lower(), port)), self._clock, timeout=round(timeout_s * 1_000_000))

    def opcua(self, access: OpcUaAccess) -> OpcUaLink:
        server = self._opcua.get(access.url)
        if server is None:
            server = MemoryOpcUaServer(self._clock)
            server.cut()
        return MemoryOpcUaLink(server)

    def recording(self, source: RecordingSource) -> RecordingLink:
        # Only where a plant replays: DuckDB takes a moment to load.
        from drivers.replay.memory import InlineRecordingLink

        return InlineRecordingLink(source)

    def pulses(self, host: str, port: int) -> PulseLink:
        return MemoryPulseLink(self._pulses.get((host, port)) or MemoryPulsePlace())
