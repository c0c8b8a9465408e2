"""What a Modbus device said, for people and as JSON, with a snippet to paste into a plant folder. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drivers.modbus.address import Address, Notation, Table
from drivers.modbus.codec import text_of as letters_of
from drivers.modbus.frame import EXCEPTION_MEANING
from drivers.modbus.layout import PointType
from drivers.outline import Cell
from edge.probe.measure import Measured
from edge.probe.measured_text import measured_document, measured_text
from edge.probe.modbus import Came, NoAnswer, Scan
from edge.probe.modbus_snippet import described, kinds_of, likely_in, matches_in, readings_in, snippet
from edge.probe.modbus_wish import Wish
from edge.probe.readings import Match, Reading, run_from
from edge.probe.registers import Window
from edge.probe.table import table
from edge.probe.target import Target
from edge.texts import render

#: A run of letters this long is hardly a number.
TEXT_MIN = 4
PLAUSIBLE = "*"
#: More ways to read what was expected help nobody.
MATCHES_MAX = 8


def text_of(came: Came, wish: Wish, language: str) -> str:
    match came:
        case Window():
            return _window_text(came, wish, language)
        case Scan():
            return _scan_text(came, wish.target, language)
        case Measured():
            return measured_text(came, wish, language)
    return _no_answer_text(came, wish.target, language)


def document_of(came: Came, wish: Wish, language: str) -> dict[str, Any]:
    """The same as plain values."""
    match came:
        case Window():
            document = _window_document(came, wish)
        case Scan():
            document = _scan_document(came)
        case Measured():
            document = measured_document(came)
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
        kinds = kinds_of(wish)
        paragraphs += [_which(window, group, language) for group in _by_width(kinds)]
        paragraphs += [_expected(window, wish, language), _beside(window, wish, language), _texts(window, language)]
    if window.address.number in window.cells:
        paragraphs.append([_say("paste", language), *snippet(window, wish, language)])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _window_document(window: Window, wish: Wish) -> dict[str, Any]:
    readings = readings_in(window, window.address.number, kinds_of(wish))
    guessed = next(iter(likely_in(window, wish, 0)), None)
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
        **({"expected": [_match_document(each) for each in matches_in(window, wish)]} if wish.expected is not None else {}),
    }


def _scan_text(scan: Scan, target: Target, language: str) -> str:
    stopped = [] if scan.stopped is None else [_say("stopped", language, unit=scan.stopped[0], reason=scan.stopped[1])]
    if not scan.units:
        return "\n".join(stopped or [_say("no_unit", language, target=target, units=_ranges(scan.asked))])
    units: list[tuple[Cell, ...]] = [(each.unit, _answer(each.code, language)) for each in scan.units]
    lines = [_say("units", language, target=target, units=_ranges(scan.asked))]
    lines += table([_say("columns.unit", language), _say("columns.answer", language)], units)
    if len(scan.units) == len(scan.asked) > 1:
        lines.append(_say("all_units", language))
    if stopped:
        return "\n".join([*lines, *stopped])
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
        "stopped": None if scan.stopped is None else {"unit": scan.stopped[0], "reason": scan.stopped[1]},
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
    if no_answer.failed is not None:
        said = "no_tls" if no_answer.reached is not None else "no_port"
        return _say(said, language, target=target, reason=no_answer.failed)
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
    readings = readings_in(window, window.address.number, kinds)
    if not readings:
        return []
    by_order: dict[str, list[Cell]] = {}
    for each in readings:
        mark = f"{PLAUSIBLE} " if each.is_plausible else "  "
        by_order.setdefault(str(each.order or ""), []).append(mark + each.shown)
    headings = [_say("columns.order", language), *(f"  {kind}" for kind in kinds)]
    title = _say("which", language, address=_both(window.address), count=kinds[0].width)
    return [title, *table(headings, [(order, *cells) for order, cells in by_order.items()])]


def _expected(window: Window, wish: Wish, language: str) -> list[str]:
    """In which ways the registers show what the machine's display does."""
    if wish.expected is None:
        return []
    found = matches_in(window, wish)
    if not found:
        return [_say("not_found", language, expected=f"{wish.expected:g}")]
    rows: list[tuple[Cell, ...]] = [
        (_both(each.reading.address), described(each.reading), f"{each.scale:f}", each.shown) for each in found[:MATCHES_MAX]
    ]
    headings = [_say(f"columns.{column}", language) for column in ("address", "reading", "scale", "value")]
    return [_say("found", language, expected=f"{wish.expected:g}"), *table(headings, rows)]


def _beside(window: Window, wish: Wish, language: str) -> list[str]:
    """What a manual that counts otherwise would mean, where that looks better than what was asked for."""
    here = next(iter(likely_in(window, wish, 0)), None)
    lines = []
    for shift in (-1, 1):
        there = next(iter(likely_in(window, wish, shift)), None)
        if there is not None and there.kind is not PointType.INT16 and (here is None or there.oddness < here.oddness):
            shown = {"address": _both(there.address), "described": described(there), "value": there.shown}
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


def _reading_document(reading: Reading) -> dict[str, Any]:
    return {
        "protocol": reading.address.number,
        "type": str(reading.kind),
        "order": None if reading.order is None else str(reading.order),
        "value": reading.shown,
        "plausible": reading.is_plausible,
    }


def _match_document(match: Match) -> dict[str, Any]:
    return {**_reading_document(match.reading), "scale": float(match.scale), "scaled": match.value}


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
