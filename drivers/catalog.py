"""The drivers there are. Nothing happens by importing: a driver's code is loaded when a plant uses it."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.base import DriverRow
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.s7.config import S7Connection, S7Point

_ROWS = (
    DriverRow("modbus", ModbusConnection, ModbusPoint, "drivers.modbus.driver:open_drivers", "drivers.modbus.outline:outline"),
    DriverRow("mqtt", MqttConnection, MqttPoint, "drivers.mqtt.driver:open_drivers", "drivers.mqtt.outline:outline"),
    DriverRow("s7", S7Connection, S7Point, "drivers.s7.driver:open_drivers", "drivers.s7.outline:outline"),
)

DRIVERS: Mapping[str, DriverRow] = {row.name: row for row in _ROWS}
