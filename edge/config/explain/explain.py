"""`andon config explain KEY`: which value is in force, where it comes from, and what it took the place of. Pure.

A value travels: from the default of the product, over the library or file of a type, a parameter's default, the site's
override, to what the device itself says. The last station of an `Explained` is in force. Keys look like these:

    DEVICE/RULE[.limit]     DEVICE.TAG[.scale]     DEVICE[.connection.host]     gateway.time_zone     response.routes.NAME.to
    suppressions[.NAME]     first_out[.GROUP]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config.conditions import FILE_OF_KIND
from edge.config.conditions.rule import RuleFile
from edge.config.device_types import DerivedFile, DriverRow, TagFile, TagSource, connection_section
from edge.config.devices import DeviceFile, Instance
from edge.config.explain.followed import followed
from edge.config.explain.sections import SECTIONS, explained_section
from edge.config.explain.stations import Explained, Station
from edge.config.facts import FactsFile
from edge.config.gateway import GATEWAY_FILE, GatewayFile
from edge.config.hidden_by import hidden_by
from edge.config.library import LIBRARIES_FILE
from edge.config.load import Described
from edge.config.measure import MeasureFile
from edge.config.text.finding import Phrase, did_you_mean
from edge.config.text.reader import keys_of
from edge.config.text.source import REFUSED, Node
from edge.config.text.typed import default_text, plain_text
from edge.config.text.values import format_span
from edge.model.alarm import alarm_id
from rules.definition import Kind

_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")


class NothingThere(Exception):
    """The key leads nowhere. phrase: says so, with what may be meant."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.key)
        self.phrase = phrase


def explain(described: Described, drivers: Mapping[str, DriverRow], key: str) -> list[Explained]:
    """What a key is and where that comes from; of a key that has others below it, all of those. Raises NothingThere."""
    return _Explainer(described, drivers).explain(key)


