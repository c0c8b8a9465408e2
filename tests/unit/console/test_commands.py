"""What a person did is answered on their page, also when the button that was pressed is gone by then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from nicegui import Client as Page
from nicegui import ui
from nicegui.page import page

from edge.client.client import ApiRefusal, ApiUnreachable, Client
from edge.console.commands import Commands
from edge.console.feed import Feed
from edge.console.words import Words

REFUSAL = ApiRefusal(409, "hung", "somebody was faster", {})


def refused(_client: Client) -> Any:
    raise REFUSAL


def unreachable(_client: Client) -> Any:
    raise ApiUnreachable("no answer")


async def answered(_client: Client) -> None: ...


@pytest.mark.parametrize(
    ("ask", "done", "said"),
    [(answered, True, "taken off"), (refused, False, "somebody was faster"), (unreachable, False, Words("en")("act.unknown"))],
)
async def test_the_answer_is_said_though_the_news_have_drawn_the_button_anew(
    ask: Callable[[Client], Any], done: bool, said: str
) -> None:
    with Page(page("/"), request=None) as shown:
        commands = Commands(Client("http://127.0.0.1:1"), Feed("http://127.0.0.1:1"), Words("en"))
        sections = [ui.column()]

    async def redrawn(client: Client) -> None:
        sections.pop().delete()
        await ask(client)

    async def pressed() -> bool:
        # As a press is handled: within the slot of the button's section, which does not keep the section alive.
        with sections[0].default_slot:
            return await commands.carry_out(redrawn, "taken off")

    assert await asyncio.create_task(pressed()) is done
    assert [told["message"] for _, kind, told in shown.outbox.messages if kind == "notify"] == [said]
