"""What a person does to an alarm, from a press to the sentence that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from edge.client.client import ApiRefusal, ApiUnreachable, Client
from edge.console.feed import Feed
from edge.console.words import Words


class Commands:
    """Of one page: in its language, with its person's token."""

    def __init__(self, client: Client, feed: Feed, words: Words) -> None:
        self.client = client
        self._feed = feed
        self._words = words

    async def carry_out(self, ask: Callable[[Client], Awaitable[Any]], done: str) -> bool:
        """Ask, then say `done`, or why not. True: it was done."""
        try:
            await ask(self.client)
        except ApiRefusal as refusal:
            ui.notify(str(refusal), type="warning", position="bottom", timeout=8_000)
            return False
        except ApiUnreachable:
            ui.notify(self._words("act.unknown"), type="negative", position="bottom", timeout=8_000)
            return False
        finally:
            self._feed.poke()
        ui.notify(done, type="info", position="bottom", timeout=2_500)
        return True
