"""Where people find all of it, when a message has room for less: the page of its alarm. Pure."""

from __future__ import annotations

from urllib.parse import quote

from edge.model.intent import Intent


def page_of(intent: Intent, public_url: str | None) -> str:
    """public_url: under which people's devices reach our pages; None: they cannot, and the page is empty."""
    if public_url is None:
        return ""
    language = "en" if intent.message.language == "en" else "zh"
    return f"{public_url}/{language}/alarms/{quote(intent.alarm, safe='')}"
