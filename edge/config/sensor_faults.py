"""The rules that nobody writes: each tag that says what is no measurement gets one that tells when its sensor fails. Pure.

A plant that writes a rule of `kind: sensor_fault` for a tag, for its type or one device, has that one instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from edge.config.device_types import TagSource
from edge.config.devices import Devices
from edge.config.text.source import Node
from edge.model.alarm import Priority, alarm_id
from edge.model.moment import SECOND, Span
from edge.model.tag import Device, Tag
from edge.texts import LANGUAGES, render
from rules.definition import Kind, Rule

#: A wire that is loose for a moment is nobody's errand.
ON_DELAY: Span = 2 * SECOND

#: The keys by which a tag says what is no measurement.
SAYS_SO = ("valid", "bad_values", "ne43")


def rule_key(tag: str) -> str:
    """`de_temp` has the rule `de_temp_sensor_fault`."""
    return f"{tag}_{Kind.SENSOR_FAULT}"


def automatic_rules(devices: Devices, watched: Set[str]) -> Iterator[tuple[Rule, Tag, Node]]:
    """The rules, with the tags they read and where those are written. watched: names of tags that have a rule of this kind."""
    for device in devices.built.values():
        for tag in device.tags:
            if tag.measure.can_fault and tag.name not in watched:
                yield _rule(device, tag), tag, devices.types[device.type].tags[tag.key].node


def automatic_alarms(devices: Devices) -> Iterator[str]:
    """The ids that devices may have of such rules which could not be read; to be careful, of all their tags that may fault."""
    for instance in devices.instances.values():
        if instance.device is None and instance.type is not None:
            yield from (alarm_id(instance.name, rule_key(key)) for key, tag in instance.type.tags.items() if _may_fault(tag))


def _may_fault(tag: TagSource) -> bool:
    return any(key in tag.measure.entries for key in SAYS_SO)


def _rule(device: Device, tag: Tag) -> Rule:
    key = rule_key(tag.key)
    return Rule(
        id=alarm_id(device.name, key),
        key=key,
        device=device.name,
        device_type=device.type,
        area=device.area,
        kind=Kind.SENSOR_FAULT,
        tag=tag.name,
        priority=Priority.LOW,
        words={
            language: render("config.sensor_fault_words", {"tag": tag.words.get(language, tag.key)}, language)
            for language in LANGUAGES
        },
        guidance={language: render("config.sensor_fault_guidance", {}, language) for language in LANGUAGES},
        on_delay=ON_DELAY,
        context=device.context,
    )
