"""A Modbus unit: four tables laid out from points, its answer to a read and what a write makes of them. Pure.

Not here: frames (`mbap.py`), sockets (`modbus_server.py`) and signals; values come from a function of the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, IntEnum

from simulators.devices.encoding import ValueType, from_registers, mask_of, registers_of, to_bit, to_registers
from simulators.devices.modbus_write import WRITE_FUNCTIONS, cells_of
from simulators.devices.point import ModbusAddress, Point, Table

ADDRESSES = 2**16
READ_BITS_MAX = 2000  # Modbus Application Protocol V1.1b3, 6.1 and 6.2
READ_REGISTERS_MAX = 125  # the same, 6.3 and 6.4
TABLE_OF_FUNCTION = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}

ValueOf = Callable[[Point], float | str]
"""The value of a point at one moment; asked once for each read that touches the point."""


class ExceptionCode(IntEnum):
    """How a read can be refused (Modbus Application Protocol V1.1b3, section 7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_DATA_ADDRESS = 2
    ILLEGAL_DATA_VALUE = 3
    SERVER_DEVICE_FAILURE = 4


class Gaps(Enum):
    """What the unit says to a read that touches addresses between its points.

    Addresses below its first and above its last point are refused either way.
    """

    ZERO = "zero"  # zeros, as a PLC whose data block is one array
    REFUSE = "refuse"  # exception 2, as an instrument with scattered registers


class ModbusUnit:
    """The tables of one unit id. Raises ValueError if two points overlap or one does not fit its table."""

    def __init__(self, unit_id: int, points: Iterable[Point], gaps: Gaps = Gaps.ZERO) -> None:
        if not 0 <= unit_id <= 255:
            raise ValueError(f"unit_id must be 0 to 255, is {unit_id}")
        self.unit_id = unit_id
        self._gaps = gaps
        self._points_at: dict[Table, dict[int, list[tuple[Point, int]]]] = {table: {} for table in Table}
        for point in points:
            if point.where is not None:
                self._lay_out(point)
        self._span = {table: (min(cells), max(cells)) for table, cells in self._points_at.items() if cells}

    def answer(self, function: int, address: int, count: int, value_of: ValueOf) -> bytes | ExceptionCode:
        """What the unit answers to a read of `count` bits or registers: packed bits or big-endian registers.

        Refusals are checked in the order of the specification's flow charts: function, count, address.
        """
        table = TABLE_OF_FUNCTION.get(function)
        if table is None:
            return ExceptionCode.ILLEGAL_FUNCTION
        if not 1 <= count <= (READ_BITS_MAX if table.holds_bits else READ_REGISTERS_MAX):
            return ExceptionCode.ILLEGAL_DATA_VALUE
        if not self._may_read(table, address, count):
            return ExceptionCode.ILLEGAL_DATA_ADDRESS
        cells = self._cells(table, range(address, address + count), value_of)
        values = [cells.get(place, 0) for place in range(address, address + count)]
        return _pack_bits(values) if table.holds_bits else b"".join(value.to_bytes(2, "big") for value in values)

    def take(self, function: int, address: int, data: bytes, value_of: ValueOf) -> Mapping[str, float | str] | ExceptionCode:
        """What a write makes of points, by name. data: what follows the address in the request."""
        if function not in WRITE_FUNCTIONS:
            return ExceptionCode.ILLEGAL_FUNCTION
        cells = cells_of(function, address, data)
        if cells is None:
            return ExceptionCode.ILLEGAL_DATA_VALUE
        laid_out = self._points_at[cells.table]
        if not all(place in laid_out for place in cells.written):
            return ExceptionCode.ILLEGAL_DATA_ADDRESS
        begun = {point.name: (point, place - word) for place in cells.written for point, word in laid_out[place]}
        made: dict[str, float | str] = {}
        for name, (point, first) in begun.items():
            before = _words(point, cells.table, value_of(point))
            words = tuple(cells.over(first + word, each) for word, each in enumerate(before))
            if words == before:
                continue
            value = float(words[0]) if cells.table.holds_bits else _value(point, words)
            if value is None:
                return ExceptionCode.ILLEGAL_DATA_VALUE
            made[name] = value
        return made

    def image(self, value_of: ValueOf) -> dict[Table, dict[int, int]]:
        """Every cell that a point fills: table, then address to bit (0, 1) or register (0 to 65535)."""
        return {table: self._cells(table, laid_out, value_of) for table, laid_out in self._points_at.items()}

    def _lay_out(self, point: Point) -> None:
        where = point.where
        if not isinstance(where, ModbusAddress):
            raise ValueError(f"point {point.name}: a Modbus point needs a table and an address, has {where}")
        if where.table.holds_bits and point.value_type is not ValueType.BOOL:
            raise ValueError(f"point {point.name}: {where} holds a bit, type {point.value_type.value} does not fit")
        if not where.table.holds_bits and point.is_text and point.part.length < 1:
            raise ValueError(f"point {point.name}: a string needs a length")
        laid_out = self._points_at[where.table]
        for word in range(registers_of(point.value_type, point.part)):
            address = where.address + word
            if not 0 <= address < ADDRESSES:
                raise ValueError(f"point {point.name}: address must be 0 to {ADDRESSES - 1}, reaches {address}")
            for other, _ in laid_out.get(address, ()):
                if _mask(other) & _mask(point):
                    raise ValueError(f"point {point.name}: {where.table.value} {address} already belongs to {other.name}")
            laid_out.setdefault(address, []).append((point, word))

    def _may_read(self, table: Table, address: int, count: int) -> bool:
        if self._gaps is Gaps.REFUSE:
            return all(place in self._points_at[table] for place in range(address, address + count))
        first, last = self._span.get(table, (ADDRESSES, -1))
        return first <= address and address + count - 1 <= last

    def _cells(self, table: Table, addresses: Iterable[int], value_of: ValueOf) -> dict[int, int]:
        cells: dict[int, int] = {}
        words_of: dict[str, tuple[int, ...]] = {}
        laid_out = self._points_at[table]
        for address in addresses:
            for point, word in laid_out.get(address, ()):
                if point.name not in words_of:
                    words_of[point.name] = _words(point, table, value_of(point))
                cells[address] = cells.get(address, 0) | words_of[point.name][word]
        return cells


def _mask(point: Point) -> int:
    return mask_of(point.value_type, point.part)


def _words(point: Point, table: Table, value: float | str) -> tuple[int, ...]:
    if table.holds_bits and not isinstance(value, str):
        return (int(to_bit(value)),)
    return to_registers(value, point.value_type, scale=point.scale, word_order=point.word_order, part=point.part)


def _value(point: Point, words: tuple[int, ...]) -> float | str | None:
    return from_registers(words, point.value_type, scale=point.scale, word_order=point.word_order, part=point.part)


def _pack_bits(bits: list[int]) -> bytes:
    """The first bit is the lowest of the first byte; the last byte is filled up with zeros."""
    packed = sum(bit << place for place, bit in enumerate(bits))
    return packed.to_bytes((len(bits) + 7) // 8, "little")
