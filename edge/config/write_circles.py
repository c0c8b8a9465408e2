"""Rules that feed each other, or themselves, through what they write: they would swing for ever. Pure.

Whether a rule asks for its values follows from the tags that it reads, from the alarms that hide it, and from the line in whose
states alone it matters; and these follow from tags, too. Not here: what rules may write (`writes.py`), alarms that hide each
other (`suppression.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from edge.config.devices import Devices
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings
from edge.response.grants import RuleWrite
from rules.definition import Line, Suppressor


def derived_from(devices: Devices) -> Mapping[str, tuple[str, ...]]:
    """Of tags that are worked out, those they follow from."""
    tags = (tag for device in devices.built.values() for tag in device.tags)
    return {tag.name: tag.derived.reads for tag in tags if tag.derived is not None}


def read_by(built: BuiltRule, derived: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """All tags that a rule's condition follows from, each once."""
    yield from _with_sources(_inputs(built), derived)


def refuse_circles(
    rules: Rules,
    of_rules: Mapping[str, tuple[RuleWrite, ...]],
    devices: Devices,
    suppressors: Sequence[Suppressor],
    lines: Sequence[Line],
    findings: Findings,
) -> None:
    """of_rules: what each rule writes, by its id."""
    if not of_rules:
        return
    derived = derived_from(devices)
    reach = _Reach(rules, suppressors, lines)
    readers: dict[str, list[str]] = defaultdict(list)
    places = {each.rule.id: each.node.key for each in rules.built}
    for rule in of_rules:
        for tag in _with_sources(reach.tags(rule), derived):
            readers[tag].append(rule)
    follows = {rule: [after for write in writes for after in readers[write.tag]] for rule, writes in of_rules.items()}
    for circle in _circles(follows):
        findings.error(places[circle[0]], "write_circle", circle=" → ".join([*circle, circle[0]])[:300])


class _Reach:
    """From which tags it follows that a rule asks."""

    def __init__(self, rules: Rules, suppressors: Iterable[Suppressor], lines: Iterable[Line]) -> None:
        self._rules = {each.rule.id: each for each in rules.built}
        self._lines = {each.name: each for each in lines}
        self._hidden_by: dict[str, list[str]] = defaultdict(list)
        for each in suppressors:
            for target in each.targets:
                self._hidden_by[target] += each.sources

    def tags(self, rule: str) -> Iterator[str]:
        """Its own, its line's, and those of what hides it; and so on, for what is hidden itself hides nobody."""
        left, seen = [rule], {rule}
        while left:
            each = left.pop()
            if (built := self._rules.get(each)) is not None:
                yield from _inputs(built)
                validity = built.rule.validity
                line = self._lines.get(validity.line) if validity is not None else None
                if line is not None:
                    yield from line.signal.inputs
            new = [hiding for hiding in dict.fromkeys(self._hidden_by.get(each, ())) if hiding not in seen]
            seen.update(new)
            left += new


def _inputs(built: BuiltRule) -> Sequence[str]:
    return built.rule.signal.inputs if built.rule.signal is not None else (built.rule.tag,)


def _with_sources(tags: Iterable[str], derived: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    left, seen = list(tags), set[str]()
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += derived.get(name, ())
            yield name


def _circles(follows: Mapping[str, Sequence[str]]) -> Iterator[Sequence[str]]:
    """The rules of each circle, in the order in which they feed each other; a rule that is in several, in one of them."""
    done: set[str] = set()
    for start in sorted(follows):
        path: list[str] = []
        left: list[tuple[str, int]] = [(start, 0)]
        while left:
            rule, depth = left.pop()
            del path[depth:]
            if rule in path:
                yield path[path.index(rule) :]
                done.update(path)
            elif rule not in done:
                path.append(rule)
                left += [(after, depth + 1) for after in follows.get(rule, ())]
        done.update(path)
