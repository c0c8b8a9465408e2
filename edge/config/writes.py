"""`writes.yaml`: all grants of a plant in one place, and what rules write by them. Pure.

A grant is for one point, `DEVICE.tag`, or for the same point of all devices of a type, `TYPE.tag`; a device's own grant goes
before that of its type. Without this file nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, model_validator
from pydantic import Tag as Branch

from edge.config.devices import Devices
from edge.config.measure import Ends
from edge.config.never_written import forbidden_by
from edge.config.point import Point
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings, Place, did_you_mean, shown
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, ShortText, SwitchOrNumber, duration, refuse
from edge.config.touched import Places
from edge.config.write_circles import derived_from, read_by, refuse_circles
from edge.model.deed import Value
from edge.model.moment import MINUTE, SECOND, Span
from edge.model.person import Role
from edge.model.tag import SESSION, Tag
from edge.response.grants import Grant, Grants, OnFault, Purpose, ReadBack, RuleWrite, Until
from edge.response.judgement import fits, is_allowed
from rules.definition import Line, Suppressor

WRITES_FILE = "writes.yaml"
OFF = "off"

GivenValue = SwitchOrNumber | ShortText


class ReadBackFile(FileModel):
    """within: how long the tag may take to show what was written. tolerance: how far a number may be from it."""

    within: Annotated[Span, duration("100ms", "60s")] = 5 * SECOND
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


def _off(given: Any) -> Any:
    """`off` is a switch in YAML 1.1 and a word in YAML 1.2; both are written here."""
    return OFF if given is False else given


ReadBackOrOff = Annotated[
    Annotated[Literal["off"], Branch("word")] | Annotated[ReadBackFile, Branch("numbers")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "numbers"),
    BeforeValidator(_off),
]


class GrantFile(FileModel):
    """purpose: what the point does. values or range: what may be written. step: the most that a number may change at once.
    times, per: how often. role: who may, at least. two_step: within what time a second person must agree. rules: whether rules
    may. valid_for: nothing leaves later. rest: what is written when no rule asks any more. on_fault, fault_value: what becomes
    of a rule's value when nobody can tell whether it is still wanted."""

    purpose: Purpose
    values: Annotated[tuple[GivenValue, ...], Field(min_length=1, max_length=50)] | None = None
    range: Ends | None = None
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    times: Annotated[int, Field(ge=1, le=60)] = 6
    per: Annotated[Span, duration("1s", "24h")] = 1 * MINUTE
    role: Literal[Role.WORKER, Role.ENGINEER, Role.ADMIN] = Role.ENGINEER
    two_step: Annotated[Span, duration("10s", "1h")] | None = None
    rules: bool = False
    read_back: ReadBackOrOff = Field(default_factory=ReadBackFile)
    valid_for: Annotated[Span, duration("1s", "5min")] = 10 * SECOND
    rest: GivenValue | None = None
    on_fault: OnFault = OnFault.HOLD
    fault_value: GivenValue | None = None

    @model_validator(mode="after")
    def _says_all(self) -> GrantFile:
        if (self.values is None) == (self.range is None):
            raise refuse("config.grant_values")
        if self.rules and self.rest is None:
            raise refuse("config.grant_rest")
        if self.rules and (self.step is not None or self.two_step is not None):
            raise refuse("config.grant_rules_alone", key="step" if self.step is not None else "two_step")
        if self.rules and self.purpose is Purpose.SETPOINT:
            raise refuse("config.grant_rules_setpoint")
        if self.rules and self.purpose is Purpose.HEARTBEAT:
            raise refuse("config.grant_rules_heartbeat")
        if (self.on_fault is OnFault.VALUE) != (self.fault_value is not None):
            raise refuse("config.grant_fault_value")
        return self


@dataclass(frozen=True, slots=True)
class _Written:
    """A grant, and where it is written."""

    grant: Grant
    place: Place


