"""`scenarios/*.yaml`: scenarios read, and what their steps name looked up in the plant. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.config.devices import Devices
from edge.config.names import Names
from edge.config.people import People
from edge.config.point import Point
from edge.config.rules import Rules
from edge.config.scenarios.file import CLOUD, OneRecipient, ScenarioFile, StepFile, ToldFile, step_of
from edge.config.scenarios.steps import Scenario
from edge.config.text.finding import Findings, Place, did_you_mean, shown
from edge.config.text.reader import Reader, keys_of, number_hint
from edge.config.text.source import Node
from edge.model.moment import from_iso
from edge.model.tag import SYSTEM

STEPS_MAX = 2000


@dataclass(frozen=True, slots=True)
class ScenarioContext:
    """What steps may refer to. reasons: those that a shelve button offers."""

    devices: Devices
    rules: Rules
    people: People
    reasons: Names


def read_scenario(name: str, root: Node, context: ScenarioContext, reader: Reader) -> Scenario | None:
    """One scenario file; None when something in it is wrong. name: the file's name without its ending."""
    keys = keys_of(ScenarioFile)
    entries = reader.known(root, root.place.file, (*keys, "steps"))
    read = reader.read(ScenarioFile, entries.only(keys), name)
    section = entries.get("steps")
    if section is None or not section.items:
        reader.findings.error(root.key if section is None else section.key, "steps_missing")
        return None
    if len(section.items) > STEPS_MAX:
        reader.findings.error(section.key, "too_many_steps", most=STEPS_MAX)
        return None
    references = _References(context, reader.findings)
    steps = []
    for item in section.items:
        step = reader.read(StepFile, item, "steps")
        if step is not None and references.check(step, item):
            steps.append(step_of(step, item.place))
    if read is None or len(steps) < len(section.items):
        return None
    return Scenario(name, read.title.words, from_iso(read.start), tuple(steps), entries.follow(("title",)).key)


