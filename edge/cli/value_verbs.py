"""Values that people enter, and values that they force for commissioning, of a gateway that runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from edge.cli.asked import PROBLEMS, Language, PlantDir, complain, language_of, loaded, say
from edge.cli.given import measured_at, tag_of, value_of
from edge.cli.running import Api, By, ask_running
from edge.config.text.values import parse_duration
from edge.model.command import Rejection
from edge.model.moment import MINUTE

if TYPE_CHECKING:
    from edge.client.client import Client
    from edge.config.plant import Plant

app = typer.Typer()

TagName = Annotated[str, typer.Argument(metavar="TAG", help="DEVICE.TAG. 测点", show_default=False)]
Given = Annotated[
    str, typer.Argument(metavar="VALUE", help="A number in the tag's unit, true or false, or a text. 值", show_default=False)
]


@app.command(help="Enter a value of a tag without a wire: a lab result, a reading. 录入人工测点的值")
def enter(
    plant_dir: PlantDir,
    tag: TagName,
    value: Given,
    by: By,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="When it was measured, 08:30 or 2026-05-04T08:30; default: now. 测量时刻")
    ] = "",
    anyway: Annotated[bool, typer.Option("--anyway", help="It is implausible, and right. 超出合理范围仍然录入")] = False,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    at_moment = measured_at(at, plant, language) if at else None
    known = tag_of(tag, plant, language)
    given = value_of(value, known, language)

    async def enter_it(client: Client) -> None:
        from edge.client.client import ApiRefusal

        try:
            await client.enter(tag, given, measured_at=at_moment, confirmed=anyway)
        except ApiRefusal as refusal:
            entry = known.entry
            if refusal.data.get("reason") == Rejection.CONFIRM_IMPLAUSIBLE and entry is not None and entry.between is not None:
                low, high = (f"{end:g}" for end in entry.between)
                complain("enter_anyway", language, given=value, low=low, high=high, unit=known.unit)
                raise typer.Exit(PROBLEMS) from refusal
            raise

    ask_running(plant, api, by, language, enter_it)
    say("entered", language, tag=tag, value=value)


@app.command(help="What people have to enter, and when it is due. 待录入的人工测点")
def entries(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    listed = ask_running(plant, api, by, language, lambda client: client.entries())
    if not listed:
        say("no_entries", language)
    for each in listed:
        key = "entry_due" if each["is_due"] else "entry_later" if each["due_at"] else "entry_whenever"
        due = _local(each["due_at"], plant) if each["due_at"] else ""
        say(key, language, tag=each["tag"], due=due, value=_shown(each), unit=each["unit"])


@app.command(help="Let a tag show a value for commissioning, whatever its device says. 调试强制测点值")
def force(
    plant_dir: PlantDir,
    tag: TagName,
    value: Given,
    for_: Annotated[str, typer.Option("--for", metavar="TIME", help="30m, 2h; at most 8h. 时长", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal. 原因", show_default=False)],
    by: By,
    api: Api = "",
    lang: Language = "",
) -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    minutes = _minutes(for_)
    given = value_of(value, tag_of(tag, plant, language), language)
    forced = ask_running(plant, api, by, language, lambda client: client.force(tag, given, minutes, reason))
    say("forced", language, tag=tag, value=value, until=_local(forced["data"]["until"], plant))


@app.command(help="Let a forced tag show again what its device says. 解除强制")
def release(plant_dir: PlantDir, tag: TagName, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    ask_running(loaded(plant_dir, language), api, by, language, lambda client: client.release(tag))
    say("released", language, tag=tag)


@app.command(help="Which tags are forced just now. 查看强制中的测点")
def forced(plant_dir: PlantDir, by: By, api: Api = "", lang: Language = "") -> None:
    language = language_of(lang)
    plant = loaded(plant_dir, language)
    listed = ask_running(plant, api, by, language, lambda client: client.forced())
    if not listed:
        say("none_forced", language)
    for each in listed:
        actual = each["actual"]
        say(
            "is_forced",
            language,
            tag=each["tag"],
            value=_shown(each),
            until=_local(each["until"], plant),
            by=each["by_name"] or each["by"],
            reason=each["reason"],
            actual="?" if actual is None else _shown(actual),
        )


def _minutes(text: str) -> float:
    """`30m` is how people write it; files write 30min."""
    try:
        return parse_duration(f"{text}in" if text.endswith("m") else text) / MINUTE
    except ValueError as error:
        raise typer.BadParameter("30m, 2h", param_hint="--for") from error


def _shown(reading: dict[str, Any]) -> str:
    if reading["text"] is not None:
        return str(reading["text"])
    return "-" if reading["value"] is None else f"{reading['value']:g}"


def _local(iso: str, plant: Plant) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(ZoneInfo(plant.time_zone)):%Y-%m-%d %H:%M}"
