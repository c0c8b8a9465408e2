"""Alarms that come and go: chattering by three published definitions, the chatter index, and fleeting alarms.

1. Three activations within 60 s, and nobody did anything in between: the one that `rules/chatter.py` acts on.
2. More than 5 turns (to active or back) within 5 minutes (a reading of ISA-18.2-2016, 16.4.6).
3. A weighted flap value over 20 slots: `flapping.py`.

The chatter index (Kondaveeti et al. 2010) is the mean of 1/r over the gaps between consecutive activations, r in whole seconds
and at least 1; 0.05 /s, three a minute, is chattering.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import fsum

from edge.model.moment import MINUTE, SECOND, Moment, Span
from rules.kpi.figure import Figure, Part, Scope
from rules.kpi.flapping import episodes
from rules.kpi.occurrence import Activation, Ending, Excluded
from rules.kpi.targets import Kpi

CHATTERS_AT = 3
CHATTERS_WITHIN: Span = 1 * MINUTE
TURNS_MORE_THAN = 5
TURNS_WITHIN: Span = 5 * MINUTE
#: Active for less, and not twice within this.
FLEETING_BELOW: Span = 10 * SECOND
NO_REPEAT_WITHIN: Span = 1 * MINUTE


def chatter(scope: Scope) -> Iterator[Figure]:
    """counted: activations; of the index the alarms that have one. parts: by alarm, how often or how much."""
    by_alarm: dict[str, list[Activation]] = defaultdict(list)
    for each in scope.record.activations:
        by_alarm[each.of.alarm].append(each)
    often = {alarm: _episodes(each, scope.record.seen.get(alarm, ())) for alarm, each in by_alarm.items()}
    yield _of_alarms(scope, Kpi.CHATTERING_ALARMS, by_alarm, often)
    turning = {alarm: _turns(each, scope.question.start) for alarm, each in by_alarm.items()}
    yield _of_alarms(scope, Kpi.CHATTERING_BY_TURNS, by_alarm, {alarm: _bursts(turns) for alarm, turns in turning.items()})
    yield _of_alarms(scope, Kpi.FLAPPING_ALARMS, by_alarm, {alarm: episodes(turns) for alarm, turns in turning.items()})
    yield _index(scope, by_alarm)
    marked = [each.row for each in scope.record.activations if each.of.chattering]
    yield scope.figure(Kpi.RAISED_WHILE_CHATTERING, len(marked), len(scope.record.activations), marked)
    yield _fleeting(scope, by_alarm)


def chatter_index(times: Sequence[Moment]) -> float | None:
    """In 1/s; None for less than two activations. times: in order."""
    gaps = Counter(max(1, (later - earlier) // SECOND) for earlier, later in pairwise(times))
    total = gaps.total()
    return fsum(count / total / gap for gap, count in gaps.items()) if total else None


def _of_alarms(scope: Scope, kpi: Kpi, by_alarm: Mapping[str, Sequence[Activation]], often: Mapping[str, int]) -> Figure:
    """The number of alarms to which it happened at all."""
    alarms = sorted((alarm for alarm, count in often.items() if count), key=lambda alarm: (-often[alarm], alarm))
    rows = (each.row for alarm in alarms for each in by_alarm[alarm])
    parts = (Part(alarm, often[alarm]) for alarm in alarms)
    return scope.figure(kpi, len(alarms), len(scope.record.activations), rows, parts=parts)


def _episodes(activations: Sequence[Activation], seen: Sequence[Moment]) -> int:
    """How often it began to chatter: CHATTERS_AT activations within CHATTERS_WITHIN, and nobody in between. It goes on until
    two of them are further apart, or somebody looks after it."""
    found, chattering = 0, False
    recent: list[Moment] = []
    for each in activations:
        if recent and (each.time - recent[-1] > CHATTERS_WITHIN or _any_between(seen, recent[-1], each.time)):
            recent, chattering = [], False
        recent = [*recent, each.time][-CHATTERS_AT:]
        if not chattering and len(recent) == CHATTERS_AT and recent[-1] - recent[0] <= CHATTERS_WITHIN:
            found, chattering = found + 1, True
    return found


def _any_between(moments: Sequence[Moment], earlier: Moment, later: Moment) -> bool:
    """Whether one is at or after the earlier and before the later."""
    return bisect_left(moments, earlier) < bisect_left(moments, later)


def _turns(activations: Sequence[Activation], start: Moment) -> list[Moment]:
    """When its condition turned, within the period."""
    begun = [each.of.raised for each in activations if not each.of.again and each.of.raised >= start]
    over = [each.of.ended for each in activations if each.of.ended is not None and each.of.ending is Ending.RETURNED]
    return sorted((*begun, *over))


def _bursts(turns: Sequence[Moment]) -> int:
    """How many turns come to be more than TURNS_MORE_THAN within TURNS_WITHIN."""
    pairs = zip(turns, turns[TURNS_MORE_THAN:], strict=False)
    return sum(later - earlier <= TURNS_WITHIN for earlier, later in pairs)


def _index(scope: Scope, by_alarm: Mapping[str, Sequence[Activation]]) -> Figure:
    """The highest of all alarms, and each of the alarms."""
    indices = {alarm: chatter_index([each.time for each in of_alarm]) for alarm, of_alarm in by_alarm.items()}
    known = {alarm: index for alarm, index in indices.items() if index is not None}
    ranked = sorted(known, key=lambda alarm: (-known[alarm], alarm))
    worst = ranked[:1]
    return scope.figure(
        Kpi.CHATTER_INDEX,
        known[worst[0]] if worst else None,
        len(known),
        (each.row for alarm in worst for each in by_alarm[alarm]),
        excluded={Excluded.ONE_ACTIVATION: len(indices) - len(known)},
        parts=(Part(alarm, known[alarm]) for alarm in ranked),
    )


def _fleeting(scope: Scope, by_alarm: Mapping[str, Sequence[Activation]]) -> Figure:
    """Activations that were over before anybody could act, and stood alone: what repeats is chattering."""
    brief = [each for of_alarm in by_alarm.values() for each in _alone(of_alarm) if _is_brief(each)]
    tally = Counter(each.of.alarm for each in brief)
    parts = (Part(alarm, count) for alarm, count in sorted(tally.items(), key=lambda each: (-each[1], each[0])))
    rows = (each.row for each in sorted(brief, key=lambda each: (each.time, each.row)))
    return scope.figure(Kpi.FLEETING_ALARMS, len(brief), len(scope.record.activations), rows, parts=parts)


def _is_brief(each: Activation) -> bool:
    of = each.of
    return of.ended is not None and of.ending is Ending.RETURNED and of.ended - of.raised < FLEETING_BELOW


def _alone(activations: Sequence[Activation]) -> Iterator[Activation]:
    for place, each in enumerate(activations):
        around = (*activations[max(0, place - 1) : place], *activations[place + 1 : place + 2])
        if all(abs(other.time - each.time) > NO_REPEAT_WITHIN for other in around):
            yield each
