"""A raw predicate again, as the table of the reference has it."""

from __future__ import annotations

from rules.signals.raw import Raw, Side


def raw_now(raw: Raw, before: bool, value: float) -> bool:
    match raw.side:
        case Side.HIGH:
            return value >= raw.limit or (before and not value < raw.limit - raw.deadband)
        case Side.LOW:
            return value <= raw.limit or (before and not value > raw.limit + raw.deadband)
    return value == raw.limit
