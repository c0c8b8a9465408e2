"""What the journal says of an alarm's life beyond raise, acknowledgement and return: covers, chattering, first-out, people's
second thoughts; of the states of lines, of stages, of maintenance, of floods. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.console.cover_words import cover_text, covers_text
from edge.console.quantity import rough
from edge.console.words import Words

Told = Mapping[str, Any]


def _reason(told: Told, words: Words) -> str:
    return words("journal.quoted", text=told["data"]["reason"])


def _comment(told: Told, words: Words) -> str:
    comment = told["data"]["comment"]
    return words("journal.quoted", text=comment) if comment else ""


def _suppressed(told: Told, words: Words) -> str:
    return covers_text(told["covers"], words)


def _released(told: Told, words: Words) -> str:
    ended = words("journal.released", cover=cover_text(told["covers"][0], words))
    return words("list_separator").join(part for part in (ended, _announced(told, words)) if part)


def _announced(told: Told, words: Words) -> str:
    """Of whatever ends a cover."""
    return words("journal.announced") if told["data"]["announce"] else ""


def _taken_out_of_service(told: Told, words: Words) -> str:
    return words("journal.out_of_service", order=told["data"]["work_order"], reason=told["data"]["reason"])


def _realarmed(told: Told, words: Words) -> str:
    return words("journal.realarmed", count=told["data"]["count"])


def _severer(told: Told, words: Words) -> str:
    before, now = (words(f"priority.{told['data'][key]}") for key in ("before", "priority"))
    return words("journal.from_to", before=before, now=now)


def _chattering(told: Told, words: Words) -> str:
    return words("journal.chattering", count=told["data"]["count"], span=rough(told["data"]["within"], words))


def _settled(told: Told, words: Words) -> str:
    return words("journal.settled", count=told["data"]["count"], span=rough(told["data"]["lasted"], words))


def _first_out_moved(told: Told, words: Words) -> str:
    other = told["other"]
    named = told["data"]["before"] if other is None else f"{words.of(other['device_words'])} {words.of(other['words'])}"
    before = words("journal.first_before", alarm=named)
    named_by = words("journal.first_by_word") if told["data"].get("by") == "plc_word" else ""
    return words("list_separator").join(part for part in (named_by, before) if part)


def _line_state(told: Told, words: Words) -> str:
    def named(state: str | None) -> str:
        return words("journal.unknown_state") if state is None else words.of(told["line"]["states"].get(state, {})) or state

    return words("journal.from_to", before=named(told["data"]["before"]), now=named(told["data"]["state"]))


def _stage(told: Told, words: Words) -> str:
    data = told["data"]
    before, now = (words(f"journal.stage.{data[key]}") for key in ("before", "stage"))
    turned = words("journal.from_to", before=before, now=now)
    reason = words("journal.quoted", text=data["reason"]) if data.get("reason") else ""
    return words("list_separator").join(part for part in (turned, reason) if part)


def _planned(told: Told, words: Words) -> str:
    data = told["data"]
    devices = words("list_separator").join(data["devices"])
    return words("journal.maintenance", permit=data["permit"], devices=devices, reason=data["reason"])


def _entered(told: Told, words: Words) -> str:
    data = told["data"]
    return words("journal.entered", value=_plain(data["value"]))


def _forced(told: Told, words: Words) -> str:
    data = told["data"]
    return words("journal.forced", value=_plain(data["value"]), reason=data["reason"])


def _force_ended(told: Told, words: Words) -> str:
    return words(f"journal.force_ended.{told['data']['cause']}")


def _hang_tag(told: Told, words: Words) -> str:
    data = told["data"]
    parts = (data["tag"], data.get("order", ""), data["reason"])
    return words("list_separator").join(part for part in parts if part)


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _left(told: Told, words: Words) -> str:
    """How many of its alarms are not at rest, and how many devices say nothing."""
    count = sum(len(told["data"].get(key, ())) for key in ("open", "shelved", "silent"))
    return words("journal.left_open", count=count)


def _passed_on(told: Told, words: Words) -> str:
    """What became of an acknowledgement at the device whose own alarm it is."""
    return words(f"journal.passed_on.{told['data']['end']}", detail=told["data"]["detail"])


def passed_on_text(alarm: Mapping[str, Any], words: Words) -> str:
    """What became at the device of the newest occurrence's acknowledgement; empty while nothing is known, or for an alarm that
    no device raises itself. alarm: all that the API says of one, its journal newest first."""
    rows = (row for row in alarm["journal"] if row["kind"] == "passed_on" and row["data"]["occurrence"] == alarm["occurrence"])
    newest = next(rows, None)
    return "" if newest is None else _passed_on(newest, words).rstrip(" :：")


def _folded(told: Told, words: Words) -> str:
    return words("journal.folded", positions=words("list_separator").join(told["positions"]))


def _missed(told: Told, words: Words) -> str:
    return words("journal.missed", recipients=words("list_separator").join(told["positions"]))


def _fell_back(told: Told, words: Words) -> str:
    data = told["data"]
    ways = {name: words(f"channel.{data[name]}") for name in ("before", "channel")}
    ways |= {"why": words(f"journal.fell_back_why.{data['detail']}")}
    return words("journal.fell_back", recipient=told["recipient_name"], **ways)


def _flood_entered(told: Told, words: Words) -> str:
    return words("journal.flood_entered", count=told["data"]["count"])


def _flood_left(told: Told, words: Words) -> str:
    data = told["data"]
    return words("journal.flood_left", count=data["count"], folded=data["folded"], peak=data["peak"])


#: By kind. `returned` and the like, which a face shows everywhere, are in `journal_words.py`.
LIFE_TEXTS: Mapping[str, Callable[[Told, Words], str]] = {
    "unacknowledged": _reason,
    "confirmed": _comment,
    "suppressed": _suppressed,
    "released": _released,
    "taken_out_of_service": _taken_out_of_service,
    "returned_to_service": _announced,
    "realarmed": _realarmed,
    "severer": _severer,
    "chattering": _chattering,
    "settled": _settled,
    "first_out_moved": _first_out_moved,
    "learning": _reason,
    "sums_reset": _reason,
    "state": _line_state,
    "stage_set": _stage,
    "stage_ended": _stage,
    "maintenance_planned": _planned,
    "entered": _entered,
    "forced": _forced,
    "force_ended": _force_ended,
    "hang_tag_hung": _hang_tag,
    "hang_tag_removed": _hang_tag,
    "hang_tag_old": _hang_tag,
    "maintenance_ending": _left,
    "maintenance_ended": _left,
    "passed_on": _passed_on,
    "folded": _folded,
    "missed": _missed,
    "fell_back": _fell_back,
    "flood_entered": _flood_entered,
    "flood_left": _flood_left,
}
