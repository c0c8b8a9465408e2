"""The tags of a plant's device types as an engineer's list: export and import."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.asked import Language, PlantDir, language_of
from edge.cli.list_files import (
    check_unchanged,
    kind_of,
    load_plant,
    loaded_plant,
    read_sheets,
    refuse,
    write_files,
)
from edge.texts import render

if TYPE_CHECKING:
    from edge.config.load import Described
    from edge.config.sheets.columns import Column
    from edge.config.tag_list.foreign import ForeignForm

tags = typer.Typer(no_args_is_help=True, help="The tag list: out and back. 点表")

DeviceTypes = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only these device types. 只限这些设备类型", show_default=False),
]


class TagForm(StrEnum):
    ANDON = "andon"
    KEPWARE = "kepware"
    NEURON = "neuron"


FormOption = Annotated[TagForm, typer.Option("--form", help="Whose columns. 采用哪种产品的列")]


@tags.command(name="export", help="Write the tags of all device types as a list, XLSX or CSV. 导出点表")
def export(
    plant_dir: PlantDir,
    to: Annotated[Path, typer.Option(help="FILE.xlsx or FILE.csv. 目标文件", show_default=False)],
    types: DeviceTypes = None,
    form: FormOption = TagForm.ANDON,
    lang: Language = "",
) -> None:
    from edge.config.sheets.csv_file import csv_bytes
    from edge.config.sheets.table import table, table_of_texts
    from edge.config.sheets.xlsx_file import xlsx_bytes
    from edge.config.tag_list.derived import DERIVED_COLUMNS, derived_rows
    from edge.config.tag_list.foreign import foreign_rows
    from edge.config.tag_list.rows import tag_rows

    language = language_of(lang)
    kind = kind_of(to, language)
    found = loaded_plant(plant_dir, language).described
    wanted = _wanted(found, types, language)
    columns = own = _columns(found)
    if (foreign := _foreign(form)) is not None:
        columns = tuple(foreign.columns)
        rows, left_out = foreign_rows(foreign, found, own, wanted, language)
        for tag, why in left_out:
            typer.echo(render("tag_list.left_out", {"tag": tag, "reason": why.render(language)}, language), err=True)
    else:
        rows = [dict(row) for row in tag_rows(found.devices, own, wanted)]
    derived = list(derived_rows(found.devices, wanted))
    if kind == ".csv":
        data = csv_bytes(table_of_texts(rows, columns, language))
    else:
        sheets = [(render("tag_list.sheet", {}, language), columns, table(rows, columns, language))]
        if derived and foreign is None:
            shown = table(derived, DERIVED_COLUMNS, language)
            sheets.append((render("tag_list.sheet_derived", {}, language), DERIVED_COLUMNS, shown))
        data = xlsx_bytes(sheets)
    write_files({to: data}, language)
    _say("exported", language, file=to, count=len(rows), types=len(wanted))
    if derived and foreign is None:
        _say("exported_derived" if kind == ".xlsx" else "derived_left_out", language, count=len(derived))


@tags.command(name="import", help="Take a list back into the device files; comments stay. 导入点表")
def import_(
    plant_dir: PlantDir,
    file: Annotated[Path, typer.Argument(help="The list, XLSX or CSV. 点表文件", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change. 只显示差异，不写入")] = False,
    types: DeviceTypes = None,
    form: FormOption = TagForm.ANDON,
    lang: Language = "",
) -> None:
    from drivers.catalog import DRIVERS
    from edge.config.sheets.problems import new_warnings, problem_lines
    from edge.config.tag_list.apply import amending, new_texts
    from edge.config.tag_list.changes import asked_by
    from edge.config.tag_list.diff import diff_lines
    from edge.config.tag_list.foreign import asked_by_foreign
    from edge.config.text.finding import Finding, Findings, Phrase
    from edge.config.text.yaml_edit import NotEditable

    language = language_of(lang)
    before = loaded_plant(plant_dir, language)
    wanted, columns, findings = _wanted(before.described, types, language), _columns(before.described), Findings()
    if (foreign := _foreign(form)) is not None:
        sheet = read_sheets(file, foreign.columns, language)[0]
        one = wanted[0] if types and len(wanted) == 1 else None
        asked = asked_by_foreign(sheet, file.name, foreign, before.described, columns, findings, type_name=one)
    else:
        asked = asked_by(read_sheets(file, columns, language), file.name, before.described, columns, findings)
    if findings.any_error:
        refuse(findings.problems(language), file, asked.columns, language)
    after = load_plant(plant_dir, language, amending(asked, before.described))
    if errors := [each for each in after.problems if each.severity == "error"]:
        refuse(errors, file, asked.columns, language)
    old = {name: (plant_dir / name).read_bytes() for name in asked.files(before.described)}
    try:
        texts = new_texts(asked, before.described, old, DRIVERS)
    except NotEditable as error:
        refuse([Finding(error.place, Phrase("sheets.not_editable")).problem(language)], file, asked.columns, language)
    for line in diff_lines(asked, before.described, language):
        typer.echo(line)
    if not texts:
        _say("summary_same", language)
        return
    warnings = [*findings.problems(language), *new_warnings(before.problems, after.problems, file.name)]
    for line in problem_lines(warnings, file.name, asked.columns, language):
        typer.echo(line)
    counts = {"tags": len(asked.touched), "values": len(asked.changes)}
    if dry_run:
        _say("summary_dry", language, **counts)
        return
    check_unchanged(plant_dir, old, language)
    write_files({plant_dir / name: data for name, data in texts.items()}, language)
    _say("summary_done", language, files=", ".join(sorted(texts)), **counts)


def _columns(described: Described) -> tuple[Column, ...]:
    """Those of the drivers that the plant's types name."""
    from drivers.catalog import DRIVERS
    from edge.config.tag_list.columns import columns_of

    used = dict.fromkeys(each.driver or "" for each in described.devices.types.values())
    return columns_of(DRIVERS[name].point for name in used if name in DRIVERS)


def _foreign(form: TagForm) -> ForeignForm | None:
    from drivers.modbus.foreign import Kepware, Neuron

    forms: dict[TagForm, ForeignForm] = {TagForm.KEPWARE: Kepware(), TagForm.NEURON: Neuron()}
    return forms.get(form)


def _wanted(described: Described, names: list[str] | None, language: str) -> list[str]:
    from edge.config.system import BUILT_IN_FILE
    from edge.config.text.finding import did_you_mean

    known = described.devices.types
    for name in names or []:
        if name not in known:
            arguments = {"name": name, "hint": did_you_mean(name, known).render(language)}
            raise typer.BadParameter(render("tag_list.type_unknown", arguments, language), param_hint="--type")
    return list(names or (name for name, each in known.items() if each.node.key.file != BUILT_IN_FILE))


def _say(key: str, language: str, **arguments: object) -> None:
    typer.echo(render(f"tag_list.{key}", arguments, language))
