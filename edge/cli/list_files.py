"""A list of a plant as a file, and the files of the plant that a list changes; what `andon rules` and `andon tags` share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from edge.cli.asked import CANNOT_RUN, PROBLEMS, complain
from edge.texts import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge.config.load import Amend, Loaded
    from edge.config.sheets.columns import Column
    from edge.config.sheets.grid import Sheet
    from edge.model.errors import Problem


def load_plant(plant_dir: Path, language: str, amend: Amend = dict) -> Loaded:
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.load import load

    return load(plant_dir, DRIVERS, CHANNELS, language=language, amend=amend)


def loaded_plant(plant_dir: Path, language: str) -> Loaded:
    """A plant without errors, with what is written where; or the end of the command."""
    from edge.config.check.as_text import problem_line

    found = load_plant(plant_dir, language)
    if found.plant is None:
        for problem in found.problems:
            typer.echo(problem_line(problem, language), err=True)
        raise typer.Exit(PROBLEMS)
    return found


def read_sheets(file: Path, columns: Sequence[Column], language: str) -> list[Sheet]:
    from edge.config.sheets.csv_file import read_csv
    from edge.config.sheets.grid import NotAList
    from edge.config.sheets.xlsx_file import read_xlsx

    kind = kind_of(file, language)
    data = read_file(file, language)
    try:
        return [read_csv(data, columns)] if kind == ".csv" else read_xlsx(data)
    except NotAList as error:
        typer.echo(f"{file}: {render(error.key, {}, language)}", err=True)
        raise typer.Exit(PROBLEMS) from error


def kind_of(file: Path, language: str) -> str:
    kind = file.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise typer.BadParameter(render("sheets.file_kind", {"file": file.name}, language), param_hint="FILE")
    return kind


def refuse(problems: Sequence[Problem], file: Path, columns: Mapping[int, Column], language: str) -> NoReturn:
    from edge.config.sheets.problems import problem_lines

    for line in problem_lines(problems, file.name, columns, language):
        typer.echo(line, err=True)
    typer.echo(render("sheets.refused", {"count": len(problems)}, language), err=True)
    raise typer.Exit(PROBLEMS)


def read_file(path: Path, language: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        arguments = {"file": path, "reason": error.strerror or type(error).__name__}
        typer.echo(render("sheets.file_unreadable", arguments, language), err=True)
        raise typer.Exit(CANNOT_RUN) from error


def write_files(files: Mapping[Path, bytes], language: str) -> None:
    """Each file whole or not at all; none, if one of them cannot be written."""
    fresh: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            target = path.resolve()
            new = fresh[target] = target.with_name(f".{target.name}.new")
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, new)
        for target, new in fresh.items():
            new.replace(target)
    except OSError as error:
        for new in fresh.values():
            new.unlink(missing_ok=True)
        complain("cannot_write", language, file=error.filename or "", reason=error.strerror or type(error).__name__)
        raise typer.Exit(CANNOT_RUN) from error


def check_unchanged(plant_dir: Path, old: Mapping[str, bytes], language: str) -> None:
    """Ends the command where somebody else has changed one of the files meanwhile. old: what they said when they were read."""
    for name, data in old.items():
        if (plant_dir / name).read_bytes() != data:
            typer.echo(render("sheets.file_changed", {"file": name}, language), err=True)
            raise typer.Exit(CANNOT_RUN)
