"""`rules/*.yaml`: a rule for a device type (or one device) becomes one rule per instance, all parameters filled in. Pure.

Each condition kind has its own keys. A key of another kind is told apart from a misspelt one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from edge.config.conditions import FILE_OF_KIND
from edge.config.conditions.in_units import in_the_tags_unit
from edge.config.conditions.rule import RuleClass, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.device_types import DeviceType
from edge.config.devices import Devices, Instance
from edge.config.lines import Lines
from edge.config.names import Names, declared
from edge.config.parameters import Filling, holds_placeholder
from edge.config.point import Point
from edge.config.rationalisation import NO_RATIONALE, PriorityMatrixFile, Rationale
from edge.config.sensor_faults import automatic_alarms, automatic_rules
from edge.config.text.finding import Findings, Phrase, did_you_mean
from edge.config.text.reader import Reader, keys_of
from edge.config.text.source import Node
from edge.config.text.values import format_span, name_form
from edge.config.times import names_holidays, schedule
from edge.model.alarm import Priority, alarm_id
from edge.model.moment import Span
from edge.model.tag import SESSION, Device, Tag
from rules.definition import USUALLY_SHELVED, Kind, Rule, Validity
from rules.schedule import NO_CALENDAR, Calendar, Schedule

RULES_MAX = 100_000

#: What a rule says in place of its priority.
_PRIORITY_FOLLOWS = {"consequence_class", "respond_within"}
#: Keys whose texts people read; braces in them stand for nothing.
PROSE = ("words", "guidance", "cause", "consequence", "owner", "for")
COMMON_KEYS = keys_of(RuleFile)
ALL_KEYS = list(dict.fromkeys(key for model in FILE_OF_KIND.values() for key in keys_of(model)))


@dataclass(frozen=True, slots=True)
class BuiltRule:
    """A rule with the tag it reads, and where it is written, parameters filled in; one that nobody wrote: where its tag is.
    read: what is written there, None of one that nobody wrote."""

    rule: Rule
    node: Node
    tag: Tag
    read: RuleFile | None = None
    rationale: Rationale = NO_RATIONALE


@dataclass(frozen=True, slots=True)
class Rules:
    """All that `rules/` says. alarms: the ids that exist, also where something about the rule is wrong. astray: rules of which
    nobody knows what they are for. suppressions, first_out: those sections, not read yet."""

    names: Names
    built: tuple[BuiltRule, ...]
    alarms: frozenset[str]
    astray: frozenset[str]
    suppressions: Names
    first_out: Names

    def with_shelving(self, priorities: frozenset[Priority]) -> Rules:
        """The rules, of which those of some priorities may be shelved."""
        if priorities == USUALLY_SHELVED:
            return self
        built = tuple(replace(each, rule=replace(each.rule, shelved=priorities)) for each in self.built)
        return replace(self, built=built)


@dataclass(frozen=True, slots=True)
class Setting:
    """What rules lean on besides devices. calendar: None where nobody could read it."""

    matrix: PriorityMatrixFile
    lines: Lines
    time_zone: str
    calendar: Calendar | None


def read_rules(roots: Mapping[str, Node | None], devices: Devices, setting: Setting, reader: Reader, filling: Filling) -> Rules:
    """All rule files together. roots: by file, None for one that could not be read."""
    sections = declared(roots, {"rules": name_form, "suppressions": name_form, "first_out": name_form}, reader)
    names = sections["rules"]
    built: list[BuiltRule] = []
    alarms: set[str] = set()
    astray: set[str] = set()
    for key, node in names.items():
        source = _RuleSource(key, node, devices, setting, reader, filling)
        alarms.update(alarm_id(instance.name, key) for instance in source.instances)
        if source.device_type is None:
            astray.add(key)
        for each in source.build():
            if len(built) >= RULES_MAX:
                reader.findings.error(node.key, "too_many_rules", most=RULES_MAX)
                break
            built.append(each)
    built += _automatic(devices, built, alarms, reader.findings)
    alarms.update(each.rule.id for each in built)
    alarms.update(automatic_alarms(devices))
    built.sort(key=lambda each: each.rule.id)
    return Rules(names, tuple(built), frozenset(alarms), frozenset(astray), sections["suppressions"], sections["first_out"])


def _automatic(devices: Devices, written: list[BuiltRule], alarms: set[str], findings: Findings) -> Iterator[BuiltRule]:
    """alarms: the ids that the plant's own rules have."""
    watched = {each.rule.tag for each in written if each.rule.kind is Kind.SENSOR_FAULT}
    for count, (rule, tag, node) in enumerate(automatic_rules(devices, watched)):
        if len(written) + count >= RULES_MAX:
            findings.error(node.key, "too_many_rules", most=RULES_MAX)
            return
        if rule.id in alarms:
            findings.error(node.key, "sensor_fault_name", name=tag.key, rule=rule.key)
        else:
            yield BuiltRule(rule, node, tag)


