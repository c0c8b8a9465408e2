"""Sizes of files, as `500MB` or `2GB`: decimal, as disks are sold. Pure."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BeforeValidator

from edge.config.text.values import refuse

_BYTES_OF_UNIT = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(kB|MB|GB|TB)")


def parse_size(text: str) -> int:
    """Bytes. ValueError for anything else, a bare number too."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}": 500MB, 2GB')
    return round(float(found[1]) * _BYTES_OF_UNIT[found[2]])


def format_size(size: int) -> str:
    """As files and messages write it, in the largest unit that keeps it whole."""
    for unit, length in reversed(_BYTES_OF_UNIT.items()):
        if size and size % length == 0:
            return f"{size // length} {unit}"
    return f"{size / 10**6:g} MB"


class SizeForm(BeforeValidator):
    """Marks a field as a size, for those who show its default."""


def size(at_least: str, at_most: str) -> SizeForm:
    """For `Annotated[int, size("50MB", "10TB")]`: a size with its unit, both ends included."""
    low, high = parse_size(at_least), parse_size(at_most)

    def read(given: Any) -> int:
        try:
            found = parse_size(given) if isinstance(given, str) else None
        except ValueError:
            found = None
        if found is None:
            raise refuse("config.size_wanted")
        if not low <= found <= high:
            raise refuse("config.size_range", low=format_size(low), high=format_size(high), size=format_size(found))
        return found

    return SizeForm(read)
