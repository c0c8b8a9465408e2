"""`lines` of `gateway.yaml`: which areas make a line, and how its state follows from tags. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from edge.config.conditions.expression import checked_expression
from edge.config.conditions.tags import tag_at
from edge.config.devices import Devices
from edge.config.inside import place_inside
from edge.config.names import Names
from edge.config.reader import Reader
from edge.config.source import Node
from edge.config.values import FileModel, Name, TwoLanguages
from rules.definition import Line
from rules.expression import Yields
from rules.signals.expression import ExpressionSignal
from rules.signals.machine_state import States


class StateFile(FileModel):
    """when: an expression over tags, by their full names (`DEVICE.tag`)."""

    words: TwoLanguages
    when: Annotated[str, Field(min_length=1, max_length=1000)]


class LineFile(FileModel):
    """states: in the order in which they are tried; the first that is true is the state of the line. otherwise: the one that it
    is in when none is."""

    words: TwoLanguages
    areas: Annotated[list[Name], Field(min_length=1, max_length=200)]
    states: Annotated[dict[Name, StateFile], Field(min_length=1, max_length=30)]
    otherwise: Name | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """built: those that are right. of_area: the line of each area, by name, also of lines that are wrong. states: of each
    line. known: False when they could not be read, and there may be more."""

    built: tuple[Line, ...] = ()
    of_area: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known: bool = False


def read_lines(files: Mapping[str, LineFile], root: Node, areas: Names, devices: Devices, reader: Reader) -> Lines:
    """files: as read; root: gateway.yaml, for the places of what is wrong."""
    built: list[Line] = []
    of_area: dict[str, str] = {}
    states: dict[str, tuple[str, ...]] = {}
    for name, file in files.items():
        entry = root.follow(("lines", name))
        extra = () if file.otherwise is None or file.otherwise in file.states else (file.otherwise,)
        states[name] = (*file.states, *extra)
        for position, area in enumerate(file.areas):
            place = entry.follow(("areas", position)).place
            if areas.knows(area, place, "unknown_area", reader.findings) and of_area.setdefault(area, name) != name:
                reader.findings.error(place, "area_of_two_lines", name=area, other=of_area[area])
        line = _line(name, file, entry, devices, reader)
        if line is not None:
            built.append(line)
    return Lines(tuple(built), of_area, states, known=True)


def _line(name: str, file: LineFile, entry: Node, devices: Devices, reader: Reader) -> Line | None:
    conditions = []
    for state, read in file.states.items():
        signal = _condition(read.when, entry.follow(("states", state, "when")), devices, reader)
        if signal is None:
            return None
        conditions.append((state, signal))
    states = States(name, tuple(conditions), file.otherwise)
    return Line(name, states.names, states)


def _condition(text: str, node: Node, devices: Devices, reader: Reader) -> ExpressionSignal | None:
    expression = checked_expression(text, Yields.CONDITION, node, reader.findings)
    if expression is None:
        return None
    broken = {name for name, each in devices.instances.items() if each.device is None}
    read: list[str] = []
    for name, column in zip(expression.names, expression.columns, strict=True):
        if name.rpartition(".")[0] not in broken:
            tag = tag_at(name, None, devices.built, place_inside(node, column), reader.findings)
            read += [tag.name] if tag is not None else []
    return ExpressionSignal(expression, tuple(read)) if len(read) == len(expression.names) else None
