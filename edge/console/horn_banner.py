"""Channels and services that do not deliver: a line above every page while there is one; when no channel does for a while, a
horn too.

What is shown here reaches people who look at a screen in the plant, when nothing else reaches anybody. Not here: the sound
itself and who has silenced it (`horn.js`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.console.feed import Feed
from edge.console.plant_time import PlantTime
from edge.console.words import Words


class HornBanner:
    def __init__(self, feed: Feed, words: Words) -> None:
        self._feed, self._words = feed, words
        self._sounded = ""
        with ui.element("div").classes("banner horn").props("role=alert") as self._line:
            self._told = ui.label("")
            for state in ("sounds", "waits"):
                button = ui.button(words(f"horn.{state}")).props("unelevated dense no-caps").classes(f"when-{state}")
                button.on("click", js_handler="() => window.andonHorn.silence()")
        self._line.set_visibility(False)

    def show(self, time: PlantTime) -> None:
        words, down = self._words, [*self._feed.channels_down, *self._feed.services_hanging]
        self._line.set_visibility(bool(down))
        if down:
            told = [words("horn.channel", channel=_named(each, words), since=time.shown(each["since"])) for each in down]
            text = words("horn.down", channels=words("list_separator").join(told))
            self._told.set_text(f"{text} {words('horn.nobody')}" if self._feed.cut_off else text)
        self._sound(self._feed.horn)

    def _sound(self, since: str) -> None:
        if since != self._sounded:
            self._sounded = since
            ui.run_javascript(f"window.andonHorn.set({json.dumps(since)})")


def _named(down: Mapping[str, Any], words: Words) -> str:
    channel = words(f"channel.{down['channel']}")
    return words("horn.service", channel=channel, service=down["service"]) if "service" in down else channel
