"""Watching other gateways from here: watch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.asked import PROBLEMS, Language, PlantDir, complain, language_of, loaded, say
from edge.cli.run_verbs import run

app = typer.Typer()

#: The driver whose devices are other gateways.
PULSE = "pulse"


@app.command(help="Run a gateway that watches other gateways. 看护其他网关")
def watch(
    plant_dir: PlantDir,
    lang: Language = "",
    data: Annotated[
        Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")
    ] = None,
    console: Annotated[bool, typer.Option(help="Serve the console too. 同时提供控制台")] = True,
    redirect: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW: use another address, host:port or URL, for devices or the cloud. 改用其他地址"),
    ] = None,
    take_over: Annotated[
        bool, typer.Option(help="This host talks to the cloud from now on, and the one that did no more. 由本机接管云端连接")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it runs as one JSON line. 以 JSON 输出")] = False,
    parent: Annotated[int | None, typer.Option(hidden=True, help="Stop when the process of this id is gone.")] = None,
) -> None:
    language = language_of(lang)
    watched = sorted(name for name, device in loaded(plant_dir, language).devices.items() if device.driver == PULSE)
    if not watched:
        complain("watch_nothing", language, folder=plant_dir)
        raise typer.Exit(PROBLEMS)
    if not as_json:
        say("watching", language, gateways=", ".join(watched))
    run(
        plant_dir,
        language,
        data,
        console=console,
        redirect=redirect,
        take_over=take_over,
        as_json=as_json,
        parent=parent,
    )
