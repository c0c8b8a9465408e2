"""Asking a gateway that runs: through its API, with the log-in of the person who asks, so that the journal says who it was."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from edge.cli.asked import CANNOT_RUN, PROBLEMS, complain
from edge.texts import render

if TYPE_CHECKING:
    from edge.client.client import Client
    from edge.config.plant import Plant

T = TypeVar("T")

#: For programs; a person types it.
PASSWORD = "ANDON_PASSWORD"

By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Your log-in; its password is asked for. 登录名", show_default=False)
]
Api = Annotated[str, typer.Option("--api", metavar="URL", help="Default: what gateway.yaml says. 接口地址")]


def ask_running(plant: Plant, api: str, by: str, language: str, ask: Callable[[Client], Awaitable[T]]) -> T:
    """What the API of the plant's gateway answers, or the end of the command. api: empty for the one of gateway.yaml."""
    from edge.client.client import ApiRefusal, ApiUnreachable, Client

    host = "127.0.0.1" if plant.api.host in ("0.0.0.0", "::") else plant.api.host  # nothing is bound here
    base = api or f"http://{f'[{host}]' if ':' in host else host}:{plant.api.port}"
    password = os.environ.get(PASSWORD) or _password_of(by, language)

    async def asked() -> T:
        async with Client(base, language=language) as client:
            await client.log_in(by, password)
            try:
                return await ask(client)
            finally:
                await client.log_out()

    try:
        return asyncio.run(asked())
    except ApiRefusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(PROBLEMS) from refusal
    except ApiUnreachable as error:
        complain("not_running", language, api=base, reason=error)
        raise typer.Exit(CANNOT_RUN) from error


def _password_of(name: str, language: str) -> str:
    asked: str = typer.prompt(render("cli.password", {"name": name}, language), hide_input=True, err=True)
    return asked
