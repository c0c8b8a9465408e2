"""What can be said about the way to a Modbus device, and which ways do not go together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.modbus.config import ModbusConnection
from edge.ports import PLAIN_TCP, ModbusAccess, ModbusTls, SerialLine

SERIAL = {"path": "/dev/ttyUSB0"}


def connection(given: dict[str, Any], folder: str | None = None) -> ModbusConnection:
    return ModbusConnection.model_validate_json(json.dumps(given), strict=True, context={"folder": folder})


def test_a_host_alone_is_plain_tcp() -> None:
    read = connection({"host": "PLC-1"})
    assert (read.place, read.where, read.access) == (("plc-1", 502), "PLC-1:502", PLAIN_TCP)


def test_a_serial_port_is_a_place_of_its_own() -> None:
    read = connection({"serial": SERIAL | {"baud": 9600, "parity": "none", "stop_bits": 2, "echo": True}})
    assert (read.place, read.where) == (("/dev/ttyUSB0", 0), "/dev/ttyUSB0")
    assert read.access == ModbusAccess("rtu", line=SerialLine(9600, "none", 2), echo=True)


def test_one_request_at_a_time_is_on_its_way_over_rtu() -> None:
    assert connection({"host": "plc", "max_in_flight": 8}).access.max_in_flight == 8
    assert connection({"serial": SERIAL, "max_in_flight": 8}).access.max_in_flight == 1
    assert connection({"host": "plc", "frames": "rtu", "max_in_flight": 8}).access == ModbusAccess("rtu_over_tcp")


def test_tls_has_its_own_port_and_files_from_the_plant_folder() -> None:
    tls = {"ca": "tls/ca.pem", "cert": "/etc/andon/edge.pem", "key": "${file:/etc/andon/edge.key}", "server_name": "plc.plant"}
    read = connection({"host": "plc", "tls": tls}, folder="/plant")
    assert read.place == ("plc", 802)
    assert read.access.tls == ModbusTls("/plant/tls/ca.pem", "/etc/andon/edge.pem", "/etc/andon/edge.key", "plc.plant")
    assert connection({"host": "plc", "tls": True, "port": 8020}).place == ("plc", 8020)
    assert connection({"host": "plc", "tls": False}).access == PLAIN_TCP


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({}, ("host",), "host_missing"),
        ({"host": "plc", "serial": SERIAL}, ("host",), "host_and_serial"),
        ({"serial": SERIAL, "frames": "rtu"}, ("frames",), "only_over_tcp"),
        ({"serial": SERIAL, "port": 502}, ("port",), "only_over_tcp"),
        ({"host": "plc", "frames": "rtu", "tls": True}, ("tls",), "tls_of_rtu"),
        ({"host": "plc", "tls": {"cert": "a.pem"}}, ("tls",), "tls_cert_without_key"),
        ({"host": "plc", "tls": {"key": "${file:a.key}"}}, ("tls", "key"), "tls_key_without_cert"),
        ({"host": "plc", "tls": {"cert": "a.pem", "key": "${env:KEY}"}}, ("tls", "key"), "tls_key_file"),
        ({"serial": SERIAL | {"baud": 9601}}, ("serial", "baud"), "baud"),
    ],
)
def test_what_does_not_go_together_is_refused_where_it_is_wrong(
    given: dict[str, Any], where: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        connection(given)
    said = [(error["loc"], error["type"]) for error in refused.value.errors()]
    assert said == [(where, f"drivers.modbus.{sentence}")]
