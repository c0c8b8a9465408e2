"""The list as CSV and XLSX: what goes out comes back, and what others write is read."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from edge.config.alarm_list.columns import COLUMNS
from edge.config.sheets.csv_file import csv_bytes, read_csv
from edge.config.sheets.grid import Cell, NotAList, Sheet, Value
from edge.config.sheets.xlsx_file import read_xlsx, xlsx_bytes

HEAD = ["rule", "name_zh", "limit"]
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"), max_size=20)


def values(sheet: Sheet) -> list[list[Value]]:
    return [[cell.value for cell in row] for row in sheet.rows]


CELLS = st.one_of(TEXTS, st.sampled_from(["=1+1", "-5", "'=x", "@a", "+86 1", "a\nb"]))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4)))
def test_every_text_comes_back_from_a_csv_file(rows: list[list[str]]) -> None:
    assert values(read_csv(csv_bytes([HEAD, *rows]), COLUMNS))[1:] == rows


def test_a_text_in_a_csv_file_is_no_formula_and_a_negative_number_stays_one() -> None:
    data = csv_bytes([["=1+1", "@SUM(A1)", "+86", "-5", "-5bar", "'=1"]]).decode("utf-8-sig")
    assert data == "'=1+1,'@SUM(A1),+86,-5,'-5bar,''=1\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_of_any_spreadsheet_is_read(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(row) for row in (["规则", "名称（中文）", "limit"], ["hot", "轴承温度高", "80"])) + "\r\n"
    sheet = read_csv(text.encode(encoding), COLUMNS)
    assert values(sheet)[1] == ["hot", "轴承温度高", "80"]
    assert sheet.decimal_comma == (delimiter == ";")


def test_a_line_that_only_tells_the_delimiter_is_a_row_without_cells() -> None:
    assert values(read_csv(b"sep=;\r\nrule;limit\r\nhot;80,5\r\n", COLUMNS)) == [[], ["rule", "limit"], ["hot", "80,5"]]


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"a\x00b", b"PK\x03\x04\x00\x00", b'"' + 140_000 * b"x"])
def test_what_is_no_csv_file_is_said(data: bytes) -> None:
    with pytest.raises(NotAList):
        read_csv(data, COLUMNS)


ROWS: list[list[Value]] = [
    ["rule", "for", "kind"],
    ["=1+1", 80.5, True],
    ["-5", -5, None],
    ["3-5", datetime(2026, 3, 5), "高"],
]


def test_a_workbook_comes_back_and_its_texts_are_no_formulas() -> None:
    data = xlsx_bytes([("list", COLUMNS[:3], ROWS), ("more", COLUMNS[:3], ROWS[:1])])
    first, second = read_xlsx(data)
    assert (first.title, second.title) == ("list", "more")
    assert values(first) == [ROWS[0], ROWS[1], ROWS[2][:2], ROWS[3]]
    assert not any(cell.formula for row in first.rows for cell in row)
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_formulas_percents_and_errors_of_a_workbook_are_known_for_what_they_are() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["=1+1", 0.85, "#REF!", "text"])
    sheet["B1"].number_format = "0%"
    sheet["C1"].data_type = "e"
    sheet["A40"].number_format = "@"
    file = io.BytesIO()
    book.save(file)
    (row,) = read_xlsx(file.getvalue())[0].rows
    assert list(row) == [Cell("=1+1", formula=True), Cell(0.85, percent=True), Cell("#REF!", broken=True), Cell("text")]


def test_the_sheet_to_work_in_offers_the_words_and_keeps_texts_as_texts() -> None:
    heads: list[Value] = [column.name for column in COLUMNS]
    sheet = load_workbook(io.BytesIO(xlsx_bytes([("list", COLUMNS, [heads, len(heads) * ["x"]])]))).active
    assert [each.formula1 for each in sheet.data_validations.dataValidation] == [
        '"critical,high,medium,low,journal"',
        '"minor,major,severe"',
    ]
    assert sheet.cell(2, heads.index("on_delay") + 1).number_format == "@"
    assert sheet.freeze_panes == "B2"


def broken(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"rule,limit", b"\xd0\xcf\x11\xe0old xls", broken(), broken(a="b"), xlsx_bytes([("a", COLUMNS, [])])[:2000]],
    ids=["empty", "CSV", "old XLS", "empty archive", "another archive", "cut off"],
)
def test_what_is_no_workbook_is_said(data: bytes) -> None:
    with pytest.raises(NotAList):
        read_xlsx(data)


def test_a_small_file_that_unfolds_to_a_huge_one_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        part.write(bytes(1_000_000))
    assert len(file.getvalue()) < 10_000
    with pytest.raises(NotAList) as refused:
        read_xlsx(file.getvalue(), unfolded_max=900_000)
    assert refused.value.key == "sheets.too_large"
