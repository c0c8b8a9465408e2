"""What stands in for the world: the collaboration cloud, machines."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.asked import Language, complain, language_of, loaded

simulate = typer.Typer(no_args_is_help=True, help="Simulators: the collaboration cloud, devices, a broker. 模拟器")


Host = Annotated[str, typer.Option(help="Address to listen on. 监听地址")]
Port = Annotated[int, typer.Option(help="Where the gateway calls; 0 takes any. 网关访问的端口，0 为任意")]
ControlPort = Annotated[int | None, typer.Option(help="For the phones and the control API. 手机页面与控制接口的端口")]


@simulate.command(name="dingtalk", help="The DingTalk stand-in and its phones. 钉钉替身与手机")
def simulate_dingtalk(
    plant: Annotated[
        Path | None, typer.Option(help="With the people, groups and secrets of this plant folder. 使用此工厂的人员与群")
    ] = None,
    port: Port = 8380,
    control_port: ControlPort = None,
    host: Host = "127.0.0.1",
    public_host: Annotated[str, typer.Option(help="By which the gateway reaches this machine. 网关访问本机所用的名称")] = "",
    organisation: Annotated[
        Path | None, typer.Option(help="YAML or JSON file, instead of --plant; without both a sample. 组织文件，代替 --plant")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that keeps chats, cards and the rest over a restart. 保存状态的文件")
    ] = None,
    lang: Language = "",
) -> None:
    from simulators.dingtalk.__main__ import main as standin

    language = language_of(lang)
    given = {"--port": port, "--control-port": control_port, "--host": host, "--public-host": public_host, "--lang": language}
    if plant is None:
        raise typer.Exit(standin(_arguments(given | {"--organisation": organisation, "--state": state})))
    if organisation is not None:
        raise typer.BadParameter("--plant / --organisation", param_hint="--organisation")
    from edge.scenario.plant_organisation import UNSET, organisation_file

    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        text, unset = organisation_file(loaded(plant, language), os.environ)
        file.write(text)
        file.flush()
        for name in unset:
            complain("export", language, name=name, value=UNSET)
        raise typer.Exit(standin(_arguments(given | {"--organisation": file.name, "--state": state})))


@simulate.command(name="devices", help="Simulated machines over Modbus and MQTT, from a plan file. 模拟设备")
def simulate_devices(
    plan: Annotated[Path, typer.Option(help="The plan file, such as a plant's simulation.yaml. 模拟方案文件")],
    host: Host = "127.0.0.1",
    modbus_port: Annotated[
        int, typer.Option(help="0 takes any; if taken, the next free one. Modbus 端口，被占用则顺延")
    ] = 5020,
    mqtt: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The broker to publish to. 发布到的 MQTT 服务器")
    ] = None,
    rate: Annotated[float, typer.Option(help="Simulated time runs so many times faster. 模拟时间加快的倍数")] = 1.0,
    epoch: Annotated[
        int | None,
        typer.Option(metavar="US", help="µs since 1970 at which the time-lapse began; default: now. 起始时刻（微秒）"),
    ] = None,
    control_port: Annotated[int, typer.Option(help="To steer it, on 127.0.0.1; 0 takes any. 控制端口")] = 0,
) -> None:
    from simulators.devices.__main__ import main as devices

    given = {"--plan": plan, "--host": host, "--modbus-port": modbus_port, "--mqtt": mqtt, "--rate": rate, "--epoch": epoch}
    raise typer.Exit(devices(_arguments(given | {"--control-port": control_port})))


def _arguments(given: Mapping[str, object]) -> list[str]:
    """Options as a command line has them, without those that nobody gave."""
    return [text for option, value in given.items() if value is not None for text in (option, str(value))]
