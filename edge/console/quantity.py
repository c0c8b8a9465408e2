"""Values, limits and spans as people read them, in the language of a page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge.console.words import Words

#: A good value that is no older than this is shown as fresh; the API says when one becomes older.
FRESH_S = 10.0


#: 6.19965 bar is read as 6.2: sensors of a line are rarely better than one in a thousand.
_SIGNIFICANT = 4


def number(value: float) -> str:
    """Of what somebody wrote: at most six digits, no exponent before a million, no trailing zeros: `62.5`, `248`, `0.003`."""
    return f"{value:.6g}"


def read_number(value: float) -> str:
    """Of what a device said: four digits, and the whole part whole: `6.2`, `62.48`, `12346`."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.{_SIGNIFICANT}g}"


def with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def measured(value: float | None, unit: str, words: Words, quality: str = "good") -> str:
    """Value, unit, and the quality where it is not good: nobody takes a bad value for a good one."""
    if value is None:
        return "" if quality == "good" else words(f"quality.{quality}")
    shown = with_unit(read_number(value), unit)
    return shown if quality == "good" else f"{shown} ({words('quality.' + quality)})"


def session(value: float, words: Words) -> str:
    return words("tags.session_up" if value else "tags.session_down")


def reading_value(tag: Mapping[str, Any], words: Words) -> str:
    """What a tag shows, without its unit: a text, a state in words, a session, or a number; empty when it shows nothing."""
    if tag["text"] is not None:
        return str(tag["text"])
    value = tag["value"]
    if value is None or tag["is_text"]:
        return ""
    if tag["is_session"]:
        return session(value, words)
    return state_words(value, tag["states"], words) or read_number(value)


def state_words(value: float, states: Sequence[Mapping[str, Any]], words: Words) -> str:
    """What a number means; empty when nobody said."""
    return next((words.of(state["words"]) for state in states if state["value"] == value), "")


def context_value(value: float | str | None, unit: str, states: Sequence[Mapping[str, Any]], words: Words) -> str:
    """What a tag showed at a moment that was written down."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return state_words(value, states, words) or with_unit(read_number(value), unit)


def quality_text(quality: str, reason: str, words: Words) -> str:
    """`bad: sensor fault`."""
    told = words(f"quality.{quality}")
    return words("quality_because", quality=told, reason=words(f"reason.{reason}")) if reason else told


def age(seconds: float | None, words: Words) -> str:
    """Coarser the older it is; empty when nothing came yet."""
    if seconds is None:
        return ""
    if seconds <= FRESH_S:
        return "< " + words("age.seconds", count=f"{FRESH_S:g}")
    for unit, length, below in (("seconds", 1, 120), ("minutes", 60, 120 * 60), ("hours", 3_600, 48 * 3_600)):
        if seconds < below:
            return words(f"age.{unit}", count=int(seconds // length))
    return words("age.days", count=int(seconds // 86_400))


def span(seconds: float, words: Words) -> str:
    """A delay as a file states it: `0.5 s`, `30 s`, `10 min`, `2 h`; what does not divide evenly stays in the smaller unit."""
    for unit, length in (("hours", 3_600), ("minutes", 60)):
        if seconds >= length and seconds % length == 0:
            return words(f"age.{unit}", count=f"{seconds / length:g}")
    return words("age.seconds", count=f"{seconds:g}")


def rough(seconds: float, words: Words) -> str:
    """How long something took: `45 s`, `12 min 5 s`, `3 h 20 min`."""
    whole = int(seconds)
    if whole < 60:
        return words("age.seconds", count=whole)
    if whole < 3_600:
        return f"{words('age.minutes', count=whole // 60)} {words('age.seconds', count=whole % 60)}"
    return f"{words('age.hours', count=whole // 3_600)} {words('age.minutes', count=whole % 3_600 // 60)}"