class _Explainer:
    def __init__(self, described: Described, drivers: Mapping[str, DriverRow]) -> None:
        self._described = described
        self._devices = described.devices
        self._drivers = drivers

    def explain(self, key: str) -> list[Explained]:
        device, slash, rest = key.partition("/")
        if slash:
            rule, _, below = rest.partition(".")
            return self._rule(self._instance(device, key), rule, below, key)
        name = next((part for part in _shortened(key) if part in self._devices.instances), None)
        if name is not None:
            instance, below = self._devices.instances[name], key[len(name) + 1 :]
            tag, _, below_tag = below.partition(".")
            if instance.type is not None and (tag in instance.type.tags or tag in instance.type.derived):
                return self._tag(instance, tag, below_tag, key)
            return self._device(instance, below, key)
        file, _, below = key.partition(".")
        if file in SECTIONS:
            found = list(explained_section(self._described, file, below))
            if not found:
                raise self._nothing(key)
            return found
        root = self._described.singles.get(f"{file}.yaml")
        if root is None:
            raise self._nothing(key)
        if (node := _at(root, below)) is not None:
            return list(self._written(key, node, {}))
        defaults = list(_defaults(key, GatewayFile, below.split("."))) if f"{file}.yaml" == GATEWAY_FILE else []
        if not defaults:
            raise self._nothing(key)
        return defaults

    # --- alarms, tags, devices ----------------------------------------------------------------------------------------

    def _rule(self, instance: Instance, rule: str, below: str, key: str) -> list[Explained]:
        names = self._described.rules.names
        node = dict(names.items()).get(rule)
        if node is None and (automatic := self._automatic(instance, rule)) is not None:
            return [automatic]
        if node is None or node.text("for") not in (instance.name, instance.type.name if instance.type is not None else None):
            raise self._nothing(key)
        kind = node.text("kind")
        model = FILE_OF_KIND.get(Kind(kind), RuleFile) if kind in list(Kind) else RuleFile
        wanted = [_first(below)] if below else keys_of(model)
        prefix = f"{instance.name}/{rule}"
        found: list[Explained] = []
        for name in wanted:
            if name == "priority" and name not in node.entries and (given := self._by_matrix(prefix)) is not None:
                found.append(given)
            else:
                found += self._value(f"{prefix}.{name}", name, node, model, instance.parameters, key)
        return found if below else [*found, *hidden_by(prefix, self._described)]

    def _automatic(self, instance: Instance, rule: str) -> Explained | None:
        """The rule on a failed sensor that nobody wrote."""
        full = alarm_id(instance.name, rule)
        built = next((each for each in self._described.rules.built if each.rule.id == full), None)
        if built is None:
            return None
        return Explained(full, (Station(str(built.rule.kind), built.node.key, Phrase("config.explain_sensor_fault")),))

    def _by_matrix(self, alarm: str) -> Explained | None:
        """The priority of a rule that writes none."""
        built = next((each for each in self._described.rules.built if each.rule.id == alarm), None)
        if built is None or built.rationale.respond_within is None:
            return None
        within = format_span(built.rationale.respond_within)
        what = Phrase("config.explain_matrix", {"consequence": built.rationale.consequence_class, "within": within})
        gateway = self._described.singles.get(GATEWAY_FILE)
        matrix = gateway.get("priority_matrix") if gateway is not None else None
        return Explained(f"{alarm}.priority", (Station(built.rule.priority, matrix.place if matrix else None, what),))

    def _tag(self, instance: Instance, tag: str, below: str, key: str) -> list[Explained]:
        assert instance.type is not None
        source = instance.type.tags.get(tag) or instance.type.derived[tag]
        models = self._models_of_tag(instance, source)
        wanted = [_first(below)] if below else [name for model in models for name in keys_of(model)]
        found: list[Explained] = []
        for name in wanted:
            model = next((model for model in models if name in keys_of(model)), models[0])
            full = f"{instance.name}.{tag}.{name}"
            found += self._value(full, name, source.node, model, instance.parameters, key)
        device = instance.device
        built = next((each for each in device.tags if each.key == tag), None) if device is not None else None
        return list(followed(found, built)) if built is not None else found

    def _models_of_tag(self, instance: Instance, source: TagSource) -> list[type[BaseModel]]:
        driver = instance.type.driver if instance.type is not None else None
        if instance.type is not None and source in instance.type.derived.values():
            return [DerivedFile, TagFile]
        return [TagFile, MeasureFile, *([self._drivers[driver].point] if driver is not None else [])]

    def _device(self, instance: Instance, below: str, key: str) -> list[Explained]:
        if not below:
            parts = [name for name in keys_of(DeviceFile) if name in instance.node.entries or self._type_says(instance, name)]
            return [each for part in [*parts, "connection", "parameters"] for each in self._device(instance, part, key)]
        part, _, inner = below.partition(".")
        full = f"{instance.name}.{part}"
        if part == "parameters":
            wanted = [inner] if inner else list(instance.parameters)
            if any(name not in instance.parameters for name in wanted):
                raise self._nothing(key)
            return [Explained(f"{full}.{name}", tuple(self._parameter(instance, name))) for name in wanted]
        if part == "connection":
            driver = instance.type.driver if instance.type is not None else None
            node = connection_section(instance.node, instance.type)
            if driver is None or node is None:
                raise self._nothing(key)
            model = self._drivers[driver].connection
            wanted = [_first(inner)] if inner else keys_of(model)
            return [each for name in wanted for each in self._value(f"{full}.{name}", name, node, model, {}, key)]
        stations = [*self._of_type(instance, part)]
        if (own := instance.node.get(part)) is not None:
            stations.append(Station(_shown(own), own.place, Phrase("config.explain_device", {"device": instance.name})))
        if not stations:
            raise self._nothing(key)
        return [Explained(full, tuple(stations))]

    def _type_says(self, instance: Instance, name: str) -> bool:
        return name in keys_of(FactsFile) and bool(list(self._of_type(instance, name)))

    def _of_type(self, instance: Instance, name: str) -> Iterator[Station]:
        node = instance.type.node.get(name) if instance.type is not None and name in keys_of(FactsFile) else None
        if node is not None and instance.type is not None:
            yield from self._stations(node, Phrase("config.explain_type", {"type": instance.type.name}))

    # --- one value ----------------------------------------------------------------------------------------------------

    def _value(
        self, full: str, name: str, owner: Node, model: type[BaseModel], parameters: Mapping[str, Node], key: str
    ) -> Iterator[Explained]:
        node = owner.get(name)
        if node is not None:
            yield from self._written(full, node, parameters)
            return
        field = _field(model, name)
        if field is None:
            raise self._nothing(key)
        yield Explained(full, (Station(default_text(field), None, Phrase("config.explain_default")),))

    def _written(self, full: str, node: Node, parameters: Mapping[str, Node]) -> Iterator[Explained]:
        stations = [*self._stations(node, self._by_whom(node))]
        for name in _PLACEHOLDER.findall(node.value) if isinstance(node.value, str) else ():
            if name in parameters:
                stations += self._parameter_stations(name, parameters[name])
        yield Explained(full, tuple(stations))

    def _parameter(self, instance: Instance, name: str) -> Iterator[Station]:
        yield from self._parameter_stations(name, instance.parameters[name])

    def _parameter_stations(self, name: str, in_force: Node) -> Iterator[Station]:
        """The default at the type, and what a device says instead."""
        for device_type in self._devices.types.values():
            default = device_type.parameters.get(name)
            instances = [each for each in self._devices.instances.values() if each.parameters.get(name) is in_force]
            if default is not None and (
                default is in_force or any(each.type is not None and each.type.name == device_type.name for each in instances)
            ):
                what = Phrase("config.explain_parameter", {"name": name, "type": device_type.name})
                yield from self._stations(default, what)
                if default is not in_force:
                    said = Phrase("config.explain_parameter_of_device", {"name": name, "device": instances[0].name})
                    yield Station(_shown(in_force), in_force.place, said)
                return

    def _stations(self, node: Node, what: Phrase) -> Iterator[Station]:
        """A written value; of an overridden one, what the library said before."""
        override = next((each for each in self._described.libraries.overrides if each.node is node), None)
        if override is None:
            yield Station(_shown(node), node.place, what)
            return
        if override.instead_of is not None:
            yield Station(_shown(override.instead_of), override.instead_of.place, self._by_whom(override.instead_of))
        yield Station(_shown(node), node.place, Phrase("config.explain_override", {"reason": override.reason}))

    def _by_whom(self, node: Node) -> Phrase:
        for library in self._described.libraries.used:
            if node.place.file in library.roots:
                return Phrase("config.explain_library", {"name": library.name, "version": library.version})
        return Phrase("config.explain_written")

    # --- finding ------------------------------------------------------------------------------------------------------

    def _instance(self, name: str, key: str) -> Instance:
        if name not in self._devices.instances:
            raise self._nothing(key)
        return self._devices.instances[name]

    def _nothing(self, key: str) -> NothingThere:
        return NothingThere(Phrase("config.explain_nothing", {"key": key[:100], "hint": did_you_mean(key, self._known())}))

    def _known(self) -> Iterator[str]:
        yield from sorted(self._described.rules.alarms)
        for instance in self._devices.instances.values():
            yield instance.name
            if instance.type is not None:
                yield from (f"{instance.name}.{tag}" for tag in (*instance.type.tags, *instance.type.derived))
        yield from (f"suppressions.{name}" for name in self._described.rules.suppressions)
        yield from (f"first_out.{name}" for name in self._described.rules.first_out)
        for file, root in self._described.singles.items():
            if file != LIBRARIES_FILE:
                yield from (f"{file.removesuffix('.yaml')}.{name}" for name in root.entries)


