"""What a Modbus device said, for people and as JSON, with a snippet to paste into a plant folder. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from drivers.modbus.address import ADDRESS_MAX, Address, Notation, Table
from drivers.modbus.codec import text_of as letters_of
from drivers.modbus.frame import EXCEPTION_MEANING
from drivers.modbus.layout import PointType
from drivers.outline import Cell
from edge.probe.modbus import NoAnswer, Scan
from edge.probe.modbus_wish import Wish
from edge.probe.readings import WIDE, Reading, likely, readings_from, run_from
from edge.probe.registers import Window
from edge.probe.table import table
from edge.probe.target import Target
from edge.texts import render

#: A run of letters this long is hardly a number.
TEXT_MIN = 4
PLAUSIBLE = "*"
#: More guesses than this beside the first one help nobody.
OTHERS_MAX = 3


def text_of(came: Window | Scan | NoAnswer, wish: Wish, language: str) -> str:
    match came:
        case Window():
            return _window_text(came, wish, language)
        case Scan():
            return _scan_text(came, wish.target, language)
    return _no_answer_text(came, wish.target, language)


def document_of(came: Window | Scan | NoAnswer, wish: Wish, language: str) -> dict[str, Any]:
    """The same as plain values."""
    match came:
        case Window():
            document = _window_document(came, wish)
        case Scan():
            document = _scan_document(came)
        case NoAnswer():
            document = {"unit": came.unit, "problem": _no_answer_text(came, wish.target, language)}
    return {"target": str(wish.target), **document}


def _window_text(window: Window, wish: Wish, language: str) -> str:
    """The addresses asked for and their neighbours; for registers, what they are in each type and order; a snippet."""
    title = _say(
        "title",
        language,
        target=wish.target,
        unit=window.unit,
        table=window.address.table,
        function=window.address.table.function,
    )
    paragraphs = [[title], _cells(window, language)]
    if not window.address.table.holds_bits and window.cells:
        kinds = _kinds(wish)
        paragraphs += [_which(window, group, language) for group in _by_width(kinds)]
        paragraphs += [_beside(window, wish, language), _texts(window, language)]
    if window.address.number in window.cells:
        paragraphs.append([_say("paste", language), *_snippet(window, wish, language)])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _window_document(window: Window, wish: Wish) -> dict[str, Any]:
    readings = _readings(window, window.address.number, _kinds(wish))
    guessed = next(iter(_likely(window, wish, 0)), None)
    return {
        "unit": window.unit,
        "function": window.address.table.function,
        "cells": [
            {
                "protocol": number,
                "digits": _digits(window.address.table, number),
                "asked": number in window.asked,
                "value": window.cells.get(number),
                "exception": window.refused.get(number),
            }
            for number in window.numbers
        ],
        "readings": [_reading_document(each) for each in readings],
        "likely": None if guessed is None else _reading_document(guessed),
    }


def _scan_text(scan: Scan, target: Target, language: str) -> str:
    if not scan.units:
        return _say("no_unit", language, target=target, units=_ranges(scan.asked))
    units: list[tuple[Cell, ...]] = [(each.unit, _answer(each.code, language)) for each in scan.units]
    lines = [_say("units", language, target=target, units=_ranges(scan.asked))]
    lines += table([_say("columns.unit", language), _say("columns.answer", language)], units)
    if len(scan.units) == len(scan.asked) > 1:
        lines.append(_say("all_units", language))
    tables: list[tuple[Cell, ...]] = [
        (each.table, each.table.function, _answer(each.code, language) if each.address is None else _both(each.address))
        for each in scan.tables
    ]
    headings = [_say(f"columns.{column}", language) for column in ("table", "function", "answer")]
    return "\n".join([*lines, "", _say("tables", language, unit=scan.unit), *table(headings, tables)])


def _scan_document(scan: Scan) -> dict[str, Any]:
    return {
        "units": [{"unit": each.unit, "exception": each.code} for each in scan.units],
        "unit": scan.unit,
        "tables": [
            {
                "table": str(each.table),
                "function": each.table.function,
                "protocol": None if each.address is None else each.address.number,
                "exception": each.code,
            }
            for each in scan.tables
        ],
    }


def _no_answer_text(no_answer: NoAnswer, target: Target, language: str) -> str:
    """What it is, and what to look at."""
    if no_answer.reached is not None:
        return render(f"probe.reach.{no_answer.reached.value}", {"target": target}, language)
    if no_answer.code is not None:
        return _say("gone", language, target=target, unit=no_answer.unit, answer=_answer(no_answer.code, language))
    if no_answer.odd is not None:
        return _say("odd", language, target=target, reason=no_answer.odd)
    return _say("silent", language, target=target, unit=no_answer.unit)


# --- parts ----------------------------------------------------------------------------------------------------------


def _cells(window: Window, language: str) -> list[str]:
    of_bits = window.address.table.holds_bits
    columns = ("mark", "protocol", "digits", *(("bit",) if of_bits else ("hex", "uint16", "int16", "bits", "text")), "refused")
    rows: list[tuple[Cell, ...]] = []
    for number in window.numbers:
        mark = "→" if number in window.asked else ""
        value = window.cells.get(number)
        refused = "" if number in window.cells else _answer(window.refused[number], language)
        shown = ("",) * (len(columns) - 4) if value is None else (value,) if of_bits else _register(value)
        rows.append((mark, number, _digits(window.address.table, number), *shown, refused))
    if not window.refused:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return table([_say(f"columns.{column}", language) for column in columns], rows)


def _register(value: int) -> tuple[Cell, ...]:
    signed = value - 0x10000 if value >= 0x8000 else value
    bits = f"{value:016b}"
    letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in value.to_bytes(2, "big"))
    return (f"{value:04X}", value, signed, " ".join(bits[at : at + 4] for at in range(0, 16, 4)), letters)


def _by_width(kinds: Iterable[PointType]) -> list[list[PointType]]:
    widths: dict[int, list[PointType]] = {}
    for kind in kinds:
        widths.setdefault(kind.width, []).append(kind)
    return list(widths.values())


def _which(window: Window, kinds: list[PointType], language: str) -> list[str]:
    """Types of one width as columns, orders as rows."""
    readings = _readings(window, window.address.number, kinds)
    if not readings:
        return []
    by_order: dict[str, list[Cell]] = {}
    for each in readings:
        mark = f"{PLAUSIBLE} " if each.is_plausible else "  "
        by_order.setdefault(str(each.order or ""), []).append(mark + each.shown)
    headings = [_say("columns.order", language), *(f"  {kind}" for kind in kinds)]
    title = _say("which", language, address=_both(window.address), count=kinds[0].width)
    return [title, *table(headings, [(order, *cells) for order, cells in by_order.items()])]


def _beside(window: Window, wish: Wish, language: str) -> list[str]:
    """What a manual that counts otherwise would mean, where that looks better than what was asked for."""
    here = next(iter(_likely(window, wish, 0)), None)
    lines = []
    for shift in (-1, 1):
        there = next(iter(_likely(window, wish, shift)), None)
        if there is not None and there.kind is not PointType.INT16 and (here is None or there.oddness < here.oddness):
            shown = {"address": _both(there.address), "described": _described(there), "value": there.shown}
            lines.append(_say("beside", language, **shown))
    return lines


def _texts(window: Window, language: str) -> list[str]:
    asked = run_from(window.cells, window.address.number)[: window.count]
    data = b"".join(value.to_bytes(2, "big") for value in asked)
    swapped = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    lines = []
    for order, ordered in (("high_first", data), ("low_first", swapped)):
        text = letters_of(ordered)
        if text is not None and len(text) >= TEXT_MIN:
            lines.append(_say("text", language, order=order, text=text))
    return lines


def _snippet(window: Window, wish: Wish, language: str) -> list[str]:
    """A type and a device: a whole file of `devices/`, once its names are put right."""
    lines = [
        "types:",
        "  my_type:",
        "    words: {zh: 我的设备类型, en: my type}",
        "    driver: modbus",
        "    tags:",
        "      my_tag:",
    ]
    lines += [f"        {line}" for line in _tag_lines(window, wish, language)]
    lines += ["devices:", "  my_device:", "    type: my_type", "    area: my_area", "    words: {zh: 我的设备, en: my device}"]
    host = f'"{wish.target.host}"' if ":" in wish.target.host else wish.target.host
    return [*lines, f"    connection: {{host: {host}, port: {wish.target.port}, unit_id: {window.unit}}}"]


def _tag_lines(window: Window, wish: Wish, language: str) -> list[str]:
    lines = [f"address: {window.address}"]
    if wish.kind is PointType.STRING:
        lines += ["type: string", f"length: {2 * window.count}"]
    elif not window.address.table.holds_bits:
        readings = _likely(window, wish, 0) or _readings(window, window.address.number, [wish.kind or PointType.INT16])
        lines += [f"type: {readings[0].kind}"]
        lines += [f"word_order: {readings[0].order}"] if readings[0].order is not None else []
        others = ", ".join(f"{_described(each)} = {each.shown}" for each in readings[1 : OTHERS_MAX + 1] if each.is_plausible)
        lines += ["# " + _say("plausible_too", language, others=others)] if others else []
    return [*lines, "words: {zh: 我的测点, en: my tag}"]


def _kinds(wish: Wish) -> Sequence[PointType]:
    return WIDE if wish.kind is None else (wish.kind,)


def _readings(window: Window, number: int, kinds: Iterable[PointType]) -> list[Reading]:
    if window.address.table.holds_bits:
        return []
    return readings_from(replace(window.address, number=number), run_from(window.cells, number), kinds)


def _likely(window: Window, wish: Wish, shift: int) -> list[Reading]:
    number = window.address.number + shift
    if window.address.table.holds_bits or not 0 <= number <= ADDRESS_MAX:
        return []
    return likely(
        window.cells, replace(window.address, number=number), (PointType.INT16, *WIDE) if wish.kind is None else (wish.kind,)
    )


def _described(reading: Reading) -> str:
    """`float32 CDAB`"""
    return " ".join(filter(None, (str(reading.kind), str(reading.order or ""))))


def _reading_document(reading: Reading) -> dict[str, Any]:
    return {
        "protocol": reading.address.number,
        "type": str(reading.kind),
        "order": None if reading.order is None else str(reading.order),
        "value": reading.shown,
        "plausible": reading.is_plausible,
    }


def _digits(of: Table, number: int) -> str:
    return str(Address(of, number, Notation.FIVE_DIGITS))


def _both(address: Address) -> str:
    """`holding 0 (40001)`"""
    return f"{address.table} {address.number} ({_digits(address.table, address.number)})"


def _answer(code: int | None, language: str) -> str:
    if code is None:
        return _say("answers", language)
    name = code if code in EXCEPTION_MEANING else "other"
    return _say(f"exception.{name}", language, code=code)


def _ranges(units: Iterable[int]) -> str:
    """`1-16, 255`"""
    spans: list[list[int]] = []
    for unit in units:
        if spans and unit == spans[-1][1] + 1:
            spans[-1][1] = unit
        else:
            spans.append([unit, unit])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in spans)


def _say(key: str, language: str, **arguments: object) -> str:
    return render(f"probe.modbus.{key}", arguments, language)
