"""The rules of a plant as an engineer's list: export, import, review, and the report on what differs from the review."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from edge.cli.asked import FINE, PROBLEMS, Language, PlantDir, language_of
from edge.cli.list_files import (
    check_unchanged,
    kind_of,
    load_plant,
    loaded_plant,
    read_file,
    read_sheets,
    refuse,
    write_files,
)
from edge.texts import render

if TYPE_CHECKING:
    from datetime import date

    from edge.config.load import Loaded
    from edge.config.reviewed.reviews import Review

app = typer.Typer()
rules = typer.Typer(no_args_is_help=True, help="The master alarm list: out, back, and reviewed. 报警总表")
report = typer.Typer(no_args_is_help=True, help="Reports on a plant folder. 报告")
app.add_typer(rules, name="rules")
app.add_typer(report, name="report")


class ReportFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


@rules.command(name="export", help="Write all rules as a list to work in, XLSX or CSV. 导出报警总表")
def export(
    plant_dir: PlantDir,
    to: Annotated[Path, typer.Option(help="FILE.xlsx or FILE.csv. 目标文件", show_default=False)],
    expanded: Annotated[
        bool,
        typer.Option("--expanded", help="A row for each alarm as it runs, only to be read. 各设备报警，只供查看"),
    ] = False,
    lang: Language = "",
) -> None:
    from edge.config.alarm_list.columns import ALARM_COLUMNS, COLUMNS
    from edge.config.alarm_list.rows import alarm_rows, rule_rows
    from edge.config.sheets.csv_file import csv_bytes
    from edge.config.sheets.table import table, table_of_texts
    from edge.config.sheets.xlsx_file import xlsx_bytes

    language = language_of(lang)
    kind = kind_of(to, language)
    found = loaded_plant(plant_dir, language).described
    of_rules = list(rule_rows(found.devices, found.rules, _reviews(plant_dir, language)))
    of_alarms = list(alarm_rows(found.rules))
    if kind == ".csv":
        rows, columns = (of_alarms, ALARM_COLUMNS) if expanded else (of_rules, COLUMNS)
        data = csv_bytes(table_of_texts(rows, columns, language))
    else:
        sheets = [
            (render("alarm_list.sheet.rules", {}, language), COLUMNS, table(of_rules, COLUMNS, language)),
            (render("alarm_list.sheet.alarms", {}, language), ALARM_COLUMNS, table(of_alarms, ALARM_COLUMNS, language)),
        ]
        data = xlsx_bytes(sheets[1:] if expanded else sheets)
    write_files({to: data}, language)
    key, count = ("exported_alarms", len(of_alarms)) if expanded else ("exported", len(of_rules))
    _say(key, language, file=to, count=count)


@rules.command(name="import", help="Take a list back into the rule files; comments stay. 导入报警总表")
def import_(
    plant_dir: PlantDir,
    file: Annotated[Path, typer.Argument(help="The list, XLSX or CSV. 总表文件", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change. 只显示差异，不写入")] = False,
    lang: Language = "",
) -> None:
    from edge.config.alarm_list.apply import amending, new_reviews, new_texts
    from edge.config.alarm_list.changes import asked_by
    from edge.config.alarm_list.columns import COLUMNS
    from edge.config.alarm_list.diff import diff_lines
    from edge.config.folder import REVIEWED_FILE
    from edge.config.reviewed.reviews import reviews_text
    from edge.config.sheets.problems import new_warnings, problem_lines
    from edge.config.text.finding import Finding, Findings, Phrase
    from edge.config.text.yaml_edit import NotEditable

    language = language_of(lang)
    sheets = read_sheets(file, COLUMNS, language)
    before, reviews = loaded_plant(plant_dir, language), _reviews(plant_dir, language)
    findings = Findings()
    asked = asked_by(sheets, file.name, before.described, reviews, findings, today=_today(before))
    if findings.any_error:
        refuse(findings.problems(language), file, asked.columns, language)
    after = load_plant(plant_dir, language, amending(asked))
    if errors := [each for each in after.problems if each.severity == "error"]:
        refuse(errors, file, asked.columns, language)
    old = {name: (plant_dir / name).read_bytes() for name in asked.files(before.described)}
    try:
        texts = new_texts(asked, before.described, old)
    except NotEditable as error:
        refuse([Finding(error.place, Phrase("sheets.not_editable")).problem(language)], file, asked.columns, language)
    for line in diff_lines(asked, before.described, reviews, language):
        typer.echo(line)
    if asked.reviewed:
        texts[REVIEWED_FILE] = reviews_text(new_reviews(asked, after.described, reviews)).encode()
    if not texts:
        _say("summary_same", language)
        return
    for line in problem_lines(new_warnings(before.problems, after.problems, file.name), file.name, asked.columns, language):
        typer.echo(line)
    counts = {"rules": len(asked.touched), "values": len(asked.changes) + len(asked.reviewed)}
    if dry_run:
        _say("summary_dry", language, **counts)
        return
    check_unchanged(plant_dir, old, language)
    write_files({plant_dir / name: data for name, data in texts.items()}, language)
    _say("summary_done", language, files=", ".join(sorted(texts)), **counts)


@rules.command(help="Put on record that rules were reviewed as they are now. 记录规则审查")
def review(
    plant_dir: PlantDir,
    by: Annotated[str, typer.Option(help="Who reviewed them. 审查人", show_default=False)],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE]...", help="Which rules. 哪些规则", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All rules; reviews of rules that are gone go too. 全部规则")] = False,
    on: Annotated[str, typer.Option(metavar="DATE", help="When; default: today. 审查日期，默认今天")] = "",
    lang: Language = "",
) -> None:
    from edge.config.folder import REVIEWED_FILE
    from edge.config.reviewed.reviews import by_rule, is_ahead, read_reviews, review_of, reviews_text
    from edge.config.reviewed.settings import Settings
    from edge.config.text.finding import Findings, did_you_mean

    language = language_of(lang)
    found = loaded_plant(plant_dir, language)
    alarms = by_rule(found.described.rules)
    for name in names or []:
        if name not in alarms:
            _complain("rule_not_there", language, rule=name, hint=did_you_mean(name, alarms).render(language))
            raise typer.Exit(PROBLEMS)
    if not names and not every:
        raise typer.BadParameter(render("alarm_list.review_whom", {}, language), param_hint="RULE / --all")
    reviews = _reviews(plant_dir, language)
    gone = reviews.keys() - alarms.keys() if every else set()
    today = _today(found)
    day = on or today.isoformat()
    wanted = list(alarms) if every else list(names or [])
    kept = {name: each for name, each in reviews.items() if name not in gone}
    settings = Settings(found.described)
    text = reviews_text({**kept, **{name: review_of(settings.by_device(alarms[name]), by.strip(), day) for name in wanted}})
    findings = Findings()
    if read_reviews(text.encode(), findings) is None:
        raise typer.BadParameter(findings.problems(language)[0].text, param_hint="--by / --on")
    if is_ahead(day, today):
        raise typer.BadParameter(render("alarm_list.review_ahead", {"on": day}, language), param_hint="--on")
    write_files({plant_dir / REVIEWED_FILE: text.encode()}, language)
    _say("reviewed_done", language, file=REVIEWED_FILE, count=len(wanted), by=by, on=day)
    if gone:
        _say("reviewed_gone", language, count=len(gone))


@report.command(name="enforcement", help="Settings that differ from those last reviewed. 与审查不一致的设置")
def report_enforcement(
    plant_dir: PlantDir,
    as_: Annotated[ReportFormat, typer.Option("--format", help="For people or programs. 输出格式")] = ReportFormat.TEXT,
    lang: Language = "",
) -> None:
    from edge.config.reviewed.as_text import document_of, text_of
    from edge.config.reviewed.enforcement import Standing, enforcement

    language = language_of(lang)
    found = enforcement(loaded_plant(plant_dir, language).described, _reviews(plant_dir, language))
    shown = (
        json.dumps(document_of(found), ensure_ascii=False, indent=2) if as_ is ReportFormat.JSON else text_of(found, language)
    )
    typer.echo(shown)
    raise typer.Exit(PROBLEMS if any(each.standing is Standing.DIFFERS for each in found) else FINE)


def _reviews(plant_dir: Path, language: str) -> dict[str, Review]:
    from edge.config.check.as_text import problem_line
    from edge.config.folder import REVIEWED_FILE
    from edge.config.reviewed.reviews import read_reviews
    from edge.config.text.finding import Findings

    findings = Findings()
    path = plant_dir / REVIEWED_FILE
    reviews = read_reviews(read_file(path, language) if path.exists() else None, findings)
    if reviews is None:
        for problem in findings.problems(language):
            typer.echo(problem_line(problem, language), err=True)
        _complain("reviews_broken", language, file=REVIEWED_FILE)
        raise typer.Exit(PROBLEMS)
    return reviews


def _today(found: Loaded) -> date:
    """The plant's day."""
    from edge.model.moment import to_datetime
    from edge.runtime.clock import SteadyClock

    zone = found.plant.time_zone if found.plant is not None else "UTC"
    return to_datetime(SteadyClock().now()).astimezone(ZoneInfo(zone)).date()


def _say(key: str, language: str, **arguments: object) -> None:
    typer.echo(render(f"alarm_list.{key}", arguments, language))


def _complain(key: str, language: str, **arguments: object) -> None:
    typer.echo(render(f"alarm_list.{key}", arguments, language), err=True)
