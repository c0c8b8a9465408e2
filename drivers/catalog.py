"""The drivers there are. Nothing happens by importing: a driver's code is loaded when a plant uses it."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.base import DriverRow
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import MqttConnection, MqttPoint

_ROWS = (
    DriverRow("modbus", ModbusConnection, ModbusPoint, "drivers.modbus.driver:open_drivers", "drivers.modbus.outline:outline"),
    DriverRow("mqtt", MqttConnection, MqttPoint, "drivers.mqtt.driver:open_drivers", "drivers.mqtt.outline:outline"),
)

DRIVERS: Mapping[str, DriverRow] = {row.name: row for row in _ROWS}
