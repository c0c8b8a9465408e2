"""CSV as spreadsheets write it: with or without byte order mark, in UTF-8, UTF-16 or GBK, with comma, semicolon or tab. Pure.

A text that a spreadsheet would take for a formula gets an apostrophe in front, and loses it on the way back.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence

from edge.config.sheets.columns import Column, named
from edge.config.sheets.grid import COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX, Cell, NotAList, Sheet

_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    """The rows as Excel takes them in every language: UTF-8 with a byte order mark."""
    text = io.StringIO()
    csv.writer(text).writerows([_safe(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def read_csv(data: bytes, columns: Sequence[Column]) -> Sheet:
    """The one sheet of the file. columns: that it may have, by which its delimiter is told. Raises NotAList."""
    if len(data) > FILE_BYTES_MAX:
        raise NotAList("sheets.too_large")
    text = _decoded(data)
    said = re.match(r'"?sep=(.)"?\r?\n', text)
    # A line that only tells the delimiter stays a row, so that row numbers are those of the file.
    try:
        delimiter = said[1] if said is not None else _delimiter(text, columns)
        rows = [[Cell(_plain(cell)) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise NotAList("sheets.csv_unreadable") from error
    if said is not None and rows:
        rows[0] = []
    if len(rows) > ROWS_MAX or any(len(row) > COLUMNS_MAX for row in rows):
        raise NotAList("sheets.too_large")
    # Excel separates by semicolons exactly where the decimal sign is a comma.
    return Sheet("", rows, decimal_comma=delimiter == ";")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif data.startswith(codecs.BOM_UTF8):
        # It says that it is UTF-8: cut within a character it is none, and never other characters.
        encodings = ("utf-8-sig",)
    else:
        # What a Chinese Excel calls CSV is GBK; few of its texts are UTF-8 by chance.
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise NotAList("sheets.csv_unreadable")


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """The one by which the first line has the most headings that are known."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(sign: str) -> int:
        return sum(named(cell, columns) is not None for cell in next(csv.reader([first], delimiter=sign), ()))

    return max(",;\t", key=known)


def _safe(cell: str) -> str:
    return f"'{cell}" if _LOOKS_LIKE_FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell
