"""What people and logic hide: a line of its own, for none of it counts as an alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edge.model.moment import SECOND, Moment, Span
from rules.definition import SHELVE_MAX
from rules.kpi.figure import Figure, Part, Scope, mean
from rules.kpi.occurrence import Excluded
from rules.kpi.record import Shelf
from rules.kpi.targets import Kpi


def cover(scope: Scope) -> Iterator[Figure]:
    """counted: raises that were hidden; shelves; acts by which a person hid an alarm."""
    hidden, end = scope.record.hidden, scope.question.end
    reasons = Counter(each.reason for each in hidden)
    parts = (Part(str(reason), reasons[reason]) for reason in sorted(reasons))
    yield scope.figure(Kpi.HIDDEN_ALARMS, len(hidden), len(hidden), (each.row for each in hidden), excluded={}, parts=parts)
    shelves = [each for each in scope.record.shelves if each.ended is None or each.ended >= scope.question.start]
    lasting = [each for each in shelves if each.ended is None]
    parts = (Part(each.alarm, _length(each, end) / SECOND) for each in lasting)
    yield scope.figure(Kpi.SHELVED_NOW, len(lasting), len(lasting), (each.row for each in lasting), excluded={}, parts=parts)
    over = [each.row for each in shelves if _length(each, end) > _longest(scope, each.alarm)]
    yield scope.figure(Kpi.SHELVED_OVER_LIMIT, len(over), len(shelves), over, excluded={})
    ended = [each for each in shelves if each.ended is not None]
    yield scope.figure(
        Kpi.SHELF_LENGTH,
        mean(_length(each, end) / SECOND for each in ended),
        len(ended),
        (each.row for each in ended),
        excluded={Excluded.STILL_OPEN: len(lasting)},
    )
    covers = scope.record.covers
    lacking = [each.row for each in covers if not each.authorised]
    yield scope.figure(Kpi.UNAUTHORISED_SUPPRESSION, len(lacking), len(covers), lacking, excluded={})


def _length(shelf: Shelf, end: Moment) -> Span:
    """All of it, also what lies before the period."""
    return (end if shelf.ended is None else shelf.ended) - shelf.began


def _longest(scope: Scope, alarm: str) -> Span:
    rule = scope.question.rules.get(alarm)
    return SHELVE_MAX if rule is None else rule.max_shelve
