"""`devices/*.yaml`: device types (device_types.py) and their instances become devices with tags. Pure.

A tag's keys are of three owners: what it is called (`TagFile`) and what its numbers are worth (`measure.py`) belong to every
tag, the rest to the driver's point model. The latter two may use parameters, so they are read per instance; what is wrong with
a type is still said once, because all its instances point at the same place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from edge.config.counters import count_of
from edge.config.device_types import (
    DataClassWord,
    DerivedFile,
    DeviceType,
    DriverRow,
    TagFile,
    TagSource,
    connection_section,
    read_type,
    with_own_derived,
)
from edge.config.facts import FactsFile, facts_of, with_contexts
from edge.config.labels import LabelsFile
from edge.config.measure import MeasureFile
from edge.config.names import Names, declared
from edge.config.parameters import Filling, merge, usable
from edge.config.point import Point
from edge.config.text.finding import Findings, Place
from edge.config.text.reader import Reader, keys_of
from edge.config.text.source import Node
from edge.config.text.values import Name, TwoLanguages, device_name_form, name_form
from edge.model.tag import AS_IT_COMES, SESSION, DataClass, Derivation, Device, Tag, Words, tag_name
from edge.texts import LANGUAGES, render

M = TypeVar("M", bound=BaseModel)

#: More tags than this in one agent are a mistake in a type, or work for a second agent.
TAGS_MAX = 100_000


class DeviceFile(FactsFile):
    """A device; its `connection`, `parameters` and `derived` are read by themselves."""

    type: Name
    area: Name
    words: TwoLanguages
    labels: LabelsFile = Field(default_factory=dict)
    data_class: DataClassWord = Field(default=DataClassWord.GREEN, description="Of all its tags that are not stricter.")


@dataclass(frozen=True, slots=True)
class Instance:
    """A device as declared. type: with derived tags of its own; None when it names none that is known. device: None when
    anything is wrong with it."""

    name: str
    node: Node
    type: DeviceType | None
    parameters: Mapping[str, Node]
    device: Device | None


@dataclass(frozen=True, slots=True)
class Devices:
    """All that `devices/` says. names: what may be referred to, also where it is wrong."""

    type_names: Names
    types: Mapping[str, DeviceType]
    names: Names
    instances: Mapping[str, Instance]

    @property
    def built(self) -> dict[str, Device]:
        return {name: each.device for name, each in self.instances.items() if each.device is not None}


def read_devices(
    roots: Mapping[str, Node | None], areas: Names, drivers: Mapping[str, DriverRow], reader: Reader, filling: Filling
) -> Devices:
    """All device files together. roots: by file, None for one that could not be read."""
    sections = declared(roots, {"types": name_form, "devices": device_name_form}, reader)
    type_names, names = sections["types"], sections["devices"]
    types = {name: read_type(name, node, drivers, reader) for name, node in type_names.items()}
    beyond = _beyond_the_limit(names, types)
    if beyond is not None:
        reader.findings.error(beyond.key, "too_many_tags", most=TAGS_MAX)
    builder = _Builder(
        with_tags=beyond is None,
        types=types,
        type_names=type_names,
        areas=areas,
        drivers=drivers,
        reader=reader,
        filling=filling,
    )
    instances = {name: builder.build(name, node) for name, node in names.items()}
    builder.check_unused()
    return Devices(type_names, types, names, _in_context(instances, reader))


def _in_context(instances: Mapping[str, Instance], reader: Reader) -> dict[str, Instance]:
    """The instances with their context tags, which may be of any device and so are looked up last."""
    built = {name: each.device for name, each in instances.items() if each.device is not None}
    asked = {name: _context_asked(each) for name, each in instances.items()}
    placed = with_contexts(built, asked, reader.findings, complete=len(built) == len(instances))
    return {name: replace(each, device=placed.get(name)) for name, each in instances.items()}


def _context_asked(instance: Instance) -> list[tuple[str, Node]]:
    section = instance.node.get("context") or (instance.type.node.get("context") if instance.type is not None else None)
    return [(item.value, item) for item in section.items if isinstance(item.value, str)] if section is not None else []


def _beyond_the_limit(names: Names, types: Mapping[str, DeviceType]) -> Node | None:
    """The device with whose tags there are too many; None when there are not. Counted before anything is built."""
    tags = 0
    for _, node in names.items():
        device_type = types.get(node.text("type") or "")
        tags += len(device_type.tags) + len(device_type.derived) + 1 if device_type is not None else 0
        tags += len(section.entries) if (section := node.get("derived")) is not None else 0
        if tags > TAGS_MAX:
            return node
    return None


class _Builder:
    """Builds devices one after the other. What no parameter changes of a tag is read once for all instances of its type."""

    def __init__(
        self,
        *,
        with_tags: bool,
        types: Mapping[str, DeviceType],
        type_names: Names,
        areas: Names,
        drivers: Mapping[str, DriverRow],
        reader: Reader,
        filling: Filling,
    ) -> None:
        self._with_tags = with_tags
        self._types = types
        self._type_names = type_names
        self._areas = areas
        self._drivers = drivers
        self._reader = reader
        self._findings = reader.findings
        self._filling = filling
        self._read_once: dict[tuple[str, Place, type[BaseModel]], BaseModel | None] = {}

    def build(self, name: str, node: Node) -> Instance:
        own = keys_of(DeviceFile)
        known = self._reader.known(node, name, (*own, "connection", "parameters", "derived"))
        read = self._reader.read(DeviceFile, known.only(own), name) if known.is_mapping else None
        area = known.text("area")
        if area is not None:
            self._areas.knows(area, known.entries["area"].place, "unknown_area", self._findings)
        device_type = self._type_of(known)
        if device_type is None:
            return Instance(name, node, None, {}, None)
        if (section := known.get("derived")) is not None:
            device_type = with_own_derived(device_type, section, self._reader)
        parameters = self._parameters(known, device_type)
        device = None
        if device_type.driver is not None:
            connection = self._connection(name, known, device_type, device_type.driver)
            tags = self._build_tags(name, device_type, device_type.driver, parameters)
            if connection is not None:
                self._check_fit(tags or (), connection, known.entries.get("connection", node).key)
            if read is not None and connection is not None and tags is not None:
                facts = facts_of(read, device_type.read)
                tags = tuple(_at_least(tag, read.data_class.data_class) for tag in tags)
                device = Device(name, read.type, device_type.driver, read.area, read.words.words, connection, tags, facts)
        return Instance(name, node, device_type, parameters, device)

    def check_unused(self) -> None:
        """Read the points of types that have no device, as their defaults would make them: else a mistake there would wait for
        the first device."""
        used = {name for name, _, _ in self._read_once}
        for device_type in self._types.values():
            if device_type.driver is not None and device_type.name not in used:
                model, defaults = self._drivers[device_type.driver].point, device_type.parameters
                for key, source in device_type.tags.items():
                    self._part(MeasureFile, key, source.measure, device_type.name, defaults)
                    self._part(model, key, source.point, device_type.name, defaults)

    def _type_of(self, node: Node) -> DeviceType | None:
        name = node.text("type")
        if name is None or not self._type_names.knows(name, node.entries["type"].place, "unknown_type", self._findings):
            return None
        return self._types[name]

    def _parameters(self, node: Node, device_type: DeviceType) -> Mapping[str, Node]:
        section = node.get("parameters")
        own = usable(self._reader.mapping(section, "parameters"), self._findings) if section is not None else {}
        for name in sorted(device_type.needed - own.keys()):
            self._findings.error(node.key, "parameter_missing", name=name, type=device_type.name)
        return merge(device_type.parameters, own, device_type.name, self._findings)

    def _connection(self, name: str, node: Node, device_type: DeviceType, driver: str) -> BaseModel | None:
        model = self._drivers[driver].connection
        section = connection_section(node, device_type)
        if section is not None:
            return self._reader.read(model, section, "connection")
        try:
            return model()
        except ValidationError:
            if node.is_mapping:
                self._findings.error(node.key, "key_missing", key="connection", name=name)
            return None

    def _build_tags(
        self, name: str, device_type: DeviceType, driver: str, parameters: Mapping[str, Node]
    ) -> tuple[Tag, ...] | None:
        if not self._with_tags:
            return None
        model = self._drivers[driver].point
        tags = []
        notations = _Notations(self._findings)
        for key, source in device_type.tags.items():
            point = self._part(model, key, source.point, device_type.name, parameters)
            if point is not None:
                notations.note(point, source.point)
                point = point if source.element is None else point.element(source.element)
            measured = self._part(MeasureFile, key, source.measure, device_type.name, parameters)
            common = source.common
            if point is not None and self._only_numbers_are_measured(source, point) and common and measured:
                on_change, share = common.on_change.on(measured.measure) if common.on_change is not None else (None, None)
                tag = Tag(
                    name=tag_name(name, key),
                    device=name,
                    key=key,
                    unit=common.unit,
                    words=common.words.words,
                    stale_after=common.stale_after or (point.entry.every if point.entry is not None else None),
                    point=point,
                    measure=measured.measure,
                    on_change=on_change,
                    on_change_share=share,
                    states=common.words_of_states or (switch_words() if point.is_switch else {}),
                    is_text=point.is_text,
                    is_plain_switch=point.is_switch and not common.states,
                    safety=common.class_ is not None,
                    data_class=common.data_class.data_class,
                    entry=point.entry,
                    counter=common.counter.counter if common.counter is not None else None,
                )
                tags.append(tag)
        tags += self._derived_tags(name, device_type, parameters)
        if len(tags) < len(device_type.tags) + len(device_type.derived):
            return None
        return (*tags, session_tag(name))

    def _derived_tags(self, name: str, device_type: DeviceType, parameters: Mapping[str, Node]) -> Iterator[Tag]:
        """What they follow from is looked up when all devices are there (`derived.py`)."""
        for key, source in device_type.derived.items():
            read = self._part(DerivedFile, key, source.point, device_type.name, parameters)
            if read is not None and source.common is not None:
                yield derived_tag(name, key, source.common, read)

    def _check_fit(self, tags: Iterable[Tag], connection: BaseModel, place: Place) -> None:
        for tag in tags:
            if isinstance(tag.point, Point) and (misfit := tag.point.misfit(connection)) is not None:
                self._findings.error(place, "tag_misfit", tag=tag.key, reason=misfit)

    def _only_numbers_are_measured(self, source: TagSource, point: Point) -> bool:
        if point.entry is not None and not point.is_switch and not point.is_text:
            # People enter values, not raw numbers; the span of an axis goes with both.
            meaningless = {key: entry for key, entry in source.measure.entries.items() if key != "range"}
            for key, entry in meaningless.items():
                self._findings.error(entry.key, "measure_of_entry", name=key)
            return not meaningless
        counter = source.node.get("counter")
        of_numbers = source.measure.entries if counter is None else {**source.measure.entries, "counter": counter}
        if not of_numbers or not (point.is_switch or point.is_text):
            return True
        key, entry = next(iter(of_numbers.items()))
        self._findings.error(entry.key, "measure_of_text" if point.is_text else "measure_of_switch", name=key)
        return False

    def _part(self, model: type[M], key: str, node: Node, type_name: str, parameters: Mapping[str, Node]) -> M | None:
        """One part of a tag, with the parameters filled in."""
        known = (type_name, node.key, model)
        if known not in self._read_once:
            leave = model.own_placeholders if issubclass(model, Point) else ()
            filled = self._filling.fill(node, parameters, type_name, leave=leave)
            if filled is not node:
                return self._reader.read(model, filled, key)
            self._read_once[known] = self._reader.read(model, filled, key)
        read = self._read_once[known]
        return read if isinstance(read, model) else None


class _Notations:
    """Sees to it that the addresses of a device are all written in one way: 40001 beside `holding 1` are two registers to one
    reader and one to the next."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._first: tuple[str, Place] | None = None

    def note(self, point: Point, node: Node) -> None:
        if point.notation is None:
            return
        place = node.follow(("address",)).place
        if self._first is None:
            self._first = (point.notation, place)
        elif point.notation != self._first[0]:
            first, where = self._first
            self._findings.error(place, "notation_mixed", way=point.notation, first=first, where=where)


