"""By which request a value is written. Pure.

    point                                     write_function: single        multiple
    coil                                      5 write single coil           15 write multiple coils
    one whole register                        6 write single register       16 write multiple registers
    several registers                         16                            16
    bit or half of a register                 bit_write: mask               22 mask write register
                                              bit_write: read_first         read it, change it, then as one whole register

(Application protocol V1.1b3, 6.5, 6.6, 6.11, 6.12, 6.16.) Several registers are one request, so that no half of a value is ever
there alone. Not here: bytes of values (`codec.py`), asking (`writing.py`), whether it may be written at all.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from drivers.modbus.address import Table
from drivers.modbus.codec import Unfit, encode
from drivers.modbus.config import BitWrite, ModbusConnection, ModbusPoint, WriteFunction
from drivers.modbus.frame import MASK_WRITE, WRITE_COIL, WRITE_COILS, WRITE_REGISTER, WRITE_REGISTERS
from drivers.modbus.layout import ByteOfRegister, PointType

COIL_ON, COIL_OFF = b"\xff\x00", b"\x00\x00"
ALL_BITS = 0xFFFF


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """data: what follows the address, see `edge.ports.ModbusLink.write`."""

    function: int
    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class BitsOfRegister:
    """Some bits of a register, the others to stay as they are. mask: those that are written; bits: what they shall be."""

    address: int
    mask: int
    bits: int
    by: BitWrite
    function: WriteFunction

    def masked(self) -> WriteRequest:
        """Function 22: (register and and_mask) or (or_mask and not and_mask)."""
        return WriteRequest(MASK_WRITE, self.address, struct.pack(">HH", ALL_BITS & ~self.mask, self.bits))

    def into(self, register: bytes) -> WriteRequest:
        """The whole register, as it was just read, with these bits changed."""
        kept = int.from_bytes(register, "big") & ~self.mask
        return _registers(self.address, (kept | self.bits).to_bytes(2, "big"), self.function)


def plan_write(point: ModbusPoint, connection: ModbusConnection, raw: float | str) -> WriteRequest | BitsOfRegister | Unfit:
    """How a raw number or text is written. point: of coil or holding (`ModbusPoint.not_writable`)."""
    address, function = point.address.number, connection.write_function
    if point.address.table is Table.COIL:
        return _coil(address, raw, function)
    encoded = encode(point, connection, raw)
    if isinstance(encoded, Unfit):
        return encoded
    if point.bit is not None:
        return BitsOfRegister(address, 1 << point.bit, encoded[0] << point.bit, connection.bit_write, function)
    if point.kind in (PointType.INT8, PointType.UINT8):
        shift = 8 if point.byte is ByteOfRegister.HIGH else 0
        return BitsOfRegister(address, 0xFF << shift, encoded[0] << shift, connection.bit_write, function)
    return _registers(address, encoded, function)


def _coil(address: int, raw: float | str, function: WriteFunction) -> WriteRequest | Unfit:
    if raw not in (0, 1):
        return Unfit.NOT_A_NUMBER if isinstance(raw, str) else Unfit.OUT_OF_RANGE
    if function is WriteFunction.MULTIPLE:
        return WriteRequest(WRITE_COILS, address, struct.pack(">HBB", 1, 1, int(raw)))
    return WriteRequest(WRITE_COIL, address, COIL_ON if raw else COIL_OFF)


def _registers(address: int, data: bytes, function: WriteFunction) -> WriteRequest:
    if len(data) == 2 and function is WriteFunction.SINGLE:
        return WriteRequest(WRITE_REGISTER, address, data)
    return WriteRequest(WRITE_REGISTERS, address, struct.pack(">HB", len(data) // 2, len(data)) + data)
