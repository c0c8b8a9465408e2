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


def test_it_is_looked_at_before_a_device_is_up_on_each_new_connection_and_each_hour_after() -> None:
    tested = fingerprint(SERIAL_NUMBER, MODEL)
    assert [str(mark.read) for mark in tested.due(NOW, 0, is_up=False)] == ["holding 100 to 101", "input 5 to 6"]
    tested.checked(NOW, 1)
    assert not tested.due(NOW + LOOK_AGAIN_AFTER - 1, 1, is_up=True)
    assert len(tested.due(NOW + LOOK_AGAIN_AFTER, 1, is_up=True)) == 2
    assert len(tested.due(NOW + 1, 1, is_up=False)) == 2
    assert len(tested.due(NOW + 1, 2, is_up=True)) == 2


def test_a_device_without_one_is_believed() -> None:
    assert not fingerprint().due(NOW, 0, is_up=False)


def test_what_is_meant_passes_and_another_number_order_or_text_does_not() -> None:
    tested = fingerprint(SERIAL_NUMBER, MODEL)
    number, model = tested.due(NOW, 0, is_up=False)
    tested.check(number, struct.pack(">HH", 70000 & 0xFFFF, 70000 >> 16))
    tested.check(model, b"X7\0\0")
    for mark, data in ((number, struct.pack(">I", 70000)), (number, bytes(4)), (model, b"X8\0\0"), (model, b"\xff\xff\0\0")):
        with pytest.raises(WrongDevice, match="not the device that is meant"):
            tested.check(mark, data)


def test_of_two_marks_in_one_register_both_are_compared() -> None:
    tested = fingerprint(
        {"address": "holding 100", "type": "uint8", "byte": "high", "value": 4},
        {"address": "holding 100", "type": "uint8", "byte": "low", "value": 7},
    )
    high, low = tested.due(NOW, 0, is_up=False)
    tested.check(high, b"\x04\x09")
    with pytest.raises(WrongDevice, match=r"holds 9\.0, expected 7"):
        tested.check(low, b"\x04\x09")
