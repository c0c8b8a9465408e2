"""What stands in for the world: the collaboration cloud, machines."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.asked import Language, complain, language_of, loaded

simulate = typer.Typer(no_args_is_help=True, help="Simulators: the collaboration cloud, devices, a broker. 模拟器")


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
        text, unset = organisation_file(loaded(plant, language), os.environ)
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
