"""The drivers there are. Nothing happens by importing: a driver's code is loaded when a plant uses it."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.base import DriverRow
from drivers.manual.config import ManualConnection, ManualPoint
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.opcua.config import OpcUaConnection, OpcUaPoint
from drivers.pulse.config import PulseConnection, PulsePoint
from drivers.replay.config import ReplayConnection, ReplayPoint
from drivers.s7.config import S7Connection, S7Point
from drivers.sparkplug.config import SparkplugConnection, SparkplugPoint

_ROWS = (
    DriverRow(
        "modbus",
        ModbusConnection,
        ModbusPoint,
        "drivers.modbus.driver:open_drivers",
        "drivers.modbus.outline:outline",
        "drivers.modbus.strain:strains",
    ),
    DriverRow(
        "mqtt",
        MqttConnection,
        MqttPoint,
        "drivers.mqtt.driver:open_drivers",
        "drivers.mqtt.outline:outline",
        "drivers.mqtt.strain:strains",
    ),
    DriverRow("s7", S7Connection, S7Point, "drivers.s7.driver:open_drivers", "drivers.s7.outline:outline"),
    DriverRow("opcua", OpcUaConnection, OpcUaPoint, "drivers.opcua.driver:open_drivers", "drivers.opcua.outline:outline"),
    DriverRow(
        "sparkplug",
        SparkplugConnection,
        SparkplugPoint,
        "drivers.sparkplug.driver:open_drivers",
        "drivers.sparkplug.outline:outline",
    ),
    DriverRow(
        "replay",
        ReplayConnection,
        ReplayPoint,
        "drivers.replay.driver:open_drivers",
        "drivers.replay.outline:outline",
        "drivers.replay.strain:strains",
    ),
    DriverRow(
        "pulse",
        PulseConnection,
        PulsePoint,
        "drivers.pulse.driver:open_drivers",
        "drivers.pulse.outline:outline",
        "drivers.pulse.strain:strains",
    ),
    DriverRow("manual", ManualConnection, ManualPoint, "drivers.manual.driver:open_drivers", "drivers.manual.outline:outline"),
)

DRIVERS: Mapping[str, DriverRow] = {row.name: row for row in _ROWS}
