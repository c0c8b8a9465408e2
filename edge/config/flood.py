"""`flood:` in `response.yaml`: when a position hears more alarms than a person can take in, and is told in digests. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from edge.config.names import Names
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, duration
from edge.model.moment import Span
from edge.model.person import Directory
from edge.response.flood import USUAL_FLOOD, FloodLimits

POSITIONS = "positions"


class FloodFile(FileModel):
    """over: more alarms than this in ten minutes begin a flood; under: fewer end it. update_every: how often a digest is told
    anew. What is left out is as for the whole plant, and there the usual."""

    over: Annotated[int, Field(ge=1, le=1000)] | None = None
    under: Annotated[int, Field(ge=1, le=1000)] | None = None
    update_every: Annotated[Span, duration("1min", "1h")] | None = None


@dataclass(frozen=True, slots=True)
class Floods:
    """usual: of all positions but those in `own`; None: never in flood."""

    usual: FloodLimits | None = USUAL_FLOOD
    own: Mapping[str, FloodLimits | None] | None = None


def read_floods(node: Node | None, named: Names, reader: Reader) -> Floods | None:
    """None when something in it is wrong. named: whom the routes name."""
    if node is None:
        return Floods()
    if _is_off(node):
        return Floods(usual=None)
    errors = reader.findings.any_error
    positions = node.get(POSITIONS)
    usual = _limits(node.without((POSITIONS,)), "flood", USUAL_FLOOD, reader)
    own: dict[str, FloodLimits | None] = {}
    entries: Iterable[tuple[str, Node]] = reader.mapping(positions, POSITIONS).items() if positions is not None else ()
    for name, entry in entries:
        named.knows(name, entry.key, "flood_position", reader.findings)
        own[name] = None if _is_off(entry) else _limits(entry, name, usual or USUAL_FLOOD, reader)
    return None if reader.findings.any_error and not errors else Floods(usual, own)


def told_of_each(directory: Directory, machines: Collection[str]) -> dict[str, FloodLimits | None]:
    """Groups that are systems, such as an MES: told of each alarm, because what keeps a state for each has no use for a digest.
    machines: channels where no people listen."""
    systems = (group.id for group in directory.groups.values() if group.addresses and group.addresses.keys() <= set(machines))
    return dict.fromkeys((f"group:{each}" for each in systems), None)


def _is_off(node: Node) -> bool:
    """In place of numbers: each alarm is told by itself, however many there are. YAML 1.1 reads a switch, YAML 1.2 a word."""
    return node.value is False or node.value == "off"


def _limits(node: Node, name: str, otherwise: FloodLimits, reader: Reader) -> FloodLimits | None:
    read = reader.read(FloodFile, node, name)
    if read is None:
        return None
    limits = FloodLimits(
        otherwise.over if read.over is None else read.over,
        otherwise.under if read.under is None else read.under,
        otherwise.update_every if read.update_every is None else read.update_every,
    )
    if limits.under > limits.over + 1:
        reader.findings.error(node.place, "flood_under", under=limits.under, most=limits.over + 1)
        return None
    return limits
