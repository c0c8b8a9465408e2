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
    by_name = _Index(rules, names)
    found = [*_of_connections(rules), *_of_limits(rules, reader.findings), *_of_rules(rules, by_name, reader.findings)]
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

    def __init__(self, rules: Rules, names: Names) -> None:
        self._rules = rules
        self._complete = names.complete
        self._named: dict[str, list[Rule]] = defaultdict(list)
        for each in rules.built:
            self._named[each.rule.id].append(each.rule)
            self._named[f"{each.rule.device_type}/{each.rule.key}"].append(each.rule)

    def of(self, named: str, place: Place, findings: Findings) -> Sequence[Rule]:
        found = self._named.get(named, ())
        if not found and not self._may_be(named) and not findings.repeats(place, "suppression_unknown", named):
            owner = named.rpartition("/")[0]
            near = [each for each in self._named if each.rpartition("/")[0] == owner] or list(self._named)
            findings.error(place, "suppression_unknown", name=named[:100], hint=did_you_mean(named, near))
        return found

    def _may_be(self, named: str) -> bool:
        """Whether it is a rule with which something is wrong, or that stands where nobody could read."""
        owner, _, key = named.rpartition("/")
        rules = self._rules
        of_type = key in rules.names and rules.names[key].text("for") == owner
        return not self._complete or named in rules.alarms or of_type or key in rules.astray


# --- the four ways --------------------------------------------------------------------------------------------------


def _of_connections(rules: Rules) -> Iterator[Suppressor]:
    lost = {each.rule.device: each.rule.id for each in rules.built if each.rule.kind is Kind.COMM_LOSS}
    followed: dict[str, list[str]] = defaultdict(list)
    for each in rules.built:
        if each.rule.kind in _OF_THE_CONNECTION and each.rule.device in lost and not each.rule.safety:
            followed[each.rule.device].append(each.rule.id)
    for device, targets in followed.items():
        yield Suppressor(Cause.PARENT, lost[device], (lost[device],), tuple(targets))


def _of_limits(rules: Rules, findings: Findings) -> Iterator[Suppressor]:
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
                yield Suppressor(Cause.MORE_SEVERE, one, (one,), (each.rule.id,))


def _of_rules(rules: Rules, by_name: _Index, findings: Findings) -> Iterator[Suppressor]:
    for each in rules.built:
        for position, named in enumerate(each.read.suppressed_by if each.read is not None else ()):
            full = named if "/" in named else f"{each.rule.device}/{named}"
            place = each.node.follow(("suppressed_by", position)).place
            for parent in by_name.of(full, place, findings):
                yield Suppressor(Cause.PARENT, parent.id, (parent.id,), (each.rule.id,))


def _of_section(name: str, node: Node, file: SuppressionFile, by_name: _Index, findings: Findings) -> Iterator[Suppressor]:
    sources = _named(file.while_, node.follow(("while",)), by_name, findings)
    targets = _named(file.hide, node.follow(("hide",)), by_name, findings)
    cause = Cause.GROUP if file.same is None else Cause.INHIBITED
    hidden = _together(targets, file.same)
    idle = bool(sources and targets)
    for common, some in _together(sources, file.same).items():
        ids = {rule.id for rule in some}
        # What is on both sides is not hidden by the others that are, and never by itself.
        rest = tuple(dict.fromkeys(rule.id for rule in hidden.get(common, ()) if rule.id not in ids))
        if rest:
            idle = False
            yield Suppressor(cause, name if file.same is None else f"{name} {common}", tuple(sorted(ids)), rest, file.hold)
    if idle:
        findings.note(node.key, "suppression_idle", name=name)


def _named(names: Sequence[str], node: Node, by_name: _Index, findings: Findings) -> list[Rule]:
    return [rule for at, named in enumerate(names) for rule in by_name.of(named, node.follow((at,)).place, findings)]


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
