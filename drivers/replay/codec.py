"""Cells of a recording into raw values and moments. Pure, and never raises for what a file holds."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from drivers.replay.config import ValueType
from edge.model.moment import MILLISECOND, SECOND, Moment
from edge.ports import Cell

TEXT_CHARS_MAX = 200
WORDS = {"on": 1.0, "true": 1.0, "yes": 1.0, "1": 1.0, "off": 0.0, "false": 0.0, "no": 0.0, "0": 0.0}
_NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: 1e11 s is in the year 5138, 1e11 ms in 1973: a number below is seconds, and so on by factors of 1000.
_BELOW = ((1e11, SECOND), (1e14, MILLISECOND), (1e17, 1))
_TIME_MAX = 1e20


class Refusal(StrEnum):
    """Why a row, a cell or a column is not used."""

    NO_COLUMN = "no_column"
    BAD_ROW = "bad_row"
    BAD_TIME = "bad_time"
    OUT_OF_ORDER = "out_of_order"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOL = "not_a_bool"
    NOT_A_TEXT = "not_a_text"


def is_blank(cell: Cell) -> bool:
    """Nothing was recorded there at that time."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_value(cell: Cell, kind: ValueType) -> float | str | Refusal:
    """Of a cell that is not blank."""
    if kind is ValueType.FLOAT:
        number = _number(cell)
        return Refusal.NOT_A_NUMBER if number is None else number
    if kind is ValueType.BOOL:
        return WORDS.get(f"{float(cell):g}" if isinstance(cell, int | float) else str(cell).strip().lower(), Refusal.NOT_A_BOOL)
    text = str(cell).strip()
    return text if len(text) <= TEXT_CHARS_MAX and text.isprintable() else Refusal.NOT_A_TEXT


def moment_of(cell: Cell, zone: tzinfo) -> Moment | None:
    """A moment in ISO 8601, or a number of s, ms, us or ns since 1970, whichever its size makes it. None: it is none."""
    number = _number(cell)
    if number is not None:
        exact = int(cell) if isinstance(cell, int) else number
        if not 0 <= number < _TIME_MAX:
            return None
        unit = next((unit for below, unit in _BELOW if number < below), None)
        return round(exact / 1000) if unit is None else round(exact * unit)
    if not isinstance(cell, str):
        return None
    try:
        parsed = datetime.fromisoformat(cell.strip())
        parsed = parsed.replace(tzinfo=zone) if parsed.tzinfo is None else parsed
        return (parsed - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def _number(cell: Cell) -> float | None:
    """None: it is none, or not finite."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            return None
        cell = float(text)
    if cell is None or not math.isfinite(cell):
        return None
    return float(cell)
