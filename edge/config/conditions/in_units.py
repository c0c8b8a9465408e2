"""Limits with a unit of their own (`limit: 0.8 MPa` on a tag in bar), as numbers in the tag's unit. Pure."""

from __future__ import annotations

from edge.config.device_types import DeviceType
from edge.config.text.finding import Findings
from edge.config.text.source import REFUSED, Node
from edge.config.units import converted, known_unit, with_unit
from rules.definition import Kind

_LIMITS = (Kind.HIGH_HIGH, Kind.HIGH, Kind.LOW, Kind.LOW_LOW)


def limit_in_the_tags_unit(rule: Node, device_type: DeviceType | None, findings: Findings) -> Node:
    """The rule with the number that its limit is; the same rule when it is one already. A unit of another quantity, and one
    that is not known, are findings."""
    node, tag = rule.get("limit"), rule.text("tag")
    said = with_unit(node.value) if node is not None and isinstance(node.value, str) else None
    if node is None or said is None or tag is None or device_type is None or rule.text("kind") not in _LIMITS:
        return rule
    source = device_type.tags.get(tag) or device_type.derived.get(tag)
    if source is None or source.common is None:
        return rule.with_entries({"limit": node.holding(REFUSED)})
    number, unit = said
    own, other = known_unit(source.common.unit), known_unit(unit)
    if unit == source.common.unit:
        return rule.with_entries({"limit": node.holding(float(number))})
    if own is None or other is None or own.quantity != other.quantity:
        key = "limit_of_other_quantity" if own is not None and other is not None else "limit_unit_unknown"
        findings.error(node.place, key, given=node.value, tag=tag, unit=source.common.unit or "-")
        return rule.with_entries({"limit": node.holding(REFUSED)})
    return rule.with_entries({"limit": node.holding(converted(number, other, own))})
