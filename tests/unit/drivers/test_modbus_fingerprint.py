"""A device that is not the one that is meant gives no values, is lost with the reason, and is taken again when it is."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from drivers.modbus.config import ModbusConnection
from drivers.modbus.fingerprint import LOOK_AGAIN_AFTER, Fingerprint, WrongDevice

NOW = 1_000_000


def fingerprint(*marks: dict[str, Any]) -> Fingerprint:
    return Fingerprint(ModbusConnection.model_validate({"host": "plc", "word_order": "CDAB", "fingerprint": list(marks)}))


SERIAL_NUMBER = {"address": "holding 100", "type": "uint32", "value": 70000}
MODEL = {"address": "input 5", "type": "string", "length": 4, "value": "X7"}


def test_it_is_looked_at_before_a_device_is_up_and_each_hour_after() -> None:
    tested = fingerprint(SERIAL_NUMBER, MODEL)
    assert [str(read) for read in tested.due(NOW, is_up=False)] == ["holding 100 to 101", "input 5 to 6"]
    tested.checked(NOW)
    assert tested.due(NOW + LOOK_AGAIN_AFTER - 1, is_up=True) == []
    assert len(tested.due(NOW + LOOK_AGAIN_AFTER, is_up=True)) == 2
    assert len(tested.due(NOW + 1, is_up=False)) == 2


def test_a_device_without_one_is_believed() -> None:
    assert fingerprint().due(NOW, is_up=False) == []


def test_what_is_meant_passes_and_another_number_order_or_text_does_not() -> None:
    tested = fingerprint(SERIAL_NUMBER, MODEL)
    number, model = tested.due(NOW, is_up=False)
    tested.check(number, struct.pack(">HH", 70000 & 0xFFFF, 70000 >> 16))
    tested.check(model, b"X7\0\0")
    for read, data in ((number, struct.pack(">I", 70000)), (number, bytes(4)), (model, b"X8\0\0"), (model, b"\xff\xff\0\0")):
        with pytest.raises(WrongDevice, match="not the device that is meant"):
            tested.check(read, data)
