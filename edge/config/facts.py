"""The keys that say where a machine stands, how it is made safe, and what is written down with its alarms.

A type may say what is the same for all its devices (the drawing, the spare parts); what a device says itself comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.text.finding import Findings, did_you_mean, shown
from edge.config.text.source import Node
from edge.config.text.values import FileModel, ShortText, TwoLanguages, refuse
from edge.model.facts import DeviceFacts, Spare
from edge.model.tag import Device, tag_name

#: More tags than this beside an alarm are no context but a log.
CONTEXT_MAX = 8


def _phone_form(given: str) -> str:
    if not any(char.isdigit() for char in given) or not all(char.isdigit() or char in "+-() #*.ext转" for char in given):
        raise refuse("config.phone_form")
    return given


class SpareFile(FileModel):
    """A spare part, and where in the store it lies."""

    part: ShortText
    bin: ShortText


class FactsFile(FileModel):
    """See `edge.model.facts.DeviceFacts`. None: says nothing."""

    place: TwoLanguages | None = None
    panel: ShortText | None = None
    breaker: ShortText | None = None
    isolation: Annotated[list[ShortText], Field(min_length=1, max_length=10)] | None = None
    drawing: ShortText | None = None
    spares: Annotated[list[SpareFile], Field(min_length=1, max_length=10)] | None = None
    phone: Annotated[ShortText, AfterValidator(_phone_form)] | None = None
    context: Annotated[list[ShortText], Field(max_length=CONTEXT_MAX)] | None = None


def facts_of(device: FactsFile, of_type: FactsFile | None) -> DeviceFacts:
    """What the device says, and for what it does not say, what its type does."""

    def said(key: str) -> object:
        own = getattr(device, key)
        return own if own is not None or of_type is None else getattr(of_type, key)

    place, isolation, spares = said("place"), said("isolation"), said("spares")
    return DeviceFacts(
        place=place.words if isinstance(place, TwoLanguages) else {},
        panel=str(said("panel") or ""),
        breaker=str(said("breaker") or ""),
        isolation=tuple(map(str, isolation)) if isinstance(isolation, list) else (),
        drawing=str(said("drawing") or ""),
        spares=tuple(Spare(each.part, each.bin) for each in spares) if isinstance(spares, list) else (),
        phone=str(said("phone") or ""),
    )


def note_repeated(section: Node, name: str, findings: Findings) -> None:
    """Say of each item of a list that it stands there before."""
    seen: set[object] = set()
    for item in section.items:
        if isinstance(item.value, str | int | float):
            if item.value in seen:
                findings.note(item.place, "listed_twice", name=name, given=shown(item.value))
            seen.add(item.value)


def with_contexts(
    devices: Mapping[str, Device], asked: Mapping[str, Iterable[tuple[str, Node]]], findings: Findings, *, complete: bool
) -> dict[str, Device]:
    """The devices with their context tags. asked: by device, names as written and where: a tag of its own (`state`) or of any
    device (`CRM.LINE.coil`). complete: whether all devices could be read, so that an unknown name is a mistake."""
    tags = {tag.name for device in devices.values() for tag in device.tags}
    found = {}
    for name, device in devices.items():
        names = []
        for written, node in asked.get(name, ()):
            full = written if written in tags else tag_name(name, written)
            if full in names:
                findings.note(node.place, "listed_twice", name="context", given=shown(written))
            elif full in tags:
                names.append(full)
            elif complete:
                own = [tag.key for tag in device.tags]
                findings.error(
                    node.place, "unknown_context_tag", name=written, hint=did_you_mean(written, [*own, *sorted(tags)])
                )
        found[name] = replace(device, context=tuple(names))
    return found
