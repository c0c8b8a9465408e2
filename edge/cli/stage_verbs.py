"""Stages from the command line: promotion, and who would have been told while a plant was in shadow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.asked import CANNOT_RUN, Language, PlantDir, complain, language_of, loaded, say
from edge.cli.rules_verbs import ReportFormat, report
from edge.cli.running import Api, By, ask_running
from edge.model.stage import PLANT, Stage
from edge.texts import render

app = typer.Typer()


@report.command(name="shadow", help="Who would have been told on a day in shadow; also while it runs. 影子运行日报")
def report_shadow(
    plant_dir: PlantDir,
    day: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="A day of the plant's calendar; default: today. 日期，默认今天")
    ] = "",
    as_: Annotated[ReportFormat, typer.Option("--format", help="For people or programs. 输出格式")] = ReportFormat.TEXT,
    data: Annotated[
        Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")
    ] = None,
    lang: Language = "",
) -> None:
    from edge.model.errors import StoreError
    from edge.response.calendar import day_at, day_span
    from edge.response.shadow import shadow_day, shadow_document, shadow_text
    from edge.runtime.clock import SteadyClock
    from edge.store.reading import read_recorded

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    asked = day or day_at(SteadyClock().now(), plant.time_zone)
    try:
        begin, end = day_span(asked, plant.time_zone)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("YYYY-MM-DD", param_hint="--day") from error
    try:
        found = shadow_day(plant.policy, (row.event for row in read_recorded(data or plant.data_folder, begin, end)))
    except StoreError as error:
        complain("cannot_run", language, reason=error)
        raise typer.Exit(CANNOT_RUN) from error
    if as_ is ReportFormat.JSON:
        typer.echo(json.dumps(shadow_document(asked, found, plant.policy.directory), ensure_ascii=False, indent=2))
    else:
        typer.echo(shadow_text(asked, found, plant.policy, language))


@app.command(help="Put a plant, a line or an alarm into another stage, while the gateway runs. 投运：转正式、试运行或影子")
def promote(
    plant_dir: PlantDir,
    to: Annotated[Stage, typer.Option(help="Which stage. 阶段", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal. 原因", show_default=False)],
    by: By,
    scope: Annotated[str, typer.Option(help="plant, line:NAME, or an alarm such as DEVICE/RULE. 范围")] = PLANT,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="person:ID", help="Of commissioning: who alone is told; may be repeated. 仅通知，可重复"),
    ] = None,
    for_: Annotated[str, typer.Option("--for", metavar="4h", help="Of commissioning: how long, at most 12h. 时长")] = "",
    api: Api = "",
    lang: Language = "",
) -> None:
    from edge.config.text.values import parse_duration
    from edge.model.moment import MINUTE

    language = language_of(lang)
    if (to is Stage.COMMISSIONING) != bool(only and for_):
        raise typer.BadParameter(render("cli.trial_wants", {}, language), param_hint="--only / --for")
    try:
        minutes = parse_duration(for_) / MINUTE if for_ else 0
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    plant = loaded(plant_dir, language)
    ask_running(plant, api, by, language, lambda client: client.set_stage(scope, to, reason, only=only or (), minutes=minutes))
    say("promoted", language, scope=scope, stage=to)
