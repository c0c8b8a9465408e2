"""How people answer: acknowledgement, action, and how long until an alarm is over.

Times count from the raise, also when it was hidden at first; how long it was hidden in all they show as the part `hidden`. What
returned by itself before anybody acknowledged it says nothing about people, and is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from edge.model.moment import SECOND, Span
from rules.kpi.figure import Figure, Part, Scope, mean, percentile, share
from rules.kpi.occurrence import Activation, Ending, Excluded, Occurrence
from rules.kpi.question import Question, RowId
from rules.kpi.targets import Kpi

#: Into which times to acknowledge and to resolve are sorted, in seconds: up to each, and more.
BUCKETS = (60, 300, 600, 3600)

#: An activation, and how long it took.
_Timed = Sequence[tuple[Activation, Span]]


def response(scope: Scope) -> Iterator[Figure]:
    """counted: activations that the figure is made of."""
    yield from _acknowledgement(scope)
    yield from _resolution(scope)


def _acknowledgement(scope: Scope) -> Iterator[Figure]:
    asked = [each for each in scope.record.activations if wants_acknowledgement(scope.question, each.of)]
    asks_none = {Excluded.NEEDS_NO_ACKNOWLEDGEMENT: len(scope.record.activations) - len(asked)}
    acknowledged = [each for each in asked if each.of.acknowledged is not None]
    unseen = {**asks_none, Excluded.NOT_ACKNOWLEDGED: len(asked) - len(acknowledged)}
    yield _share(scope, Kpi.ACKNOWLEDGED, acknowledged, asked, asks_none)
    first = [each for each in asked if _returned_first(each.of)]
    yield _share(scope, Kpi.RETURNED_FIRST, first, asked, asks_none)
    idle = [each for each in acknowledged if not each.of.acted]
    yield _share(scope, Kpi.ACKNOWLEDGED_WITHOUT_ACTION, idle, acknowledged, unseen)
    answered = [(each, took) for each in asked if (took := time_to_acknowledge(each.of)) is not None]
    unanswered = {
        **asks_none,
        Excluded.RETURNED_FIRST: len(first),
        Excluded.NOT_ACKNOWLEDGED: len(asked) - len(first) - len(answered),
    }
    kpis = (Kpi.TIME_TO_ACKNOWLEDGE, Kpi.TIME_TO_ACKNOWLEDGE_P50, Kpi.TIME_TO_ACKNOWLEDGE_P90)
    yield from _times(scope, kpis, answered, unanswered)
    yield _in_time(scope, asked, asks_none)


def _in_time(scope: Scope, asked: Sequence[Activation], asks_none: Mapping[Excluded, int]) -> Figure:
    """Of those with a time to respond: acknowledged within it. One whose time still runs is not judged."""
    left_out = Counter(asks_none)
    judged, kept = [], []
    for each in asked:
        rule = scope.question.rules.get(each.of.alarm)
        within = None if rule is None else rule.respond_within
        took = time_to_acknowledge(each.of)
        if within is None:
            left_out[Excluded.NO_TIME_STATED] += 1
        elif _returned_first(each.of):
            left_out[Excluded.RETURNED_FIRST] += 1
        elif took is None and scope.question.end - each.of.raised <= within:
            left_out[Excluded.STILL_OPEN] += 1
        else:
            judged.append(each)
            if took is not None and took <= within:
                kept.append(each)
    return _share(scope, Kpi.ACKNOWLEDGED_IN_TIME, kept, judged, left_out)


def _resolution(scope: Scope) -> Iterator[Figure]:
    """Resolved: returned to normal, and of a latching rule reset, too."""
    activations = scope.record.activations
    resolved = [(each, took) for each in activations if (took := time_to_resolve(scope.question, each.of)) is not None]
    gone = sum(each.of.ending is Ending.RETIRED for each in activations)
    left_out = {Excluded.RULE_GONE: gone, Excluded.STILL_OPEN: len(activations) - len(resolved) - gone}
    kpis = (Kpi.TIME_TO_RESOLVE, Kpi.TIME_TO_RESOLVE_P50, Kpi.TIME_TO_RESOLVE_P90)
    yield from _times(scope, kpis, resolved, left_out)


def time_to_acknowledge(of: Occurrence) -> Span | None:
    """None: nobody acknowledged it while it was active."""
    if of.acknowledged is None or _returned_first(of):
        return None
    return of.acknowledged - of.raised


def time_to_resolve(question: Question, of: Occurrence) -> Span | None:
    """None: it is not resolved, or nobody can say."""
    if of.ended is None or of.ending is not Ending.RETURNED:
        return None
    rule = question.rules.get(of.alarm)
    if rule is None or not rule.latching:
        return of.ended - of.raised
    return None if of.reset is None else max(of.ended, of.reset) - of.raised


def wants_acknowledgement(question: Question, of: Occurrence) -> bool:
    rule = question.rules.get(of.alarm)
    return rule is None or rule.ack_required


def _returned_first(of: Occurrence) -> bool:
    """It returned, and nobody had acknowledged it by then."""
    if of.ending is not Ending.RETURNED or of.ended is None:
        return False
    return of.acknowledged is None or of.acknowledged > of.ended


def _times(scope: Scope, kpis: tuple[Kpi, Kpi, Kpi], timed: _Timed, left_out: Mapping[Excluded, int]) -> Iterator[Figure]:
    """Mean, median and 90th percentile in seconds; the mean with its distribution."""
    seconds = [took / SECOND for _, took in timed]
    rows = _rows([each for each, _ in timed])
    average, median, ninetieth = kpis
    hidden = sum(each.time - each.of.raised for each, _ in timed) / SECOND
    parts = (*_distribution(seconds), Part("hidden", hidden))
    yield scope.figure(average, mean(seconds), len(timed), rows, excluded=left_out, parts=parts)
    yield scope.figure(median, percentile(seconds, 50), len(timed), rows, excluded=left_out)
    yield scope.figure(ninetieth, percentile(seconds, 90), len(timed), rows, excluded=left_out)


def _distribution(seconds: Sequence[float]) -> Iterator[Part]:
    lowest = float("-inf")
    for highest in BUCKETS:
        yield Part(f"<={highest}", sum(lowest < each <= highest for each in seconds))
        lowest = highest
    yield Part(f">{BUCKETS[-1]}", sum(each > lowest for each in seconds))


def _share(
    scope: Scope, kpi: Kpi, part: Sequence[Activation], whole: Sequence[Activation], left_out: Mapping[Excluded, int]
) -> Figure:
    return scope.figure(kpi, share(len(part), len(whole)), len(whole), _rows(part), excluded=left_out)


def _rows(activations: Sequence[Activation]) -> list[RowId]:
    return [each.row for each in activations]
