"""`devices/*.yaml`: device types and their instances become devices with tags. Pure.

A tag's keys are of two owners: `words`, `unit` and `stale_after` belong to every tag, the rest to the driver's point model. The
rest may use parameters, so it is read per instance; what is wrong with a type is still said once, because all its instances
point at the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from edge.config.finding import did_you_mean
from edge.config.names import Names, declared
from edge.config.parameters import Filling, merge, usable
from edge.config.reader import Reader, keys_of
from edge.config.source import Node
from edge.config.values import Duration, FileModel, Name, TwoLanguages, Unit, device_name_form, name_form
from edge.model.tag import SESSION, Device, Tag, Words, tag_name
from edge.texts import LANGUAGES, render

#: More tags than this in one agent are a mistake in a type, or work for a second agent.
TAGS_MAX = 100_000


class DriverRow(Protocol):
    """What is needed of a row of the drivers' catalog."""

    @property
    def connection(self) -> type[BaseModel]: ...

    @property
    def point(self) -> type[BaseModel]: ...


class TypeFile(FileModel):
    """A device type; its `parameters` and `tags` are read by themselves."""

    words: TwoLanguages
    driver: str


class DeviceFile(FileModel):
    """A device; its `connection` and `parameters` are read by themselves."""

    type: Name
    area: Name
    words: TwoLanguages


class TagFile(FileModel):
    """The keys of a tag that do not depend on the driver."""

    words: TwoLanguages
    unit: Unit = ""
    stale_after: Duration | None = None


