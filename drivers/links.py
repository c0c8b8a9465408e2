"""The live `Links`: every protocol's link over sockets. `memory.py` is its twin for scenarios."""

from __future__ import annotations

from drivers.modbus.link import SocketModbusLink
from drivers.mqtt.link import SocketMqttLink
from edge.ports import Clock, ModbusLink, MqttLink


class SocketLinks:
    """Opens links over sockets. clock: for the time at which messages arrive."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def modbus(self, host: str, port: int, *, timeout_s: float) -> ModbusLink:
        return SocketModbusLink(host, port, timeout_s=timeout_s)

    def mqtt(self, host: str, port: int, *, client_id: str, username: str | None, password: str | None) -> MqttLink:
        return SocketMqttLink(host, port, client_id=client_id, username=username, password=password, clock=self._clock)
