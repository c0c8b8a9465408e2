"""Sparkplug B payloads as an edge node writes them, and the commands that it reads. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

INT32, INT64, FLOAT, DOUBLE, BOOLEAN, STRING = 3, 4, 9, 10, 11, 12


@dataclass(frozen=True, slots=True)
class Reading:
    """datatype: one of the numbers above. name or alias may be left out, the data type too. None: null."""

    value: float | int | bool | str | None
    datatype: int
    name: str | None = None
    alias: int | None = None
    timestamp_ms: int | None = None
    says_type: bool = True
    historical: bool = False
    quality: int | None = None


def payload(timestamp_ms: int, seq: int | None, readings: Sequence[Reading]) -> bytes:
    metrics = b"".join(b"\x12" + _sized(_metric(reading)) for reading in readings)
    return b"\x08" + _number(timestamp_ms) + metrics + (b"" if seq is None else b"\x18" + _number(seq))


def commands(data: bytes) -> dict[str, float | int | bool | str]:
    """Values by the names of their metrics; what is not understood is left out."""
    found: dict[str, float | int | bool | str] = {}
    for key, value in _fields(data):
        if key == 0x12 and isinstance(value, bytes):
            fields = dict(_fields(value))
            name, datatype = fields.get(0x0A), fields.get(0x20)
            if isinstance(name, bytes) and isinstance(datatype, int):
                said = _commanded(fields, datatype)
                if said is not None:
                    found[name.decode()] = said
    return found


def _commanded(fields: dict[int, int | bytes], datatype: int) -> float | int | bool | str | None:
    found = fields.get({INT32: 0x50, INT64: 0x58, FLOAT: 0x65, DOUBLE: 0x69, BOOLEAN: 0x70, STRING: 0x7A}.get(datatype, 0))
    if isinstance(found, int):
        bits = 64 if datatype == INT64 else 32
        return found == 1 if datatype == BOOLEAN else found - (1 << bits) if found >> (bits - 1) else found
    if isinstance(found, bytes):
        return found.decode() if datatype == STRING else float(struct.unpack("<f" if datatype == FLOAT else "<d", found)[0])
    return None


def _metric(reading: Reading) -> bytes:
    laid = b"" if reading.name is None else b"\x0a" + _sized(reading.name.encode())
    laid += b"" if reading.alias is None else b"\x10" + _number(reading.alias)
    laid += b"" if reading.timestamp_ms is None else b"\x18" + _number(reading.timestamp_ms)
    laid += b"\x20" + _number(reading.datatype) if reading.says_type else b""
    laid += b"\x28\x01" if reading.historical else b""
    laid += b"\x38\x01" if reading.value is None else b""
    if reading.quality is not None:
        laid += b"\x4a" + _sized(b"\x0a\x07Quality" + b"\x12" + _sized(b"\x08\x03\x18" + _number(reading.quality)))
    return laid + _value(reading)


def _value(reading: Reading) -> bytes:
    value = reading.value
    if value is None:
        return b""
    if isinstance(value, str):
        return b"\x7a" + _sized(value.encode())
    if reading.datatype in (FLOAT, DOUBLE):
        return b"\x65" + struct.pack("<f", value) if reading.datatype == FLOAT else b"\x69" + struct.pack("<d", value)
    if reading.datatype == BOOLEAN:
        return b"\x70\x01" if value else b"\x70\x00"
    if reading.datatype == INT64:
        return b"\x58" + _number(int(value) & 0xFFFF_FFFF_FFFF_FFFF)
    return b"\x50" + _number(int(value) & 0xFFFF_FFFF)


def _sized(data: bytes) -> bytes:
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    digits = []
    while True:
        value, digit = value >> 7, value & 0x7F
        digits.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(digits)


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """(key as it stands, value). A command that is cut ends where it is cut."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = _read(data, at)
        width = {0: 0, 1: 8, 2: 0, 5: 4}.get(key & 7)
        if width is None:
            break
        if key & 7 == 0:
            number, at = _read(data, at)
            found.append((key, number))
            continue
        if key & 7 == 2:
            width, at = _read(data, at)
        found.append((key, data[at : at + width]))
        at += width
    return found


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            break
    return value, at
