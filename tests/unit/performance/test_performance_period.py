"""Periods as people say them, on the plant's clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.moment import HOUR, from_iso
from edge.performance.period import Period, Unclear, UnclearPeriod, Wish, period_of

ZONE = "Europe/Berlin"
NOW = from_iso("2026-05-04T10:30:00+02:00")


def local(text: str) -> int:
    return from_iso(text + "+02:00")


@pytest.mark.parametrize(
    ("wish", "start", "end"),
    [
        (Wish(day="2026-05-01"), "2026-05-01T00:00", "2026-05-02T00:00"),
        (Wish(week="2026-W18"), "2026-04-27T00:00", "2026-05-04T00:00"),
        (Wish(month="2026-04"), "2026-04-01T00:00", "2026-05-01T00:00"),
        (Wish(begin="2026-04-29", end="2026-04-30"), "2026-04-29T00:00", "2026-05-01T00:00"),
        (Wish(begin="2026-05-01T06:00", end="2026-05-01T14:00"), "2026-05-01T06:00", "2026-05-01T14:00"),
    ],
)
def test_a_period_that_is_over(wish: Wish, start: str, end: str) -> None:
    assert period_of(wish, NOW, ZONE) == Period(local(start), local(end), over=True)


@pytest.mark.parametrize("wish", [Wish(day="2026-05-04"), Wish(month="2026-05"), Wish(begin="2026-05-01")])
def test_what_has_not_happened_yet_is_not_asked_for(wish: Wish) -> None:
    period = period_of(wish, NOW, ZONE)
    assert period.end == NOW
    assert period.over is (wish.begin != "")


def test_without_a_word_it_is_the_last_thirty_days() -> None:
    assert period_of(Wish(), NOW, ZONE) == Period(NOW - 30 * 24 * HOUR, NOW, over=True)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2025-10-26", 25)])
def test_a_day_has_the_hours_it_had(day: str, hours: int) -> None:
    period = period_of(Wish(day=day), NOW, ZONE)
    assert period.end - period.start == hours * HOUR


@pytest.mark.parametrize(
    ("wish", "reason", "option"),
    [
        (Wish(day="yesterday"), Unclear.NOT_A_DAY, "day"),
        (Wish(week="2026-W54"), Unclear.NOT_A_WEEK, "week"),
        (Wish(month="2026-13"), Unclear.NOT_A_MONTH, "month"),
        (Wish(begin="2026-05-01T25:00"), Unclear.NOT_A_MOMENT, "from"),
        (Wish(begin="2026-05-01", end="x"), Unclear.NOT_A_DAY, "to"),
        (Wish(day="9999-12-31"), Unclear.NOT_A_DAY, "day"),
        (Wish(day="2026-05-01", begin="2026-05-01"), Unclear.SEVERAL, "from"),
        (Wish(begin="2026-05-02", end="2026-05-01"), Unclear.ENDS_FIRST, "from"),
        (Wish(begin="2020-01-01"), Unclear.TOO_LONG, "from"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_where(wish: Wish, reason: Unclear, option: str) -> None:
    with pytest.raises(UnclearPeriod) as refused:
        period_of(wish, NOW, ZONE)
    assert (refused.value.reason, refused.value.option) == (reason, option)


@given(
    st.builds(Wish, st.text(max_size=12), st.text(max_size=9), st.text(max_size=8), st.text(max_size=20), st.text(max_size=20))
)
def test_whatever_somebody_writes_it_is_a_period_or_refused(wish: Wish) -> None:
    try:
        period = period_of(wish, NOW, ZONE)
    except UnclearPeriod:
        return
    assert period.start <= period.end <= NOW