def _shortened(key: str) -> Iterator[str]:
    """A.B.C, A.B, A: the longest device's name that a key may begin with comes first."""
    while key:
        yield key
        key = key.rpartition(".")[0]


def _at(root: Node, path: str) -> Node | None:
    node: Node | None = root
    for step in path.split(".") if path else ():
        node = node.get(step) if node is not None else None
    return node


def _defaults(key: str, model: type[BaseModel], path: Sequence[str]) -> Iterator[Explained]:
    """What the product has for a key that is not written, of a section all that is below it; nothing for what no file takes."""
    field = _field(model, path[0])
    if field is None or field.is_required():
        return
    inner = field.annotation
    if isinstance(inner, type) and issubclass(inner, BaseModel) and not any(each.is_required() for each in _fields(inner)):
        for name in [path[1]] if len(path) > 1 else keys_of(inner):
            yield from _defaults(key if len(path) > 1 else f"{key}.{name}", inner, [name, *path[2:]])
    elif len(path) == 1:
        yield Explained(key, (Station(default_text(field), None, Phrase("config.explain_default")),))


def _first(path: str) -> str:
    return path.partition(".")[0]


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    return next((field for each, field in model.model_fields.items() if name in (each, field.alias)), None)


def _fields(model: type[BaseModel]) -> Iterable[FieldInfo]:
    return model.model_fields.values()


def _shown(node: Node) -> str:
    return "-" if node.value is REFUSED else plain_text(node.plain())
