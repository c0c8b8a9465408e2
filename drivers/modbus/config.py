"""What can be set for a Modbus TCP device and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), decoding (`codec.py`), grouping (`plan.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator

from edge.config.point import Point
from edge.config.values import FileModel, Host, Port, duration, refuse
from edge.model.moment import SECOND, Span

#: Modbus Application Protocol V1.1b3, 6.1 to 6.4: the most that one read may ask for.
READ_BITS_MAX = 2000
READ_REGISTERS_MAX = 125
ADDRESS_MAX = 65535

_ADDRESS = re.compile(r"(coil|discrete|input|holding)\s+(\d{1,9})")


class Table(StrEnum):
    """The four tables of the Modbus data model."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"

    @property
    def function(self) -> int:
        """The function code that reads it."""
        return {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}[self]

    @property
    def holds_bits(self) -> bool:
        return self in (Table.COIL, Table.DISCRETE)


class PointType(StrEnum):
    """What the bits of a point mean. A bool in a register is true for everything but 0."""

    BOOL = "bool"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    FLOAT32 = "float32"

    @property
    def width(self) -> int:
        """Registers it takes; 1 for a bool, which takes a bit in the tables of bits."""
        return 2 if self in (PointType.INT32, PointType.FLOAT32) else 1


class WordOrder(StrEnum):
    """In which order the four bytes of a 32-bit value come over the wire; A is the most significant."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A 0-based protocol address, as it goes over the wire: `holding 0` is what many manuals call 40001."""

    table: Table
    number: int

    def __str__(self) -> str:
        return f"{self.table} {self.number}"


def _address(given: Any) -> Address:
    found = _ADDRESS.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        raise refuse("drivers.modbus.address_form")
    number = int(found[2])
    if number > ADDRESS_MAX:
        raise refuse("drivers.modbus.address_range", most=ADDRESS_MAX)
    return Address(Table(found[1]), number)


def _unit_id(given: int) -> int:
    # Modbus over serial line V1.02, 2.2: 248 to 255 are reserved; over TCP 0 and 255 address the server itself
    # (Modbus messaging on TCP/IP V1.0b, 4.4.2.3).
    if not (0 <= given <= 247 or given == 255):
        raise refuse("drivers.modbus.unit_id_range")
    return given


class ModbusConnection(FileModel):
    """`connection:` of a device. Devices with the same host and port share one TCP connection."""

    host: Host = Field(description="Address or name of the device, or of the gateway in front of it.")
    port: Port = Field(default=502, description="TCP port.")
    unit_id: Annotated[int, AfterValidator(_unit_id)] = Field(
        default=1, description="1 to 247: the device behind a gateway; 0 or 255: the server itself."
    )
    every: Annotated[Span, duration("10ms", "1h")] = Field(
        default=1 * SECOND, description="How often all tags of the device are read."
    )
    timeout: Annotated[Span, duration("50ms", "60s")] = Field(
        default=1 * SECOND,
        description="How long to wait for connection and answer. Of devices that share a connection the longest counts.",
    )
    max_registers: int = Field(
        default=READ_REGISTERS_MAX,
        ge=2,
        le=READ_REGISTERS_MAX,
        description="Most registers in one request; the specification allows 125, some gateways only 32.",
    )
    max_bits: int = Field(
        default=READ_BITS_MAX, ge=1, le=READ_BITS_MAX, description="Most bits in one request; the specification allows 2000."
    )
    pause: Annotated[Span, duration("0s", "10s")] = Field(
        default=0, description="Silence after each of this device's requests, for devices that need it."
    )


class ModbusPoint(Point):
    """What a tag of a Modbus device says beyond the keys that every tag has."""

    address: Annotated[Address, PlainValidator(_address, json_schema_input_type=str)] = Field(
        description="Table and 0-based protocol address: `holding 0`, `input 10`, `coil 3`, `discrete 4`."
    )
    type: PointType | None = Field(
        default=None,
        validate_default=True,
        description="int16, uint16, int32, float32 or bool; left out for coil and discrete, which are bool.",
    )
    word_order: WordOrder = Field(
        default=WordOrder.ABCD, description="Byte order of int32 and float32: ABCD (most significant first), CDAB, BADC, DCBA."
    )

    @field_validator("type")
    @classmethod
    def _type_fits_the_table(cls, given: PointType | None, info: ValidationInfo) -> PointType | None:
        address: Address | None = info.data.get("address")
        if address is None:
            return given
        if address.table.holds_bits:
            if given not in (None, PointType.BOOL):
                raise refuse("drivers.modbus.type_of_bit", table=str(address.table))
            return PointType.BOOL
        if given is None:
            raise refuse("drivers.modbus.type_missing", address=str(address))
        if address.number + given.width - 1 > ADDRESS_MAX:
            raise refuse("drivers.modbus.type_beyond_the_end", type=str(given), last=ADDRESS_MAX)
        return given

    @field_validator("word_order")
    @classmethod
    def _word_order_needs_words(cls, given: WordOrder, info: ValidationInfo) -> WordOrder:
        kind: PointType | None = info.data.get("type")
        if kind is not None and kind.width == 1:
            raise refuse("drivers.modbus.word_order_useless", type=str(kind))
        return given

    @property
    def kind(self) -> PointType:
        """The type, where the table says it too."""
        return self.type or PointType.BOOL

    @property
    def is_switch(self) -> bool:
        return self.kind is PointType.BOOL
