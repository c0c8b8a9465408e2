"""What a cell means. Taken is what can mean only one thing, whatever a spreadsheet or an input method made of it: numbers
kept as texts, full-width digits, spaces that do not break, units behind a number, dates in the order of the year. The rest is
refused with a sentence, because a limit that was guessed wakes the wrong people, or nobody. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime

from edge.config.sheets.columns import Column, Form, folded
from edge.config.sheets.grid import Cell
from edge.config.text.finding import Phrase, shown
from edge.config.text.values import parse_duration

Plain = str | int | float | bool

_PARAMETER = re.compile(r"\{[A-Za-z][A-Za-z0-9_-]*\}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
#: 1,234.5 and 1,234,567 are thousands; 1,234 alone may be one and a bit.
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,}|(?: [0-9]{3})+(?:\.[0-9]+)?)")
#: And so may 1.234 where decimals have commas; 0.234 may not.
_DOTTED = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([^\W\d_]+)")
_UNITS = {
    name: unit
    for unit, names in {
        "ms": ("ms", "msec", "毫秒"),
        "s": ("s", "sec", "second", "seconds", "秒", "秒钟"),
        "min": ("min", "mins", "minute", "minutes", "分", "分钟"),
        "h": ("h", "hr", "hour", "hours", "小时"),
        "d": ("d", "day", "days", "天"),
    }.items()
    for name in names
}
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]0{1,2}:00(?::00)?)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_COUNT = re.compile(r"0|[1-9][0-9]{0,14}")
_TRUE, _FALSE = ({"true", "yes", "是", "真"}, {"false", "no", "否", "假"})


class CellRefused(Exception):
    """phrase: what is wrong with the cell, and what to write."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.phrase = Phrase(f"sheets.{key}", arguments)


def read_cell(cell: Cell, column: Column, unit: str, *, decimal_comma: bool) -> Plain | None:
    """The value of a cell; None of an empty one. unit: that of the rule's tag. A text that is no word of
    the product is returned as it is: the reader of rules says what it may be. Raises CellRefused."""
    if cell.is_empty:
        return None
    if cell.formula:
        raise CellRefused("formula")
    if cell.broken:
        raise CellRefused("broken", given=str(cell.value))
    if isinstance(cell.value, datetime) and column.form is not Form.DATE:
        raise CellRefused("became_a_date")
    if column.form is Form.WORD:
        return _word(cell, column)
    return _READ[column.form](cell, unit, decimal_comma)


def _number(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    if isinstance(cell.value, bool):
        raise CellRefused("number_wanted", given=shown(cell.value))
    if isinstance(cell.value, int | float):
        if not cell.percent:
            return _short(cell.value)
        if not unit.startswith("%"):
            raise CellRefused("percent", given=f"{cell.value * 100:g}%")
        return _short(float(f"{cell.value * 100:.12g}"))
    text = _narrow(str(cell.value))
    if _PARAMETER.fullmatch(text):
        return text
    bare = text.removesuffix(_narrow(unit)).rstrip() if unit else text
    if bare.endswith("%"):
        raise CellRefused("percent", given=text)
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "").replace(" ", "")
    elif _COMMA.fullmatch(bare):
        if not decimal_comma:
            raise CellRefused("comma", given=text)
        bare = bare.replace(",", ".")
    elif decimal_comma and _DOTTED.fullmatch(bare):
        raise CellRefused("point", given=text, thousands=bare.replace(".", ""), decimal=bare.replace(".", ","))
    if not _NUMBER.fullmatch(bare):
        raise CellRefused("number_wanted", given=shown(text))
    return _short(float(bare))


def _switch(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    text = cell.value if isinstance(cell.value, bool) else folded(str(cell.value))
    if text in _TRUE or text is True:
        return True
    return False if text in _FALSE or text is False else _number(cell, unit, decimal_comma)


def _span(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    if isinstance(cell.value, int | float):
        raise CellRefused("span_bare", seconds=f"{cell.value:g}s")
    text = _narrow(str(cell.value))
    if _PARAMETER.fullmatch(text):
        return text
    if _NUMBER.fullmatch(text):
        raise CellRefused("span_bare", seconds=f"{text}s")
    found = _SPAN.fullmatch(text)
    name = _UNITS.get(found[2].casefold()) if found is not None else None
    if found is None or name is None:
        raise CellRefused("span_wanted", given=shown(text))
    return f"{found[1]}{name}"


def _word(cell: Cell, column: Column) -> Plain:
    text = str(cell.value).strip()
    return text if _PARAMETER.fullmatch(text) else column.word(text)


def _number_or_percent(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    """Percent are no number of the unit, also where that is %."""
    if cell.percent and isinstance(cell.value, int | float):
        return f"{cell.value * 100:.12g}%"
    text = _narrow(str(cell.value)).strip()
    return text if text.endswith("%") else _number(cell, unit, decimal_comma)


def _scalar(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    """`40001` is a number, `00001` and `holding 0` are texts."""
    if isinstance(cell.value, int | float):
        return _short(cell.value)
    text = _text(cell, unit, decimal_comma)
    return int(text) if _COUNT.fullmatch(str(text)) else text


def _text(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    return str(_short(cell.value)) if isinstance(cell.value, float) else _spaced(str(cell.value))


def _date(cell: Cell, unit: str, decimal_comma: bool) -> Plain:
    if isinstance(cell.value, datetime):
        return cell.value.date().isoformat()
    text = _narrow(str(cell.value))
    if (found := _YEAR_FIRST.fullmatch(text)) is not None:
        year, month, day = (int(part) for part in found.groups())
    elif (found := _YEAR_LAST.fullmatch(text)) is not None:
        first, second, year = (int(part) for part in found.groups())
        if first <= 12 and second <= 12 and first != second:
            raise CellRefused("date_order", given=shown(text))
        day, month = (first, second) if second <= 12 else (second, first)
    else:
        raise CellRefused("date_wanted", given=shown(text))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise CellRefused("date_wanted", given=shown(text)) from None


_READ: Mapping[Form, Callable[[Cell, str, bool], Plain]] = {
    Form.SHOWN: _text,
    Form.NUMBER: _number,
    Form.SWITCH: _switch,
    Form.SPAN: _span,
    Form.TEXT: _text,
    Form.SCALAR: _scalar,
    Form.OR_PERCENT: _number_or_percent,
    Form.DATE: _date,
}


def same(one: object, other: object, form: Form) -> bool:
    """Whether two values of a column are the same, however they are written."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other if form is not Form.SWITCH or str in (type(one), type(other)) else one == other
    match form:
        case Form.SPAN if isinstance(one, str) and isinstance(other, str):
            return _span_or_text(one) == _span_or_text(other)
        case Form.SCALAR if one is not None and other is not None:
            return str(one) == _spaced(str(other))
        case Form.TEXT if isinstance(one, str) and isinstance(other, str):
            return one == _spaced(other)
    return one == other


def _span_or_text(text: str) -> object:
    try:
        return parse_duration(text)
    except ValueError:
        return text


def _spaced(text: str) -> str:
    """Without the spaces that do not break, and those around it."""
    return text.replace("\u00a0", " ").strip()


def _narrow(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())


def _short(number: float) -> int | float:
    return int(number) if float(number).is_integer() and abs(number) < 1e15 else number
