"""A sheet as cells, before anybody knows what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Value = str | int | float | bool | datetime | None

#: More rows than any plant has rules or tags by hand, more columns than any list has: a file beyond is another file.
ROWS_MAX = 100_001
COLUMNS_MAX = 200
FILE_BYTES_MAX = 20_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """formula: the cell computes its value; `value` is then the formula's text. percent: it is shown in per cent, and holds the
    hundredth part. broken: the spreadsheet says that it has no value (#REF!)."""

    value: Value = None
    formula: bool = False
    percent: bool = False
    broken: bool = False

    @property
    def is_empty(self) -> bool:
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Sheet:
    """rows: from the first of the file, so that row numbers are those people see. decimal_comma: numbers may have one."""

    title: str
    rows: Sequence[Sequence[Cell]]
    decimal_comma: bool = False


class NotAList(Exception):
    """The file cannot be read as a list. key: the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def column_letters(index: int) -> str:
    """What spreadsheets call a column. index: from 1."""
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
