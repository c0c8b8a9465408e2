"""Modbus tags in the column forms of Kepware (CSV) and EMQX Neuron (Excel). Pure.

Kepware, Modbus Ethernet driver: six digits, `.bit` of a register from 0, `.lengthH` or `.lengthL` of a string; types under the
names of its "Data Types" page. Neuron, Modbus TCP: `SLAVE!ADDRESS[.BIT][#ENDIAN][.LEN[H][L][D][E]]`; D is one character a
register in its low half, E in its high half; `decimal` is what a count is worth.

What neither says alike is not translated: the byte order is a setting of Kepware's device, and Neuron's pages mean different
orders by one and the same `#BB`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drivers.modbus.address import Address, NotAnAddress, Notation, parse_address
from drivers.modbus.layout import ByteOrder, PointType
from edge.config.sheets.cells import Plain
from edge.config.sheets.columns import Column, Form
from edge.config.tag_list.foreign import CannotSay, Cells, NotUnderstood, Said
from edge.config.tag_list.rows import Row
from edge.config.text.finding import did_you_mean, shown
from edge.config.text.source import Node

_KEPWARE_TYPES: Mapping[str, PointType] = {
    "Boolean": PointType.BOOL,
    "Short": PointType.INT16,
    "Word": PointType.UINT16,
    "Long": PointType.INT32,
    "DWord": PointType.UINT32,
    "LLong": PointType.INT64,
    "QWord": PointType.UINT64,
    "Float": PointType.FLOAT32,
    "Double": PointType.FLOAT64,
    "BCD": PointType.BCD16,
    "LBCD": PointType.BCD32,
    "String": PointType.STRING,
}
_NEURON_TYPES: Mapping[str, PointType] = {
    "BIT": PointType.BOOL,
    "INT16": PointType.INT16,
    "UINT16": PointType.UINT16,
    "INT32": PointType.INT32,
    "UINT32": PointType.UINT32,
    "INT64": PointType.INT64,
    "UINT64": PointType.UINT64,
    "FLOAT": PointType.FLOAT32,
    "DOUBLE": PointType.FLOAT64,
    "STRING": PointType.STRING,
}
#: Where the characters of a text are, by the letter behind its length.
_KEPWARE_TEXTS: Mapping[str, ByteOrder] = {"H": ByteOrder.HIGH_FIRST, "L": ByteOrder.LOW_FIRST}
_NEURON_TEXTS: Mapping[str, ByteOrder] = {**_KEPWARE_TEXTS, "D": ByteOrder.LOW_ONLY, "E": ByteOrder.HIGH_ONLY}
_ADDRESS = re.compile(r"([0-9]{5,6})(?:\.([0-9]{1,3})([A-Z])?)?")
_SLAVE = re.compile(r"([0-9]{1,3})!(.*)")
_OF_SCALE = ("scale", "offset", "raw_range_low", "raw_range_high", "range_low", "range_high")
_KEPWARE_SPAN = 1000
_WIDE = frozenset(str(kind) for kind in PointType if kind.orders)


def _columns(numbers: Sequence[str], *texts: str) -> tuple[Column, ...]:
    forms = {name: Form.NUMBER if name in numbers else Form.TEXT for name in texts}
    return tuple(Column(name, form, width=16, heads={"older": name.replace(".", "")}) for name, form in forms.items())


@dataclass(frozen=True, slots=True)
class Kepware:
    """Tag Name is `type.tag`: the device type as a tag group."""

    driver: str = "modbus"
    group: None = None
    name: str = "Tag Name"
    description: str = "Description"
    unordered: Collection[str] = _WIDE
    columns: Sequence[Column] = _columns(
        ("Raw Low", "Raw High", "Scaled Low", "Scaled High"),
        *("Tag Name", "Address", "Data Type", "Respect Data Type", "Client Access", "Scan Rate", "Scaling"),
        *("Raw Low", "Raw High", "Scaled Low", "Scaled High", "Scaled Data Type", "Clamp Low", "Clamp High"),
        *("Eng. Units", "Description", "Negate Value"),
    )

    def station(self, cells: Cells) -> str:
        return ""

    def written(self, row: Row, node: Node, unit_id: int) -> Cells:
        cells: dict[str, Plain] = {"Address": _place(row, _KEPWARE_TEXTS), "Data Type": _name_of(_type_of(row), _KEPWARE_TYPES)}
        cells |= {"Respect Data Type": 1, "Client Access": "RO"}
        if line := _line(row):
            cells |= {"Scaling": "Linear", "Scaled Data Type": "Double"}
            cells |= dict(zip(("Raw Low", "Raw High", "Scaled Low", "Scaled High"), line, strict=True))
        if (unit := row.get("unit")) is not None:
            cells["Eng. Units"] = str(unit)
        return cells

    def understood(self, cells: Cells, like: str | int | None) -> Sequence[Said]:
        kind = _type_named("Data Type", cells.get("Data Type"), _KEPWARE_TYPES)
        for heading in ("Clamp Low", "Clamp High", "Negate Value"):
            if str(cells.get(heading, 0)).lower() not in ("0", "false"):
                raise NotUnderstood(heading, "tag_list.kepware_changes_values")
        scaled: dict[str, Plain | None] = dict.fromkeys(_OF_SCALE[:4])
        scaling = str(cells.get("Scaling", "None"))
        if scaling.lower() == "linear":
            ends = [cells.get(each) for each in ("Raw Low", "Raw High", "Scaled Low", "Scaled High")]
            # What Kepware takes for a cell that is empty.
            ends = [default if end is None else end for end, default in zip(ends, (0, 1000, 0, 1000), strict=True)]
            scaled |= dict(zip(_OF_SCALE[2:], ends, strict=True))
        elif scaling.lower() != "none":
            raise NotUnderstood("Scaling", "tag_list.kepware_scaling", given=shown(scaling))
        unit = cells.get("Eng. Units")
        return [
            Said("Address", _read_place("Address", str(cells.get("Address", "")), kind, like, _KEPWARE_TEXTS)),
            Said("Scaling", scaled),
            Said("Eng. Units", {"unit": str(unit) if unit is not None else None}),
        ]


@dataclass(frozen=True, slots=True)
class Neuron:
    """The group is the device type. All rows of a group are of one slave: a device type is one."""

    driver: str = "modbus"
    group: str = "group"
    name: str = "name"
    description: str = "description"
    unordered: Collection[str] = _WIDE
    columns: Sequence[Column] = _columns(
        ("decimal", "precision"), "group", "name", "address", "attribute", "type", "description", "decimal", "precision"
    )

    def station(self, cells: Cells) -> str:
        return str(cells.get("address", "")).partition("!")[0]

    def written(self, row: Row, node: Node, unit_id: int) -> Cells:
        if any(row.get(key) is not None for key in ("offset", "raw_range_low")):
            raise CannotSay("tag_list.form_line")
        cells: dict[str, Plain] = {"address": f"{unit_id}!{_place(row, _NEURON_TEXTS)}", "attribute": "Read"}
        cells["type"] = _name_of(_type_of(row), _NEURON_TYPES)
        scale = row.get("scale")
        if isinstance(scale, str):
            raise CannotSay("tag_list.form_parameter", name="scale")
        if isinstance(scale, int | float):
            cells["decimal"] = scale
        return cells

    def understood(self, cells: Cells, like: str | int | None) -> Sequence[Said]:
        kind = _type_named("type", cells.get("type"), _NEURON_TYPES)
        given = str(cells.get("address", ""))
        found = _SLAVE.fullmatch(given)
        if found is None:
            raise NotUnderstood("address", "tag_list.neuron_address", given=shown(given))
        if "#" in found[2]:
            raise NotUnderstood("address", "tag_list.neuron_endian", given=shown(given))
        decimal = cells.get("decimal")
        scaled: dict[str, Plain | None] = {"scale": decimal if decimal not in (None, 0) else None}
        return [Said("address", _read_place("address", found[2], kind, like, _NEURON_TEXTS)), Said("decimal", scaled)]


def _type_of(row: Row) -> PointType:
    given = row.get("type")
    if given is None:
        return PointType.BOOL
    if given not in list(PointType):
        raise CannotSay("tag_list.form_parameter", name="type")
    return PointType(str(given))


def _name_of(kind: PointType, names: Mapping[str, PointType]) -> str:
    found = next((name for name, each in names.items() if each is kind), None)
    if found is None:
        raise CannotSay("tag_list.form_type", type=str(kind))
    return found


def _place(row: Row, texts: Mapping[str, ByteOrder]) -> str:
    """`400001`, `400001.3`, `400001.20H`. texts: the letters that the form has."""
    for key in ("word_order", "byte", "count"):
        if row.get(key) is not None:
            raise CannotSay("tag_list.form_key", name=key)
    try:
        address = parse_address(str(row.get("address")))
    except NotAnAddress:
        raise CannotSay("tag_list.form_parameter", name="address") from None
    written = str(Address(address.table, address.number, Notation.SIX_DIGITS))
    bit, length = row.get("bit"), row.get("length")
    if isinstance(bit, str) or isinstance(length, str):
        raise CannotSay("tag_list.form_parameter", name="bit, length")
    if length is not None:
        order = row.get("byte_order") or ByteOrder.HIGH_FIRST
        letter = next((letter for letter, each in texts.items() if each == order), None)
        if letter is None:
            raise CannotSay("tag_list.form_byte_order", order=str(order))
        return f"{written}.{length}{letter}"
    return f"{written}.{bit}" if bit is not None else written


def _read_place(
    heading: str, given: str, kind: PointType, like: str | int | None, texts: Mapping[str, ByteOrder]
) -> dict[str, Plain | None]:
    found = _ADDRESS.fullmatch(given.strip())
    try:
        address = parse_address(found[1] if found is not None else "")
    except NotAnAddress:
        raise NotUnderstood(heading, "tag_list.form_address", given=shown(given)) from None
    bit, side = (found[2], found[3]) if found is not None else (None, None)
    is_text = kind is PointType.STRING
    if (
        is_text != (side in texts)
        or (side is not None and not is_text)
        or (bit is not None and not is_text and kind is not PointType.BOOL)
    ):
        raise NotUnderstood(heading, "tag_list.form_address", given=shown(given))
    notation = Notation.PROTOCOL if like is None else _notation_of(like)
    return {
        "address": _as_written(Address(address.table, address.number, notation)),
        "type": None if address.table.holds_bits else str(kind),
        "bit": int(bit) if bit is not None and not is_text else None,
        "length": int(bit) if bit is not None and is_text else None,
        "byte_order": None if side is None or texts[side] is ByteOrder.HIGH_FIRST else str(texts[side]),
    }


def _notation_of(like: str | int) -> Notation:
    try:
        return parse_address(str(like)).notation
    except NotAnAddress:
        return Notation.PROTOCOL


def _as_written(address: Address) -> Plain:
    text = str(address)
    return int(text) if text.isdigit() and not text.startswith("0") else text


def _type_named(heading: str, given: object, names: Mapping[str, PointType]) -> PointType:
    said = str(given or "").strip()
    found = next((kind for name, kind in names.items() if name.lower() == said.lower()), None)
    if found is None:
        raise NotUnderstood(heading, "tag_list.form_type_unknown", given=shown(said), hint=did_you_mean(said, names))
    return found


def _line(row: Row) -> tuple[Plain, Plain, Plain, Plain] | None:
    """Raw low and high, scaled low and high; None where nothing is scaled. Exact: in decimals, as people wrote them."""
    given = [row.get(key) for key in _OF_SCALE]
    if any(isinstance(value, str) for value in given):
        raise CannotSay("tag_list.form_parameter", name="scale, range")
    scale, offset, *ends = (value if isinstance(value, int | float) else None for value in given)
    if ends[0] is not None and all(end is not None for end in ends):
        return (ends[0], ends[1] or 0, ends[2] or 0, ends[3] or 0)
    if scale is None and offset is None:
        return None
    factor, first = (Decimal(repr(value)) for value in (1 if scale is None else scale, offset or 0))
    return (0, _KEPWARE_SPAN, _number(first), _number(first + factor * _KEPWARE_SPAN))


def _number(value: Decimal) -> Plain:
    return int(value) if value == int(value) else float(value)
