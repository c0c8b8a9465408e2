"""How a point is written in a plan: where it is on the wire, how it is laid down, what it shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from simulators.devices.address import parse_address
from simulators.devices.encoding import ORDER_OF_8, ByteOfRegister, ByteOrder, Part, ValueType, WordOrder, registers_of
from simulators.devices.fields import Fields, Located, integer, number, shown, text, word
from simulators.devices.modbus_unit import ADDRESSES
from simulators.devices.point import JsonPath, ModbusAddress, Point, Table, TextSignal, Wires
from simulators.signals import Signal

COMMON_KEYS = ("type", "scale", "sensor", "signal")
MODBUS_POINT_KEYS = ("at", "bit", "byte", "length", "byte_order", "word_order", *COMMON_KEYS)
MQTT_POINT_KEYS = ("path", "decimals", *COMMON_KEYS)
STRING_BYTES_MAX = 240
DOTLESS = re.compile(r"[^\s.]+")
E = TypeVar("E", bound=Enum)

SENSORS = {
    # A PT100's transmitter shows the end of its range; without current an input card shows no mA, and its most when shorted.
    "pt100": Wires(850.0, -200.0),
    "4-20mA": Wires(0.0, 22.0),
}

SignalOf = Callable[[Located | None, str], Signal | TextSignal]
"""What a point shows, from what stands under its key `signal` (None: nothing does) and its name."""


def read_modbus_point(source: Located, machine: str, name: str, order: WordOrder, signal_of: SignalOf) -> Point:
    """A point of a Modbus machine whose values come in `order` unless it says otherwise. Raises Problem."""
    fields = _fields(source, machine, name, MODBUS_POINT_KEYS)
    where = _address(fields.need("at"), fields.name("at"))
    if where.table.holds_bits and "type" not in fields:
        value_type = ValueType.BOOL
    else:
        value_type = word(fields.need("type"), fields.name("type"), ValueType)
    part = _part(fields, where, value_type)
    own_order = fields.get("word_order")
    if own_order is not None:
        order = word(own_order, fields.name("word_order"), WordOrder)
        _check_order(own_order, fields, order, registers_of(value_type, part))
    return Point(
        name=name,
        where=where,
        value_type=value_type,
        signal=signal_of(fields.get("signal"), name),
        scale=_scale(fields),
        word_order=order,
        part=part,
        wires=_wires(fields),
    )


def read_mqtt_point(source: Located, machine: str, name: str, value_path: Located | None, signal_of: SignalOf) -> Point:
    """A point of an MQTT machine. Raises Problem."""
    fields = _fields(source, machine, name, MQTT_POINT_KEYS)
    return Point(
        name=name,
        where=read_path(fields.get("path") or value_path or Located(name), fields.name("path")),
        value_type=word_or(fields, "type", ValueType.FLOAT32),
        signal=signal_of(fields.get("signal"), name),
        scale=_scale(fields),
        decimals=integer(fields.get("decimals") or Located(3), fields.name("decimals"), 0, 12),
        wires=_wires(fields),
    )


def read_quantity(source: Located, machine: str, name: str, signal_of: SignalOf) -> Point:
    """A point that no wire shows: its signal alone. Raises Problem."""
    _check_name(source, f"{machine}.{name}", name)
    signal = signal_of(source, name)
    return Point(name, None, ValueType.STRING if hasattr(signal, "text") else ValueType.FLOAT64, signal)


def read_path(source: Located, what: str) -> JsonPath:
    """The keys that lead to a value. Raises Problem."""
    keys = tuple(text(source, what).split("."))
    if not all(keys):
        raise source.problem(f'{what} must be keys with dots between, such as "vib.rms", is "{source.value}"')
    return JsonPath(keys)


def word_or(fields: Fields, key: str, default: E) -> E:
    """One of an enum's values, or `default` where the key is not there. Raises Problem."""
    source = fields.get(key)
    return default if source is None else word(source, fields.name(key), type(default))


def _fields(source: Located, machine: str, name: str, keys: tuple[str, ...]) -> Fields:
    fields = Fields(source, f"{machine}.{name}", keys)
    _check_name(source, fields.what, name)
    return fields


def _check_name(source: Located, what: str, name: str) -> None:
    if not DOTLESS.fullmatch(name):
        raise source.problem(f'{what}: a point\'s name has no dots and no spaces, is "{name}"')


def _address(source: Located, what: str) -> ModbusAddress:
    written = source.value
    found = parse_address(written) if isinstance(written, str | int) and not isinstance(written, bool) else None
    if found is None:
        tables = ", ".join(each.value for each in Table)
        raise source.problem(
            f"{what} must be an address: a table ({tables}) and a number from 0 to {ADDRESSES - 1}, such as holding 0, "
            f'or as manuals count, 40001, 400001 or 4x0001 (of coils "00001", with quotes), is {shown(source)}'
        )
    return found


def _part(fields: Fields, where: ModbusAddress, value_type: ValueType) -> Part:
    of_register = not where.table.holds_bits
    _only(fields, "bit", value_type is ValueType.BOOL and of_register, "a bool in a register")
    _only(fields, "byte", value_type in (ValueType.INT8, ValueType.UINT8), "int8 and uint8")
    _only(fields, "length", value_type is ValueType.STRING, "string")
    _only(fields, "byte_order", value_type is ValueType.STRING, "string")
    bit = fields.get("bit")
    return Part(
        bit=None if bit is None else integer(bit, fields.name("bit"), 0, 15),
        byte=word_or(fields, "byte", ByteOfRegister.LOW),
        length=integer(fields.need("length"), fields.name("length"), 1, STRING_BYTES_MAX)
        if value_type is ValueType.STRING
        else 0,
        byte_order=word_or(fields, "byte_order", ByteOrder.HIGH_FIRST),
    )


def _only(fields: Fields, key: str, has_meaning: bool, of: str) -> None:
    source = fields.get(key)
    if source is not None and not has_meaning:
        raise source.problem(f"{fields.name(key)} is only for {of}")


def _check_order(source: Located, fields: Fields, order: WordOrder, registers: int) -> None:
    letters = len(order.value)
    if letters == 8 and registers != 4:
        raise source.problem(f"{fields.name('word_order')}: {order.value} orders 8 bytes, the type has {2 * registers}")
    if letters == 4 and registers == 4:
        raise source.problem(
            f"{fields.name('word_order')}: the type has 8 bytes; {order.value} would be {ORDER_OF_8[order].value}"
        )


def _scale(fields: Fields) -> float:
    source = fields.get("scale") or Located(1.0)
    scale = number(source, fields.name("scale"))
    if scale <= 0:
        raise source.problem(f"{fields.name('scale')} must be more than 0, is {scale:g}")
    return scale


def _wires(fields: Fields) -> Wires:
    source = fields.get("sensor")
    if source is None:
        return Wires()
    if isinstance(source.value, dict):
        ends = Fields(source, fields.name("sensor"), ("open", "short"))
        opened, shorted = ends.get("open"), ends.get("short")
        return Wires(
            None if opened is None else number(opened, ends.name("open")),
            None if shorted is None else number(shorted, ends.name("short")),
        )
    if source.value not in SENSORS:
        raise source.problem(f"{fields.name('sensor')} must be one of {', '.join(SENSORS)}, or {{open: 850, short: -200}}")
    return SENSORS[str(source.value)]
