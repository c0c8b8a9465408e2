"""Which alarms hide which others by design: what rules say themselves, and the section `suppressions` of `rules/*.yaml`. Pure.

Four ways, one result (`rules.definition.Suppressor`): a rule names what explains it (`suppressed_by`); a milder limit gives way
to the next one of its tag (`exclusive`); a lost connection explains that the tags of its device are silent or bad; and
`suppressions` say it of many at once, chosen by name or label, and with `same` only of those that have something in common, as
Alertmanager inhibits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import Field

from edge.config.chosen import Alarms, Chosen, Texts
from edge.config.conditions.limits import LimitRuleFile
from edge.config.conditions.rule import Delay
from edge.config.devices import Devices
from edge.config.names import Names
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings, Place
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, TwoLanguages
from edge.model.moment import MINUTE, SECOND, Span
from rules.definition import Cause, Kind, Rule, Suppressor

#: The next limit of a tag, and the milder ones that may give way to it.
_NEXT = {Kind.HIGH: Kind.HIGH_HIGH, Kind.LOW: Kind.LOW_LOW}
#: What follows when nothing comes from a device.
_OF_THE_CONNECTION = frozenset({Kind.STALE, Kind.BAD_QUALITY})
#: How long what follows from a lost connection stays hidden when it is back: until each tag should have come again.
SCANS_AFTER_CONNECTION = 2
AFTER_CONNECTION_MIN, AFTER_CONNECTION_MAX = 2 * SECOND, 5 * MINUTE
#: In a suppressor's name, for a label that is missing.
NO_LABEL = "-"


class SuppressionFile(FileModel):
    """while: alarms any of which hides the others; hide: those. same: only where both sides have these in common: properties
    (`device`, `area`, `line`, ...) or labels. hold: and so much longer. words: what people read as the reason."""

    words: TwoLanguages | None = None
    while_: Alarms = Field(alias="while")
    hide: Alarms
    same: Texts = Field(default=[])
    hold: Delay = 0


class _Written(NamedTuple):
    """A suppressor, and where it is written that it hides; None for what nobody wrote."""

    suppressor: Suppressor
    place: Place | None


def read_suppressions(names: Names, rules: Rules, devices: Devices, reader: Reader) -> tuple[Suppressor, ...]:
    """names: of the section."""
    chosen = Chosen(devices, rules, names)
    found = [*_of_connections(rules), *_of_limits(rules, reader.findings), *_of_rules(rules, chosen, reader.findings)]
    for name, node in names.items():
        file = reader.read(SuppressionFile, node, name)
        if file is not None:
            found += _of_section(name, node, file, chosen, reader.findings)
    places = {each.rule.id: each.node.key for each in rules.built}
    _refuse_hidden_danger(found, rules, places, reader.findings)
    suppressors = tuple(each.suppressor for each in found)
    _refuse_circles(suppressors, places, reader.findings)
    return suppressors


def name_of(suppressor: Suppressor) -> str:
    """Of the section, without what its sides have in common."""
    return suppressor.name.partition(" ")[0]


# --- the four ways --------------------------------------------------------------------------------------------------


def _of_connections(rules: Rules) -> Iterator[_Written]:
    lost = {each.rule.device: each.rule.id for each in rules.built if each.rule.kind is Kind.COMM_LOSS}
    followed: dict[str, list[Rule]] = defaultdict(list)
    for each in rules.built:
        if each.rule.kind in _OF_THE_CONNECTION and each.rule.device in lost and not each.rule.safety:
            followed[each.rule.device].append(each.rule)
    for device, hidden in followed.items():
        targets = tuple(rule.id for rule in hidden)
        yield _Written(Suppressor(Cause.PARENT, lost[device], (lost[device],), targets, _until_all_have_come(hidden)), None)


def _until_all_have_come(rules: Iterable[Rule]) -> Span:
    """Tags come one after the other when a connection is back: in two scans where they are read, and where they come by
    themselves before they would be stale. Were they told at once, each would be told as silent and as well at one instant."""
    longest = max(SCANS_AFTER_CONNECTION * rule.scan or rule.stale_after or 0 for rule in rules)
    return min(max(longest, AFTER_CONNECTION_MIN), AFTER_CONNECTION_MAX)


def _of_limits(rules: Rules, findings: Findings) -> Iterator[_Written]:
    by_tag: dict[tuple[str, Kind], list[str]] = defaultdict(list)
    for each in rules.built:
        by_tag[each.rule.tag, each.rule.kind].append(each.rule.id)
    for each in rules.built:
        if isinstance(each.read, LimitRuleFile) and each.read.exclusive:
            following = _NEXT.get(each.rule.kind)
            severe = by_tag[each.rule.tag, following] if following is not None else []
            if not severe:
                findings.note(each.node.entries["exclusive"].key, "exclusive_alone", name=each.rule.key)
            for one in severe:
                place = each.node.entries["exclusive"].key
                yield _Written(Suppressor(Cause.MORE_SEVERE, one, (one,), (each.rule.id,)), place)


def _of_rules(rules: Rules, chosen: Chosen, findings: Findings) -> Iterator[_Written]:
    for each in rules.built:
        for position, named in enumerate(each.read.suppressed_by if each.read is not None else ()):
            full = named if "/" in named else f"{each.rule.device}/{named}"
            place = each.node.follow(("suppressed_by", position)).place
            for parent in chosen.named(full, place, findings, named):
                if parent is not each or "*" not in named:
                    alarm = parent.rule.id
                    yield _Written(Suppressor(Cause.PARENT, alarm, (alarm,), (each.rule.id,)), place)


def _of_section(name: str, node: Node, file: SuppressionFile, chosen: Chosen, findings: Findings) -> Iterator[_Written]:
    sources = chosen.all_of(file.while_, node.follow(("while",)), findings)
    targets = chosen.all_of(file.hide, node.follow(("hide",)), findings)
    same = tuple(file.same)
    known = [chosen.labels.knows(each, node.follow(("same", at)).place, findings) for at, each in enumerate(same)]
    if not all(known):
        return
    cause = Cause.INHIBITED if same else Cause.GROUP
    words = file.words.words if file.words is not None else {}
    place = node.follow(("hide",)).key
    hidden = _together(targets, same, chosen)
    idle = bool(sources and targets)
    for common, some in _together(sources, same, chosen).items():
        full = f"{name} {'/'.join(each or NO_LABEL for each in common)}" if same else name
        for hiding, rest in _apart(some, hidden.get(common, ())):
            idle = False
            yield _Written(Suppressor(cause, full, hiding, rest, file.hold, words), place)
            for key in (key for key, value in zip(same, common, strict=True) if not value):
                if not findings.repeats(node.key, "same_without", key):
                    findings.warn(node.follow(("same",)).key, "same_without", name=name, key=key, one=hiding[0], other=rest[0])
    if idle:
        findings.note(node.key, "suppression_idle", name=name)


def _apart(sources: Sequence[str], targets: Sequence[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Who hides whom: what is on both sides is not hidden by others that are, and so never by itself."""
    both = set(sources) & set(targets)
    rest = tuple(each for each in targets if each not in both)
    alone = tuple(sorted(each for each in sources if each not in both))
    if rest:
        yield tuple(sorted(sources)), rest
    if alone and both:
        yield alone, tuple(each for each in targets if each in both)


