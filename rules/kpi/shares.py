"""Who has the largest share: the ten most frequent alarms, and the priorities.

The reference shares add up to a whole without the highest, of which there should be less than one in a hundred; that one
deviates only upwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from edge.model.alarm import Priority
from rules.kpi.figure import Figure, Part, Scope, share
from rules.kpi.occurrence import Excluded
from rules.kpi.targets import Kpi

#: In percent of what is announced, and of what is configured.
PRIORITY_SHARES: Mapping[Priority, float] = {
    Priority.CRITICAL: 1.0,
    Priority.HIGH: 5.0,
    Priority.MEDIUM: 15.0,
    Priority.LOW: 80.0,
}
TOP = 10


def shares(scope: Scope) -> Iterator[Figure]:
    """counted: activations; of what is configured the rules. parts: the share of each alarm or priority in percent."""
    activations = scope.record.activations
    tally = Counter(each.of.alarm for each in activations)
    ranked = sorted(tally.items(), key=lambda each: (-each[1], each[0]))[:TOP]
    top = {alarm for alarm, _ in ranked}
    yield scope.figure(
        Kpi.TOP_10_SHARE,
        share(sum(count for _, count in ranked), len(activations)),
        len(activations),
        (each.row for each in activations if each.of.alarm in top),
        parts=(Part(alarm, 100 * count / len(activations)) for alarm, count in ranked),
    )
    announced = Counter(each.of.priority for each in activations)
    yield scope.figure(
        Kpi.PRIORITY_DEVIATION,
        deviation(announced),
        len(activations),
        (each.row for each in activations),
        parts=_parts(announced),
    )


def configured_shares(scope: Scope, positions: frozenset[str | None]) -> Figure:
    """Of the rules of these positions."""
    question = scope.question
    rules = [rule for rule in question.rules.values() if question.position_of(rule.id) in positions]
    tally: Counter[Priority] = Counter(rule.priority for rule in rules if rule.priority is not Priority.JOURNAL)
    left_out = {Excluded.JOURNAL_ONLY: len(rules) - tally.total()}
    return scope.figure(Kpi.CONFIGURED_DEVIATION, deviation(tally), tally.total(), excluded=left_out, parts=_parts(tally))


def deviation(tally: Mapping[Priority, int]) -> float | None:
    """The largest distance from `PRIORITY_SHARES` in points; None of nothing."""
    total = sum(tally.values())
    if not total:
        return None
    distances = {priority: 100 * tally.get(priority, 0) / total - aim for priority, aim in PRIORITY_SHARES.items()}
    return max(*(abs(distances[each]) for each in (Priority.LOW, Priority.MEDIUM, Priority.HIGH)), distances[Priority.CRITICAL])


def _parts(tally: Mapping[Priority, int]) -> Iterator[Part]:
    total = sum(tally.values())
    return (Part(str(priority), 100 * tally.get(priority, 0) / total) for priority in PRIORITY_SHARES if total)
