"""What a gateway that runs has used of what the collaboration cloud counts: what the console shows above its messages."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.running import Api, By, ask_running

app = typer.Typer()


@app.command(help="What was used of the cloud's quota, and until when it lasts. 云消息额度")
def quota(
    plant_dir: PlantDir,
    by: By,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
    api: Api = "",
    lang: Language = "",
) -> None:
    from edge.console.plant_time import PlantTime
    from edge.console.quota_view import quota_lines
    from edge.console.words import Words

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    told = ask_running(plant, api, by, language, lambda client: client.quota())
    if as_json:
        typer.echo(json.dumps(told["quotas"], ensure_ascii=False, indent=2))
        return
    for line in quota_lines(told["quotas"], Words(language), PlantTime(plant.time_zone, told["now"])):
        typer.echo(f"{'!' if line.asks else ' '} {line.text}")
    if not told["quotas"]:
        say("no_quota", language)
