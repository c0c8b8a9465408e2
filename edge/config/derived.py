"""Derived tags: what the names in their expressions stand for, once all devices are there. Pure.

    types:
      boiler:
        tags: {...}
        derived:
          output: {expression: "flow * (supply - return_) * {factor}", unit: kW, words: {zh: 热功率, en: heat output}}

      press:
        tags: {strokes: {..., counter: {rolls_over_at: 65536}}}
        derived:
          strokes_shift: {count: strokes, over: 8h, from: "06:00", words: {zh: 本班冲次, en: strokes this shift}}

An expression names tags of its own device by their keys, those of others as `DEVICE.key`; derived ones too, in any order, but
none may follow from itself. A count is of a counter of its own device. How values are worked out: `rules/derived.py`,
`rules/counting.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo

from edge.config.conditions.expression import read_expression
from edge.config.conditions.tags import tag_at
from edge.config.devices import Devices, switch_words
from edge.config.text.finding import Findings
from edge.config.text.source import Node
from edge.model.tag import Count, Derivation, Device, Tag
from rules.derived import DerivedInACircle, in_order
from rules.expression import Yields


def with_derived(devices: Devices, zone: tzinfo, findings: Findings) -> Devices:
    """The devices, of whose derived tags it is known from which tags they follow. A name that leads nowhere, an expression that
    is none, tags that follow from themselves, and counts of what does not count are findings. zone: of the plant's clock."""
    resolved = {tag.name: tag for tag in _resolved(devices, zone, findings)}
    if not resolved:
        return devices
    _check_circles(devices, resolved, findings)
    instances = {
        name: replace(each, device=replace(each.device, tags=tuple(resolved.get(tag.name, tag) for tag in each.device.tags)))
        if each.device is not None
        else each
        for name, each in devices.instances.items()
    }
    return replace(devices, instances=instances)


def _resolved(devices: Devices, zone: tzinfo, findings: Findings) -> list[Tag]:
    found = []
    for device in devices.built.values():
        for tag in device.tags:
            if tag.derived is None:
                continue
            if tag.derived.count is not None:
                if (counted := _counted(tag, tag.derived, tag.derived.count, device, devices, zone, findings)) is not None:
                    found.append(counted)
                continue
            node = _expression_node(devices, tag)
            signal = read_expression(tag.derived.expression, Yields.EITHER, node, device, devices, findings)
            if signal is None:
                continue
            is_switch = signal.expression.yields is Yields.CONDITION
            found.append(
                replace(
                    tag,
                    derived=Derivation(tag.derived.expression, signal.reads),
                    states=tag.states or (switch_words() if is_switch else {}),
                    is_plain_switch=is_switch and not tag.states,
                )
            )
    return _inherited(found, devices)


def _counted(
    tag: Tag, derived: Derivation, count: Count, device: Device, devices: Devices, zone: tzinfo, findings: Findings
) -> Tag | None:
    """A tag that counts what another one of its device shows; in its unit, where it says none."""
    place = _written(devices, device.name, tag.key).follow(("count",)).place
    counter = tag_at(derived.reads[0], device, devices, place, findings)
    if counter is None:
        return None
    if counter.counter is None:
        if not findings.repeats(place, "count_of_no_counter", counter.key):
            findings.error(place, "count_of_no_counter", name=counter.key)
        return None
    return replace(tag, derived=Derivation("", (counter.name,), replace(count, zone=zone)), unit=tag.unit or counter.unit)


def _inherited(tags: list[Tag], devices: Devices) -> list[Tag]:
    """A tag that says nothing of it goes stale with the first of those from which it follows; and its values may go no further
    than theirs."""
    every = [tag for device in devices.built.values() for tag in device.tags]
    ages, classes = {tag.name: tag.stale_after for tag in every}, {tag.name: tag.data_class for tag in every}
    aged: dict[str, Tag] = {}
    pending = {tag.name: tag for tag in tags}
    for _ in range(len(tags)):
        ready = [tag for tag in pending.values() if not pending.keys() & set(_reads(tag))]
        for tag in ready:
            spans = [span for name in _reads(tag) if (span := ages[name]) is not None]
            own = tag.stale_after if tag.stale_after is not None else min(spans, default=None)
            classes[tag.name] = max(tag.data_class, *(classes[name] for name in _reads(tag)))
            aged[tag.name] = replace(tag, stale_after=own, data_class=classes[tag.name])
            ages[tag.name] = own
            del pending[tag.name]
        if not ready:
            break
    return [aged.get(tag.name, tag) for tag in tags]


def _reads(tag: Tag) -> tuple[str, ...]:
    return tag.derived.reads if tag.derived is not None else ()


def _check_circles(devices: Devices, resolved: Mapping[str, Tag], findings: Findings) -> None:
    try:
        in_order({name: _reads(tag) for name, tag in resolved.items()})
    except DerivedInACircle as error:
        place = _expression_node(devices, resolved[error.circle[0]]).place
        findings.error(place, "derived_circle", name=error.circle[0], circle=" -> ".join(error.circle))


def _expression_node(devices: Devices, tag: Tag) -> Node:
    return _written(devices, tag.device, tag.key).follow(("expression",))


def _written(devices: Devices, device: str, key: str) -> Node:
    """A derived tag as it is written, at its type or its device. device: one that is built."""
    of_type = devices.instances[device].type
    assert of_type is not None
    return of_type.derived[key].node
