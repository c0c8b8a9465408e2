"""The live `Links`: every protocol's link over sockets. `memory.py` is its twin for scenarios."""

from __future__ import annotations

from drivers.modbus.link import SocketModbusLink
from drivers.mqtt.link import SocketMqttLink
from drivers.opcua.absent import AbsentOpcUaLink
from drivers.s7.absent import AbsentS7Link
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


class SocketLinks:
    """Opens links over sockets. clock: for the time at which messages arrive.

    Libraries are loaded where a plant uses them: some are extras that may be missing, and some take a moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> ModbusLink:
        return SocketModbusLink(host, port, access, timeout_s=timeout_s)

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink:
        return SocketMqttLink(host, port, access, clock=self._clock)

    def s7(self, host: str, port: int, *, rack: int, slot: int, kind: int, timeout_s: float) -> S7Link:
        try:
            from drivers.s7.link import SocketS7Link
        except ImportError:
            return AbsentS7Link()
        return SocketS7Link(host, port, rack=rack, slot=slot, kind=kind, timeout_s=timeout_s)

    def opcua(self, access: OpcUaAccess) -> OpcUaLink:
        try:
            from drivers.opcua.link import SocketOpcUaLink
        except ImportError:
            return AbsentOpcUaLink(access.url, self._clock)
        return SocketOpcUaLink(access, clock=self._clock)

    def recording(self, source: RecordingSource) -> RecordingLink:
        from drivers.replay.link import ThreadRecordingLink

        return ThreadRecordingLink(source)

    def pulses(self, host: str, port: int) -> PulseLink:
        from drivers.pulse.link import SocketPulseLink

        return SocketPulseLink(host, port)
