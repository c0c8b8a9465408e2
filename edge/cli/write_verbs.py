"""Writes to devices through a gateway that runs: list, ask, agree."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.given import tag_of, value_of
from edge.cli.running import Api, By, ask_running

write = typer.Typer(no_args_is_help=True, help="Write to devices, where writes.yaml grants it. 按授权写入设备")


@write.command(name="list", help="Points that may be written, and their last writes. 查看可写的点及写入记录")
def list_(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    points = ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.writes())["points"]
    if not points:
        say("no_grants", language)
    for point in points:
        grant = point["grant"]
        if grant is None:
            say("point_not_granted", language, tag=point["tag"])
        else:
            allowed = ", ".join(map(_shown, grant["values"])) or " .. ".join(map(_shown, grant["range"]))
            with_unit = f"{allowed} {point['unit']}".rstrip()
            say("point_granted", language, tag=point["tag"], allowed=with_unit, role=grant["role"])
        if point["locked_until"] is not None:
            say("point_locked", language, until=point["locked_until"])
        for each in point["writes"]:
            who = each["by_name"] or each["by"]
            say(f"write_state.{each['state']}", language, write=each["write"], value=_shown(each["value"]), by=who)


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
def confirm(
    plant_dir: PlantDir,
    name: Annotated[str, typer.Argument(metavar="WRITE", help="DEVICE.TAG~17", show_default=False)],
    by: By,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.confirm_write(name))
    say("write_confirmed", language, write=name)


@write.command(help="Say no to a write that waits for a second person, or take back your own. 拒绝或撤回待确认的写入")
def refuse(
    plant_dir: PlantDir,
    name: Annotated[str, typer.Argument(metavar="WRITE", help="DEVICE.TAG~17", show_default=False)],
    by: By,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.refuse_write(name))
    say("write_refused", language, write=name)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"
