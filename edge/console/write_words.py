"""A row of the journal about a write to a device, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.words import Words
from edge.console.write_view import CAUSES
from edge.texts import render

WRITE_KINDS = frozenset(
    {"asked", "rejected", "confirmed", "sent", "done", "different", "failed", "unknown", "expired"}
    | {"withdrawn", "held_back", "locked", "unlocked", "left"}
)

#: Why a rule's value is held back.
HELD_BACK = frozenset(
    {"hang_tag", "forced_value", "not_granted", "not_a_value", "out_of_range", "step_too_large", "value_not_known"}
)


def write_text(told: Mapping[str, Any], words: Words) -> str:
    """Which write, of what value, why, and what the device shows."""
    data = told["data"]
    parts = [str(data["write"])] if "write" in data else []
    if data.get("value") is not None:
        before = data.get("before")
        value = _shown(data["value"]) if before is None else f"{_shown(before)} → {_shown(data['value'])}"
        parts.append(words("journal.write_value", value=value))
    if data.get("shown") is not None and data["shown"] != data.get("value"):
        parts.append(words("journal.write_shown", shown=_shown(data["shown"])))
    if str(data.get("by", "")).startswith("rule:"):
        parts.append(str(data["by"]).removeprefix("rule:"))
    if told.get("kind") == "held_back" and data.get("cause") in HELD_BACK:
        return words("list_separator").join([*parts, _why_it_waits(data, words)])
    why = data.get("reason") or data.get("detail") or data.get("cause")
    if why and told.get("kind") == "rejected":
        return words("list_separator").join([*parts, render(f"api.rejections.{why}", {}, words.language)])
    if (known := str(why)) in CAUSES:
        why = words(f"writes.cause.{known.replace(' ', '_')}")
    if why:
        parts.append(words("journal.quoted", text=why))
    return words("list_separator").join(parts)


def _why_it_waits(data: Mapping[str, Any], words: Words) -> str:
    forced = words("list_separator").join(data.get("forced", ()))
    return words(f"journal.held_back.{data['cause']}", alarm=data.get("alarm", ""), forced=forced)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
