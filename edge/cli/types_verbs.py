"""The device types that come with Andon, and putting one into a plant folder."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.asked import CANNOT_RUN, PROBLEMS, Language, PlantDir, complain, language_of, say
from edge.texts import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.outline import Cell
    from edge.config.text.source import Node
    from edge.starter.device_types import BundledType

types = typer.Typer(no_args_is_help=True, help="Device types that come with Andon. 自带设备类型")

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="As `andon types list` names it. 类型名", show_default=False)]


@types.command(name="list", help="Which there are. 列出自带设备类型")
def types_list(lang: Language = "") -> None:
    language = language_of(lang)
    rows = [(each.name, each.driver, _words(each.about, language)) for each in _bundled().values()]
    _table(("name", "driver", "what"), rows, language)


@types.command(name="show", help="Its tags, its rules, and where its registers are from. 查看设备类型")
def types_show(name: TypeName, lang: Language = "") -> None:
    language = language_of(lang)
    each = _known(name, language)
    typer.echo(f"{each.name} {each.version}  {_words(each.about, language)}")
    typer.echo("\n".join(f"  {line}" for line in each.source) + "\n")
    tags = [
        (
            key,
            str(node.follow(("address",)).plain()),
            node.text("type") or "bool",
            node.text("unit") or "",
            _words(node, language),
        )
        for key, node in each.type_node.follow(("tags",)).entries.items()
    ]
    _table(("name", "address", "type", "unit", "what"), tags, language)
    typer.echo()
    rules = [(key, node.text("priority") or "", _words(node, language)) for key, node in each.rules.items()]
    _table(("rule", "priority", "what"), rules, language)
    typer.echo()
    say("types_to_add", language, name=each.name)


@types.command(name="add", help="Put one into a plant folder, as a library of its own. 加入工厂配置")
def types_add(plant_dir: PlantDir, name: TypeName, lang: Language = "") -> None:
    from edge.cli.list_files import read_file, write_files
    from edge.config.library import LIBRARIES_FILE
    from edge.starter.device_types import NotAddable, added

    language = language_of(lang)
    each = _known(name, language)
    if not (plant_dir / "gateway.yaml").is_file():
        complain("types_no_plant", language, folder=plant_dir)
        raise typer.Exit(CANNOT_RUN)
    libraries = plant_dir / LIBRARIES_FILE
    try:
        wanted = added(each, read_file(libraries, language) if libraries.exists() else None)
    except NotAddable as error:
        complain("types_in_the_way", language, place=error.place, name=each.name)
        raise typer.Exit(PROBLEMS) from error
    changed = {plant_dir / file: data for file, data in wanted.items()}
    theirs = [path for path, data in changed.items() if path != libraries and path.exists() and path.read_bytes() != data]
    if theirs:
        complain("types_in_the_way", language, place=theirs[0], name=each.name)
        raise typer.Exit(PROBLEMS)
    try:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        complain("cannot_write", language, file=error.filename or plant_dir, reason=error.strerror or type(error).__name__)
        raise typer.Exit(CANNOT_RUN) from error
    write_files(changed, language)
    say("types_added", language, name=each.name, version=each.version, folder=shlex.quote(str(plant_dir)))


def _bundled() -> dict[str, BundledType]:
    from drivers.catalog import DRIVERS
    from edge.starter.device_types import bundled_types

    return bundled_types(DRIVERS)


def _known(name: str, language: str) -> BundledType:
    from edge.config.text.finding import did_you_mean

    there = _bundled()
    if name not in there:
        complain("types_unknown", language, name=name, hint=did_you_mean(name, there).render(language))
        raise typer.Exit(PROBLEMS)
    return there[name]


def _words(node: Node, language: str) -> str:
    return str(node.follow(("words", language)).plain())


def _table(columns: Sequence[str], rows: Sequence[tuple[Cell, ...]], language: str) -> None:
    from edge.probe.table import table

    for line in table([render(f"cli.types_column.{column}", {}, language) for column in columns], rows):
        typer.echo(line)
