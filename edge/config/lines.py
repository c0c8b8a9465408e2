"""`lines` of `gateway.yaml`: which areas make a line, and how its state follows from tags. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from edge.config.conditions.expression import read_expression
from edge.config.devices import Devices
from edge.config.names import Names
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, Name, TwoLanguages
from rules.definition import Line
from rules.expression import Yields
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
    read = []
    for state, each in file.states.items():
        when = entry.follow(("states", state, "when"))
        read.append((state, read_expression(each.when, Yields.CONDITION, when, None, devices, reader.findings)))
    conditions = tuple((state, signal) for state, signal in read if signal is not None)
    if len(conditions) < len(read):
        return None
    states = States(name, conditions, file.otherwise)
    return Line(name, states.names, states)
