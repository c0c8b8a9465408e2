"""The gateway itself as a device: its type is built in, and a plant says where it stands. Pure.

    devices:
      system: {type: system, area: control_room, words: {zh: 网关, en: gateway}}

From then on `system.undelivered_critical` is a tag like any other. A plant without these lines has no such device. Not here:
what the figures are worth (`edge/runtime/health.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from edge.config.device_types import DriverRow
from edge.config.point import Point
from edge.config.text.finding import Findings, Phrase
from edge.config.text.source import Node, parse
from edge.config.text.values import FileModel, duration
from edge.model.moment import MINUTE, SECOND, Span
from edge.model.tag import SYSTEM

#: The tag of one channel, as it would stand in the file.
_UPLINK = """\
      {key}: {{words: {{zh: 通道 {channel}, en: channel {channel}}}, stale_after: 5min,
        states: {{0: {{zh: 不通, en: does not deliver}}, 1: {{zh: 正常, en: delivers}}}}}}
"""
#: What messages call the file of the built-in type.
BUILT_IN_FILE = "(built in)/system.yaml"


class SystemConnection(FileModel):
    """`connection:` of the device, which may be left out."""

    every: Annotated[Span, duration("1s", "1min")] = Field(default=5 * SECOND, description="How often it says how it is.")
    undelivered_after: Annotated[Span, duration("1s", "1h")] = Field(
        default=MINUTE, description="A critical alert counts as not delivered when it has waited for longer than this."
    )


class SystemPoint(Point):
    """A tag's key says which figure it is."""

    is_found_by_name: ClassVar[bool] = True

    @property
    def not_writable(self) -> Phrase:
        return Phrase("drivers.nobody_takes_it")


@dataclass(frozen=True, slots=True)
class SystemRow:
    """What stands in for a driver: nothing is opened for this device."""

    connection: type[BaseModel] = SystemConnection
    point: type[Point] = SystemPoint
    strain: str = ""


def with_system(drivers: Mapping[str, DriverRow]) -> dict[str, DriverRow]:
    return {**drivers, SYSTEM: SystemRow()}


def uplink_of(channel: str) -> str:
    """The key of the tag that says whether a channel delivers."""
    return f"uplink_{channel}"


def system_roots(roots: Mapping[str, Node | None], channels: Iterable[str], findings: Findings) -> dict[str, Node | None]:
    """The document of the built-in type, for a plant that has the device; a finding where its name or type is another's.
    channels: that the plant has, each with a tag of its own."""
    wanted = False
    for root in roots.values():
        section = root.get("devices") if root is not None else None
        for name, node in section.entries.items() if section is not None else ():
            is_system = node.text("type") == SYSTEM
            wanted |= is_system or name == SYSTEM  # what refers to it is right, also where its type is misspelt
            if is_system != (name == SYSTEM):
                findings.error(node.key, "system_name", name=SYSTEM)
    if not wanted:
        return {}
    written = files(__package__).joinpath("system.yaml").read_text(encoding="utf-8")
    uplinks = "".join(_UPLINK.format(key=uplink_of(channel), channel=channel) for channel in channels)
    return {BUILT_IN_FILE: parse((written + uplinks).encode(), BUILT_IN_FILE, findings)}
