"""Units in rules: limits and deadbands with one of their own (`limit: 0.8 MPa` on a tag in bar), as numbers in the tag's; and
tags that are used alike though their units differ. Pure."""

from __future__ import annotations

from edge.config.device_types import DeviceType
from edge.config.text.finding import Findings, Place
from edge.config.text.source import REFUSED, Node
from edge.config.units import converted, difference, known_unit, with_unit
from edge.model.tag import Tag
from rules.definition import Kind

_LIMITS = (Kind.HIGH_HIGH, Kind.HIGH, Kind.LOW, Kind.LOW_LOW)


def in_the_tags_unit(rule: Node, device_type: DeviceType | None, findings: Findings) -> Node:
    """The rule with the numbers that its limit and deadband are; the same rule when they are that already. A unit of another
    quantity, and one that is not known, are findings; of a tag that is not known nothing is said."""
    tag = rule.text("tag")
    if rule.text("kind") not in _LIMITS:
        return rule
    for key in ("limit", "deadband"):
        node = rule.get(key)
        said = with_unit(node.value) if node is not None and isinstance(node.value, str) else None
        if node is not None and said is not None:
            number = None
            if tag is not None and device_type is not None:
                number = _number(key, node, said, tag, device_type, findings)
            rule = rule.with_entries({key: node.holding(REFUSED if number is None else number)})
    return rule


def _number(key: str, node: Node, said: tuple[str, str], tag: str, device_type: DeviceType, findings: Findings) -> float | None:
    """In the tag's unit. said: number and unit, as they are written."""
    source = device_type.tags.get(tag) or device_type.derived.get(tag)
    if source is None or source.common is None:
        return None
    number, unit = said
    if unit == source.common.unit:
        return float(number)
    own, other = known_unit(source.common.unit), known_unit(unit)
    if own is None or other is None or own.quantity != other.quantity:
        problem = "limit_of_other_quantity" if own is not None and other is not None else "limit_unit_unknown"
        findings.error(node.place, problem, given=node.value, tag=tag, unit=source.common.unit or "-")
        return None
    return converted(number, other, own) if key == "limit" else difference(number, other, own)


def warn_of_units(one: Tag, other: Tag, place: Place, findings: Findings) -> None:
    """Of two tags that are compared, added or subtracted as if they had one unit."""
    first, second = known_unit(one.unit), known_unit(other.unit)
    if (
        first is None
        or second is None
        or (first.quantity, first.factor, first.offset)
        == (
            second.quantity,
            second.factor,
            second.offset,
        )
    ):
        return
    said = {"one": one.key, "unit": one.unit, "other": other.key, "unit_2": other.unit}
    if findings.repeats(place, "units_mixed", other.key):
        return
    if first.quantity != second.quantity:
        findings.warn(place, "quantities_mixed", **said)
    else:
        findings.warn(place, "units_mixed", **said)
