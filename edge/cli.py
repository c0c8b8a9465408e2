"""The `andon` command. Each verb is a few lines: read what was asked, call the part that does it, print, exit.

Exit codes: 0 fine; 1 the plant folder has problems, or a scenario failed; 2 the command line is wrong; 3 it could not run here
(the database is in use, a port is taken, a device that is probed cannot be heard).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shlex
import sys
import tempfile
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.texts import LANGUAGES, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.config.plant import Plant
    from edge.model.errors import Problem

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
simulate = typer.Typer(no_args_is_help=True, help="Simulators: the collaboration cloud, devices, a broker. 模拟器")
app.add_typer(simulate, name="simulate")
probe = typer.Typer(no_args_is_help=True, help="Look at a device before it is in a plant folder. 探测设备")
app.add_typer(probe, name="probe")
config = typer.Typer(no_args_is_help=True, help="What is configured, and why. 配置")
app.add_typer(config, name="config")

FINE, PROBLEMS, CANNOT_RUN = 0, 1, 3


class CheckFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


PlantDir = Annotated[Path, typer.Argument(help="The plant folder. 工厂配置文件夹", show_default=False)]
Language = Annotated[str, typer.Option("--lang", help="zh or en; default: that of the terminal. 语言")]


def own_language() -> str:
    """The language of the terminal, by the usual variables."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.startswith("zh") else "en"


def language_of(asked: str) -> str:
    if not asked:
        return own_language()
    if asked not in LANGUAGES:
        raise typer.BadParameter("zh / en", param_hint="--lang")
    return asked


def say(key: str, language: str, **arguments: object) -> None:
    typer.echo(render(f"cli.{key}", arguments, language))


def complain(key: str, language: str, **arguments: object) -> None:
    typer.echo(render(f"cli.{key}", arguments, language), err=True)


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
    from edge.config.check import check_folder
    from edge.config.check_json import document_of
    from edge.config.check_sarif import sarif_of
    from edge.config.check_text import text_of

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
        _write(output, shown + "\n", language)
        shown = text_of(report)
    typer.echo(shown)
    raise typer.Exit(report.exit_code)


@app.command(help="Run the gateway of a plant folder. 运行网关")
def run(
    plant_dir: PlantDir,
    lang: Language = "",
    data: Annotated[
        Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")
    ] = None,
    console: Annotated[bool, typer.Option(help="Serve the console too. 同时提供控制台")] = True,
    redirect: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW: use another address, host:port or URL, for devices or the cloud. 改用其他地址"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it runs as one JSON line. 以 JSON 输出")] = False,
    parent: Annotated[int | None, typer.Option(hidden=True, help="Stop when the process of this id is gone.")] = None,
    time_lapse: Annotated[
        float, typer.Option(min=1, max=60, help="For demonstrations: time runs N times faster. 延时演示")
    ] = 1.0,
) -> None:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.agent import Options, Started, run_agent
    from edge.config.check_text import problem_line
    from edge.config.load import load
    from edge.config.redirect import parse_redirects, redirected
    from edge.config.secret import unset_secrets
    from edge.model.errors import StoreError
    from edge.runtime.logs import log_to_stderr

    language = language_of(lang)
    loaded = load(plant_dir, DRIVERS, CHANNELS, language=language)
    problems = list(loaded.problems)
    if loaded.plant is not None:
        problems += unset_secrets(loaded.plant, os.environ, language=language, severity="error")
    if loaded.plant is None or any(problem.severity == "error" for problem in problems):
        for problem in sorted(problems):
            typer.echo(problem_line(problem, language), err=True)
        complain("run_refused", language, folder=plant_dir)
        raise typer.Exit(PROBLEMS)
    try:
        plant = redirected(loaded.plant, parse_redirects(redirect or []))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--redirect") from error

    def announce(started: Started) -> None:
        if as_json:
            typer.echo(json.dumps(asdict(started)))
            sys.stdout.flush()
            return
        if time_lapse != 1.0:
            say("time_lapse", language, rate=f"{time_lapse:g}")
        say("running", language, site=plant.site, api=started.api)
        if started.console:
            say("console", language, address=started.console)
        if started.setup_code:
            say("setup_code", language, code=started.setup_code)
        sys.stdout.flush()

    log_to_stderr()
    options = Options(data or plant.data_folder, rate=time_lapse, console=console, language=language, parent=parent)
    try:
        asyncio.run(run_agent(plant, options, announce))
    except (StoreError, OSError) as error:
        complain("cannot_run", language, reason=error)
        raise typer.Exit(CANNOT_RUN) from error
    if not as_json:
        say("stopped", language)


