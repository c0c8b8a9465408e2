"""What can be set for a Siemens S7 CPU and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), addresses (`address.py`), types (`layout.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainValidator, ValidationInfo, field_validator

from drivers.s7.address import BYTE_MAX, Address, Area, NotAnAddress, Size, parse_address
from drivers.s7.layout import PointType, width_of
from edge.config.point import Point, Touched
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, Host, Port, duration, refuse
from edge.model.moment import SECOND, Span
from edge.model.tag import Device

#: A STRING may be declared with up to 254 characters, a WSTRING with more; a message shows no more than this of either.
TEXT_CHARS_MAX = 254
#: What is left of the smallest PDU there is, 240 bytes, for the data of one answer.
READ_BYTES_OF_240 = 222
READ_BYTES_OF_960 = 942
BITS_OF_BYTE = 8


class ConnectionKind(StrEnum):
    """As what we ask for one of the CPU's few connections."""

    PG = "pg"
    OP = "op"
    BASIC = "basic"

    @property
    def code(self) -> int:
        """The first byte of the remote TSAP."""
        return {ConnectionKind.PG: 1, ConnectionKind.OP: 2, ConnectionKind.BASIC: 3}[self]


class TextEncoding(StrEnum):
    UTF_8 = "utf-8"
    GBK = "gbk"
    LATIN_1 = "latin-1"


def _address(given: Any) -> Address:
    if not isinstance(given, str):
        raise refuse("drivers.s7.address_form")
    try:
        return parse_address(given)
    except NotAnAddress as error:
        raise refuse(error.key, **error.arguments) from None


class S7Connection(FileModel):
    """`connection:` of a device. Devices with the same host, port, rack and slot share one connection."""

    host: Host = Field(description="Address or name of the CPU, or of its communication processor.")
    port: Port = Field(default=102, description="TCP port.")
    rack: int = Field(default=0, ge=0, le=7, description="Rack of the CPU; 0 for almost all.")
    slot: int = Field(default=1, ge=0, le=31, description="Slot of the CPU: 1 for S7-1200 and S7-1500, 2 for S7-300.")
    kind: ConnectionKind = Field(
        default=ConnectionKind.PG, description="As what we connect: pg, op or basic. A CPU has few connections of each kind."
    )
    every: Annotated[Span, duration("10ms", "1h")] = Field(
        default=1 * SECOND, description="How often all tags of the device are read."
    )
    timeout: Annotated[Span, duration("50ms", "60s")] = Field(
        default=2 * SECOND,
        description="How long to wait for connection and answer. Of devices that share a connection the longest counts.",
    )
    max_bytes: int = Field(
        default=READ_BYTES_OF_240,
        ge=16,
        le=READ_BYTES_OF_960,
        description="Most bytes in one request: 222 suits every CPU, 462 an S7-400, 942 an S7-1500.",
    )
    watch_cpu: bool = Field(
        default=True,
        description="Whether the CPU is asked with each poll if it runs. In STOP its values stand still: its tags are bad.",
    )


class S7Point(Point):
    """What a tag of an S7 device says beyond the keys that every tag has."""

    address: Annotated[Address, PlainValidator(_address, json_schema_input_type=str)] = Field(
        description="DB10.DBX4.2, DB10.DBB4, DB10.DBW4, DB10.DBD4, DB10.4 (offset), M4.2, MW4, I0.0 (E0.0), QB4 (AB4)."
    )
    type: PointType | None = Field(
        default=None,
        validate_default=True,
        description="bool, int8 to int64, uint8 to uint64, float32 (REAL), float64 (LREAL), string, wstring; a bit is bool.",
    )
    length: Annotated[int, Field(ge=1, le=TEXT_CHARS_MAX)] | None = Field(
        default=None, validate_default=True, description="Of a string or wstring: the characters it was declared with."
    )
    encoding: TextEncoding | None = Field(
        default=None, description="Of a string: utf-8, gbk or latin-1; left out: utf-8, which ASCII is part of."
    )

    @field_validator("type")
    @classmethod
    def _type_fits_the_address(cls, given: PointType | None, info: ValidationInfo) -> PointType | None:
        address: Address | None = info.data.get("address")
        if address is None:
            return given
        if address.size is Size.BIT:
            if given not in (None, PointType.BOOL):
                raise refuse("drivers.s7.type_of_bit", address=str(address))
            return PointType.BOOL
        if given is PointType.BOOL:
            raise refuse("drivers.s7.bool_needs_bit", address=str(address))
        if given is None:
            raise refuse("drivers.s7.type_missing", address=str(address))
        if address.size is not None and not given.is_text and width_of(given, 0) != address.size.bytes:
            raise refuse("drivers.s7.type_size", address=str(address), bytes=address.size.bytes, type=str(given))
        return given

    @field_validator("length")
    @classmethod
    def _length_is_of_a_text(cls, given: int | None, info: ValidationInfo) -> int | None:
        address: Address | None = info.data.get("address")
        kind: PointType | None = info.data.get("type")
        if kind is None:
            return given
        if not kind.is_text:
            if given is not None:
                raise refuse("drivers.s7.key_useless", types="string, wstring", type=str(kind))
        elif given is None:
            raise refuse("drivers.s7.length_missing")
        if address is not None and address.byte + width_of(kind, given or 0) - 1 > BYTE_MAX:
            raise refuse("drivers.s7.type_beyond_the_end", type=str(kind))
        return given

    @field_validator("encoding")
    @classmethod
    def _encoding_is_of_a_string(cls, given: TextEncoding | None, info: ValidationInfo) -> TextEncoding | None:
        kind: PointType | None = info.data.get("type")
        if given is not None and kind is not None and kind is not PointType.STRING:
            raise refuse("drivers.s7.key_useless", types="string", type=str(kind))
        return given

    @property
    def kind(self) -> PointType:
        """The type, where the address says it too."""
        return self.type or PointType.BOOL

    @property
    def width(self) -> int:
        """Bytes it takes; of a bit, its byte."""
        return width_of(self.kind, self.length or 0)

    @property
    def is_switch(self) -> bool:
        return self.kind is PointType.BOOL

    @property
    def is_text(self) -> bool:
        return self.kind.is_text

    @property
    def not_writable(self) -> Phrase | None:
        """Inputs are overwritten from the terminals in each cycle."""
        return Phrase("drivers.s7.not_writable", {"address": str(self.address)}) if self.address.area is Area.INPUT else None

    def kept(self, device: Device) -> tuple[Touched, ...]:
        connection, address = device.connection, self.address
        if not isinstance(connection, S7Connection):
            raise TypeError(f"{device.name} is no S7 device")
        memory = ("s7", connection.host.lower(), connection.port, connection.rack, connection.slot, address.area, address.block)
        first = address.byte * BITS_OF_BYTE + (address.bit or 0)
        return (Touched(memory, first, first if address.bit is not None else first + self.width * BITS_OF_BYTE - 1),)

    def misfit(self, connection: BaseModel) -> Phrase | None:
        if not isinstance(connection, S7Connection) or self.width <= connection.max_bytes:
            return None
        arguments = {"type": str(self.kind), "width": self.width, "most": connection.max_bytes}
        return Phrase("drivers.s7.wider_than_a_request", arguments)
