"""Reading what `SignalBank.memory` gave, field by field: what this version cannot have written raises `Unreadable`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.moment import NEVER
from rules.signals.newest import is_finite


class Unreadable(ValueError):
    """The memory is of another version; a bank begins anew then."""


def number(memory: Mapping[str, Any], key: str) -> float:
    value = memory.get(key)
    if not is_finite(value):
        raise Unreadable(key)
    return float(value)  # type: ignore[arg-type]  # is_finite has shown that it is a number


def integer(memory: Mapping[str, Any], key: str, most: int = NEVER) -> int:
    """0 to `most`."""
    return natural(memory.get(key), most)


def moment(memory: Mapping[str, Any], key: str) -> int:
    """NEVER for None."""
    value = memory.get(key)
    return NEVER if value is None else natural(value)


def flag(memory: Mapping[str, Any], key: str) -> bool:
    value = memory.get(key)
    if not isinstance(value, bool):
        raise Unreadable(key)
    return value


def listed(memory: Mapping[str, Any], key: str, most: int) -> list[Any]:
    """A list of at most so many."""
    value = memory.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise Unreadable(key)
    return value


def natural(value: object, most: int = NEVER) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise Unreadable(str(value))
    return value


def or_none(moment: int) -> int | None:
    """How a moment is remembered: None for NEVER."""
    return None if moment == NEVER else int(moment)
