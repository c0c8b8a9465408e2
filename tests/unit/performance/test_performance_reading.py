"""Reading the journal for a report: nothing that matters is left out, and what is left out is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.plant import Plant
from edge.model.moment import HOUR, MINUTE, Moment
from edge.performance.facts import question_of
from edge.performance.period import Period
from edge.performance.reading import SETTLED_AFTER, TooManyRows, read_rows
from edge.store.alarm_rows import alarm_rows, count_others
from edge.store.store import SqliteStore, open_store
from rules.kpi import KINDS, Entry, Excluded, Kpi, Question, Report, compute, entries_of, fingerprint_of
from tests.api_gateway import T0, load_mill
from tests.unit.performance.mill_month import DAY, month, write

DAYS = 12
BEGAN = T0 - 8 * HOUR - DAYS * DAY
#: What a period has is what its days have.
ADDITIVE = (Kpi.ALARMS, Kpi.HIDDEN_ALARMS, Kpi.RAISED_WHILE_CHATTERING, Kpi.UNAUTHORISED_SUPPRESSION)


@pytest.fixture(scope="module")
def mill() -> Plant:
    return load_mill()


@pytest.fixture(scope="module")
def store(mill: Plant) -> Iterator[SqliteStore]:
    store = open_store(None, site=mill.site, agent=mill.agent, now=0)
    write(store, month(mill, BEGAN, DAYS, seed=11, a_day=15))
    yield store
    store.close()


@pytest.fixture(scope="module")
def whole(mill: Plant) -> Question:
    return question_of(mill, Period(BEGAN, BEGAN + DAYS * DAY, over=True))


@pytest.fixture(scope="module")
def every_row(store: SqliteStore) -> list[Entry]:
    return list(entries_of(store.read_after(0, 10_000)))


def report(store: SqliteStore, question: Question) -> Report:
    reading = read_rows(store.database.connection, question)
    return compute(reading.entries, question, unread=reading.unread)


moments = st.integers(-30, DAYS * 24 * 6 + 30).map(lambda tens: BEGAN + tens * 10 * MINUTE)


@settings(max_examples=15, deadline=None)
@given(moments, moments)
def test_what_is_read_gives_the_figures_of_the_whole_journal(
    store: SqliteStore, whole: Question, every_row: list[Entry], one: Moment, other: Moment
) -> None:
    asked = replace(whole, start=min(one, other), end=max(one, other))
    # Figure by figure: the report of a mill is long to read where they differ.
    found, wanted = report(store, asked), compute(every_row, asked)
    assert found.fingerprint == wanted.fingerprint
    for position, section in wanted.positions.items():
        for kpi, figure in section.figures.items():
            assert found.positions[position].figures[kpi] == figure
    assert found.total == wanted.total


@settings(max_examples=8, deadline=None)
@given(st.integers(0, DAYS - 4), st.integers(1, 4))
def test_a_period_has_what_its_days_have(store: SqliteStore, whole: Question, first: int, count: int) -> None:
    start, end = BEGAN + first * DAY, BEGAN + (first + count) * DAY
    together = report(store, replace(whole, start=start, end=end)).total.figures
    days = [report(store, replace(whole, start=at, end=at + DAY)).total.figures for at in range(start, end, DAY)]
    for kpi in ADDITIVE:
        assert sum(figures[kpi].counted for figures in days) == together[kpi].counted
        assert sum(figures[kpi].value or 0 for figures in days) == (together[kpi].value or 0)
    for reason in (Excluded.OTHER_ROW, Excluded.SHADOW, Excluded.SUPPRESSED):
        left_out = [figures[Kpi.ALARMS].excluded.get(reason, 0) for figures in days]
        assert sum(left_out) == together[Kpi.ALARMS].excluded.get(reason, 0)


def test_shadow_counts_nowhere_and_is_said(store: SqliteStore, whole: Question) -> None:
    figures = report(store, whole).total.figures
    in_shadow = [row for row in store.read_after(0, 10_000) if row.event.data.get("stage") == "shadow"]
    raised = sum(row.event.kind == "raised" for row in in_shadow)
    assert raised > 5
    assert figures[Kpi.ALARMS].excluded[Excluded.SHADOW] == raised
    shadows = {(row.event.subject, row.sequence) for row in in_shadow}
    assert not {row.sequence for row in figures[Kpi.ALARMS].rows.ids} & {sequence for _, sequence in shadows}


def test_pages_cut_nothing_and_repeat_nothing(store: SqliteStore, whole: Question) -> None:
    connection, last = store.database.connection, store.journal_head().sequence
    asked = (connection, KINDS, 0, whole.end, last)
    assert list(alarm_rows(*asked, page=7)) == list(alarm_rows(*asked))
    counted = (connection, KINDS, whole.start, whole.end, last)
    assert count_others(*counted, page=13) == count_others(*counted)


def test_a_row_that_came_late_is_named_and_the_changed_bins_are_too(mill: Plant, whole: Question) -> None:
    rows = month(mill, BEGAN, DAYS, seed=11, a_day=15)
    end = whole.end
    in_time = [(now, event) for now, event in rows if now < end]
    late = next(event for _, event in reversed(in_time) if event.kind == "raised" and not event.data["suppressed"])
    kept = [(now, event) for now, event in in_time if event is not late]
    before = open_store(None, site=mill.site, agent=mill.agent, now=0)
    write(before, kept)
    first = report(before, whole)
    write(before, [(end + SETTLED_AFTER + MINUTE, late)])
    reading = read_rows(before.database.connection, whole)
    assert [(each.alarm, each.time) for each in reading.late] == [(late.subject, late.time)]
    assert fingerprint_of(reading.in_time(), whole) == first.fingerprint
    revised = compute(reading.entries, whole, first.fingerprint, reading.unread).revised
    assert [(each.start <= late.time < each.start + 10 * MINUTE, each.now - each.before) for each in revised] == [(True, 1)]
    before.close()


def test_more_rows_than_there_is_room_for_are_refused(store: SqliteStore, whole: Question) -> None:
    with pytest.raises(TooManyRows):
        read_rows(store.database.connection, whole, rows_max=50)


def test_a_quiet_day_has_no_alarms_and_a_day_before_the_first_row_has_no_data(mill: Plant, whole: Question) -> None:
    quiet = open_store(None, site=mill.site, agent=mill.agent, now=0)
    write(quiet, month(mill, BEGAN, 1, seed=3, a_day=5))
    after, before = BEGAN + 9 * DAY, BEGAN - 9 * DAY
    assert report(quiet, replace(whole, start=after, end=after + DAY)).total.figures[Kpi.ALARMS].value == 0
    assert report(quiet, replace(whole, start=before, end=before + DAY)).total.figures[Kpi.ALARMS].value is None
    quiet.close()
