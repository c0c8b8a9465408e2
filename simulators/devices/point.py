"""A point of a simulated machine: its name, where it is found on the wire, how it is laid down, what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulators.devices.encoding import ValueType, WordOrder
from simulators.signals import Signal


class Table(Enum):
    """The four tables of the Modbus data model."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def holds_bits(self) -> bool:
        return self in (Table.COIL, Table.DISCRETE)


@dataclass(frozen=True, slots=True)
class ModbusAddress:
    """A 0-based protocol address: `holding 0` is what many manuals call 40001."""

    table: Table
    address: int

    def __str__(self) -> str:
        return f"{self.table.value} {self.address}"


@dataclass(frozen=True, slots=True)
class JsonPath:
    """The keys that lead to a value in a JSON object: `vib.rms` is ("vib", "rms")."""

    keys: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.keys)


@dataclass(frozen=True, slots=True)
class Point:
    """One simulated measurement or state.

    `scale`: the number on the wire is value / scale. `decimals`: floats in JSON are rounded to so many, as a sensor's
    display is; registers are rounded by their type.
    """

    name: str
    where: ModbusAddress | JsonPath
    value_type: ValueType
    signal: Signal
    scale: float = 1.0
    word_order: WordOrder = WordOrder.ABCD
    decimals: int = 3
