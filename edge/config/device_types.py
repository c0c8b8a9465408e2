"""Device types of `devices/*.yaml`, as declared: their keys, parameters, and tags before parameters are filled in. Pure.

Not here: devices, for which a tag's parts are filled in and built (devices.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, Field, model_validator

from edge.config.arrays import COUNT, element_keys, words_of_element
from edge.config.counters import CounterFile, Over, begins_by_the_clock, time_of_day
from edge.config.facts import FactsFile, note_repeated
from edge.config.labels import LabelsFile
from edge.config.measure import MeasureFile
from edge.config.names import Names
from edge.config.on_change import WrittenDeadband
from edge.config.parameters import holds_placeholder, needed, usable
from edge.config.point import Point
from edge.config.text.finding import did_you_mean
from edge.config.text.reader import Reader, keys_of
from edge.config.text.source import REFUSED, Node
from edge.config.text.values import Duration, FileModel, Name, TwoLanguages, Unit, name_form, refuse
from edge.model.tag import SESSION, DataClass, Words

STATES_MAX = 100


class DriverRow(Protocol):
    """What is needed of a row of the drivers' catalog."""

    @property
    def connection(self) -> type[BaseModel]: ...

    @property
    def point(self) -> type[Point]: ...

    @property
    def strain(self) -> str: ...


class TypeFile(FactsFile):
    """A device type; its `parameters`, `tags` and what it says of `connection` are read by themselves."""

    words: TwoLanguages
    driver: str
    labels: LabelsFile = Field(default_factory=dict)


def _number_of_state(key: str) -> float:
    try:
        return {"false": 0.0, "true": 1.0}[key] if key in ("false", "true") else float(key)
    except ValueError:
        raise refuse("config.state_number", state=key) from None


def _states_form(given: dict[str, TwoLanguages]) -> dict[str, TwoLanguages]:
    seen: dict[float, str] = {}
    for key in given:
        number = _number_of_state(key)
        if number in seen:
            raise refuse("config.state_twice", state=key, other=seen[number])
        seen[number] = key
    return given


class DataClassWord(StrEnum):
    """How far values may go, as files write it."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def data_class(self) -> DataClass:
        return DataClass[self.name]


class TagFile(FileModel):
    """The keys that say what a tag is called. class: `safety` is never written, whatever anybody grants. on_change: what the
    history may leave out. data_class: how far its values may go. counter: it counts. states: words for its numbers."""

    words: TwoLanguages
    unit: Unit = ""
    stale_after: Duration | None = None
    on_change: WrittenDeadband | None = None
    class_: Literal["safety"] | None = Field(default=None, alias="class", description="`safety`: nobody writes it.")
    data_class: DataClassWord = DataClassWord.GREEN
    counter: CounterFile | None = None
    states: Annotated[dict[str, TwoLanguages], Field(max_length=STATES_MAX), AfterValidator(_states_form)] = Field(
        default_factory=dict
    )

    @property
    def words_of_states(self) -> dict[float, Words]:
        return {_number_of_state(key): words.words for key, words in self.states.items()}


class DerivedFile(FileModel):
    """What a derived tag says beside the keys that every tag has; it may use parameters. Either `expression`, or `count`: a
    counter of the same device, with for how long (`counters.py`)."""

    expression: str | None = None
    count: Name | None = None
    over: Over | None = Field(default=None, description="sample, hour, day, week, all, or a length: 8h.")
    from_: Annotated[str, AfterValidator(time_of_day)] | None = Field(
        default=None, alias="from", description="When windows of more than an hour begin by the plant's clock: 06:00."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> DerivedFile:
        if (self.expression is None) == (self.count is None):
            raise refuse("config.derived_one_of")
        if (self.over is None) != (self.count is None):
            raise refuse("config.count_over")
        if self.from_ is not None and not begins_by_the_clock(self.over):
            raise refuse("config.count_from")
        return self


@dataclass(frozen=True, slots=True)
class TagSource:
    """A tag as declared at its type. common: None when that part is wrong. measure, point: the parts not filled yet. element:
    of an array, which of its values, from 1."""

    node: Node
    common: TagFile | None
    measure: Node
    point: Node
    element: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A type as declared, whether or not all of it is right. driver: None when it names none that is known. read: what it says
    itself, None when that is wrong. tags: those that the driver reads, an array as its elements; written: an array as one.
    needed: the parameters that each device must say."""

    name: str
    node: Node
    driver: str | None
    read: TypeFile | None
    tag_names: Names
    tags: Mapping[str, TagSource]
    parameters: Mapping[str, Node]
    derived: Mapping[str, TagSource] = field(default_factory=dict)
    written: Mapping[str, TagSource] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()

    @property
    def words(self) -> Words:
        return self.read.words.words if self.read is not None else {}


