"""What an engineer would ask about a plant whose single values are right: contradictions, which are errors, and remarks, which
are notes and warnings. Pure.

Remarks are made only about a plant without errors: before, half of them would be about what is missing because it is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter

from edge.config.devices import Devices
from edge.config.lines import Lines
from edge.config.never import check_possible, remark_on_possible
from edge.config.parameters import Filling
from edge.config.point import Point, Touched
from edge.config.rules import BuiltRule, Rules
from edge.config.sensor_faults import SAYS_SO
from edge.config.text.finding import Findings, Place, did_you_mean
from edge.config.text.source import Node
from edge.config.text.values import format_span
from edge.config.units import meant
from edge.model.alarm import Priority
from edge.model.tag import Device, Tag
from edge.response.policy import Policy
from edge.response.routing import Filtered, Unrouted, route_alarm
from rules.definition import Comparison, Kind

_LIMITS = frozenset({Kind.HIGH_HIGH, Kind.HIGH, Kind.LOW, Kind.LOW_LOW})
_LOW = (Kind.LOW, Kind.LOW_LOW)
#: Kinds that make no sense of a text.
_OF_NUMBERS = frozenset(Kind) - {Kind.STALE, Kind.COMM_LOSS, Kind.BAD_QUALITY, Kind.SENSOR_FAULT, Kind.EVENT}
ANNOUNCED = tuple(priority for priority in Priority if priority is not Priority.JOURNAL)
_ABOVE_LOW = frozenset(priority for priority in Priority if priority.rank < Priority.LOW.rank)


def contradictions(devices: Devices, rules: Rules, findings: Findings) -> None:
    """Data that can never be fresh, limits on what is only true or false or a text, limits that no measurement reaches, and
    sensors of which nothing tells that they fail."""
    for device in devices.built.values():
        _check_freshness(device, devices, findings)
    for each in rules.built:
        kind = each.rule.kind
        if kind in _OF_NUMBERS and each.tag.is_text:
            findings.error(_place(each, "kind"), "number_of_text", kind=kind, tag=each.tag.key)
        elif kind is Kind.SENSOR_FAULT and not each.tag.measure.can_fault:
            findings.error(_place(each, "tag"), "sensor_fault_unsaid", tag=each.tag.key, keys=", ".join(SAYS_SO))
        elif kind in _LIMITS and _is_switch(each):
            findings.error(_place(each, "kind"), "limit_on_switch", kind=kind, tag=each.tag.key)
        elif kind is Kind.DISCRETE and _is_switch(each) and not _knows(each):
            findings.error(_place(each, "value"), "switch_value", tag=each.tag.key)
        elif each.rule.signal is None:
            _check_valid(each, findings)
        check_possible(each, findings)


def _remarks_on_units(devices: Devices, findings: Findings) -> None:
    """A unit in other letters is shown as it stands, and no limit can be written in another one."""
    own = (each.type for each in devices.instances.values() if each.type is not None and "derived" in each.node.entries)
    for device_type in (*devices.types.values(), *own):
        for source in (*device_type.tags.values(), *device_type.derived.values()):
            if findings.repeats(source.node.key, "unit_letters", source.node.key.file):
                continue
            if source.common is not None and (unit := meant(source.common.unit)) is not None:
                findings.warn(source.node.follow(("unit",)).place, "unit_letters", given=source.common.unit, unit=unit)


def _knows(each: BuiltRule) -> bool:
    """Whether a switch has the value that the rule waits for."""
    return each.rule.comparison is not Comparison.EQUAL or each.rule.limit in (0.0, 1.0)


def remarks(devices: Devices, rules: Rules, lines: Lines, filling: Filling, findings: Findings) -> None:
    """Types and parameters without use, points and devices read twice, limits that overlap, rules that say the same, alarms
    above low without a word of what to do, low limits of which nobody said when they matter, first-out groups of one. filling:
    knows which parameters were used."""
    used_types = {device.type for device in devices.built.values()}
    _remarks_on_units(devices, findings)
    for name, device_type in devices.types.items():
        if name not in used_types:
            findings.note(device_type.node.key, "type_unused", name=name)
        for parameter, node in device_type.parameters.items():
            if name in used_types and (name, parameter) not in filling.used:
                findings.note(node.key, "parameter_unused", name=parameter)
    seen: dict[tuple[str, str, tuple[int, ...], tuple[tuple[Touched, ...], ...]], Device] = {}
    points = _Points()
    for device in devices.built.values():
        read = [points.number(tag.point) for tag in device.tags]
        _check_points(device, read, devices, findings)
        if len(device.tags) > 1 and not any(map(_is_found_by_name, device.tags)):
            # Said alike is not yet the same: a topic may have the name of its device in it.
            same = (device.driver, repr(device.connection), tuple(read), _places(device))
            first = seen.setdefault(same, device)
            if first is not device:
                findings.note(devices.names[device.name].key, "same_device", name=device.name, other=first.name)
    _remarks_on_rules(rules, lines, findings)


def _remarks_on_rules(rules: Rules, lines: Lines, findings: Findings) -> None:
    by_tag: dict[str, list[BuiltRule]] = defaultdict(list)
    by_group: dict[str, list[BuiltRule]] = defaultdict(list)
    for each in rules.built:
        by_tag[each.rule.tag].append(each)
        if each.rule.first_out is not None:
            by_group[each.rule.first_out].append(each)
        if each.rule.kind in _LOW and each.rule.area in lines.of_area and each.read is not None and each.read.only_in is None:
            findings.warn(each.node.key, "low_limit_always", name=each.rule.key, line=lines.of_area[each.rule.area])
        if each.rule.priority in _ABOVE_LOW and not each.rule.guidance:
            findings.warn(each.node.key, "guidance_missing", name=each.rule.key, priority=each.rule.priority)
        remark_on_possible(each, findings)
    for same_tag in by_tag.values():
        _check_limits(same_tag, findings)
    for group, members in by_group.items():
        if len(members) == 1:
            others = [other for other in by_group if other != group]
            hint = did_you_mean(group, others) if others else ""
            findings.note(_place(members[0], "first_out"), "first_out_alone", name=group, hint=hint)


def remarks_on_routes(policy: Policy, root: Node, findings: Findings) -> None:
    """Alarms that no route takes, and routes that take no alarm. root: where the routes are written."""
    announced: dict[Filtered, list[str]] = defaultdict(list)
    for rule in policy.rules.values():
        if rule.priority is not Priority.JOURNAL:
            announced[Filtered(rule.priority, rule.area, rule.device_type, rule.kind)].append(rule.id)
    for route in policy.routes:
        if announced and not _taken(announced, replace(policy, routes=(route,))):
            findings.note(root.follow(("routes", route.name)).key, "route_idle", name=route.name)
    taken = _taken(announced, policy)
    for priority in ANNOUNCED:
        untold = [names for filtered, names in announced.items() if filtered.priority is priority and filtered not in taken]
        if untold:
            count = sum(map(len, untold))
            findings.note(root.follow(("routes",)).key, "told_to_nobody", count=count, priority=priority, example=untold[0][0])


def _taken(announced: Iterable[Filtered], policy: Policy) -> set[Filtered]:
    """What some route takes."""
    return {each for each in announced if ("", Unrouted.NO_ROUTE) not in route_alarm(policy, each).unrouted}


class _Points:
    """Numbers points, equal ones alike. The devices of a type share most of theirs, and each is looked at once."""

    def __init__(self) -> None:
        self._of_object: dict[int, int] = {}
        self._of_text: dict[str, int] = {}

    def number(self, point: object) -> int:
        """point: one that outlives this."""
        number = self._of_object.get(id(point))
        if number is None:
            number = self._of_object[id(point)] = self._of_text.setdefault(repr(point), len(self._of_text))
        return number


def _check_points(device: Device, read: Sequence[int], devices: Devices, findings: Findings) -> None:
    """read: the numbers of its tags' points."""
    seen: dict[int, str] = {}
    for tag, point in zip(device.tags, read, strict=True):
        if tag.point is None or _is_found_by_name(tag):
            continue
        first = seen.setdefault(point, tag.key)
        if first != tag.key:
            findings.note(devices.types[device.type].tags[tag.key].node.key, "same_point", name=tag.key, other=first)


