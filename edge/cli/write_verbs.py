"""Writes to devices through a gateway that runs: list, ask, agree."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.given import tag_of, value_of
from edge.cli.running import Api, By, ask_running
from edge.texts import render

if TYPE_CHECKING:
    from edge.client.client import Client
    from edge.console.words import Words

WriteName = Annotated[str, typer.Argument(metavar="WRITE", help="DEVICE.TAG~17", show_default=False)]

write = typer.Typer(no_args_is_help=True, help="Write to devices, where writes.yaml grants it. 按授权写入设备")


@write.command(name="list", help="Points that may be written, and their last writes. 查看可写的点及写入记录")
def list_(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    from edge.console.plant_time import PlantTime
    from edge.console.words import Words
    from edge.console.write_view import hindrances, write_texts

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    points, hang_tags, now = ask_running(plant, api, by, language, _asked)
    words, time = Words(language), PlantTime(plant.time_zone, now)
    if not points:
        say("no_grants", language)
    for point in points:
        if point["grant"] is None:
            say("point_not_granted", language, tag=point["tag"])
        else:
            say("point_granted", language, tag=point["tag"], allowed=_allowed(point, words), role=point["grant"]["role"])
        hung = [each for each in hang_tags if each["device"] == point["tag"].rpartition(".")[0]]
        for told in hindrances(point, hung, words, time):
            typer.echo(f"  {told}")
        for each in point["writes"]:
            texts = write_texts(point, each, words, time)
            say(f"write_state.{each['state']}", language, write=each["write"], value=texts["value"], by=texts["who"])
            say("write_asked", language, asked=texts["asked"], reason=texts["reason"])


async def _asked(client: Client) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Its points, the hang-tags there are, and what its clock shows."""
    return (await client.writes())["points"], await client.hang_tags(), str((await client.site())["now"])


def _allowed(point: Mapping[str, Any], words: Words) -> str:
    """`2 to 10 bar, at most 1 bar at once, a second person within 5 min`."""
    from edge.console.write_view import allowed_text, grant_texts

    texts = grant_texts(point, words)
    step = render("cli.granted_step", {"step": texts["step"]}, words.language) if texts["step"] else ""
    return words("list_separator").join(filter(None, (allowed_text(point, words), step, texts["two_step"])))


@write.command(help="Ask for a write. Taken is not yet done: look at the list. 下发写入")
def point(
    plant_dir: PlantDir,
    tag: Annotated[str, typer.Argument(metavar="DEVICE.TAG", help="测点", show_default=False)],
    value: Annotated[str, typer.Argument(help="In the tag's unit; a switch is 1 or 0. 值", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why. 原因", show_default=False)],
    by: By,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    given = value_of(value, tag_of(tag, plant, language), language)
    answer = ask_running(plant, api, by, language, lambda client: client.write_point(tag, given, reason))
    key = "write_to_confirm" if "confirm_until" in answer["data"] else "write_taken"
    say(key, language, write=answer["data"]["write"], value=value, plant=shlex.quote(str(plant_dir)))


@write.command(help="Agree to a write that waits for a second person. 第二人确认写入")
def confirm(plant_dir: PlantDir, name: WriteName, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.confirm_write(name))
    say("write_confirmed", language, write=name)


@write.command(help="Say no to a write that waits for a second person, or take back your own. 拒绝或撤回待确认的写入")
def refuse(plant_dir: PlantDir, name: WriteName, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.refuse_write(name))
    say("write_refused", language, write=name)