def read_writes(
    root: Node | None,
    rules: Rules,
    devices: Devices,
    reader: Reader,
    suppressors: Sequence[Suppressor],
    lines: Sequence[Line],
) -> Grants:
    """Grants, and what rules write; findings for all that must not be. root: None for a file that cannot be read."""
    written = _grants(root, rules, devices, reader) if root is not None else {}
    complete = root is not None
    of_rules: dict[str, tuple[RuleWrite, ...]] = {}
    for built in rules.built:
        writes = tuple(_of_rule(built, written, devices, reader.findings, complete=complete))
        if writes:
            of_rules[built.rule.id] = writes
    refuse_circles(rules, of_rules, devices, suppressors, lines, reader.findings)
    return Grants({tag: each.grant for tag, each in written.items()}, of_rules)


# --- grants -----------------------------------------------------------------------------------------------------------


def _grants(root: Node, rules: Rules, devices: Devices, reader: Reader) -> dict[str, _Written]:
    known = reader.known(root, WRITES_FILE, ("writes",))
    section = known.get("writes")
    if section is None:
        return {}
    dangers = _tags_of_dangers(rules, devices)
    of_types: dict[str, _Written] = {}
    of_devices: dict[str, _Written] = {}
    for name, node in reader.mapping(section, "writes").items():
        read = reader.read(GrantFile, node, name)
        into = of_devices if name.rpartition(".")[0] in devices.names else of_types
        for tag in _tags(name, node, devices, reader.findings):
            if read is not None and _may_be_granted(tag, dangers, node, reader.findings):
                grant = _grant(tag, read, node, reader.findings)
                if grant is not None:
                    into[tag.name] = _Written(grant, node.key)
    granted = of_types | of_devices
    _refuse_shared_places(granted, dangers, devices, reader.findings)
    return granted


def _refuse_shared_places(
    granted: Mapping[str, _Written], dangers: Mapping[str, str], devices: Devices, findings: Findings
) -> None:
    """No write to what a grant is for may change what no grant can be for."""
    if not granted:
        return
    built = devices.built
    tags = [(device, tag) for device in built.values() for tag in device.tags]
    places = Places((device, tag) for device, tag in tags if tag.safety or tag.name in dangers or forbidden_by(tag) is not None)
    for _, tag in tags:
        each = granted.get(tag.name)
        if each is not None and (neighbour := places.changed_by(tag, built)) is not None:
            key = "grant_touches_beside" if neighbour.is_beside else "grant_touches"
            findings.error(each.place, key, name=tag.name, other=neighbour.name)


def _tags_of_dangers(rules: Rules, devices: Devices) -> Mapping[str, str]:
    """The tags that rules about dangers to people read, and one such rule of each."""
    derived = derived_from(devices)
    return {name: each.rule.id for each in rules.built if each.rule.safety for name in read_by(each, derived)}


def _tags(name: str, node: Node, devices: Devices, findings: Findings) -> Iterator[Tag]:
    """The tags that a grant is for; of things that are wrong elsewhere, none."""
    owner, dot, key = name.rpartition(".")
    if not dot:
        findings.error(node.key, "grant_form", name=name[:100])
    elif owner in devices.names:
        instance = devices.instances[owner]
        if instance.type is not None and _knows(instance.type.name, key, node, devices, findings):
            yield from (tag for tag in (instance.device.tags if instance.device else ()) if tag.key == key)
    elif devices.type_names.knows(owner, node.key, "grant_unknown", findings) and _knows(owner, key, node, devices, findings):
        for device in devices.built.values():
            if device.type == owner:
                yield from (tag for tag in device.tags if tag.key == key)


def _knows(type_name: str, key: str, node: Node, devices: Devices, findings: Findings) -> bool:
    if key == SESSION:
        findings.error(node.key, "grant_no_point", name=key)
        return False
    return devices.types[type_name].tag_names.knows(key, node.key, "unknown_tag", findings, type=type_name)


def _may_be_granted(tag: Tag, dangers: Mapping[str, str], node: Node, findings: Findings) -> bool:
    place = node.key
    if tag.safety:
        findings.error(place, "grant_safety", name=tag.name)
    elif tag.name in dangers:
        findings.error(place, "grant_of_danger", name=tag.name, rule=dangers[tag.name])
    elif (word := forbidden_by(tag)) is not None:
        findings.error(place, "grant_forbidden", name=tag.name, word=word)
    elif not isinstance(tag.point, Point):
        findings.error(place, "grant_no_point", name=tag.name)
    elif (reason := tag.point.not_writable) is not None:
        findings.error(place, "grant_not_writable", name=tag.name, reason=reason)
    else:
        return True
    return False


