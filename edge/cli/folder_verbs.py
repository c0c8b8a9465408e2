"""What is done with a plant folder alone: no device, no network, no secret."""

from __future__ import annotations

import json
import logging
import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.asked import CANNOT_RUN, FINE, PROBLEMS, Language, PlantDir, complain, language_of, loaded, say, write

if TYPE_CHECKING:
    from edge.model.errors import Problem

app = typer.Typer()
config = typer.Typer(no_args_is_help=True, help="What is configured, and why. 配置")
app.add_typer(config, name="config")


class CheckFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@app.command(help="Write a new plant folder to begin with, explained line by line. 新建工厂配置")
def init(
    folder: Annotated[Path, typer.Argument(help="New, or empty. 新文件夹或空文件夹", show_default=False)],
    lang: Annotated[str, typer.Option("--lang", help="Of its comments, zh or en; default: the terminal's. 注释语言")] = "",
    modbus: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="Where your Modbus device is. Modbus 设备地址")] = "",
    mqtt: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="Where your MQTT broker is. MQTT 服务器地址")] = "",
) -> None:
    from edge.starter.folder import NotEmpty, starter_files, wish_of, write_starter

    language = language_of(lang)
    try:
        wish = wish_of(folder.absolute().name, language, modbus=modbus, mqtt=mqtt)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--modbus / --mqtt") from error
    texts = starter_files(wish)
    try:
        write_starter(folder, texts)
    except NotEmpty as error:
        complain("init_not_empty", language, folder=folder)
        raise typer.Exit(CANNOT_RUN) from error
    except OSError as error:
        complain("cannot_write", language, file=error.filename or folder, reason=error.strerror or type(error).__name__)
        raise typer.Exit(CANNOT_RUN) from error
    say("init_done", language, folder=folder, count=len(texts))
    say("init_next", language, folder=shlex.quote(str(folder)), modbus=wish.modbus)


@app.command(help="Check a plant folder: all problems in one run. 检查工厂配置")
def check(
    plant_dir: PlantDir,
    lang: Language = "",
    as_: Annotated[
        CheckFormat, typer.Option("--format", help="For people, programs or code hosts. 输出格式")
    ] = CheckFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option(help="Write it to this file, and print the text. 写入文件，同时打印文字")
    ] = None,
) -> None:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.check.as_json import document_of
    from edge.config.check.as_sarif import sarif_of
    from edge.config.check.as_text import text_of
    from edge.config.check.check import check_folder

    language = language_of(lang)
    report = check_folder(plant_dir, DRIVERS, CHANNELS, environ=os.environ, language=language)
    match as_:
        case CheckFormat.TEXT:
            shown = text_of(report)
        case CheckFormat.JSON:
            shown = json.dumps(document_of(report), ensure_ascii=False, indent=2)
        case CheckFormat.SARIF:
            shown = json.dumps(sarif_of(report, Path.cwd()), ensure_ascii=False, indent=2)
    if output is not None:
        write(output, shown + "\n", language)
        shown = text_of(report)
    typer.echo(shown)
    raise typer.Exit(report.exit_code)


@app.command(help="Run a plant's scenarios on virtual time. 在虚拟时间上运行场景")
def test(
    plant_dir: PlantDir,
    lang: Language = "",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here. 写出 JUnit XML")] = None,
    only: Annotated[str, typer.Option(help="Only the scenario of this file name. 只运行此场景")] = "",
) -> None:
    from edge.config.text.finding import did_you_mean
    from edge.runtime.logs import log_to_stderr
    from edge.scenario.junit import junit_of_problems, junit_of_verdicts
    from edge.scenario.run import run_scenarios
    from edge.scenario.verdict import timeline

    log_to_stderr(logging.ERROR)
    language = language_of(lang)

    def write_problems(problems: list[Problem]) -> None:
        if junit is not None:
            write(junit, junit_of_problems(plant_dir.absolute(), problems, Path.cwd()), language)

    plant = loaded(plant_dir, language, write_problems)
    names = [scenario.name for scenario in plant.scenarios]
    if only and only not in names:
        complain("unknown_scenario", language, name=only, hint=did_you_mean(only, names).render(language))
        raise typer.Exit(PROBLEMS)
    verdicts = []
    for verdict in run_scenarios(plant, only=only or None):
        typer.echo(timeline(verdict, language))
        verdicts.append(verdict)
    if junit is not None:
        write(junit, junit_of_verdicts(plant, verdicts, Path.cwd(), language), language)
    failed = sum(not verdict.passed for verdict in verdicts)
    say("test_summary", language, passed=len(verdicts) - failed, failed=failed)
    raise typer.Exit(PROBLEMS if failed or not verdicts else FINE)


@app.command(help="What will be asked of each device: requests, registers, topics. 查看采集计划")
def plan(
    plant_dir: PlantDir,
    lang: Language = "",
    device: Annotated[list[str] | None, typer.Option(help="Only this device; may be repeated. 只看此设备")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.catalog import DRIVERS
    from edge.config.text.finding import did_you_mean
    from edge.probe.plan import outlines_of, plan_document, plan_text

    language = language_of(lang)
    devices = loaded(plant_dir, language).devices
    for name in device or []:
        if name not in devices:
            complain("unknown_device", language, name=name, hint=did_you_mean(name, devices).render(language))
            raise typer.Exit(PROBLEMS)
    # Of all devices, because those left out take the time of their connections, too.
    outlines = [each for each in outlines_of(devices.values(), DRIVERS) if not device or each.device in device]
    typer.echo(json.dumps(plan_document(outlines)) if as_json else plan_text(outlines, language))


@config.command(name="explain", help="Where a value comes from: file, library, override, default. 某个值从何而来")
def config_explain(
    plant_dir: PlantDir,
    key: Annotated[str, typer.Argument(help="DEVICE/RULE.limit, DEVICE.TAG.scale, DEVICE, gateway.time_zone. 键")],
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.explain.as_text import explanation, explanation_json
    from edge.config.explain.explain import NothingThere, explain
    from edge.config.load import load

    language = language_of(lang)
    try:
        found = explain(load(plant_dir, DRIVERS, CHANNELS, language=language).described, DRIVERS, key)
    except NothingThere as error:
        typer.echo(error.phrase.render(language), err=True)
        raise typer.Exit(PROBLEMS) from error
    typer.echo(json.dumps(explanation_json(found, language), ensure_ascii=False) if as_json else explanation(found, language))
