"""Where a gateway runs, or has run: run, demo, audit."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.asked import CANNOT_RUN, PROBLEMS, Language, PlantDir, complain, language_of, loaded, say

app = typer.Typer()

#: What the verbs are asked that run a gateway, or look at where one has run.
DataFolder = Annotated[Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")]
WithConsole = Annotated[bool, typer.Option(help="Serve the console too. 同时提供控制台")]
Redirected = Annotated[
    list[str] | None,
    typer.Option(help="OLD=NEW: use another address, host:port or URL, for devices or the cloud. 改用其他地址"),
]
TakeOver = Annotated[
    bool, typer.Option(help="This host talks to the cloud from now on, and the one that did no more. 由本机接管云端连接")
]
AsJson = Annotated[bool, typer.Option("--json", help="Say where it runs as one JSON line. 以 JSON 输出")]
Parent = Annotated[int | None, typer.Option(hidden=True, help="Stop when the process of this id is gone.")]


@app.command(help="Run the gateway of a plant folder. 运行网关")
def run(
    plant_dir: PlantDir,
    lang: Language = "",
    data: DataFolder = None,
    console: WithConsole = True,
    redirect: Redirected = None,
    take_over: TakeOver = False,
    as_json: AsJson = False,
    parent: Parent = None,
    time_lapse: Annotated[
        float, typer.Option(min=1, max=60, help="For demonstrations: time runs N times faster. 延时演示")
    ] = 1.0,
    epoch: Annotated[int | None, typer.Option(hidden=True, help="When the time-lapse began, in µs since 1970.")] = None,
) -> None:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.check.as_text import problem_line
    from edge.config.load import load
    from edge.config.redirect import parse_redirects, redirected
    from edge.config.secret import unset_secrets

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

    # Only now: these take a second, and whoever is refused need not wait for them.
    from edge.agent import Options, Started, run_agent
    from edge.model.errors import StoreError
    from edge.model.stage import Stage
    from edge.runtime.logs import log_to_stderr
    from edge.store.host import OtherHostError

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
        if started.stage == Stage.SHADOW:
            say("in_shadow", language, folder=shlex.quote(str(plant_dir)))
        sys.stdout.flush()

    log_to_stderr()
    options = Options(
        data or plant.data_folder,
        rate=time_lapse,
        epoch=epoch,
        console=console,
        language=language,
        parent=parent,
        take_over=take_over,
    )
    try:
        asyncio.run(run_agent(plant, options, announce))
    except (StoreError, OtherHostError, OSError) as error:
        _say_why_not(error, plant_dir, language)
        raise typer.Exit(CANNOT_RUN) from error
    if not as_json:
        say("stopped", language)


def _say_why_not(error: Exception, plant_dir: Path, language: str) -> None:
    from edge.store.host import OtherHostError

    if not isinstance(error, OtherHostError):
        complain("cannot_run", language, reason=error)
        return
    recorded, here = (f"{host.name}:{host.folder}" for host in (error.recorded, error.here))
    complain("other_host", language, recorded=recorded, here=here, folder=shlex.quote(str(plant_dir)))


@app.command(help="Check the journal's hash chain; not while the gateway runs. 校验日志链")
def audit(
    plant_dir: PlantDir,
    lang: Language = "",
    data: DataFolder = None,
) -> None:
    from edge.model.errors import StoreError
    from edge.store.database import open_database
    from edge.store.verify import verify

    language = language_of(lang)
    folder = data or loaded(plant_dir, language).data_folder
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
    rate: Annotated[
        float | None, typer.Option(min=1, max=60, help="Time runs N times faster; default: 6. 延时倍数，默认 6")
    ] = None,
) -> None:
    from edge.config.text.values import parse_duration
    from edge.demo.run import RATE, run_demo
    from edge.demo.script import SCRIPTS

    try:
        seconds = parse_duration(for_) / 1_000_000 if for_ else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if plant not in SCRIPTS:
        raise typer.BadParameter(" / ".join(SCRIPTS), param_hint="--plant")
    playing = run_demo(SCRIPTS[plant], language_of(lang), seconds, browser=browser, rate=rate or RATE)
    raise typer.Exit(asyncio.run(playing))
