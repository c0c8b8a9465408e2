"""Hang-tags of a gateway that runs: hang, remove, list."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.cli.asked import Language, PlantDir, language_of, loaded, say
from edge.cli.maintenance_verbs import local
from edge.cli.running import Api, By, ask_running

hang_tag = typer.Typer(
    no_args_is_help=True,
    help="Hang-tags: while one hangs, nothing is written to the device. No physical lock! 挂牌，不代替上锁",
)


@hang_tag.command(help="Hang a tag on a device. 挂牌")
def hang(
    plant_dir: PlantDir,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="设备", show_default=False)],
    order: Annotated[str, typer.Option(help="Number of the work order or permit. 工单或作业票号", show_default=False)],
    reason: Annotated[str, typer.Option(help="What is done there. 原因", show_default=False)],
    by: By,
    phone: Annotated[str, typer.Option(help="Where you can be reached. 联系电话")] = "",
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    hung = ask_running(plant, api, by, language, lambda client: client.hang(device, order, reason, phone=phone))
    say("hung", language, tag=hung["data"]["tag"], device=device)


@hang_tag.command(help="Take a tag off: your own; another person's with a reason, who may maintain. 摘牌")
def remove(
    plant_dir: PlantDir,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="DEVICE~NUMBER, as the list has it. 牌号", show_default=False)],
    by: By,
    reason: Annotated[str, typer.Option(help="Of another person's tag. 摘他人的牌须说明原因")] = "",
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.remove_hang_tag(tag, reason))
    say("unhung", language, tag=tag)


@hang_tag.command(name="list", help="Which tags hang. 查看挂牌")
def list_(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    listed = ask_running(plant, api, by, language, lambda client: client.hang_tags())
    if not listed:
        say("none_hangs", language)
    for each in listed:
        said = {**each, "since": local(each["since"], plant), "by": each["by_name"] or each["by"]}
        say("hangs_long" if each["is_old"] else "hangs", language, **said)
