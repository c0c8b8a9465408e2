"""The whole report: every figure for all together, and for each position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge.model.moment import HOUR, Span
from rules.kpi.chatter import chatter
from rules.kpi.cover import cover
from rules.kpi.extremes import extremes
from rules.kpi.figure import Figure, Scope
from rules.kpi.floods import Flood, flood_figures, floods_of
from rules.kpi.health import Health, health
from rules.kpi.load import load
from rules.kpi.question import NOTHING_UNREAD, Entry, Question, Unread
from rules.kpi.reading import read
from rules.kpi.record import Record
from rules.kpi.response import response
from rules.kpi.revision import Fingerprint, Revision, fingerprint, revisions
from rules.kpi.shares import configured_shares, shares
from rules.kpi.standing import standing
from rules.kpi.targets import Kpi

#: Of a shorter period the figures say little (ISA-18.2).
PERIOD_MIN: Span = 30 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Section:
    """figures: all of them. floods: in order. health: None without data; of all together, that of the position that is
    worst."""

    figures: Mapping[Kpi, Figure]
    floods: tuple[Flood, ...]
    health: Health | None


@dataclass(frozen=True, slots=True)
class Report:
    """total: of all alarms together. An average there is per person; peaks and floods are what one person would see who got
    everything, and are judged only where there is no more than one. positions: by name; None: alarms of no position. revised:
    the bins that are not as they were in the earlier report. brief: the period is shorter than PERIOD_MIN."""

    question: Question
    total: Section
    positions: Mapping[str | None, Section]
    fingerprint: Fingerprint
    revised: tuple[Revision, ...]
    brief: bool


def compute(
    entries: Iterable[Entry], question: Question, earlier: Fingerprint | None = None, unread: Unread = NOTHING_UNREAD
) -> Report:
    """entries: rows of the journal in any order, also from before the period; from far enough before that the raise of every
    alarm is among them that was active, hidden or shelved when it began. Without any row before its end, nothing is known of
    the period, and no figure has a value. earlier: of the report that this one revises. unread: rows that were left out of the
    entries, to be counted as excluded. Raises ValueError when the earlier report is of another period."""
    record = read(entries, question, unread)
    names = (*question.positions, None)
    positions = {name: _section(_of_position(question, record, name), frozenset((name,))) for name in names}
    everybody = Scope(question, record, question.persons, one_person=question.persons == 1)
    total = _section(everybody, frozenset(names), tuple(positions.values()))
    mark = fingerprint(question, record)
    revised = () if earlier is None else tuple(revisions(earlier, mark))
    return Report(question, total, positions, mark, revised, question.span < PERIOD_MIN)


def fingerprint_of(entries: Iterable[Entry], question: Question) -> Fingerprint:
    """Of the report that these entries alone would give."""
    return fingerprint(question, read(entries, question))


def _of_position(question: Question, record: Record, name: str | None) -> Scope:
    """Nobody in particular is one person only where there are no positions."""
    one_person = question.positions[name] if name is not None else not question.positions
    return Scope(question, record.at(name), one_person=one_person)


def _section(scope: Scope, names: frozenset[str | None], parts: tuple[Section, ...] = ()) -> Section:
    """parts: the sections that it sums up, if it does."""
    floods = floods_of(scope)
    figures = {each.kpi: each for each in _figures(scope, floods, names)}
    levels = [part.health for part in parts if part.health is not None]
    own = health(figures[Kpi.ALARMS_PER_10_MIN].value, figures[Kpi.PEAK_10_MIN].value)
    worst = max(levels, key=lambda level: level.rank) if levels else own
    return Section(figures, floods, worst)


def _figures(scope: Scope, floods: tuple[Flood, ...], names: frozenset[str | None]) -> Iterator[Figure]:
    yield from load(scope)
    yield from flood_figures(scope, floods)
    yield from shares(scope)
    yield configured_shares(scope, names)
    yield from chatter(scope)
    yield from standing(scope)
    yield from cover(scope)
    yield from response(scope)
    yield from extremes(scope)
