"""Proof of delivery as rows that people read: who, by which channel, when accepted, whether read, who acted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import span
from edge.console.rows import actor
from edge.console.words import Words

COLUMNS = ("recipient", "channel", "accepted", "late", "read", "acted")
#: States in which the channel has not taken it, and will not.
_FAILED = {"refused", "expired", "quarantined"}

Row = dict[str, str]


def proof_rows(proof: Mapping[str, Any], words: Words, time: PlantTime) -> list[Row]:
    """Those who were told, then those who were told otherwise or not at all. state_key is what colours go by."""
    told = [_told(way, words, time) for way in proof["people"]]
    return [*told, *(_otherwise(each, words, time) for each in proof["otherwise"])]


def _told(way: Mapping[str, Any], words: Words, time: PlantTime) -> Row:
    state = words(f"delivery.{way['state']}")
    if way["state"] in _FAILED and way["detail"]:
        state = words("delivery.because", state=state, detail=way["detail"])
    late = way["late_s"]
    return {
        "recipient": way["recipient_name"],
        "channel": words(f"channel.{way['channel']}"),
        "accepted": time.shown(way["accepted"]) if way["accepted"] else state,
        "late": "" if late is None else span(round(late, 1) if late < 10 else round(late), words),
        "read": _read(way, words),
        "acted": words("list_separator").join(_act(act, words, time) for act in way["acted"]),
        "state_key": "late" if way["is_late"] else way["state"],
    }


def _read(way: Mapping[str, Any], words: Words) -> str:
    """Empty where nobody can tell."""
    return "" if way["read"] is None else words("proof.read" if way["read"] else "proof.unread")


def _act(act: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    return words(
        "proof.act", what=words(f"journal.kind.{act['kind']}"), who=actor(act["by_name"], words), at=time.shown(act["at"])
    )


def _otherwise(each: Mapping[str, Any], words: Words, time: PlantTime) -> Row:
    key = "missed_told" if each["digest"] else each["kind"]
    channel = words(f"channel.{each['channel']}") if each["channel"] else ""
    said = {"digest": time.shown(each["digest"]), "why": "", "channel": channel}
    if each["kind"] == "unrouted":
        said["why"] = words(f"journal.unrouted.{each['detail']}", recipient=each["recipient_name"])
    elif each["kind"] == "fell_back":
        said["why"] = words(f"journal.fell_back_why.{each['detail']}")
    return {
        "recipient": each["recipient_name"] or words("proof.nobody"),
        "channel": channel,
        "accepted": words(f"proof.{key}", **said),
        "late": "",
        "read": "",
        "acted": "",
        "state_key": "refused" if each["kind"] == "unrouted" else "withdrawn",
    }