class _References:
    """What a step refers to must be there."""

    def __init__(self, context: ScenarioContext, findings: Findings) -> None:
        self._context = context
        self._findings = findings

    def check(self, step: StepFile, node: Node) -> bool:
        """Whether all of the step is known. Says all that is not."""
        checks = [self._tag(tag, node, (key, tag)) for key in ("set", "ramp") for tag in getattr(step, key) or ()]
        checks += [self._value_fits(tag, value, node) for tag, value in (step.set or {}).items()]
        checks += self._values_of_people(step, node)
        if step.fail is not None:
            checks.append(self._device(step.fail, node, ("fail",)))
        if step.mend is not None and step.mend != CLOUD:
            checks.append(self._device(step.mend, node, ("mend",)))
        if (press := step.press) is not None:
            checks.append(self._alarm(press.alarm, node, ("press", "alarm")))
            checks.append(self._person(press.person, node, ("press", "person")))
            if press.choice is not None:
                checks.append(self._reason(press.choice, node, ("press", "choice")))
        if step.say is not None:
            checks.append(self._person(step.say.person, node, ("say", "person")))
        if step.leave is not None:
            checks.append(self._person(step.leave, node, ("leave",)))
        if (work := step.maintenance) is not None:
            checks += [self._device(device, node, ("maintenance", "devices")) for device in work.devices]
            checks.append(self._person(work.owner, node, ("maintenance", "owner")))
        if (promote := step.promote) is not None and "/" in promote.scope:
            checks.append(self._alarm(promote.scope, node, ("promote", "scope")))
        checks += self._devices_of_people(step, node)
        if (expect := step.expect) is not None:
            checks += [self._tag(tag, node, ("expect", "written", tag)) for tag in expect.written or ()]
            if expect.alarm is not None:
                checks.append(self._alarm(expect.alarm, node, ("expect", "alarm")))
            for key in ("card", "message", "none", "count"):
                checks.append(self._recipient(getattr(expect, key), node, ("expect", key)))
        return all(checks)

    def _devices_of_people(self, step: StepFile, node: Node) -> Iterator[bool]:
        for key in ("write", "confirm_write"):
            if (asked := getattr(step, key)) is not None:
                yield self._tag(asked.tag, node, (key, "tag"))
                yield self._person(asked.by, node, (key, "by"))
        for key in ("hang_tag", "remove_hang_tag"):
            if (hung := getattr(step, key)) is not None:
                yield self._device(hung.device, node, (key, "device"))
                yield self._person(hung.by, node, (key, "by"))

    def _values_of_people(self, step: StepFile, node: Node) -> Iterator[bool]:
        for key in ("enter", "force"):
            if (asked := getattr(step, key)) is not None:
                yield from (self._tag(tag, node, (key, "values", tag)) for tag in asked.values)
                yield self._person(asked.by, node, (key, "by"))
        if step.release is not None:
            yield from (self._tag(tag, node, ("release", "tags")) for tag in step.release.tags)
            yield self._person(step.release.by, node, ("release", "by"))

    def _tag(self, tag: str, node: Node, path: tuple[str, ...]) -> bool:
        device, dot, key = tag.rpartition(".")
        place = node.follow(path).key
        if not dot:
            self._findings.error(place, "tag_form", name=tag[:100])
            return False
        if device == SYSTEM:
            self._findings.error(place, "system_not_set", name=tag[:100])
            return False
        if device not in self._context.devices.names:
            return self._context.devices.names.knows(device, place, "unknown_device", self._findings)
        device_type = self._context.devices.instances[device].type
        if device_type is None:
            return False
        if key in device_type.derived and path[0] != "expect":
            self._findings.error(place, "derived_not_set", name=tag[:100])
            return False
        known = device_type.tag_names.knows(key, place, "unknown_tag", self._findings, type=device_type.name)
        return known and (path[0] == "expect" or self._is_steered(device, place))

    def _value_fits(self, tag: str, value: float | str, node: Node) -> bool:
        """Texts are for text tags, and numbers for all others."""
        instance = self._context.devices.instances.get(tag.rpartition(".")[0])
        tags = instance.device.tags if instance is not None and instance.device is not None else ()
        found = next((each for each in tags if each.name == tag), None)
        if found is not None and found.entry is not None:
            self._findings.error(node.follow(("set", tag)).place, "entry_not_set", name=tag)
            return False
        if found is None or found.is_text == isinstance(value, str):
            return True
        sentence = "text_wanted_quotes" if found.is_text else "number_wanted"
        self._findings.error(node.follow(("set", tag)).place, sentence, name=tag, given=shown(value), hint=number_hint(value))
        return False

    def _device(self, device: str, node: Node, path: tuple[str, ...]) -> bool:
        place = node.follow(path).place
        known = self._context.devices.names.knows(device, place, "unknown_device", self._findings)
        return known and (path[0] not in ("fail", "mend") or self._is_steered(device, place))

    def _is_steered(self, device: str, place: Place) -> bool:
        """Says it where a device only plays what was recorded."""
        instance = self._context.devices.instances.get(device)
        tags = instance.device.tags if instance is not None and instance.device is not None else ()
        if not any(isinstance(tag.point, Point) and tag.point.is_recorded for tag in tags):
            return True
        self._findings.error(place, "recorded_not_set", name=device)
        return False

    def _alarm(self, alarm: str, node: Node, path: tuple[str, ...]) -> bool:
        rules = self._context.rules
        if alarm in rules.alarms:
            return True
        device, slash, rule = alarm.rpartition("/")
        place = node.follow(path).place
        if not slash:
            self._findings.error(place, "alarm_form", name=alarm[:100])
            return False
        if not self._context.devices.names.knows(device, place, "unknown_device", self._findings):
            return False
        # What is said of the rule, or of the device, says enough.
        explained = rule in rules.astray or self._context.devices.instances[device].type is None
        if not rules.names.complete:
            self._findings.missed = True
        elif not explained:
            own = [each.rpartition("/")[2] for each in rules.alarms if each.startswith(f"{device}/")]
            hint = did_you_mean(rule, sorted(own))
            self._findings.error(place, "unknown_alarm", name=rule[:100], device=device, hint=hint)
        return False

    def _person(self, person: str, node: Node, path: tuple[str, ...]) -> bool:
        return self._context.people.persons.knows(person, node.follow(path).place, "unknown_person", self._findings)

    def _reason(self, reason: str, node: Node, path: tuple[str, ...]) -> bool:
        return self._context.reasons.knows(reason, node.follow(path).place, "unknown_reason", self._findings)

    def _recipient(self, told: OneRecipient | None, node: Node, path: tuple[str, ...]) -> bool:
        if told is None:
            return True
        known = True
        if told.person is not None:
            known = self._person(told.person, node, (*path, "person"))
        if told.group is not None:
            place = node.follow((*path, "group")).place
            known = self._context.people.groups.knows(told.group, place, "unknown_group", self._findings)
        if isinstance(told, ToldFile) and told.alarm is not None:
            known = self._alarm(told.alarm, node, (*path, "alarm")) and known
        return known
