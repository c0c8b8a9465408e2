"""Columns of text that stand straight in a terminal, also with Chinese in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from unicodedata import combining, east_asian_width

from drivers.outline import Cell

GAP = "  "


def width_of(text: str) -> int:
    """Cells of a terminal that a text takes."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Lines: the headings, then the rows. Columns of numbers, some of which may be missing, stand right, texts left; a cell of
    several texts takes a line for each."""
    lined = [[_lines(cell) for cell in row] for row in rows]
    columns = list(zip(*lined, strict=True)) if lined else [()] * len(headings)
    widths = [
        max([width_of(heading), *(width_of(text) for lines in column for text in lines)])
        for heading, column in zip(headings, columns, strict=True)
    ]
    is_right = [
        bool(rows) and all(isinstance(cell, int) or not cell for cell in column) for column in zip(*rows, strict=True)
    ] or [False] * len(headings)
    shown = [_line(headings, widths, is_right)]
    for row in lined:
        shown += [_line(texts, widths, is_right) for texts in zip_longest(*row, fillvalue="")]
    return shown


def _lines(cell: Cell) -> tuple[str, ...]:
    return cell or ("",) if isinstance(cell, tuple) else (str(cell),)


def _line(texts: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    padded = []
    for text, width, right in zip(texts, widths, is_right, strict=True):
        blanks = " " * (width - width_of(text))
        padded.append(blanks + text if right else text + blanks)
    return GAP.join(padded).rstrip()
