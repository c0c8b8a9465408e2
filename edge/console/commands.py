"""What a person does to an alarm, from a press to the sentence that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from nicegui import ui

from edge.client.client import ApiRefusal, ApiUnreachable, Client
from edge.console.feed import Feed
from edge.console.words import Words

Kind = Literal["info", "warning", "negative"]


class Commands:
    """Of one page: in its language, with its person's token. What is answered is said on the page, not at the button that was
    pressed: while the question was on its way, the news of the page may have drawn that anew."""

    def __init__(self, client: Client, feed: Feed, words: Words) -> None:
        self.client = client
        self._feed = feed
        self._words = words
        self._page = ui.context.client

    async def carry_out(self, ask: Callable[[Client], Awaitable[Any]], done: str) -> bool:
        """Ask, then say `done`, or why not. True: it was done."""
        try:
            await ask(self.client)
        except ApiRefusal as refusal:
            self._say(str(refusal), "warning", 8_000)
            return False
        except ApiUnreachable:
            self._say(self._words("act.unknown"), "negative", 8_000)
            return False
        finally:
            self._feed.poke()
        self._say(done, "info", 2_500)
        return True

    def _say(self, sentence: str, kind: Kind, timeout_ms: int) -> None:
        with self._page:
            ui.notify(sentence, type=kind, position="bottom", timeout=timeout_ms)
