"""The collaboration cloud as it is set up: cloud doctor, cloud template."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.asked import PROBLEMS, Language, PlantDir, complain, language_of, loaded, say, write
from edge.cli.progress import progress_bar
from edge.cli.running import Api, ask_running

if TYPE_CHECKING:
    from cloud_bridge.dingtalk.config import DingTalkConfig
    from cloud_bridge.dingtalk.doctor.findings import Finding
    from edge.config.plant import Plant

cloud = typer.Typer(no_args_is_help=True, help="How the collaboration cloud is set up. 检查云平台的配置")

DINGTALK = "dingtalk"


@cloud.command(help="What is wrong between this plant and DingTalk, and what to click; sends nothing to anybody. 检查钉钉配置")
def doctor(
    plant_dir: PlantDir,
    lang: Language = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON. 以 JSON 输出")] = False,
    redirect: Annotated[
        list[str] | None, typer.Option(help="OLD=NEW: use another address, a URL, for the cloud. 改用其他地址")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Your log-in at the gateway, if it runs: for the quota. 登录名")
    ] = "",
    api: Api = "",
) -> None:
    from cloud_bridge.dingtalk.config import DingTalkConfig
    from cloud_bridge.dingtalk.doctor.findings import state_of
    from cloud_bridge.dingtalk.doctor.report import document_of, text_of
    from edge.config.redirect import parse_redirects, redirected

    language = language_of(lang)
    try:
        plant = redirected(loaded(plant_dir, language), parse_redirects(redirect or []))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--redirect") from error
    config = plant.channels.get(DINGTALK)
    if not isinstance(config, DingTalkConfig):
        complain("no_dingtalk", language, folder=plant_dir)
        raise typer.Exit(PROBLEMS)
    # Before the visit, because a wrong password ends the command.
    used = _quota_used(plant, api, by, language) if by else ""
    findings = _with_quota(_looked_at(plant, config), used)
    if as_json:
        typer.echo(json.dumps(document_of(findings, language), ensure_ascii=False, indent=2))
    else:
        typer.echo(text_of(findings, language))
    raise typer.Exit(int(state_of(findings)))


@cloud.command(help="The card template, for import on DingTalk's card platform. 导出卡片模板")
def template(
    out: Annotated[Path | None, typer.Option(help="Write it to this file; default: print it. 写入文件")] = None,
    lang: Language = "",
) -> None:
    from cloud_bridge.dingtalk.card_template import shipped

    language = language_of(lang)
    if out is None:
        typer.echo(shipped(), nl=False)
        return
    write(out, shipped(), language)
    say("template_written", language, file=out)


def _looked_at(plant: Plant, config: DingTalkConfig) -> tuple[Finding, ...]:
    from cloud_bridge.dingtalk.doctor.visit import Patient, visit
    from cloud_bridge.dingtalk.transport import HttpTransport
    from edge.config.secret import reveal
    from edge.runtime.clock import SteadyClock

    persons = plant.policy.directory.persons.items()
    users = {name: str(person.addresses[DINGTALK]["user_id"]) for name, person in persons if DINGTALK in person.addresses}

    async def looked() -> tuple[Finding, ...]:
        transport = HttpTransport()
        try:
            with progress_bar() as progress:
                return await visit(Patient(config, users, reveal), transport, SteadyClock(), progress)
        finally:
            await transport.close()

    return asyncio.run(looked())


def _quota_used(plant: Plant, api: str, by: str, language: str) -> str:
    """What the gateway that runs has counted on DingTalk; empty when it counts nothing there."""
    from edge.console.plant_time import PlantTime
    from edge.console.quota_view import quota_lines
    from edge.console.words import Words

    told = ask_running(plant, api, by, language, lambda client: client.quota())
    ours = [each for each in told["quotas"] if each["channel"] == DINGTALK]
    return " · ".join(line.text for line in quota_lines(ours, Words(language), PlantTime(plant.time_zone, told["now"])))


def _with_quota(findings: tuple[Finding, ...], used: str) -> tuple[Finding, ...]:
    """With what the gateway has counted, if anything, in place of "not told"."""
    from cloud_bridge.dingtalk.doctor.findings import Reason

    if not used:
        return findings
    return tuple(
        replace(each, reason=Reason.QUOTA_USED, arguments={"used": used}) if each.reason is Reason.QUOTA_UNTOLD else each
        for each in findings
    )
