"""How a Modbus device may be asked, as it was measured: in words, as JSON, and as the settings of its connection. Pure."""

from __future__ import annotations

from typing import Any

from drivers.modbus.config import READ_BITS_MAX, READ_REGISTERS_MAX
from drivers.outline import Cell
from edge.config.text.values import format_span
from edge.model.moment import MILLISECOND, SECOND, Span
from edge.probe.measure import Measured
from edge.probe.modbus_snippet import way_lines
from edge.probe.modbus_wish import Wish
from edge.probe.table import table
from edge.texts import render

#: So many times the longest round trip that was seen, in steps of 50 ms: a busy device is not lost yet.
TIMEOUT_FACTOR = 5
TIMEOUT_STEP: Span = 50 * MILLISECOND
TIMEOUT_LEAST, TIMEOUT_MOST = 200 * MILLISECOND, 10 * SECOND


def timeout_of(longest: Span) -> Span:
    """The time-out that is worth setting."""
    steps = -(-TIMEOUT_FACTOR * longest // TIMEOUT_STEP)
    return min(max(steps * TIMEOUT_STEP, TIMEOUT_LEAST), TIMEOUT_MOST)


def measured_text(came: Measured, wish: Wish, language: str) -> str:
    """Round trips, what follows from them, then what to set."""

    def say(key: str, **arguments: object) -> str:
        return render(f"probe.measured.{key}", arguments, language)

    shown = {"target": wish.target, "unit": came.unit, "address": came.address}
    if came.refused is not None:
        return say("refused", **shown, code=came.refused)
    lines = [say("title", **shown)]
    if came.trips:
        rows: list[tuple[Cell, ...]] = [
            (each.count, *(f"{span / MILLISECOND:.2f}" for span in (each.shortest, each.middle, each.longest)))
            for each in came.trips
        ]
        lines += table([say(f"columns.{column}") for column in ("count", "shortest", "middle", "longest")], rows)
    if came.cost is not None:
        per_one = came.cost.per_bit_us if came.address.table.holds_bits else came.cost.per_register_us
        lines.append(say("cost", request=f"{came.cost.per_request_us / 1000:.2f}", register=f"{per_one / 1000:.3f}"))
    lines.append(say("end_of_map" if came.is_end_of_map else "count_max", count=came.count_max, address=came.address))
    if came.trouble_at:
        lines.append(say(f"trouble.{came.trouble_at}", count=came.count_max))
    return "\n".join([*lines, "", say("paste"), "connection:", *(f"  {line}" for line in _settings(came, wish, language))])


def measured_document(came: Measured) -> dict[str, Any]:
    """The same as plain values; times in milliseconds."""
    return {
        "unit": came.unit,
        "address": str(came.address),
        "exception": came.refused,
        "count_max": came.count_max,
        "is_end_of_map": came.is_end_of_map,
        "round_trips_ms": [
            {
                "count": each.count,
                "shortest": each.shortest / MILLISECOND,
                "middle": each.middle / MILLISECOND,
                "longest": each.longest / MILLISECOND,
            }
            for each in came.trips
        ],
        "per_request_ms": None if came.cost is None else came.cost.per_request_us / 1000,
        "per_register_ms": None if came.cost is None else came.cost.per_register_us / 1000,
        "timeout_ms": timeout_of(came.longest) / MILLISECOND if came.trips else None,
        "pause_ms": came.pause / MILLISECOND,
        "max_in_flight": came.in_flight,
        "trouble": came.trouble_at or None,
    }


def _settings(came: Measured, wish: Wish, language: str) -> list[str]:
    """Keys of a connection, each with the reason behind it; what is as good as the default is left out."""

    def because(line: str, key: str, **arguments: object) -> str:
        return f"{line}   # " + render(f"probe.measured.because.{key}", arguments, language)

    lines = way_lines(wish, came.unit)
    if came.trips:
        longest = f"{came.longest / MILLISECOND:.1f}"
        lines.append(because(f"timeout: {_written(timeout_of(came.longest))}", "timeout", longest=longest))
    of_bits = came.address.table.holds_bits
    key, most = ("max_bits", READ_BITS_MAX) if of_bits else ("max_registers", READ_REGISTERS_MAX)
    # A float64 takes four registers, and no request may be narrower than a tag.
    least = 1 if of_bits else 2
    if least <= came.count_max < most and not came.is_end_of_map:
        lines.append(because(f"{key}: {came.count_max}", "count"))
    if came.pause:
        lines.append(because(f"pause: {_written(came.pause)}", "pause"))
    if came.in_flight > 1:
        lines.append(because(f"max_in_flight: {came.in_flight}", "in_flight"))
    return lines


def _written(span: Span) -> str:
    """As files have it: `200ms`."""
    return format_span(span).replace(" ", "")
