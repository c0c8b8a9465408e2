"""The units that are known: of which quantity, and how one becomes another, exactly. Pure.

Units of counting (pieces, coils, strokes) are as many as there are shops: an unknown unit is no mistake, unless it is a known
one in other letters. Factors: The International System of Units (SI), 9th edition; NIST SP 811, appendix B, for kgf and psi.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """value in the quantity's first unit = value * factor + offset."""

    quantity: str
    factor: Fraction
    offset: Fraction = Fraction(0)


#: By quantity, its units and what each is worth in the first of them.
_FACTORS: Mapping[str, Mapping[str, str]] = {
    "pressure": {
        "Pa": "1",
        "hPa": "100",
        "kPa": "1000",
        "MPa": "1000000",
        "mbar": "100",
        "bar": "100000",
        "kgf/cm²": "98066.5",
    },
    "length": {"m": "1", "km": "1000", "cm": "0.01", "mm": "0.001", "µm": "0.000001"},
    "mass": {"kg": "1", "g": "0.001", "t": "1000"},
    "force": {"N": "1", "kN": "1000", "MN": "1000000"},
    "torque": {"Nm": "1", "N·m": "1", "kNm": "1000", "kN·m": "1000"},
    "power": {"W": "1", "kW": "1000", "MW": "1000000"},
    "energy": {"J": "1", "kJ": "1000", "MJ": "1000000", "Wh": "3600", "kWh": "3600000", "MWh": "3600000000"},
    "voltage": {"V": "1", "mV": "0.001", "kV": "1000"},
    "current": {"A": "1", "mA": "0.001", "kA": "1000"},
    "frequency": {"Hz": "1", "kHz": "1000"},
    "rotation": {"rpm": "1", "r/min": "1"},
    "speed": {"m/s": "1", "mm/s": "0.001"},
    "volume": {"L": "1", "mL": "0.001", "m³": "1000"},
    "volume flow": {"L/min": "1", "L/s": "60"},
    "mass flow": {"kg/h": "1", "t/h": "1000", "kg/s": "3600", "kg/min": "60"},
    "ratio": {"%": "1", "‰": "0.1", "ppm": "0.0001"},
}
#: Those whose factors are no decimals, or that have a zero of their own.
_OTHERS: Mapping[str, KnownUnit] = {
    "psi": KnownUnit("pressure", Fraction("4.4482216152605") / Fraction("0.00064516")),
    "m/min": KnownUnit("speed", Fraction(1, 60)),
    "km/h": KnownUnit("speed", Fraction(1000, 3600)),
    "L/h": KnownUnit("volume flow", Fraction(1, 60)),
    "m³/h": KnownUnit("volume flow", Fraction(1000, 60)),
    "K": KnownUnit("temperature", Fraction(1)),
    "°C": KnownUnit("temperature", Fraction(1), Fraction("273.15")),
    "°F": KnownUnit("temperature", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}
UNITS: Mapping[str, KnownUnit] = {
    **{unit: KnownUnit(quantity, Fraction(worth)) for quantity, units in _FACTORS.items() for unit, worth in units.items()},
    **_OTHERS,
}
#: How some are written as well.
_ALSO = {
    "℃": "°C",
    "℉": "°F",
    "m3": "m³",
    "m3/h": "m³/h",
    "μm": "µm",
    "um": "µm",
    "l": "L",
    "l/min": "L/min",
    "kgf/cm2": "kgf/cm²",
}

_WITH_UNIT = re.compile(
    r"([-+]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}))\s*(?![eE][-+0-9])([^\s0-9.,，+\-{}][^\s{}]{0,15})"
)


def known_unit(symbol: str) -> KnownUnit | None:
    return UNITS.get(_ALSO.get(symbol, symbol))


def meant(symbol: str) -> str | None:
    """The known unit that an unknown one is in other letters: `MPA`, `Kw`. A single letter is too short to tell."""
    if known_unit(symbol) is not None or len(symbol) < 2:
        return None
    wanted = _folded(symbol)
    return next((unit for unit in UNITS if _folded(unit) == wanted), None)


def with_unit(text: str) -> tuple[str, str] | None:
    """`0.8 MPa` as the number, as it is written, and the unit; None for anything else."""
    found = _WITH_UNIT.fullmatch(text.strip())
    return (found[1], found[2]) if found is not None else None


def converted(number: str, unit: KnownUnit, into: KnownUnit) -> float:
    """A number as it is written in a unit, in another one of the same quantity; rounded once, at the end."""
    value = Fraction(Decimal(number)) * unit.factor + unit.offset
    return float((value - into.offset) / into.factor)


def difference(number: str, unit: KnownUnit, into: KnownUnit) -> float:
    """A difference of two values, as it is written in a unit: 5 K are 9 °F."""
    return float(Fraction(Decimal(number)) * unit.factor / into.factor)


def _folded(symbol: str) -> str:
    return unicodedata.normalize("NFKC", symbol).casefold().replace(" ", "")
