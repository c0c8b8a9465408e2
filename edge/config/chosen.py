"""Which alarms a suppression or a first-out group means: by name, by a pattern, or by properties and labels. Pure.

A name is `DEVICE/rule`, or `TYPE/rule` for all devices of a type; `*` in it stands for anything (`stringer/pick_*`). A choice
is a mapping, `{type: press, priority: [critical, high], cell: a}`: all of that is so. A rule's labels are those of its device
type, its device and itself; of equal names the nearer one counts, and one that is missing is empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from edge.config.devices import Devices
from edge.config.labels import PROPERTIES
from edge.config.names import Names
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings, Place, did_you_mean
from edge.config.text.source import Node
from edge.config.text.values import Name

Text = Annotated[str, Field(max_length=200)]


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


#: One text, or several.
Texts = Annotated[list[Text], Field(min_length=1, max_length=50), BeforeValidator(_listed)]
Choice = Annotated[dict[Name, Texts], Field(min_length=1, max_length=10)]
Named = Annotated[
    Annotated[Text, Tag("name")] | Annotated[Choice, Tag("choice")],
    Discriminator(lambda given: "choice" if isinstance(given, dict) else "name"),
]
Alarms = Annotated[list[Named], Field(min_length=1, max_length=500)]


class Labels:
    """The properties and labels of rules. known: by which names anything can be asked; complete: whether these are all."""

    def __init__(self, devices: Devices, rules: Rules) -> None:
        self._devices = devices
        self._of_device: dict[str, Mapping[str, str]] = {}
        self.complete = devices.names.complete and devices.type_names.complete and rules.names.complete
        sources = [*devices.type_names.items(), *devices.names.items(), *rules.names.items()]
        self.known = list(dict.fromkeys([*PROPERTIES, *(name for _, node in sources for name, _ in _labels(node))]))

    def of(self, built: BuiltRule, name: str) -> str:
        if name in PROPERTIES:
            return PROPERTIES[name](built.rule)
        own = built.read.labels if built.read is not None else {}
        return own[name] if name in own else self.of_device(built.rule.device).get(name, "")

    def knows(self, name: str, place: Place, findings: Findings) -> bool:
        """Whether anything can be asked by a name; a misspelt one would be empty on both sides, and so hide everything."""
        if name in self.known or not self.complete:
            return True
        if not findings.repeats(place, "label_unknown", name):
            findings.error(place, "label_unknown", name=name[:100], hint=did_you_mean(name, self.known))
        return False

    def of_device(self, device: str) -> Mapping[str, str]:
        """Its own labels and those of its type."""
        if device not in self._of_device:
            instance = self._devices.instances[device]
            of_type = dict(_labels(instance.type.node)) if instance.type is not None else {}
            self._of_device[device] = {**of_type, **dict(_labels(instance.node))}
        return self._of_device[device]


class Chosen:
    """Finds rules. labels: of them."""

    def __init__(self, devices: Devices, rules: Rules, names: Names) -> None:
        """names: of the section whose references are looked up."""
        self.labels = Labels(devices, rules)
        self._rules = rules
        self._complete = names.complete

    @cached_property
    def _named(self) -> dict[str, list[BuiltRule]]:
        named: dict[str, list[BuiltRule]] = defaultdict(list)
        for each in self._rules.built:
            named[each.rule.id].append(each)
            named[f"{each.rule.device_type}/{each.rule.key}"].append(each)
        return named

    def all_of(self, given: Sequence[str | Mapping[str, Sequence[str]]], node: Node, findings: Findings) -> list[BuiltRule]:
        """Each once, in the order in which they are chosen. node: the list."""
        found: dict[str, BuiltRule] = {}
        for at, each in enumerate(given):
            item = node.follow((at,))
            chosen = self.named(each, item.place, findings) if isinstance(each, str) else self._choose(each, item, findings)
            found |= {built.rule.id: built for built in chosen}
        return list(found.values())

    def named(self, named: str, place: Place, findings: Findings, written: str = "") -> Sequence[BuiltRule]:
        """By a name or a pattern; a finding for one that leads nowhere, once however many devices it is looked up for. written:
        as the file has it, if that is shorter."""
        if "*" in named:
            each_once = {each.rule.id: each for name, of in self._named.items() if fnmatchcase(name, named) for each in of}
            found: Sequence[BuiltRule] = list(each_once.values())
        else:
            found = self._named.get(named, ())
        if not found and not self._may_be(named) and not findings.repeats(place, "suppression_unknown", written or named):
            owner = named.rpartition("/")[0]
            near = [each for each in self._named if each.rpartition("/")[0] == owner] or list(self._named)
            findings.error(place, "suppression_unknown", name=named[:100], hint=did_you_mean(named, near))
        return found

    def _choose(self, choice: Mapping[str, Sequence[str]], node: Node, findings: Findings) -> Iterator[BuiltRule]:
        known = [self.labels.knows(name, node.follow((name,)).key, findings) for name in choice]
        if not all(known):
            return
        found = False
        for each in self._rules.built:
            if all(_fits(self.labels.of(each, name), texts) for name, texts in choice.items()):
                found = True
                yield each
        if not found and self.labels.complete:
            findings.note(node.place, "choice_of_none")

    def _may_be(self, named: str) -> bool:
        """Whether it is a rule with which something is wrong, or that stands where nobody could read."""
        rules = self._rules
        if not self._complete:
            return True
        if "*" in named:
            of_types = (f"{node.text('for')}/{key}" for key, node in rules.names.items())
            return any(fnmatchcase(name, named) for name in (*rules.alarms, *of_types, *(f"/{key}" for key in rules.astray)))
        owner, _, key = named.rpartition("/")
        of_type = key in rules.names and rules.names[key].text("for") == owner
        return named in rules.alarms or of_type or key in rules.astray


def _fits(value: str, texts: Sequence[str]) -> bool:
    return any(fnmatchcase(value, text) for text in texts)


def _labels(node: Node) -> Iterator[tuple[str, str]]:
    section = node.get("labels")
    for name, child in section.entries.items() if section is not None else ():
        if isinstance(child.value, str):
            yield name, child.value
