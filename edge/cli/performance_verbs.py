"""The report on the alarm system from the command line, also beside a running agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from edge.cli.asked import CANNOT_RUN, Language, PlantDir, complain, language_of, loaded
from edge.cli.rules_verbs import ReportFormat, report
from edge.texts import render

if TYPE_CHECKING:
    from edge.config.plant import Plant
    from edge.performance.pages import Pages
    from edge.performance.period import Wish

app = typer.Typer()


@report.command(name="alarms", help="How good the alarm system is: load, floods, nuisance, answers. 报警绩效")
def report_alarms(
    plant_dir: PlantDir,
    from_: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First day, or 2026-05-04T08:00; default: 30 days back. 起始")
    ] = "",
    to: Annotated[str, typer.Option(metavar="DAY", help="Last day, or a moment; default: now. 结束")] = "",
    day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="One day of the plant's calendar. 某日")] = "",
    week: Annotated[str, typer.Option(metavar="YYYY-Www", help="One week, such as 2026-W19. 某周")] = "",
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="One month. 某月")] = "",
    position: Annotated[str, typer.Option(help="Of one position alone, such as team:maintenance. 岗位")] = "",
    figure: Annotated[str, typer.Option(help="One figure alone, such as floods. 单项指标")] = "",
    rows: Annotated[bool, typer.Option("--rows", help="With --figure: the journal rows it was made of. 日志明细")] = False,
    as_: Annotated[ReportFormat, typer.Option("--format", help="For people or programs. 输出格式")] = ReportFormat.TEXT,
    data: Annotated[
        Path | None, typer.Option(help="Where the database lives; default: what gateway.yaml says. 数据目录")
    ] = None,
    lang: Language = "",
) -> None:
    from edge.performance.pages import ALL
    from edge.performance.period import Wish
    from edge.performance.text import figure_text, report_text

    language = language_of(lang)
    plant = loaded(plant_dir, language)
    folder = data or plant.data_folder
    wish = Wish(day, week, month, from_, to)
    found = _pages(plant, folder, wish, language)
    if figure:
        page = _page(found, position or ALL, figure, language)
        detail = _rows(folder, page, language) if rows else []
        if as_ is ReportFormat.JSON:
            _print({**page, "rows": detail} if rows else page)
        else:
            typer.echo(figure_text(page, detail, plant.time_zone, language))
        return
    overview = json.loads(found[ALL, ""])
    if as_ is ReportFormat.JSON:
        _print(overview)
    else:
        typer.echo(report_text(overview, _section(overview, position, language), language))


def _print(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _pages(plant: Plant, folder: Path, wish: Wish, language: str) -> Pages:
    from edge.model.errors import StoreError
    from edge.performance.pages import asked_of, pages_of
    from edge.performance.period import UnclearPeriod
    from edge.performance.reading import ROWS_MAX, TooManyRows
    from edge.runtime.clock import SteadyClock
    from edge.store.reading import reading

    try:
        with reading(folder) as connection:
            return pages_of(connection, asked_of(plant, wish, SteadyClock().now()))
    except UnclearPeriod as unclear:
        _refuse(str(unclear.reason), f"--{unclear.option}", language)
    except TooManyRows:
        _refuse("too_many_rows", "--from / --to", language, rows=ROWS_MAX)
    except StoreError as error:
        complain("cannot_run", language, reason=error)
        raise typer.Exit(CANNOT_RUN) from error


def _page(found: Pages, position: str, figure: str, language: str) -> dict[str, Any]:
    if (position, figure) in found:
        page: dict[str, Any] = json.loads(found[position, figure])
        return page
    figures = sorted({each for _, each in found if each})
    if figure not in figures:
        _refuse("no_figure", "--figure", language, figure=figure, known=", ".join(figures))
    _no_position(position, {each for each, _ in found}, language)


def _section(overview: dict[str, Any], position: str, language: str) -> dict[str, Any]:
    from edge.performance.pages import ALL, NOBODY

    sections = {each["position"] or NOBODY: each for each in overview["positions"]} | {ALL: overview["total"]}
    if position not in sections:
        _no_position(position, set(sections), language)
    section: dict[str, Any] = sections[position]
    return section


def _no_position(position: str, known: set[str], language: str) -> NoReturn:
    _refuse("no_position", "--position", language, position=position, known=", ".join(sorted(known - {""})))


def _refuse(reason: str, hint: str, language: str, **told: object) -> NoReturn:
    raise typer.BadParameter(render(f"performance.refused.{reason}", told, language), param_hint=hint)


def _rows(folder: Path, page: dict[str, Any], language: str) -> list[dict[str, Any]]:
    from edge.model.errors import StoreError
    from edge.model.moment import to_iso
    from edge.store.journal import read_rows
    from edge.store.reading import reading

    try:
        with reading(folder) as connection:
            found = read_rows(connection, [row["sequence"] for row in page["rows"]])
    except StoreError as error:
        complain("cannot_run", language, reason=error)
        raise typer.Exit(CANNOT_RUN) from error
    return [
        {
            "sequence": row.sequence,
            "time": to_iso(row.event.time),
            "recorded_at": to_iso(row.recorded_at),
            "kind": row.event.kind,
            "subject": row.event.subject,
            "data": dict(row.event.data),
        }
        for row in found
    ]