@dataclass(frozen=True, slots=True)
class TagSource:
    """A tag as declared at its type. common: None when that part is wrong. point: the driver's part, not filled yet."""

    node: Node
    common: TagFile | None
    point: Node


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A type as declared, whether or not all of it is right. driver: None when it names none that is known."""

    name: str
    node: Node
    driver: str | None
    words: Words
    tag_names: Names
    tags: Mapping[str, TagSource]
    parameters: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Instance:
    """A device as declared. type: None when it names none that is known. device: None when anything is wrong with it."""

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
    types = {name: _read_type(name, node, drivers, reader) for name, node in type_names.items()}
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
    return Devices(type_names, types, names, instances)


def _beyond_the_limit(names: Names, types: Mapping[str, DeviceType]) -> Node | None:
    """The device with whose tags there are too many; None when there are not. Counted before anything is built."""
    tags = 0
    for _, node in names.items():
        device_type = types.get(node.text("type") or "")
        tags += len(device_type.tags) + 1 if device_type is not None else 0
        if tags > TAGS_MAX:
            return node
    return None


def _read_type(name: str, node: Node, drivers: Mapping[str, DriverRow], reader: Reader) -> DeviceType:
    known = reader.known(node, name, (*keys_of(TypeFile), "tags", "parameters"))
    read = reader.read(TypeFile, known.only(keys_of(TypeFile)), name) if known.is_mapping else None
    driver = known.text("driver")
    if driver is not None and driver not in drivers:
        place = known.entries["driver"].place
        reader.findings.error(place, "unknown_driver", name=driver[:60], hint=did_you_mean(driver, drivers))
        driver = None
    parameters: Mapping[str, Node] = {}
    if (section := known.get("parameters")) is not None:
        parameters = usable(reader.named(section, "parameters", name_form), reader.findings)
    section = known.get("tags")
    tags = Names(complete=section is not None and section.is_mapping)
    if section is not None:
        tags.declare(reader.named(section, "tags", name_form), reader.findings)
    elif known.is_mapping:
        reader.findings.error(node.key, "key_missing", key="tags", name=name)
    if SESSION in tags:
        reader.findings.error(tags[SESSION].key, "session_reserved", name=SESSION)
    point = drivers[driver].point if driver is not None else None
    sources = {key: _read_tag(key, tag, point, reader) for key, tag in tags.items()}
    return DeviceType(name, node, driver, read.words.words if read is not None else {}, tags, sources, parameters)


def _read_tag(key: str, node: Node, point: type[BaseModel] | None, reader: Reader) -> TagSource:
    own = keys_of(TagFile)
    known = reader.known(node, key, (*own, *keys_of(point))) if point is not None else node
    common = reader.read(TagFile, known.only(own), key) if known.is_mapping else None
    # A misspelt key may be one of the common ones: then what the tag says is not known.
    complete = len(known.entries) == len(node.entries)
    return TagSource(node, common if complete else None, known.without(own))


class _Builder:
    """Builds devices one after the other. A point that no parameter changes is read once for all instances of its type."""

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
        self._points: dict[tuple[str, str], BaseModel | None] = {}

    def build(self, name: str, node: Node) -> Instance:
        own = keys_of(DeviceFile)
        known = self._reader.known(node, name, (*own, "connection", "parameters"))
        read = self._reader.read(DeviceFile, known.only(own), name) if known.is_mapping else None
        area = known.text("area")
        if area is not None:
            self._areas.knows(area, known.entries["area"].place, "unknown_area", self._findings)
        device_type = self._type_of(known)
        if device_type is None:
            return Instance(name, node, None, {}, None)
        parameters = self._parameters(known, device_type)
        device = None
        if device_type.driver is not None:
            connection = self._connection(name, known, device_type.driver)
            tags = self._build_tags(name, device_type, device_type.driver, parameters)
            if read is not None and connection is not None and tags is not None:
                device = Device(name, read.type, device_type.driver, read.area, read.words.words, connection, tags)
        return Instance(name, node, device_type, parameters, device)

    def check_unused(self) -> None:
        """Read the points of types that have no device, as their defaults would make them: else a mistake there would wait for
        the first device."""
        used = {name for name, _ in self._points}
        for device_type in self._types.values():
            if device_type.driver is not None and device_type.name not in used:
                for key, source in device_type.tags.items():
                    self._point(key, source, device_type.name, device_type.driver, device_type.parameters)

    def _type_of(self, node: Node) -> DeviceType | None:
        name = node.text("type")
        if name is None or not self._type_names.knows(name, node.entries["type"].place, "unknown_type", self._findings):
            return None
        return self._types[name]

    def _parameters(self, node: Node, device_type: DeviceType) -> Mapping[str, Node]:
        section = node.get("parameters")
        own = usable(self._reader.mapping(section, "parameters"), self._findings) if section is not None else {}
        return merge(device_type.parameters, own, device_type.name, self._findings)

    def _connection(self, name: str, node: Node, driver: str) -> BaseModel | None:
        section = node.get("connection")
        if section is None:
            if node.is_mapping:
                self._findings.error(node.key, "key_missing", key="connection", name=name)
            return None
        return self._reader.read(self._drivers[driver].connection, section, "connection")

    def _build_tags(
        self, name: str, device_type: DeviceType, driver: str, parameters: Mapping[str, Node]
    ) -> tuple[Tag, ...] | None:
        if not self._with_tags:
            return None
        tags = []
        for key, source in device_type.tags.items():
            point = self._point(key, source, device_type.name, driver, parameters)
            if source.common is not None and point is not None:
                words, unit, stale_after = source.common.words.words, source.common.unit, source.common.stale_after
                tags.append(Tag(tag_name(name, key), name, key, unit, words, stale_after, point))
        if len(tags) < len(device_type.tags):
            return None
        return (*tags, session_tag(name))

    def _point(
        self, key: str, source: TagSource, type_name: str, driver: str, parameters: Mapping[str, Node]
    ) -> BaseModel | None:
        filled = self._filling.fill(source.point, parameters, type_name)
        if filled is not source.point:
            return self._reader.read(self._drivers[driver].point, filled, key)
        if (type_name, key) not in self._points:
            self._points[type_name, key] = self._reader.read(self._drivers[driver].point, filled, key)
        return self._points[type_name, key]


def session_tag(device: str) -> Tag:
    """The tag that the driver itself writes: 1 while the session with the device is up, 0 while it is lost."""
    words = {language: render("config.session_words", {}, language) for language in LANGUAGES}
    return Tag(tag_name(device, SESSION), device, SESSION, "", words)