@dataclass(frozen=True, slots=True)
class _Read:
    """A rule as read, with the priority it has."""

    file: RuleFile
    priority: Priority
    rationale: Rationale


class _RuleSource:
    """One rule as written, and the instances it is for."""

    def __init__(self, key: str, node: Node, devices: Devices, setting: Setting, reader: Reader, filling: Filling) -> None:
        self._key = key
        self._devices = devices
        self._setting = setting
        self._reader = reader
        self._findings = reader.findings
        self._filling = filling
        self._node = reader.known(node, key, ALL_KEYS)
        self.device_type, self.instances = self._target(devices)

    def build(self) -> Iterator[BuiltRule]:
        """One rule per instance that is right; findings for what is wrong, with instances or without."""
        if not self._node.is_mapping:
            return
        self._check_tag()
        defaults = self.device_type.parameters if self.device_type is not None else {}
        kind = self._node.text("kind")
        if kind is None or kind not in FILE_OF_KIND:
            # Without its kind nobody can say which other keys are right, so only the common ones are read.
            self._read(RuleFile, self._fill(self._node.only(COMMON_KEYS), defaults))
            return
        model = FILE_OF_KIND[Kind(kind)]
        node = in_the_tags_unit(self._without_foreign_keys(model, kind), self.device_type, self._findings)
        if not self.instances:
            self._read(model, self._fill(node, defaults))
            return
        varying = [key for key, child in node.entries.items() if key not in PROSE and holds_placeholder(child)]
        varying_part = node.only(varying)
        known: dict[str, _Read | None] = {}
        for instance in self.instances:
            part = self._fill(varying_part, instance.parameters)
            filled = node.with_entries(part.entries)
            values = repr(part.plain())
            if values not in known:
                known[values] = self._read(model, filled)
            read = known[values]
            if read is None and varying:
                # What is wrong with a parameter is said of each instance, where it is written.
                del known[values]
            if read is not None and instance.device is not None:
                rule = self._rule(read, filled, instance.device)
                if rule is not None:
                    yield rule

    def _target(self, devices: Devices) -> tuple[DeviceType | None, tuple[Instance, ...]]:
        name = self._node.text("for")
        if name is None:
            return None, ()
        if name in devices.names:
            instance = devices.instances[name]
            return instance.type, (instance,)
        names = devices.type_names if "." not in name else devices.names
        if not names.knows(name, self._node.entries["for"].place, "unknown_target", self._findings):
            return None, ()
        of_type = (each for each in devices.instances.values() if each.type is not None and each.type.name == name)
        return devices.types[name], tuple(of_type)

    def _check_tag(self) -> None:
        kind = self._node.text("kind")
        about = FILE_OF_KIND[Kind(kind)].about if kind is not None and kind in FILE_OF_KIND else RuleFile.about
        tag = self._node.text(about)
        if tag is None or self.device_type is None:
            return
        place = self._node.entries[about].place
        if tag == SESSION:
            self._findings.error(place, "session_by_comm_loss")
        else:
            self.device_type.tag_names.knows(tag, place, "unknown_tag", self._findings, type=self.device_type.name)

    def _without_foreign_keys(self, model: type[RuleFile], kind: str) -> Node:
        own = keys_of(model)
        apart = ", ".join(key for key in own if key not in COMMON_KEYS)
        hint = Phrase("config.own_keys_are", {"known": apart}) if apart else ""
        for key, entry in self._node.entries.items():
            if key not in own:
                self._findings.error(entry.key, "key_of_other_kind", name=key, kind=kind, hint=hint)
        return self._node.only(own)

    def _fill(self, node: Node, parameters: Mapping[str, Node]) -> Node:
        """Filled for one instance; where the type is not known, what needs a parameter is left out without a word."""
        filling = self._filling if self.device_type is not None else Filling(Findings())
        type_name = self.device_type.name if self.device_type is not None else ""
        return filling.fill(node, parameters, type_name, but=PROSE)

    def _read(self, model: type[RuleFile], node: Node) -> _Read | None:
        if "priority" not in node.entries and not node.entries.keys() >= _PRIORITY_FOLLOWS:
            self._findings.error(node.key, "priority_missing", name=self._key)
        read = self._reader.read(model, node, self._key)
        priority = self._priority(read, node) if read is not None else None
        return _Read(read, priority, read.rationale) if read is not None and priority is not None else None

    def _priority(self, read: RuleFile, node: Node) -> Priority | None:
        """The priority that is written, or else follows from the matrix; None, with a finding, when it cannot be that."""
        follows = None
        if read.consequence_class is not None and read.respond_within is not None:
            follows = self._setting.matrix.priority(read.consequence_class, read.respond_within)
        priority = read.priority or follows
        if read.class_ is RuleClass.SAFETY and priority in (Priority.LOW, Priority.JOURNAL):
            self._findings.error(node.entries["class"].place, "safety_priority", priority=priority)
            return None
        if follows is not None and follows is not priority and read.respond_within is not None:
            terms = {"consequence_class": read.consequence_class, "respond_within": format_span(read.respond_within)}
            place = node.entries["priority"].place
            self._findings.note(place, "priority_differs", name=self._key, priority=priority, follows=follows, **terms)
        return priority

    def _rule(self, checked: _Read, node: Node, device: Device) -> BuiltRule | None:
        read = checked.file
        tag_key = getattr(read, read.about, SESSION)
        tag = next((tag for tag in device.tags if tag.key == tag_key), None)
        if tag is None:
            return None
        condition = read.condition(Tags(tag, device, self._devices, node, self._findings, ZoneInfo(self._setting.time_zone)))
        if condition is None:
            return None
        if read.kind is Kind.STALE and not condition.stale_after:
            self._findings.error(node.key, "stale_after_missing", name=self._key, tag=tag.key)
            return None
        rule = Rule(
            id=alarm_id(device.name, self._key),
            key=self._key,
            device=device.name,
            device_type=device.type,
            area=device.area,
            kind=read.kind,
            tag=tag.name,
            priority=checked.priority,
            words=read.words.words,
            guidance=read.guidance.words if read.guidance is not None else {},
            signal=condition.signal,
            unit=condition.unit,
            compare=condition.compare,
            limit=condition.limit,
            values=condition.values,
            deadband=condition.deadband,
            stale_after=condition.stale_after,
            on_delay=read.on_delay,
            off_delay=read.off_delay,
            latching=read.latching,
            ack_required=read.ack_required,
            confirm=read.confirm,
            ack_on_return=read.ack_on_return,
            keep_ack=read.keep_ack,
            realarm_after=read.realarm_after,
            realarm_max=read.realarm_max,
            first_out=read.first_out,
            scan=_scan(device),
            validity=self._validity(read, node, device),
            line=self._setting.lines.of_area.get(device.area, ""),
            chatter=read.chatters,
            safety=read.class_ is RuleClass.SAFETY,
            context=device.context,
            passes_on=isinstance(tag.point, Point) and tag.point.passes_on,
        )
        return BuiltRule(rule, node, tag, read, checked.rationale)

    def _validity(self, read: RuleFile, node: Node, device: Device) -> Validity | None:
        """When it matters; findings for a line or a state that is not there, and for a danger that would not be told."""
        if not read.states and read.only_at is None:
            return None
        if read.class_ is RuleClass.SAFETY:
            key = "only_in" if read.states else "only_at"
            self._findings.error(node.entries[key].key, "safety_only", name=key)
        line = self._setting.lines.of_area.get(device.area, "")
        if self._setting.lines.known and read.states:
            self._check_states(read.states, line, node, device)
        times = None if read.only_at is None else self._times(read.only_at, node)
        return Validity(line if read.states else "", read.states, times, read.settle)

    def _times(self, only_at: Sequence[str], node: Node) -> Schedule:
        calendar = self._setting.calendar
        if calendar is not None and not calendar.holidays:
            for position, text in enumerate(only_at):
                if names_holidays(text):
                    self._findings.error(node.follow(("only_at", position)).place, "holidays_missing", name=text)
        return schedule(only_at, self._setting.time_zone, calendar or NO_CALENDAR)

    def _check_states(self, states: Sequence[str], line: str, node: Node, device: Device) -> None:
        if not line:
            self._findings.error(node.entries["only_in"].key, "no_line", name=self._key, area=device.area)
            return
        known = self._setting.lines.states[line]
        for position, state in enumerate(states):
            if state not in known:
                place = node.follow(("only_in", position)).place
                self._findings.error(place, "unknown_state", name=state, line=line, hint=did_you_mean(state, known))


def _scan(device: Device) -> Span:
    """How uncertain the times of its tags are: those that are read in a rhythm say so by `every`."""
    every = getattr(device.connection, "every", 0)
    return every if isinstance(every, int) else 0
