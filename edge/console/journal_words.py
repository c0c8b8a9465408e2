"""A row of the journal in words: what happened, who did it, and what was said. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.console.cover_words import covers_text
from edge.console.delivery_rows import PURPOSES
from edge.console.journal_life import LIFE_TEXTS
from edge.console.plant_time import PlantTime
from edge.console.quantity import measured, number, session, span, state_words
from edge.console.rows import SIDED, Row, actor, alarm_path
from edge.console.words import Words
from edge.console.write_words import WRITE_KINDS, write_text
from edge.texts import render

Told = Mapping[str, Any]
#: Kinds about which there is nothing more to say than their name.
_BARE = {"on_my_way", "reset", "retired", "maintenance_begun", "left", "came_back"}
_WITH_INTENT = {"delivered", "refused", "unknown", "withdrawn", "expired", "quarantined", "replayed"}


def journal_row(told: Told, words: Words, time: PlantTime, reasons: Mapping[str, str]) -> Row:
    """reasons: for shelving, by id."""
    about = told["about"]
    return {
        "id": str(told["sequence"]),
        "sequence": told["sequence"],
        "time": time.shown(told["time"]),
        "kind": kind_words(told, words),
        "kind_key": told["kind"],
        "stream_key": told["stream"],
        "who": actor(told["by_name"], words),
        "text": text_of(told, words, time, reasons),
        "subject": _line(told, words) if about is None else _subject(about, words),
        "href": "" if about is None else alarm_path(about["alarm"], words),
    }


def _subject(about: Mapping[str, Any], words: Words) -> str:
    return " · ".join(words.of(about[part]) for part in ("area_words", "device_words", "words"))


def _line(told: Told, words: Words) -> str:
    """What is no alarm is a line or a position, or goes by its name."""
    if "positions" in told:
        return words("list_separator").join(told["positions"])
    return (words.of(told["line"]["words"]) if "line" in told else "") or str(told["subject"])


def kind_words(told: Told, words: Words) -> str:
    if told["stream"] == "write":
        return words(f"journal.write.{told['kind']}") if told["kind"] in WRITE_KINDS else str(told["kind"])
    if told["kind"] == "acknowledged" and told["data"].get("coming"):
        return words("journal.kind.acknowledged_coming")
    return words(f"journal.kind.{told['kind']}") if told["kind"] in KINDS else str(told["kind"])


def text_of(told: Told, words: Words, time: PlantTime, reasons: Mapping[str, str]) -> str:
    """What stands beside the name of the kind; empty when there is no more to say."""
    kind = told["kind"]
    if told["stream"] == "write":
        return write_text(told, words)
    if kind in _WITH_INTENT and told["stream"] == "delivery":
        return _delivery(told, words)
    if kind in LIFE_TEXTS:
        return LIFE_TEXTS[kind](told, words)
    say = _TEXTS.get(kind)
    return "" if say is None else say(told, words, time, reasons)


def _raised(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    value = _derived(told, "value", words) or _value(told, told["data"].get("value"), words)
    parts = [value, _place(told["data"].get("first_out"), words)]
    if told.get("covers"):
        parts.append(words("journal.told_nobody", why=covers_text(told["covers"], words)))
    return words("list_separator").join(part for part in parts if part)


def _place(first_out: Mapping[str, Any] | None, words: Words) -> str:
    """In its first-out group."""
    if first_out is None:
        return ""
    first = words("journal.first_by_word" if first_out.get("by") == "plc_word" else "journal.first")
    rank = first if first_out["rank"] == 1 else words("journal.rank", rank=first_out["rank"])
    return words("journal.tie", rank=rank, within=span(first_out["within"], words)) if first_out["tie"] else rank


def _returned(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    data = told["data"]
    value = _derived(told, "value", words) or _value(told, data.get("value"), words)
    has_peak = told["about"] is not None and told["about"]["compare"] in SIDED and data.get("peak") is not None
    if not has_peak:
        return value
    peak = _derived(told, "peak", words) or _value(told, data["peak"], words)
    return words("journal.returned", value=value, peak=peak)


def _derived(told: Told, part: str, words: Words) -> str:
    """What was worked out of tags, by its name; empty for a rule on the tag itself."""
    return words.of(told["derived"][part]) if "derived" in told else ""


def _acknowledged(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    comment = told["data"].get("comment")
    return words("journal.quoted", text=comment) if comment else ""


def _commented(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    return words("journal.quoted", text=told["data"].get("text", ""))


def _shelved(told: Told, words: Words, time: PlantTime, reasons: Mapping[str, str]) -> str:
    reason = told["data"]["reason"]
    form = "journal.shelved_once" if told["data"].get("one_shot") else "journal.shelved"
    return words(form, until=time.shown(told["data"]["until"]), reason=reasons.get(reason, reason))


def _unshelved(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    cause = told["data"].get("cause")
    return words(f"journal.shelf_{cause}") if cause in {"expired", "returned"} else ""


def _rejected(told: Told, words: Words, time: PlantTime, _reasons: Mapping[str, str]) -> str:
    data = told["data"]
    who = {"by": data.get("acknowledged_by", ""), "at": time.shown(data.get("acknowledged_at"))}
    return render(f"api.rejections.{data['reason']}", who, words.language)


def _filtered(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    return words("journal.lasted", span=span(round(told["data"]["lasted"], 1), words))


def _unrouted(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    data = told["data"]
    return words(f"journal.unrouted.{data['detail']}", recipient=told["recipient_name"])


def _started(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    outage = told["data"].get("outage")
    return words("journal.started", epoch=told["data"]["epoch"]) + (
        words("journal.outage", span=span(round(outage), words)) if outage else ""
    )


def _clock_stepped(told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    return words("age.seconds", count=number(told["data"]["by"]))


def _heard_again(told: Told, words: Words, time: PlantTime, _reasons: Mapping[str, str]) -> str:
    return words("journal.heard_again", cards=told["data"]["cards"], since=time.shown(told["data"]["since"]))


def _foreign_press(_told: Told, words: Words, _time: PlantTime, _reasons: Mapping[str, str]) -> str:
    return words("journal.foreign_press")


_TEXTS: Mapping[str, Callable[[Told, Words, PlantTime, Mapping[str, str]], str]] = {
    "raised": _raised,
    "returned": _returned,
    "acknowledged": _acknowledged,
    "commented": _commented,
    "shelved": _shelved,
    "unshelved": _unshelved,
    "rejected": _rejected,
    "filtered": _filtered,
    "unrouted": _unrouted,
    "started": _started,
    "clock_stepped": _clock_stepped,
    "heard_again": _heard_again,
    "foreign_press": _foreign_press,
}
KINDS = frozenset({*_TEXTS, *LIFE_TEXTS, *_BARE, *_WITH_INTENT, "applied"})


def _value(told: Told, value: float | None, words: Words) -> str:
    about = told["about"]
    if about is not None and about["kind"] == "comm_loss" and value is not None:
        return session(value, words)
    if about is None or value is None:
        return measured(value, "", words)
    return state_words(value, about["states"], words) or measured(value, about["unit"], words)


def _delivery(told: Told, words: Words) -> str:
    purpose = told["data"].get("purpose") or ""
    named = words(f"purpose.{purpose}") if purpose in PURPOSES else purpose
    return words("journal.delivery", recipient=told["recipient_name"] or "", purpose=named)