def switch_words() -> dict[float, Words]:
    """Yes and no, for a switch that has no words of its own."""
    said = {0.0: "config.switch_no", 1.0: "config.switch_yes"}
    return {number: {language: render(key, {}, language) for language in LANGUAGES} for number, key in said.items()}


def _at_least(tag: Tag, data_class: DataClass) -> Tag:
    """Whether a device can be heard is no secret of it."""
    return tag if tag.key == SESSION or tag.data_class >= data_class else replace(tag, data_class=data_class)


def derived_tag(device: str, key: str, common: TagFile, read: DerivedFile) -> Tag:
    """A tag of a device that follows from others, of which nothing is known yet but the expression."""
    on_change, share = common.on_change.on(AS_IT_COMES) if common.on_change is not None else (None, None)
    return Tag(
        name=tag_name(device, key),
        device=device,
        key=key,
        unit=common.unit,
        words=common.words.words,
        stale_after=common.stale_after,
        on_change=on_change,
        on_change_share=share,
        states=common.words_of_states,
        safety=common.class_ is not None,
        derived=_derivation(read),
        data_class=common.data_class.data_class,
    )


def _derivation(read: DerivedFile) -> Derivation:
    """The zone of its clock, and what it reads, are found in `derived.py`."""
    if read.count is None or read.over is None:
        return Derivation(read.expression or "", ())
    return Derivation("", (read.count,), count_of(read.over, read.from_, UTC))


def session_tag(device: str) -> Tag:
    """The tag that the driver itself writes: 1 while the session with the device is up, 0 while it is lost."""
    words = {language: render("config.session_words", {}, language) for language in LANGUAGES}
    return Tag(tag_name(device, SESSION), device, SESSION, "", words)
