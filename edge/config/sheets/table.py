"""Rows by name of column -> the cells of a sheet, with the headings in front. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from edge.config.sheets.columns import Column, Form
from edge.config.sheets.grid import Value
from edge.config.text.typed import plain_text


def table(rows: Iterable[Mapping[str, Value]], columns: Sequence[Column], language: str) -> list[list[Value]]:
    """The rows with their headings in front; dates as dates."""
    return [
        [column.heading(language) for column in columns],
        *([_as_cell(row.get(column.name), column) for column in columns] for row in rows),
    ]


def table_of_texts(rows: Iterable[Mapping[str, Value]], columns: Sequence[Column], language: str) -> list[list[str]]:
    """The same for files that hold nothing but texts."""
    body = ([plain_text(value) if (value := row.get(column.name)) is not None else "" for column in columns] for row in rows)
    return [[column.heading(language) for column in columns], *body]


def _as_cell(value: Value, column: Column) -> Value:
    if column.form is Form.DATE and isinstance(value, str):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day)
    return value if value != "" else None
