"""XLSX: lists as sheets to work in or to look at. No formula is written, and none computed. Pure."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # it has no types
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]  # as above
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]  # as above
from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]  # as above

from edge.config.sheets.columns import Column, Form
from edge.config.sheets.grid import COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX, Cell, NotAList, Sheet, Value, column_letters

#: What a small file may unfold to; beyond, it is an attack or another kind of file.
UNFOLDED_BYTES_MAX = 300_000_000

_GREY = PatternFill("solid", fgColor="FFE7E6E6")
#: What a broken workbook makes of the library, one way or another; SyntaxError is broken XML.
_BROKEN = (
    *(InvalidFileException, BadZipFile, zlib.error, EOFError, RuntimeError, OSError),
    *(LookupError, ValueError, TypeError, AttributeError, SyntaxError, ArithmeticError),
)


def xlsx_bytes(sheets: Sequence[tuple[str, Sequence[Column], Sequence[Sequence[Value]]]]) -> bytes:
    """A workbook. sheets: title, columns, and the rows with their heading first."""
    book = Workbook()
    book.remove(book.active)
    for title, columns, rows in sheets:
        sheet = book.create_sheet(title)
        for row_number, row in enumerate(rows, 1):
            for column_number, value in enumerate(row, 1):
                _write(sheet.cell(row_number, column_number), value, columns[column_number - 1], is_heading=row_number == 1)
        _arrange(sheet, columns, len(rows))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write(cell: Any, value: Value, column: Column, *, is_heading: bool) -> None:
    cell.value = value
    if isinstance(value, str):
        # Whatever it begins with, it is a text, and stays one when somebody edits it.
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if is_heading:
        cell.font = Font(bold=True)
    if column.form is Form.SHOWN:
        cell.fill = _GREY
    if column.form in (Form.TEXT, Form.SPAN, Form.WORD):
        # Excel makes dates of texts like 3-5 unless the cell is one for texts.
        cell.number_format = "@"
    elif column.form is Form.DATE:
        cell.number_format = "yyyy-mm-dd"


def _arrange(sheet: Any, columns: Sequence[Column], rows: int) -> None:
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{column_letters(len(columns))}{max(rows, 1)}"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[column_letters(number)].width = column.width
        words = column.words if column.form is Form.WORD else ()
        if words and rows > 1:
            choice = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
            choice.add(f"{column_letters(number)}2:{column_letters(number)}{rows}")
            sheet.add_data_validation(choice)


def read_xlsx(data: bytes, *, unfolded_max: int = UNFOLDED_BYTES_MAX) -> list[Sheet]:
    """The sheets of a workbook. Raises NotAList."""
    if len(data) > FILE_BYTES_MAX:
        raise NotAList("sheets.too_large")
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > unfolded_max:
                raise NotAList("sheets.too_large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        return [_sheet(each) for each in book.worksheets]
    except NotAList:
        raise
    except _BROKEN as error:
        raise NotAList("sheets.xlsx_unreadable") from error


def _sheet(sheet: Any) -> Sheet:
    rows: list[list[Cell]] = []
    blank = 0
    for row in sheet.iter_rows():
        cells = [_cell(each) for each in row]
        while cells and cells[-1].is_empty:
            cells.pop()
        if not cells:
            # Formats often reach a million rows further down than the texts.
            blank += 1
            continue
        if len(rows) + blank >= ROWS_MAX or len(cells) > COLUMNS_MAX:
            raise NotAList("sheets.too_large")
        rows += [*([] for _ in range(blank)), cells]
        blank = 0
    return Sheet(sheet.title, rows)


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell()
    if cell.data_type == "f":
        return Cell(str(value), formula=True)
    if cell.data_type == "e":
        return Cell(str(value), broken=True)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, str | int | float | datetime):
        return Cell(str(value))
    return Cell(value, percent="%" in str(cell.number_format or ""))
