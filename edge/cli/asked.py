"""What all verbs share: how they are asked, how they answer, and their exit codes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.texts import LANGUAGES, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.config.plant import Plant
    from edge.model.errors import Problem

FINE, PROBLEMS, CANNOT_RUN = 0, 1, 3

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


def loaded(plant_dir: Path, language: str, refused: Callable[[list[Problem]], None] | None = None) -> Plant:
    """A plant without problems, or the end of the command. refused: is told of the problems before."""
    from cloud_bridge.catalog import CHANNELS
    from drivers.catalog import DRIVERS
    from edge.config.check.as_text import problem_line
    from edge.config.load import load

    found = load(plant_dir, DRIVERS, CHANNELS, language=language)
    if found.plant is None:
        if refused is not None:
            refused(found.problems)
        for problem in found.problems:
            typer.echo(problem_line(problem, language), err=True)
        raise typer.Exit(PROBLEMS)
    return found.plant


def write(file: Path, text: str, language: str) -> None:
    """Write a file that was asked for, or end the command."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        complain("cannot_write", language, file=file, reason=error.strerror or type(error).__name__)
        raise typer.Exit(CANNOT_RUN) from error
