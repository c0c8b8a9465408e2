"""Watching other gateways from here: watch."""

from __future__ import annotations

import typer

from edge.cli.asked import PROBLEMS, Language, PlantDir, complain, language_of, loaded, say
from edge.cli.run_verbs import AsJson, DataFolder, Parent, Redirected, TakeOver, WithConsole, run

app = typer.Typer()

#: The driver whose devices are other gateways.
PULSE = "pulse"


@app.command(help="Run a gateway that watches other gateways. 看护其他网关")
def watch(
    plant_dir: PlantDir,
    lang: Language = "",
    data: DataFolder = None,
    console: WithConsole = True,
    redirect: Redirected = None,
    take_over: TakeOver = False,
    as_json: AsJson = False,
    parent: Parent = None,
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