@app.command(help="Run a plant's scenarios on virtual time. 在虚拟时间上运行场景")
def test(
    plant_dir: PlantDir,
    lang: Language = "",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here. 写出 JUnit XML")] = None,
    only: Annotated[str, typer.Option(help="Only the scenario of this file name. 只运行此场景")] = "",
) -> None:
    from edge.config.finding import did_you_mean
    from edge.runtime.logs import log_to_stderr
    from edge.scenario.junit import junit_of_problems, junit_of_verdicts
    from edge.scenario.run import run_scenarios
    from edge.scenario.verdict import timeline

    log_to_stderr(logging.ERROR)
    language = language_of(lang)

    def write_problems(problems: list[Problem]) -> None:
        if junit is not None:
            _write(junit, junit_of_problems(plant_dir.absolute(), problems, Path.cwd()), language)

    plant = _loaded(plant_dir, language, write_problems)
    names = [scenario.name for scenario in plant.scenarios]
    if only and only not in names:
        complain("unknown_scenario", language, name=only, hint=did_you_mean(only, names).render(language))
        raise typer.Exit(PROBLEMS)
    verdicts = []
    for verdict in run_scenarios(plant, only=only or None):
        typer.echo(timeline(verdict, language))
        verdicts.append(verdict)
    if junit is not None:
        _write(junit, junit_of_verdicts(plant, verdicts, Path.cwd(), language), language)
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
    from edge.config.finding import did_you_mean
    from edge.probe.plan import outlines_of, plan_document, plan_text

    language = language_of(lang)
    devices = _loaded(plant_dir, language).devices
    for name in device or []:
        if name not in devices:
            complain("unknown_device", language, name=name, hint=did_you_mean(name, devices).render(language))
            raise typer.Exit(PROBLEMS)
    outlines = outlines_of([each for each in devices.values() if not device or each.name in device], DRIVERS)
    typer.echo(json.dumps(plan_document(outlines)) if as_json else plan_text(outlines, language))


@app.command(help="Check the journal's hash chain; not while the gateway runs. 校验日志链")
def audit(
    plant_dir: PlantDir,
    lang: Language = "",
    data: Annotated[
        Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")
    ] = None,
) -> None:
    from edge.model.errors import StoreError
    from edge.store.database import open_database
    from edge.store.verify import verify

    language = language_of(lang)
    folder = data or _loaded(plant_dir, language).data_folder
    if not (folder / "edge.db").is_file():
        complain("audit_nothing", language, folder=folder)
        raise typer.Exit(CANNOT_RUN)
    try:
        database = open_database(folder)
        with database.reading() as connection:
            broken = verify(connection)
        database.close()
    except StoreError as error:
        complain("cannot_run", language, reason=error)
        raise typer.Exit(CANNOT_RUN) from error
    if broken is not None:
        complain("audit_broken", language, row=broken)
        raise typer.Exit(PROBLEMS)
    say("audit_fine", language)


@app.command(help="The whole road with simulated devices and a stand-in cloud. 演示")
def demo(
    lang: Language = "",
    for_: Annotated[str, typer.Option("--for", help="Stop after this long, after at least one whole story: 60s, 5min.")] = "",
    browser: Annotated[bool, typer.Option(help="Open the console in a browser. 打开浏览器")] = True,
    plant: Annotated[str, typer.Option(help="cold_rolling_mill or pv_module_line. 演示的工厂")] = "cold_rolling_mill",
) -> None:
    from edge.config.values import parse_duration
    from edge.demo.run import run_demo
    from edge.demo.script import SCRIPTS

    try:
        seconds = parse_duration(for_) / 1_000_000 if for_ else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if plant not in SCRIPTS:
        raise typer.BadParameter(" / ".join(SCRIPTS), param_hint="--plant")
    raise typer.Exit(asyncio.run(run_demo(SCRIPTS[plant], language_of(lang), seconds, browser=browser)))


