"""How it is with the connections of a gateway that runs, asked from the command line: what the console's page says."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.asked import PROBLEMS, Language, PlantDir, complain, language_of, loaded, say
from edge.cli.running import Api, By, ask_running

if TYPE_CHECKING:
    from edge.client.client import Client
    from edge.console.connections import DeviceState
    from edge.console.plant_time import PlantTime
    from edge.console.words import Words

app = typer.Typer()

#: Tags that are asked for at once.
TAGS_A_PART = 1_000


@app.command(help="How it is with the connection to each device, worst first; of one, a text for a ticket. 设备通讯状态")
def status(
    plant_dir: PlantDir,
    by: By,
    device: Annotated[str, typer.Option(metavar="NAME", help="Of this one in full. 设备名", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
    api: Api = "",
    lang: Language = "",
) -> None:
    from edge.console.connection_text import status_line, ticket
    from edge.console.connections import Condition, device_states
    from edge.console.plant_time import PlantTime
    from edge.console.words import Words

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    told, tags, hang_tags, now = ask_running(plant, api, by, language, _asked)
    states = [each for each in device_states(told, tags, now) if device in ("", each.device)]
    if device and not states:
        complain("unknown_device", language, name=device, hint="")
        raise typer.Exit(PROBLEMS)
    words, time = Words(language), PlantTime(plant.time_zone, now)
    if as_json:
        typer.echo(json.dumps([_document(each) for each in states], ensure_ascii=False, indent=2))
    elif device:
        typer.echo("\n\n".join(ticket(each, plant.site, words, time) for each in states))
        _say_hung(device, hang_tags, words, time)
    else:
        for each in states:
            typer.echo(status_line(each, words, time))
            _say_hung(each.device, hang_tags, words, time)
        unwell = sum(each.condition is not Condition.FINE for each in states)
        say("status_counted", language, count=len(states), unwell=unwell)


async def _asked(client: Client) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], str]:
    """What its drivers, its tags and the hang-tags are, and what its clock shows."""
    tags: list[dict[str, Any]] = []
    while len(part := await client.tags(len(tags), TAGS_A_PART)) == TAGS_A_PART:
        tags += part
    return await client.drivers(), [*tags, *part], await client.hang_tags(), str((await client.site())["now"])


def _say_hung(device: str, hang_tags: Sequence[Mapping[str, Any]], words: Words, time: PlantTime) -> None:
    from edge.console.hang_view import hang_text

    for each in hang_tags:
        if each["device"] == device:
            told = hang_text(each, words, time)
            say("status_hung", words.language, tag=each["tag"], told=told, order=each["order"], reason=each["reason"])


def _document(state: DeviceState) -> dict[str, Any]:
    return dataclasses.asdict(state) | {"overruns": state.overruns, "lag_s": state.lag_s}