def _is_found_by_name(tag: Tag) -> bool:
    return isinstance(tag.point, Point) and tag.point.is_found_by_name


def _places(device: Device) -> tuple[tuple[Touched, ...], ...]:
    """Where the values of its tags are kept."""
    return tuple(tag.point.kept(device) for tag in device.tags if isinstance(tag.point, Point))


def _check_freshness(device: Device, devices: Devices, findings: Findings) -> None:
    """Devices that are read in a rhythm say so by `every`."""
    every = getattr(device.connection, "every", None)
    if not isinstance(every, int):
        return
    for tag in device.tags:
        if tag.derived is None and tag.stale_after is not None and tag.stale_after <= every:
            place = devices.types[device.type].tags[tag.key].node.follow(("stale_after",)).place
            spans = {"stale_after": format_span(tag.stale_after), "every": format_span(every)}
            findings.error(place, "never_fresh", name=tag.key, device=device.name, **spans)


def _check_valid(each: BuiltRule, findings: Findings) -> None:
    """A value at or beyond an end of `valid` is (all but) no measurement: a limit there never speaks, and one whose deadband
    reaches there never falls silent again."""
    limit, valid = each.rule.limit, each.tag.measure.valid
    if limit is None or valid is None or each.rule.comparison is Comparison.BIT:
        return
    low, high = valid
    ends = {"tag": each.tag.key, "low": f"{low:g}", "high": f"{high:g}", "unit": each.tag.unit}
    if each.rule.kind is Kind.DISCRETE:
        if not low <= limit <= high:
            findings.error(_place(each, "value"), "limit_not_valid", limit=f"{limit:g}", **ends)
        return
    back = limit - each.rule.deadband if each.rule.comparison is Comparison.HIGH else limit + each.rule.deadband
    if not low < limit < high:
        findings.error(_place(each, "limit"), "limit_not_valid", limit=f"{limit:g}", **ends)
    elif not low < back < high:
        findings.error(_place(each, "deadband"), "deadband_not_valid", back=f"{back:g}", **ends)