@config.command(name="explain", help="Where a value comes from: file, library, override, default. 某个值从何而来")
def config_explain(
    plant_dir: PlantDir,
    key: Annotated[str, typer.Argument(help="DEVICE/RULE.limit, DEVICE.TAG.scale, DEVICE, gateway.time_zone. 键")],
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.explain import NothingThere, explain
    from edge.config.explanation import explanation, explanation_json
    from edge.config.load import load

    language = language_of(lang)
    try:
        found = explain(load(plant_dir, DRIVERS, CHANNELS, language=language).described, DRIVERS, key)
    except NothingThere as error:
        typer.echo(error.phrase.render(language), err=True)
        raise typer.Exit(PROBLEMS) from error
    typer.echo(json.dumps(explanation_json(found, language), ensure_ascii=False) if as_json else explanation(found, language))


@probe.command(name="modbus", help="What stands in a Modbus device's registers, in every type and order. 探测 Modbus 设备")
def probe_modbus(
    where: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The device or gateway. 设备或网关", show_default=False)],
    unit: Annotated[int, typer.Option(min=0, max=255, help="Unit id. 单元号")] = 1,
    address: Annotated[str, typer.Option(help="As in a plant folder: holding 0, 40001, 4x0001. 地址")] = "holding 0",
    count: Annotated[int | None, typer.Option(min=1, max=60, help="How many registers or bits. 数量")] = None,
    type_: Annotated[str, typer.Option("--type", help="What they are said to be: int16, float32, string. 类型")] = "",
    scan: Annotated[bool, typer.Option("--scan", help="Which unit ids and tables answer. 扫描单元号与表")] = False,
    units: Annotated[str, typer.Option(help="Unit ids to scan. 要扫描的单元号")] = "1-16,255",
    timeout: Annotated[float, typer.Option(min=0.05, max=60, help="Seconds to wait for each answer. 超时（秒）")] = 1.0,
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.links import SocketLinks
    from edge.probe.modbus import NoAnswer, ask
    from edge.probe.modbus_text import document_of, text_of
    from edge.probe.modbus_wish import NotAWish, wish_of
    from edge.runtime.clock import SteadyClock

    language = language_of(lang)
    try:
        wish = wish_of(where, unit=unit, address=address, count=count, kind=type_, units=units if scan else None)
    except NotAWish as error:
        raise typer.BadParameter(error.render(language)) from error
    clock = SteadyClock()
    came = asyncio.run(ask(SocketLinks(clock), clock, wish, timeout))
    failed = isinstance(came, NoAnswer)
    if as_json:
        typer.echo(json.dumps(document_of(came, wish, language), ensure_ascii=False))
    else:
        typer.echo(text_of(came, wish, language), err=failed)
    raise typer.Exit(CANNOT_RUN if failed else FINE)


@probe.command(name="mqtt", help="What a broker has to say: topics, payloads, time stamps. 探测 MQTT 服务器")
def probe_mqtt(
    where: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The broker. MQTT 服务器", show_default=False)],
    topic: Annotated[str, typer.Option(help="What to listen to, wildcards allowed. 订阅的主题")] = "#",
    for_: Annotated[str, typer.Option("--for", help="How long: 10s, 1min. 时长")] = "10s",
    user: Annotated[str, typer.Option(help="User name. 用户名")] = "",
    password_env: Annotated[str, typer.Option(help="The environment variable with the password. 存放密码的环境变量")] = "",
    tls: Annotated[bool, typer.Option("--tls", help="With TLS; certificates are checked. 使用 TLS")] = False,
    ca: Annotated[str, typer.Option(help="PEM file of who signed the broker's certificate. 签发者证书文件")] = "",
    cert: Annotated[str, typer.Option(help="PEM file of our certificate. 客户端证书文件")] = "",
    key: Annotated[str, typer.Option(help="PEM file of its private key. 客户端私钥文件")] = "",
    server_name: Annotated[str, typer.Option(help="The name in the broker's certificate. 证书中的名称")] = "",
    version: Annotated[str, typer.Option(help="Of MQTT: 3.1.1 or 5. MQTT 版本")] = "3.1.1",
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
) -> None:
    from drivers.links import SocketLinks
    from edge.probe.mqtt import listen
    from edge.probe.mqtt_text import document_of, text_of
    from edge.probe.mqtt_wish import NotAWish, wish_of
    from edge.runtime.clock import SteadyClock

    language = language_of(lang)
    files = (
        {"ca": ca, "cert": cert, "key": key, "server_name": server_name} if tls or ca or cert or key or server_name else None
    )
    own_id = f"andon-probe-{os.getpid()}"
    try:
        asked = {"topic": topic, "listen_for": for_, "user": user, "password_env": password_env, "version": version}
        wish = wish_of(where, **asked, tls=files, client_id=own_id, environ=os.environ)
    except NotAWish as error:
        raise typer.BadParameter(error.render(language)) from error
    clock = SteadyClock()
    heard = asyncio.run(listen(SocketLinks(clock), clock, wish))
    failed = heard.survey is None
    if as_json:
        typer.echo(json.dumps(document_of(heard, wish, language), ensure_ascii=False))
    else:
        typer.echo(text_of(heard, wish, language), err=failed)
    raise typer.Exit(CANNOT_RUN if failed else FINE)


@simulate.command(
    name="dingtalk",
    help="The DingTalk stand-in and its phones; all its options: -- --help. 钉钉替身与手机",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def simulate_dingtalk(
    context: typer.Context,
    plant: Annotated[
        Path | None, typer.Option(help="With the people, groups and secrets of this plant folder. 使用此工厂的人员与群")
    ] = None,
    lang: Language = "",
) -> None:
    from simulators.dingtalk.__main__ import main as standin

    language = language_of(lang)
    arguments = [*context.args, "--lang", language]
    if plant is None:
        raise typer.Exit(standin(arguments))
    from edge.scenario.plant_organisation import UNSET, organisation_file

    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        text, unset = organisation_file(_loaded(plant, language), os.environ)
        file.write(text)
        file.flush()
        for name in unset:
            complain("export", language, name=name, value=UNSET)
        raise typer.Exit(standin([*arguments, "--organisation", file.name]))


@simulate.command(
    name="devices",
    help="Simulated machines over Modbus and MQTT, from a plan file; all its options: -- --help. 模拟设备",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def simulate_devices(
    context: typer.Context,
    plan: Annotated[Path, typer.Option(help="The plan file, such as a plant's simulation.yaml. 模拟方案文件")],
) -> None:
    from simulators.devices.__main__ import main as devices

    raise typer.Exit(devices(["--plan", str(plan), *context.args]))


def _loaded(plant_dir: Path, language: str, refused: Callable[[list[Problem]], None] | None = None) -> Plant:
    """A plant without problems, or the end of the command. refused: is told of the problems before."""
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.check_text import problem_line
    from edge.config.load import load

    loaded = load(plant_dir, DRIVERS, CHANNELS, language=language)
    if loaded.plant is None:
        if refused is not None:
            refused(loaded.problems)
        for problem in loaded.problems:
            typer.echo(problem_line(problem, language), err=True)
        raise typer.Exit(PROBLEMS)
    return loaded.plant


def _write(file: Path, text: str, language: str) -> None:
    """Write a file that was asked for, or end the command."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        complain("cannot_write", language, file=file, reason=error.strerror or type(error).__name__)
        raise typer.Exit(CANNOT_RUN) from error


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="andon")


if __name__ == "__main__":
    main()