def read_type(name: str, node: Node, drivers: Mapping[str, DriverRow], reader: Reader) -> DeviceType:
    """Says of a type all that is wrong whatever its devices are."""
    known = reader.known(node, name, (*keys_of(TypeFile), "tags", "parameters", "derived", "connection"))
    read = reader.read(TypeFile, known.only(keys_of(TypeFile)), name) if known.is_mapping else None
    driver = known.text("driver")
    if driver is not None and driver not in drivers:
        place = known.entries["driver"].place
        reader.findings.error(place, "unknown_driver", name=driver[:60], hint=did_you_mean(driver, drivers))
        driver = None
    parameters: Mapping[str, Node] = {}
    open_: frozenset[str] = frozenset()
    if (section := known.get("parameters")) is not None:
        given = reader.named(section, "parameters", name_form)
        open_ = needed(given)
        parameters = usable(
            {key: each.holding(REFUSED) if key in open_ else each for key, each in given.items()}, reader.findings
        )
    point = drivers[driver].point if driver is not None else None
    section = known.get("tags")
    tags = Names(complete=section is not None and section.is_mapping)
    if section is None and known.is_mapping:
        reader.findings.error(node.key, "key_missing", key="tags", name=name)
    named = reader.named(section, "tags", name_form) if section is not None else {}
    written = {key: _read_tag(key, tag, point, reader) for key, tag in named.items()}
    sources: dict[str, TagSource] = {}
    for key, source in written.items():
        elements = dict(_elements(key, source, point, reader)) or {key: source}
        tags.complete &= len(elements) > 1 or COUNT not in source.point.entries
        tags.declare(dict.fromkeys(elements, source.node), reader.findings)
        sources |= {each: element for each, element in elements.items() if each not in sources}
    if (section := known.get("derived")) is not None:
        tags.declare(reader.named(section, "derived", name_form), reader.findings)
        tags.complete &= section.is_mapping
    if SESSION in tags:
        reader.findings.error(tags[SESSION].key, "session_reserved", name=SESSION)
    if driver is not None and (section := known.get("connection")) is not None:
        reader.known(section, "connection", keys_of(drivers[driver].connection))
    derived = {key: _read_derived(key, tag, reader) for key, tag in tags.items() if key not in sources}
    return DeviceType(name, node, driver, read, tags, sources, parameters, derived, written, open_)


def with_own_derived(device_type: DeviceType, section: Node, reader: Reader) -> DeviceType:
    """The type of a device that has derived tags of its own besides. section: what the device says of them."""
    names = Names(complete=device_type.tag_names.complete and section.is_mapping)
    names.declare(dict(device_type.tag_names.items()), reader.findings)
    own = reader.named(section, "derived", name_form)
    names.declare(own, reader.findings)
    if SESSION in own:
        reader.findings.error(own[SESSION].key, "session_reserved", name=SESSION)
    read = {key: _read_derived(key, node, reader) for key, node in own.items() if key not in device_type.tag_names}
    return replace(device_type, tag_names=names, derived={**device_type.derived, **read})


def connection_section(device: Node, of_type: DeviceType | None) -> Node | None:
    """What a device says of its connection, and for what it does not say, what its type does: most registers in a request, a
    pause. None where the device says nothing: how it is reached is its own."""
    own = device.get("connection")
    usual = of_type.node.get("connection") if of_type is not None else None
    if own is None or usual is None or not own.is_mapping:
        return own
    return own.with_entries({key: node for key, node in usual.entries.items() if key not in own.entries})


def _read_tag(key: str, node: Node, point: type[Point] | None, reader: Reader) -> TagSource:
    own, measuring = keys_of(TagFile), keys_of(MeasureFile)
    known = reader.known(node, key, (*own, *measuring, *keys_of(point))) if point is not None else node
    common = reader.read(TagFile, known.only(own), key) if known.is_mapping else None
    if (bad_values := known.get("bad_values")) is not None:
        note_repeated(bad_values, "bad_values", reader.findings)
    # A misspelt key may be one of the common ones: then what the tag says is not known.
    complete = len(known.entries) == len(node.entries)
    return TagSource(node, common if complete else None, known.only(measuring), known.without((*own, *measuring)))


def _elements(key: str, source: TagSource, point: type[Point] | None, reader: Reader) -> Iterator[tuple[str, TagSource]]:
    count = source.point.get(COUNT)
    if count is not None and holds_placeholder(count):
        reader.findings.error(count.place, "array_count", name=COUNT)
    for element, number in element_keys(key, source.point, point):
        common = source.common
        if common is not None:
            common = common.model_copy(update={"words": words_of_element(common.words, number)})
        yield element, replace(source, common=common, element=number)


def _read_derived(key: str, node: Node, reader: Reader) -> TagSource:
    own = keys_of(TagFile)
    known = reader.known(node, key, (*own, *keys_of(DerivedFile)))
    common = reader.read(TagFile, known.only(own), key) if known.is_mapping else None
    complete = len(known.entries) == len(node.entries)
    return TagSource(node, common if complete else None, known.only(()), known.without(own))
