"""Which alarms hide which others by design: what rules say themselves, and the section `suppressions` of `rules/*.yaml`. Pure.

Four ways, one result (`rules.definition.Suppressor`): a rule names what explains it (`suppressed_by`); a milder limit gives way
to the next one of its tag (`exclusive`); a lost connection explains that the tags of its device are silent or bad; and
`suppressions` say it of many at once, of all devices of a type and, with `same`, only within one device or area.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from edge.config.conditions.limits import LimitRuleFile
from edge.config.conditions.rule import Delay
from edge.config.finding import Findings, Place, did_you_mean
from edge.config.names import Names
from edge.config.reader import Reader
from edge.config.rules import Rules
from edge.config.source import Node
from edge.config.values import FileModel
from rules.definition import Cause, Kind, Rule, Suppressor

Named = Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=500)]

#: The next limit of a tag, and the milder ones that may give way to it.
_NEXT = {Kind.HIGH: Kind.HIGH_HIGH, Kind.LOW: Kind.LOW_LOW}
#: What follows when nothing comes from a device.
_OF_THE_CONNECTION = frozenset({Kind.STALE, Kind.BAD_QUALITY})


class Same(StrEnum):
    """What the alarms on both sides must have in common."""

    DEVICE = "device"
    AREA = "area"


class SuppressionFile(FileModel):
    """while: alarms any of which hides the others; hide: those. Each is DEVICE/rule, or TYPE/rule for all devices of the type.
    same: only where both are of one device or area. hold: and so much longer."""

    while_: Named = Field(alias="while")
    hide: Named
    same: Same | None = None
    hold: Delay = 0


def read_suppressions(names: Names, rules: Rules, reader: Reader) -> tuple[Suppressor, ...]:
    """names: of the section."""
    by_name = _Index(rules)
    found = [*_of_connections(rules), *_of_limits(rules), *_of_rules(rules, by_name, reader.findings)]
    for name, node in names.items():
        file = reader.read(SuppressionFile, node, name)
        if file is not None:
            found += _of_section(name, node, file, by_name, reader.findings)
    places = {each.rule.id: each.node.key for each in rules.built}
    _refuse_hidden_danger(found, rules, places, reader.findings)
    _refuse_circles(found, places, reader.findings)
    return tuple(found)


class _Index:
    """Rules by what suppressions call them."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._named: dict[str, list[Rule]] = defaultdict(list)
        for each in rules.built:
            self._named[each.rule.id].append(each.rule)
            self._named[f"{each.rule.device_type}/{each.rule.key}"].append(each.rule)

    def of(self, named: str, place: Place, findings: Findings) -> Sequence[Rule]:
        found = self._named.get(named, ())
        if not found and named not in self._rules.alarms and named.rpartition("/")[2] not in self._rules.astray:
            findings.error(place, "suppression_unknown", name=named[:100], hint=did_you_mean(named, self._named))
        return found


# --- the four ways --------------------------------------------------------------------------------------------------


def _of_connections(rules: Rules) -> Iterator[Suppressor]:
    lost = {each.rule.device: each.rule.id for each in rules.built if each.rule.kind is Kind.COMM_LOSS}
    followed: dict[str, list[str]] = defaultdict(list)
    for each in rules.built:
        if each.rule.kind in _OF_THE_CONNECTION and each.rule.device in lost and not each.rule.safety:
            followed[each.rule.device].append(each.rule.id)
    for device, targets in followed.items():
        yield Suppressor(Cause.PARENT, lost[device], (lost[device],), tuple(targets))


def _of_limits(rules: Rules) -> Iterator[Suppressor]:
    by_tag: dict[tuple[str, Kind], list[str]] = defaultdict(list)
    for each in rules.built:
        by_tag[each.rule.tag, each.rule.kind].append(each.rule.id)
    for each in rules.built:
        if isinstance(each.read, LimitRuleFile) and each.read.exclusive and each.rule.kind in _NEXT:
            for severe in by_tag[each.rule.tag, _NEXT[each.rule.kind]]:
                yield Suppressor(Cause.MORE_SEVERE, severe, (severe,), (each.rule.id,))


def _of_rules(rules: Rules, by_name: _Index, findings: Findings) -> Iterator[Suppressor]:
    for each in rules.built:
        for named in each.read.suppressed_by if each.read is not None else ():
            full = named if "/" in named else f"{each.rule.device}/{named}"
            for parent in by_name.of(full, each.node.follow(("suppressed_by",)).place, findings):
                if parent.id != each.rule.id:
                    yield Suppressor(Cause.PARENT, parent.id, (parent.id,), (each.rule.id,))


def _of_section(name: str, node: Node, file: SuppressionFile, by_name: _Index, findings: Findings) -> Iterator[Suppressor]:
    sources = [rule for named in file.while_ for rule in by_name.of(named, node.follow(("while",)).place, findings)]
    targets = [rule for named in file.hide for rule in by_name.of(named, node.follow(("hide",)).place, findings)]
    cause = Cause.GROUP if file.same is None else Cause.INHIBITED
    for common, some in _together(sources, file.same).items():
        hidden = _together(targets, file.same).get(common, [])
        ids = {rule.id for rule in some}
        # What is on both sides is not hidden by the others that are, and never by itself.
        rest = tuple(rule.id for rule in hidden if rule.id not in ids)
        if rest:
            yield Suppressor(cause, name if file.same is None else f"{name} {common}", tuple(sorted(ids)), rest, file.hold)


def _together(rules: Iterable[Rule], same: Same | None) -> Mapping[str, list[Rule]]:
    groups: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups["" if same is None else rule.device if same is Same.DEVICE else rule.area].append(rule)
    return groups


# --- what must not be -----------------------------------------------------------------------------------------------


def _refuse_hidden_danger(found: Iterable[Suppressor], rules: Rules, places: Mapping[str, Place], findings: Findings) -> None:
    safety = {each.rule.id for each in rules.built if each.rule.safety}
    for suppressor in found:
        for target in safety.intersection(suppressor.targets):
            findings.error(places[target], "safety_hidden", name=target, by=suppressor.name)


def _refuse_circles(found: Iterable[Suppressor], places: Mapping[str, Place], findings: Findings) -> None:
    """Two alarms that hide each other would be told to nobody."""
    hides: dict[str, set[str]] = defaultdict(set)
    for suppressor in found:
        for source in suppressor.sources:
            hides[source].update(suppressor.targets)
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
