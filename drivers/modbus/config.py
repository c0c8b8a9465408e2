"""What can be set for a Modbus device and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), addresses (`address.py`), types (`layout.py`).
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, Field, PlainValidator, ValidationInfo, field_validator, model_validator

from drivers.modbus.access import TLS_PORT, Frames, Serial, Tls, TlsOrNot, access
from drivers.modbus.address import ADDRESS_MAX, Address, Block, NotAnAddress, Table, parse_address
from drivers.modbus.layout import ByteOfRegister, ByteOrder, PointType, WordOrder
from edge.config.arrays import COUNT_MAX
from edge.config.point import Point, Touched
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, Host, Port, duration, refuse
from edge.model.moment import SECOND, Span
from edge.model.tag import Device
from edge.ports import ModbusAccess

#: Modbus Application Protocol V1.1b3, 6.1 to 6.4: the most that one read may ask for.
READ_BITS_MAX = 2000
READ_REGISTERS_MAX = 125
STRING_BYTES_MAX = 120
BITS_OF_REGISTER = 16
BITS_OF_BYTE = 8
SERVER_ITSELF = 255
IN_FLIGHT_MAX = 16
UNREADABLE_MAX = 100
FINGERPRINT_MAX = 10


class WriteFunction(StrEnum):
    """By which functions a device takes writes."""

    SINGLE = "single"
    """5 for a coil, 6 for a register, 16 for what is wider."""
    MULTIPLE = "multiple"
    """15 and 16 for all."""


class BitWrite(StrEnum):
    """How part of a register is written."""

    READ_FIRST = "read_first"
    """The register is read, changed and written back: what the device changes in between is lost."""
    MASK = "mask"
    """Function 22, by which the device changes those bits alone."""


class Gaps(StrEnum):
    """What is done about registers between tags that no tag names."""

    READ = "read"
    """They are read where that costs the link less than another request."""
    NEVER = "never"


def _address(given: Any) -> Address:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise refuse("drivers.modbus.address_form")
    try:
        return parse_address(str(given))
    except NotAnAddress as error:
        raise refuse(error.key, **error.arguments) from None


def _block(given: Any) -> Block:
    """`holding 10 to 19`, `40011 to 40020`, or a single address."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise refuse("drivers.modbus.address_form")
    begin, _, end = str(given).partition(" to ")
    first = _address(begin)
    named = not begin.strip()[:1].isdigit()
    last = _address(f"{first.table} {end.strip()}" if named and end else end or begin)
    if last < first or last.table is not first.table:
        raise refuse("drivers.modbus.block_backwards", first=str(first), last=str(last))
    return Block(first.table, first.number, last.number)


def _of_4_bytes(given: WordOrder) -> WordOrder:
    if given not in PointType.INT32.orders:
        raise refuse("drivers.modbus.word_order_of_device")
    return given


def _unit_id(given: int) -> int:
    # Modbus over serial line V1.02, 2.2: 248 to 255 are reserved; over TCP 0 and 255 address the server itself
    # (Modbus messaging on TCP/IP V1.0b, 4.4.2.3).
    if not (0 <= given <= 247 or given == 255):
        raise refuse("drivers.modbus.unit_id_range")
    return given


T = TypeVar("T")
WrittenBlock = Annotated[Block, PlainValidator(_block, json_schema_input_type=str | int)]


