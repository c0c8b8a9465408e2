"""Who was told, as rows that people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import span
from edge.console.rows import SHAPES, Row, actor, alarm_path
from edge.console.words import Words

#: States in which it ended otherwise than by reaching somebody.
_FAILED = {"refused", "quarantined", "expired"}
STATES = (
    "waiting",
    "claimed",
    "delivered",
    "refused",
    "unknown",
    "quarantined",
    "expired",
    "withdrawn",
    "superseded",
)
PURPOSES = (
    "raised",
    "reminder",
    "given_back",
    "call",
    "returned",
    "chattering",
    "settled",
    "maintenance",
    "hang_tag",
    "missed",
    "flood",
    "flood_over",
    "state",
)
#: What stands in the place of an alarm in messages that are of none.
_OF_NO_ALARM = ("maintenance:", "hang_tag:", "missed:", "flood:")


def delivery_row(told: Mapping[str, Any], words: Words, time: PlantTime) -> Row:
    """The fields that end in _key are what colours go by."""
    return {
        "id": str(told["sequence"]),
        "sequence": told["sequence"],
        "href": "" if told["alarm"].startswith(_OF_NO_ALARM) else alarm_path(told["alarm"], words),
        "wanted": time.shown(told["wanted"]),
        "shape": SHAPES[told["priority"]],
        "priority_key": told["priority"],
        "alarm": _about(told, words),
        "device": words.of(told["device_words"]),
        "recipient": told["recipient_name"],
        "channel": words(f"channel.{told['channel']}"),
        "purpose": words(f"purpose.{told['purpose']}"),
        "state": _state(told, words, time),
        "state_key": "late" if told["is_late"] else told["state"],
        "arrived": time.shown(told["arrived"]),
        "late": _late(told, words),
        "pressed": _pressed(told["presses"], words, time),
    }


def _about(told: Mapping[str, Any], words: Words) -> str:
    """An alarm by its words, a digest as such, a hang-tag by its number."""
    if told["alarm"].startswith(("flood:", "missed:")):
        return words(f"purpose.{told['alarm'].partition(':')[0]}")
    return words.of(told["words"]) or told["alarm"].removeprefix("hang_tag:")


def _state(told: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    """With the channel's own reason where it was not delivered; a wait says which try comes next, when and why. That somebody's
    telephone was rung says nothing of who took it off the hook."""
    state = words("delivery.rung" if (told["purpose"], told["state"]) == ("call", "delivered") else f"delivery.{told['state']}")
    if told["state"] in {*_FAILED, "unknown"} and told["detail"]:
        return words("delivery.because", state=state, detail=told["detail"])
    if told["state"] == "waiting" and told["attempt"]:
        again = words("delivery.again", state=state, number=told["attempt"] + 1, at=time.shown(told["due"]))
        return words("delivery.because", state=again, detail=told["detail"]) if told["detail"] else again
    return state


def _late(told: Mapping[str, Any], words: Words) -> str:
    """Empty before it arrived; short times as such, so that nobody has to wonder."""
    if told["late_s"] is None:
        return ""
    return span(round(told["late_s"], 1) if told["late_s"] < 10 else round(told["late_s"]), words)


def _pressed(presses: Sequence[Mapping[str, Any]], words: Words, time: PlantTime) -> str:
    return words("list_separator").join(
        words(
            "delivery.pressed_coming" if press["coming"] else "delivery.pressed",
            who=actor(press["by_name"], words),
            at=time.shown(press["at"]),
        )
        for press in presses
    )
