"""Opens links: over sockets live, in memory in scenarios."""

from __future__ import annotations

from typing import Protocol

from edge.ports.modbus import PLAIN_TCP, ModbusAccess, ModbusLink
from edge.ports.mqtt import MqttAccess, MqttLink
from edge.ports.opcua import OpcUaAccess, OpcUaLink
from edge.ports.pulse import PulseLink
from edge.ports.recording import RecordingLink, RecordingSource
from edge.ports.s7 import S7Link


class Links(Protocol):
    """Opens links: over sockets live, in memory in scenarios."""

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> ModbusLink:
        """host: of a serial line the path of its port, and port 0."""

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink: ...

    def opcua(self, access: OpcUaAccess) -> OpcUaLink: ...

    def s7(self, host: str, port: int, *, rack: int, slot: int, kind: int, timeout_s: float) -> S7Link: ...

    def recording(self, source: RecordingSource) -> RecordingLink: ...

    def pulses(self, host: str, port: int) -> PulseLink:
        """host: an address of this machine, or all of them."""