def _grant(tag: Tag, read: GrantFile, node: Node, findings: Findings) -> Grant | None:
    """None, with a finding, where a value of it cannot be the tag's."""
    given = [(("values", at), value) for at, value in enumerate(read.values or ())]
    given += [(("range", at), end) for at, end in enumerate(read.range or ())]
    fitting = [_is_of(tag, value, node.follow(path).place, findings) for path, value in given]
    if not all(fitting):
        return None
    if read.range is not None and read.range[0] >= read.range[1]:
        findings.error(node.follow(("range",)).place, "range_order")
        return None
    ends = (read.range[0], read.range[1]) if read.range is not None else None
    back = None if isinstance(read.read_back, str) else ReadBack(read.read_back.within, read.read_back.tolerance)
    grant = Grant(
        tag=tag.name,
        allowed=read.values or (),
        range=ends,
        step=read.step,
        times=read.times,
        per=read.per,
        role=read.role,
        rules=read.rules,
        two_step=read.two_step,
        read_back=back,
        valid_for=read.valid_for,
        rest=read.rest,
        on_fault=read.on_fault,
        fault_value=read.fault_value,
        purpose=read.purpose,
    )
    others = [(key, value) for key in ("rest", "fault_value") if (value := getattr(read, key)) is not None]
    fitting = [_is_granted(grant, tag, value, node.follow((key,)).place, findings) for key, value in others]
    return grant if all(fitting) else None


def _is_of(tag: Tag, value: Value, place: Place, findings: Findings) -> bool:
    """Whether the tag can have the value: of its kind, and within the span of the instrument and what is valid."""
    if not fits(value, tag):
        findings.error(
            place, "text_wanted_quotes" if tag.is_text else "number_wanted", name=tag.name, given=shown(value), hint=""
        )
        return False
    if isinstance(value, str):
        return True
    if tag.is_plain_switch and value not in (0.0, 1.0):
        findings.error(place, "grant_of_switch", name=tag.name, given=shown(value))
        return False
    for ends in (tag.measure.range, tag.measure.valid):
        if ends is not None and not min(ends) <= value <= max(ends):
            low, high = f"{min(ends):g}", f"{max(ends):g}"
            findings.error(place, "grant_beyond_tag", name=tag.name, given=shown(value), low=low, high=high)
            return False
    return True


def _is_granted(grant: Grant, tag: Tag, value: Value, place: Place, findings: Findings) -> bool:
    if not _is_of(tag, value, place, findings):
        return False
    if not is_allowed(value, grant):
        findings.error(place, "write_not_allowed", name=grant.tag, given=shown(value))
        return False
    return True


# --- what rules write -------------------------------------------------------------------------------------------------


def _of_rule(
    built: BuiltRule, written: Mapping[str, _Written], devices: Devices, findings: Findings, *, complete: bool
) -> Iterator[RuleWrite]:
    """Its writes, by the names of the tags: a name without a dot is of the rule's own device."""
    read = built.read
    if read is None or not read.write:
        return
    tags = {tag.name: tag for device in devices.built.values() for tag in device.tags}
    until = Until(read.write_until)
    if until is Until.ACKNOWLEDGED and not read.ack_required:
        findings.error(built.node.follow(("write_until",)).key, "write_never_acknowledged", name=built.rule.key)
    for given, value in read.write.items():
        name = given if "." in given else f"{built.rule.device}.{given}"
        node = built.node.follow(("write", given))
        tag = tags.get(name)
        if tag is None:
            if devices.names.complete and len(devices.built) == len(devices.instances):
                findings.error(node.key, "write_unknown_tag", name=name[:100], hint=did_you_mean(name, sorted(tags)))
            continue
        grant = written.get(name)
        if grant is None:
            if complete:
                findings.error(node.key, "write_not_granted", name=name)
        elif not grant.grant.rules:
            findings.error(node.key, "write_rules_off", name=name, where=str(grant.place))
        elif _is_granted(grant.grant, tag, value, node.place, findings):
            yield RuleWrite(name, value, until)
