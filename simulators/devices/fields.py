"""Values with a place: what a person or a program wrote, read field by field with errors that say where. Pure.

The same readers serve a plan file (line and column) and a body at the control port (no place).
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

E = TypeVar("E", bound=Enum)
Value: TypeAlias = "dict[str, Located] | list[Located] | str | int | float | bool | None"
NUMBER_MAX = 1e100
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)")
UNIT_US = {"us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
DURATION_US_MAX = 366 * UNIT_US["d"]


class Problem(Exception):
    """What is wrong and what to do, and where; line and column count from 1, 0 if there is no file."""

    def __init__(self, text: str, line: int = 0, column: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Located:
    """A value and where it begins."""

    value: Value
    line: int = 0
    column: int = 0

    def problem(self, text: str) -> Problem:
        return Problem(text, self.line, self.column)


def locate(plain: object) -> Located:
    """A parsed JSON value as a value without a place."""
    match plain:
        case dict():
            return Located({str(key): locate(value) for key, value in plain.items()})
        case list():
            return Located([locate(value) for value in plain])
        case str() | int() | float() | None:
            return Located(plain)
    raise TypeError(f"not a JSON value: {plain!r}")


def number(source: Located, what: str, *, finite: bool = True) -> float:
    """A number of at most 1e100; true and false count as 1 and 0. Raises Problem, for NaN and infinity only if `finite`."""
    found = source.value
    may_be_broken = not finite and isinstance(found, float) and not math.isfinite(found)
    if not isinstance(found, int | float) or not (abs(found) <= NUMBER_MAX or may_be_broken):
        raise source.problem(f"{what} must be a number, is {shown(source)}")
    return float(found)


def integer(source: Located, what: str, lowest: int, highest: int) -> int:
    """A whole number of the range. Raises Problem."""
    found = source.value
    if isinstance(found, bool) or not isinstance(found, int) or not lowest <= found <= highest:
        raise source.problem(f"{what} must be a whole number from {lowest} to {highest}, is {shown(source)}")
    return found


def text(source: Located, what: str) -> str:
    """A text that is not empty. Raises Problem."""
    if not isinstance(source.value, str) or not source.value:
        raise source.problem(f"{what} must be a text, is {shown(source)}")
    return source.value


def flag(source: Located, what: str) -> bool:
    """True or false. Raises Problem."""
    if not isinstance(source.value, bool):
        raise source.problem(f"{what} must be true or false, is {shown(source)}")
    return source.value


def duration_us(source: Located, what: str) -> int:
    """A duration with its unit (`500ms`, `40s`, `5min`, `2h`) in µs. Raises Problem, for a bare number too."""
    found = DURATION.fullmatch(source.value.strip()) if isinstance(source.value, str) else None
    if found is None:
        raise source.problem(f"{what} must be a duration with its unit, such as 500ms, 40s or 5min, is {shown(source)}")
    duration = round(float(found[1]) * UNIT_US[found[2]])
    if duration > DURATION_US_MAX:
        raise source.problem(f"{what} must be at most a year, is {shown(source)}")
    return duration


def positive_us(source: Located, what: str) -> int:
    """A duration longer than 0, in µs. Raises Problem."""
    duration = duration_us(source, what)
    if duration == 0:
        raise source.problem(f"{what} must be longer than 0")
    return duration


def word(source: Located, what: str, words: type[E]) -> E:
    """One of an enum's values. Raises Problem with a guess at what was meant."""
    known = [each.value for each in words]
    if source.value not in known:
        raise source.problem(f"{what} must be one of {', '.join(known)}, is {shown(source)}{did_you_mean(source.value, known)}")
    return words(source.value)


class Fields:
    """The keys of one mapping. Raises Problem for anything but a mapping, and for a key that is not `known`."""

    def __init__(self, source: Located, what: str, known: Iterable[str]) -> None:
        if not isinstance(source.value, dict):
            raise source.problem(f"{what} must be a mapping, is {shown(source)}")
        self.source = source
        self.what = what
        self._fields = source.value
        allowed = list(known)
        for key, value in self._fields.items():
            if key not in allowed:
                raise value.problem(f'{what}: unknown key "{key}"{did_you_mean(key, allowed)}; known are {", ".join(allowed)}')

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def get(self, key: str) -> Located | None:
        return self._fields.get(key)

    def need(self, key: str) -> Located:
        if key not in self._fields:
            raise self.source.problem(f'{self.what}: key "{key}" is missing')
        return self._fields[key]

    def name(self, key: str) -> str:
        """How messages call the field."""
        return f"{self.what}: {key}"


def did_you_mean(found: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(found), list(known), n=1)
    return f', did you mean "{near[0]}"?' if near else ""


def shown(source: Located) -> str:
    """A value as messages quote it."""
    match source.value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "empty"
        case str():
            return f'"{source.value[:60]}"'
        case _:
            return str(source.value).lower()[:60]
