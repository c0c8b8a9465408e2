"""What people need to know about a machine before they go there, as texts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.facts import joined
from edge.console.words import Words


def device_facts(alarm: Mapping[str, Any], words: Words) -> dict[str, str]:
    """By the keys under `device`; empty texts say nothing."""
    facts = alarm["facts"]
    points = facts["isolation"]
    return {
        "device": f"{words.of(alarm['device_words'])} ({alarm['device']})",
        "area": words.of(alarm["area_words"]),
        "place": words.of(facts["place"]),
        "panel": facts["panel"],
        "breaker": facts["breaker"],
        "isolation": joined(f"{number}. {point}" for number, point in enumerate(points, 1))
        if len(points) > 1
        else joined(points),
        "drawing": facts["drawing"],
        "spares": joined(words("device.spare", part=spare["part"], bin=spare["bin"]) for spare in facts["spares"]),
        "phone": facts["phone"],
    }