def _together(rules: Iterable[BuiltRule], same: Sequence[str], chosen: Chosen) -> Mapping[tuple[str, ...], list[str]]:
    """The ids of those that have the same properties and labels, by these; what is missing is empty."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for each in rules:
        groups[tuple(chosen.labels.of(each, name) for name in same)].append(each.rule.id)
    return groups


# --- what must not be -----------------------------------------------------------------------------------------------


def _refuse_hidden_danger(found: Iterable[_Written], rules: Rules, places: Mapping[str, Place], findings: Findings) -> None:
    safety = {each.rule.id for each in rules.built if each.rule.safety}
    for suppressor, place in found:
        for target in safety.intersection(suppressor.targets):
            danger = places[target]
            where = f"{danger.file}:{danger.line}"
            findings.error(place or danger, "safety_hidden", name=target, where=where, by=suppressor.name)


def _refuse_circles(found: Iterable[Suppressor], places: Mapping[str, Place], findings: Findings) -> None:
    """Two alarms that hide each other would be told to nobody."""
    hides: dict[str, dict[str, None]] = defaultdict(dict)
    for suppressor in found:
        for source in suppressor.sources:
            hides[source].update(dict.fromkeys(suppressor.targets))
    done: set[str] = set()
    for start in list(hides):
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in done:
            stack.append((start, iter(hides[start])))
            path.append(start)
        while stack:
            here, following = stack[-1]
            step = next((each for each in following if each not in done), None)
            if step is None:
                done.add(here)
                stack.pop()
                path.pop()
            elif step in path:
                findings.error(places[step], "suppression_circle", circle=", ".join([*path[path.index(step) :], step])[:200])
                done.add(step)
            else:
                stack.append((step, iter(hides.get(step, ()))))
                path.append(step)
