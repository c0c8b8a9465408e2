"""A point of a simulated machine: its name, where it is found on the wire, how it is laid down, what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from simulators.devices.encoding import WHOLE, Part, ValueType, WordOrder
from simulators.signals import Signal
from simulators.steering import SensorFault


class TextSignal(Protocol):
    """What a point that shows texts shows: a function of time."""

    def text(self, now: int) -> str: ...


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
class Wires:
    """What the point shows when the wires of its sensor fail, in its unit; None: it has no such failure."""

    opened: float | None = None
    shorted: float | None = None

    def shown(self, fault: SensorFault) -> float | None:
        return self.opened if fault is SensorFault.OPEN else self.shorted


@dataclass(frozen=True, slots=True)
class Point:
    """One simulated measurement or state.

    where: None for a quantity that no wire shows, which others may depend on.
    signal: a `TextSignal` for type string, a `Signal` for all else.
    `scale`: the number on the wire is value / scale. `decimals`: floats in JSON are rounded to so many, as a sensor's
    display is; registers are rounded by their type.
    """

    name: str
    where: ModbusAddress | JsonPath | None
    value_type: ValueType
    signal: Signal | TextSignal
    scale: float = 1.0
    word_order: WordOrder = WordOrder.ABCD
    decimals: int = 3
    part: Part = WHOLE
    wires: Wires = Wires()

    def __post_init__(self) -> None:
        if self.is_text != hasattr(self.signal, "text"):
            shows, holds = ("numbers", "texts") if self.is_text else ("texts", "numbers")
            raise ValueError(f"point {self.name}: type {self.value_type.value} holds {holds}, its signal shows {shows}")

    @property
    def is_text(self) -> bool:
        return self.value_type is ValueType.STRING