#: The limits of a tag from the highest to the lowest: each must lie above the next, deadband and all.
_ORDER = (Kind.HIGH_HIGH, Kind.HIGH, Kind.LOW, Kind.LOW_LOW)
_SAME_SIDE = ({Kind.HIGH_HIGH, Kind.HIGH}, {Kind.LOW, Kind.LOW_LOW})


def _check_limits(rules: Sequence[BuiltRule], findings: Findings) -> None:
    """OPC UA Part 9, 5.8.18: HH > H > L > LL, and none of their deadbands reaches the next limit. Limits of one kind are said
    by several rules now and then, with their own delays; those are only compared with the other kinds."""
    limits = [each for each in rules if each.rule.kind in _ORDER and each.rule.limit is not None]
    for upper in limits:
        for lower in limits:
            if _ORDER.index(upper.rule.kind) >= _ORDER.index(lower.rule.kind):
                continue
            high, low = upper.rule.limit or 0.0, lower.rule.limit or 0.0
            back = high - upper.rule.deadband if upper.rule.kind in (Kind.HIGH_HIGH, Kind.HIGH) else high
            rise = low + lower.rule.deadband if lower.rule.kind in (Kind.LOW, Kind.LOW_LOW) else low
            same_side = {upper.rule.kind, lower.rule.kind} in _SAME_SIDE
            if same_side and high <= low:
                names = {"name": upper.rule.key, "other": lower.rule.key}
                findings.error(_place(upper, "limit"), "limits_order", **names)
            elif back <= low or rise >= high:
                findings.note(_place(lower, "limit"), "limits_overlap", name=lower.rule.key, other=upper.rule.key)
    if len(rules) > 1:
        ranked = sorted(((_condition(each), each) for each in rules), key=itemgetter(0))
        for (condition, first), (same, second) in pairwise(ranked):
            if condition == same:
                findings.note(second.node.key, "same_condition", name=second.rule.key, other=first.rule.key)


def _condition(each: BuiltRule) -> tuple[str, str, str, float, int, int, int]:
    rule = each.rule
    compared = f"{rule.comparison} {rule.values} {rule.validity}"
    return rule.kind, repr(rule.signal), compared, rule.limit or 0.0, rule.stale_after or 0, rule.on_delay, rule.off_delay


def _is_switch(each: BuiltRule) -> bool:
    return getattr(each.tag.point, "type", None) == "bool"


def _place(each: BuiltRule, key: str) -> Place:
    return each.node.follow((key,)).place
