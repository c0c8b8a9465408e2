"""What hides an alarm, in words: `explained by motor bearing hot`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edge.console.words import Words
from edge.texts import render


def covers_text(covers: Iterable[Mapping[str, Any]], words: Words) -> str:
    """covers: as the API names them; empty for none."""
    return words("list_separator").join(cover_text(cover, words) for cover in covers)


def cover_text(cover: Mapping[str, Any], words: Words) -> str:
    cause, name = cover["cause"], cover["name"]
    if cause in {"shelved", "out_of_service"}:
        return words(f"state.{cause}")
    named = words.of(cover["words"]) or name
    if cause == "machine_state" and name:
        state = words.of(cover.get("state_words", {}))
        return render(f"response.cover.{'in_state' if state else 'of_line'}", {"line": named, "state": state}, words.language)
    if cause in {"group", "inhibited"} and cover["words"]:
        return render("response.cover.by_words", {"words": named}, words.language)
    alarm = " ".join(part for part in (words.of(cover["device_words"]), named) if part)
    return render(f"response.cover.{cause}", {"alarm": alarm, "name": name}, words.language)
