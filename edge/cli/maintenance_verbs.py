"""Maintenance windows of a gateway that runs: plan, end, list."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.running import Api, By, ask_running

if TYPE_CHECKING:
    from edge.config.plant import Plant

maintenance = typer.Typer(no_args_is_help=True, help="Maintenance windows of a gateway that runs. 检修窗口")

WindowName = Annotated[str, typer.Argument(metavar="WINDOW", help="What people call it. 窗口名称", show_default=False)]


@maintenance.command(help="Take the alarms of some devices out of service for a time; you are the owner. 计划检修窗口")
def plan(
    plant_dir: PlantDir,
    window: WindowName,
    device: Annotated[list[str], typer.Option(help="May be repeated. 设备，可重复", show_default=False)],
    to: Annotated[
        str, typer.Option(metavar="MOMENT", help="2026-05-04T12:00 on the plant's clock. 结束时刻", show_default=False)
    ],
    permit: Annotated[str, typer.Option(help="Number of the work permit. 作业票号", show_default=False)],
    reason: Annotated[str, typer.Option(help="What is done. 原因", show_default=False)],
    by: By,
    from_: Annotated[str, typer.Option("--from", metavar="MOMENT", help="Default: now. 开始时刻，默认现在")] = "",
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    begin = _iso(from_, plant, "--from") if from_ else None
    end = _iso(to, plant, "--to")
    ask_running(
        plant, api, by, language, lambda client: client.plan_maintenance(window, device, end, permit, reason, begin=begin)
    )
    say("window_planned", language, window=window, to=local(end, plant))


@maintenance.command(help="End a window before its time. 提前结束检修窗口")
def end(plant_dir: PlantDir, window: WindowName, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.end_maintenance(window))
    say("window_ended", language, window=window)


@maintenance.command(name="list", help="Windows that are planned or open. 查看检修窗口")
def list_(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    windows = ask_running(plant, api, by, language, lambda client: client.maintenance())["windows"]
    if not windows:
        say("no_windows", language)
    for each in windows:
        say(
            "window_open" if each["open"] else "window_to_come",
            language,
            window=each["window"],
            begin=local(each["begin"], plant),
            end=local(each["end"], plant),
            owner=each["owner_name"],
            permit=each["permit"],
            devices=", ".join(each["devices"]),
        )
        for key, left in each["left"].items():
            if left["count"]:
                more = ", ..." if left["count"] > len(left["named"]) else ""
                names = ", ".join(one["name"] for one in left["named"]) + more
                say(f"left.{key}", language, count=left["count"], names=names)


def _iso(text: str, plant: Plant, option: str) -> str:
    """With its offset: a moment without one is on the plant's clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("2026-05-04T12:00", param_hint=option) from error
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(plant.time_zone))).isoformat()


def local(iso: str, plant: Plant) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(ZoneInfo(plant.time_zone)):%Y-%m-%d %H:%M}"
