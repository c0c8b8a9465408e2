"""From raw numbers to values in the tag's unit, and to the verdict that a number is no measurement. Pure.

A scale counts as the decimal it is written as: 623 at scale 0.1 is 623 / 10 = 62.3, the float that prints as 62.3; 623 * 0.1
would be 62.300000000000004. What fails a check is BAD and marked `SENSOR_FAULT`, and keeps what the device says as its value.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edge.model.sample import Mark, Quality
from edge.model.tag import Measure

#: NAMUR NE 43: a transmitter says by a current outside these that it, or its sensor, has failed.
NE43_LOW_MA, NE43_HIGH_MA = 3.6, 21.0

#: As columns hold them; an enumeration's members are slow there.
_GOOD, _BAD = np.uint8(Quality.GOOD), np.uint8(Quality.BAD)
_NO_MARK, _SENSOR_FAULT = np.uint8(Mark.NONE), np.uint8(Mark.SENSOR_FAULT)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One entry a number: value in the tag's unit, `Quality`, `Mark`. text: by entry, of tags that are texts."""

    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    mark: NDArray[np.uint8]
    text: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The measures of some tags, gathered once for all reads of them together. bad_values: by place among them. as_it_comes: no
    tag has another measure than the raw number itself."""

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    offset: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    bad_values: Mapping[int, Collection[float]]
    as_it_comes: bool

    def measure(self, raw: NDArray[np.float64], text: Mapping[int, str] | None = None) -> Measured:
        """Raw numbers of the tags, one each; text: by place among them. What is not finite is a fault without a value."""
        if self.as_it_comes and np.isfinite(raw).all():
            # Of the two zeros a device may send, people see one.
            return Measured(raw + 0.0, np.full(len(raw), _GOOD), np.full(len(raw), _NO_MARK), text or {})
        with np.errstate(invalid="ignore", over="ignore"):  # NumPy warns of the infinities and signalling NaNs that do come
            value = raw * self.numerator / self.denominator + self.offset
            inside = (value >= self.low) & (value <= self.high)
        finite = np.isfinite(value)
        fault = ~(finite & inside)
        for at, bad in self.bad_values.items():
            fault[at] |= float(raw[at]) in bad
        return Measured(
            value=np.where(finite, value, np.nan),
            quality=np.where(fault, _BAD, _GOOD),
            mark=np.where(fault, _SENSOR_FAULT, _NO_MARK),
            text=text or {},
        )


class Measuring:
    """The measures of a device's tags as columns; `positions` below count in their order."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        lines = [(slope.numerator, slope.denominator, offset) for slope, offset in map(_line, measures)]
        self._numerator, self._denominator, self._offset = np.array(lines, dtype=np.float64).reshape(-1, 3).T
        low, high = _limits([measure.valid for measure in measures])
        ma_low, ma_high = _limits([_ne43_in_unit(measure) for measure in measures])
        self._low, self._high = np.maximum(low, ma_low), np.minimum(high, ma_high)
        self._bad_values = [measure.bad_values for measure in measures]
        self._as_it_comes = [
            slope == of == 1 and offset == 0 and not measure.can_fault
            for (slope, of, offset), measure in zip(lines, measures, strict=True)
        ]

    def of(self, positions: NDArray[np.intp]) -> Columns:
        """For tags that are always read together."""
        bad = {place: self._bad_values[position] for place, position in enumerate(positions.tolist())}
        return Columns(
            numerator=self._numerator[positions],
            denominator=self._denominator[positions],
            offset=self._offset[positions],
            low=self._low[positions],
            high=self._high[positions],
            bad_values={place: values for place, values in bad.items() if values},
            as_it_comes=all(self._as_it_comes[position] for position in positions.tolist()),
        )

    def measure(self, positions: NDArray[np.intp], raw: NDArray[np.float64], text: Mapping[int, str] | None = None) -> Measured:
        """As `Columns.measure`, of some of the tags."""
        return self.of(positions).measure(raw, text)


def slope_and_offset(measure: Measure) -> tuple[float, float]:
    """value = raw * slope + offset, for who goes the way back."""
    slope, offset = _line(measure)
    return float(slope), float(offset)


def raw_of(value: float, measure: Measure) -> float:
    """The raw number that is worth this value, for a write: counted in decimals, so that 12.3 at scale 0.1 is 123."""
    slope, offset = _line(measure)
    return float((_decimal(value) - offset) / slope) if math.isfinite(value) else value


def _line(measure: Measure) -> tuple[Fraction, Fraction]:
    if measure.range is None or measure.raw_range is None:
        return _decimal(measure.scale), _decimal(measure.offset)
    (low, high), (raw_low, raw_high) = map(_decimals, (measure.range, measure.raw_range))
    slope = (high - low) / (raw_high - raw_low)
    return slope, low - raw_low * slope


def _ne43_in_unit(measure: Measure) -> tuple[float, float] | None:
    """The values at which NE 43 draws the line."""
    if not measure.ne43:
        return None
    low, high = measure.range if measure.range is not None and measure.raw_range is not None else (4.0, 20.0)
    ends = [low + (ma - 4.0) / 16.0 * (high - low) for ma in (NE43_LOW_MA, NE43_HIGH_MA)]
    return min(ends), max(ends)


def _limits(pairs: Sequence[tuple[float, float] | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.array([pair or (-np.inf, np.inf) for pair in pairs], dtype=np.float64).reshape(-1, 2).T
    return low, high


def _decimals(pair: tuple[float, float]) -> tuple[Fraction, Fraction]:
    return _decimal(pair[0]), _decimal(pair[1])


def _decimal(number: float) -> Fraction:
    """The shortest decimal that is this float."""
    return Fraction(repr(number))