class ModbusConnection(FileModel):
    """`connection:` of a device. Devices with the same host and port, or the same serial port, share one connection."""

    serial: Serial | None = Field(default=None, description="A serial port of this machine, in place of host and port.")
    host: Host | None = Field(
        default=None, validate_default=True, description="Address or name of the device, or of the gateway in front of it."
    )
    frames: Frames = Field(
        default=Frames.TCP, description="tcp, or rtu: converters and serial servers that pass bytes through, over TCP."
    )
    tls: TlsOrNot = Field(
        default=None,
        description="Modbus/TCP Security: true, or ca, cert, key and server_name; left out: neither encrypted nor checked.",
    )
    port: Port = Field(default=502, description="TCP port; with tls 802, where nothing else is said.")
    unit_id: Annotated[int, AfterValidator(_unit_id)] = Field(
        default=1, description="1 to 247: the device behind a gateway; 0 or 255: the server itself."
    )
    every: Annotated[Span, duration("10ms", "1h")] = Field(
        default=1 * SECOND, description="How often all tags of the device are read."
    )
    timeout: Annotated[Span, duration("50ms", "60s")] = Field(
        default=1 * SECOND,
        description="How long to wait for connection and answer. To connect, the longest counts of devices that share one.",
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
    word_order: Annotated[WordOrder, AfterValidator(_of_4_bytes)] = Field(
        default=WordOrder.ABCD,
        description="Byte order of all its values of 32 and 64 bits that say none of their own: ABCD, CDAB, BADC, DCBA.",
    )
    pause: Annotated[Span, duration("0s", "10s")] = Field(
        default=0, description="Silence after each of this device's requests, for devices that need it."
    )
    write_function: WriteFunction = Field(
        default=WriteFunction.SINGLE,
        description="single: one coil or register by function 5 or 6, more by 16; multiple: all by 15 and 16.",
    )
    bit_write: BitWrite = Field(
        default=BitWrite.READ_FIRST,
        description="How a bit or half of a register is written: read_first, change and write back; or mask, by function 22.",
    )
    retries: int = Field(
        default=0,
        ge=0,
        le=5,
        description="How often a request without an answer is made again before the device counts as lost.",
    )
    max_in_flight: int = Field(
        default=1,
        ge=1,
        le=IN_FLIGHT_MAX,
        description="Requests on their way at once; more than 1 only where the device allows it.",
    )
    fingerprint: list[FingerprintPoint] = Field(
        default=[],
        max_length=FINGERPRINT_MAX,
        description="Registers with the value that only this device has there: looked at when it comes up, and each hour.",
    )
    gaps: Gaps = Field(
        default=Gaps.READ,
        description="Registers between tags: read them where that costs less than another request, or never.",
    )
    unreadable: Annotated[list[WrittenBlock], Field(max_length=UNREADABLE_MAX)] = Field(
        default=[], description="Registers that are never read for nothing, like holding 10 to 19, or 40011 to 40020."
    )

    @model_validator(mode="before")
    @classmethod
    def _tls_has_a_port_of_its_own(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("tls") not in (None, False) and "port" not in given:
            return {**given, "port": TLS_PORT}
        return given

    @field_validator("host")
    @classmethod
    def _host_or_serial(cls, given: str | None, info: ValidationInfo) -> str | None:
        if "serial" not in info.data:
            return given
        if given is None and info.data["serial"] is None:
            raise refuse("drivers.modbus.host_missing")
        if given is not None and info.data["serial"] is not None:
            raise refuse("drivers.modbus.host_and_serial")
        return given

    @field_validator("frames", "tls", "port")
    @classmethod
    def _only_over_tcp(cls, given: T, info: ValidationInfo) -> T:
        if info.data.get("serial") is not None:
            raise refuse("drivers.modbus.only_over_tcp")
        if isinstance(given, Tls) and info.data.get("frames") is Frames.RTU:
            raise refuse("drivers.modbus.tls_of_rtu")
        return given

    @property
    def place(self) -> tuple[str, int]:
        """Host and port, or the path of a serial port and 0. Devices with the same place share a connection."""
        if self.serial is not None:
            return self.serial.path, 0
        return (self.host or "").lower(), self.port

    @property
    def where(self) -> str:
        """The place, for people: `10.0.0.5:502`, `/dev/ttyUSB0`."""
        return self.serial.path if self.serial is not None else f"{self.host}:{self.place[1]}"

    @property
    def access(self) -> ModbusAccess:
        return access(self.serial, self.frames, self.tls, self.max_in_flight)


class ModbusPoint(Point):
    """What a tag of a Modbus device says beyond the keys that every tag has."""

    has_arrays: ClassVar[bool] = True

    address: Annotated[Address, PlainValidator(_address, json_schema_input_type=str | int)] = Field(
        description="holding 0, input 10, coil 3, discrete 4 (from 0), holding 0x0A, 40001, 400001 or 4x0001; one way a device."
    )
    type: PointType | None = Field(
        default=None,
        validate_default=True,
        description="bool, int8 to int64, uint8 to uint64, float32, float64, bcd16, bcd32, string; coil and discrete are bool.",
    )
    word_order: WordOrder | None = Field(
        default=None,
        description="Byte order of 32 bits (ABCD, CDAB, BADC, DCBA) or 64 (ABCDEFGH, ...); left out: that of the connection.",
    )
    bit: int | None = Field(
        default=None,
        ge=0,
        lt=BITS_OF_REGISTER,
        description="Of a bool in a register: which bit, 0 the least significant; left out: true for all but 0.",
    )
    byte: ByteOfRegister | None = Field(
        default=None, description="Of int8 and uint8: which half of the register, high or low; left out: low."
    )
    byte_order: ByteOrder | None = Field(
        default=None,
        description="Of a string: high_first, low_first, high_only or low_only; left out: high_first.",
    )
    length: Annotated[int, Field(ge=1, le=STRING_BYTES_MAX)] | None = Field(
        default=None,
        validate_default=True,
        description="Of a string: its bytes, two a register, or one with high_only and low_only.",
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
        _check_end(address, given, given.width)
        return given

    @field_validator("word_order")
    @classmethod
    def _word_order_fits_the_type(cls, given: WordOrder | None, info: ValidationInfo) -> WordOrder | None:
        kind: PointType | None = info.data.get("type")
        if kind is None or given is None or given in kind.orders:
            return given
        if not kind.orders:
            raise refuse(
                "drivers.modbus.key_useless", types="int32, uint32, float32, bcd32, int64, uint64, float64", type=str(kind)
            )
        raise refuse("drivers.modbus.word_order_size", type=str(kind), orders=", ".join(kind.orders))

    @field_validator("bit")
    @classmethod
    def _bit_is_of_a_register(cls, given: int | None, info: ValidationInfo) -> int | None:
        address: Address | None = info.data.get("address")
        if given is not None and address is not None and address.table.holds_bits:
            raise refuse("drivers.modbus.bit_of_bit", table=str(address.table))
        return _only_for("bool", given, info, PointType.BOOL)

    @field_validator("byte")
    @classmethod
    def _byte_is_of_8_bits(cls, given: ByteOfRegister | None, info: ValidationInfo) -> ByteOfRegister | None:
        return _only_for("int8, uint8", given, info, PointType.INT8, PointType.UINT8)

    @field_validator("length")
    @classmethod
    def _length_is_of_a_string(cls, given: int | None, info: ValidationInfo) -> int | None:
        address, kind = info.data.get("address"), info.data.get("type")
        if kind is PointType.STRING:
            if given is None:
                raise refuse("drivers.modbus.length_missing")
            if address is not None:
                _check_end(address, kind, _registers_of(given, info.data.get("byte_order")))
        return _only_for("string", given, info, PointType.STRING)

    @field_validator("byte_order")
    @classmethod
    def _byte_order_is_of_a_string(cls, given: ByteOrder | None, info: ValidationInfo) -> ByteOrder | None:
        return _only_for("string", given, info, PointType.STRING)

    every: Annotated[Span, duration("10ms", "24h")] | None = Field(
        default=None, description="How often this tag is read; left out: as often as its device says."
    )
    count: Annotated[int, Field(ge=2, le=COUNT_MAX)] | None = Field(
        default=None, description="Of an array: how many such values follow each other; each is a tag, KEY_1 and so on."
    )

    @field_validator("count")
    @classmethod
    def _array_fits_the_table(cls, given: int | None, info: ValidationInfo) -> int | None:
        if given is None:
            return None
        if info.data.get("bit") is not None:
            raise refuse("drivers.modbus.array_of_bits")
        address, kind = info.data.get("address"), info.data.get("type")
        if address is not None and kind is not None:
            length = info.data.get("length")
            width = _registers_of(length, info.data.get("byte_order")) if length is not None else kind.width
            _check_end(address, kind, given * width)
        return given

    @property
    def kind(self) -> PointType:
        """The type, where the table says it too."""
        return self.type or PointType.BOOL

    @property
    def width(self) -> int:
        """Registers it takes; 1 for a bit."""
        return _registers_of(self.length, self.byte_order) if self.length is not None else self.kind.width

    @property
    def is_switch(self) -> bool:
        return self.kind is PointType.BOOL

    @property
    def is_text(self) -> bool:
        return self.kind is PointType.STRING

    @property
    def notation(self) -> str:
        return str(self.address.notation)

    @property
    def not_writable(self) -> Phrase | None:
        """Of the four tables two can be written."""
        if self.address.table in (Table.COIL, Table.HOLDING):
            return None
        return Phrase("drivers.modbus.not_writable", {"address": str(self.address), "table": str(self.address.table)})

    def kept(self, device: Device) -> tuple[Touched, ...]:
        memory, first, last = self._registers(device)
        if self.bit is not None:
            return (Touched(memory, first + self.bit, first + self.bit),)
        if self.kind in (PointType.INT8, PointType.UINT8):
            half = first + (BITS_OF_BYTE if self.byte is ByteOfRegister.HIGH else 0)
            return (Touched(memory, half, half + BITS_OF_BYTE - 1),)
        return (Touched(memory, first, last),)

    def changed(self, device: Device) -> tuple[Touched, ...]:
        """Part of a register is written back with all of it, unless the device changes those bits alone."""
        if isinstance(device.connection, ModbusConnection) and device.connection.bit_write is BitWrite.MASK:
            return self.kept(device)
        return (Touched(*self._registers(device)),)

    def _registers(self, device: Device) -> tuple[tuple[object, ...], int, int]:
        """Which table of which unit, and from which bit to which its registers, or its coil, are. A server by itself is unit 0
        or 255 (Modbus messaging on TCP/IP V1.0b, 4.4.2.3)."""
        connection, table = device.connection, self.address.table
        if not isinstance(connection, ModbusConnection):
            raise TypeError(f"{device.name} is no Modbus device")
        size = 1 if table.holds_bits else BITS_OF_REGISTER
        memory = ("modbus", connection.place, connection.unit_id % SERVER_ITSELF, table)
        return memory, self.address.number * size, (self.address.number + self.width) * size - 1

    def misfit(self, connection: BaseModel) -> Phrase | None:
        if not isinstance(connection, ModbusConnection) or self.width <= connection.max_registers:
            return None
        arguments = {"type": str(self.kind), "width": self.width, "most": connection.max_registers}
        return Phrase("drivers.modbus.wider_than_a_request", arguments)

    def element(self, number: int) -> ModbusPoint:
        address = replace(self.address, number=self.address.number + (number - 1) * self.width)
        return self.model_copy(update={"address": address, "count": None})

    def every_on(self, connection: ModbusConnection) -> Span:
        """Its own scan period, or the device's."""
        return self.every if self.every is not None else connection.every

    def order_on(self, connection: ModbusConnection) -> WordOrder:
        """Its own byte order, or what the device's means for its size."""
        return self.word_order or (connection.word_order.of_8_bytes if self.width == 4 else connection.word_order)


class FingerprintPoint(ModbusPoint):
    """A register, or several, and what the device that is meant holds there."""

    value: float | str = Field(description="The raw number, or the text.")

    @field_validator("count")
    @classmethod
    def _one_at_a_time(cls, given: int | None) -> int | None:
        if given is not None:
            raise refuse("drivers.modbus.fingerprint_array")
        return given


ModbusConnection.model_rebuild()


def _only_for(types: str, given: T, info: ValidationInfo, *kinds: PointType) -> T:
    kind: PointType | None = info.data.get("type")
    if given is not None and kind is not None and kind not in kinds:
        raise refuse("drivers.modbus.key_useless", types=types, type=str(kind))
    return given


def _registers_of(length: int, order: ByteOrder | None) -> int:
    characters = (order or ByteOrder.HIGH_FIRST).characters
    return (length + characters - 1) // characters


def _check_end(address: Address, kind: PointType, width: int) -> None:
    if address.number + width - 1 > ADDRESS_MAX:
        last = Address(address.table, ADDRESS_MAX, address.notation)
        raise refuse("drivers.modbus.type_beyond_the_end", type=str(kind), width=width, last=str(last))
