"""Weekly times, minute by minute, also where the clock is put forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import HOUR, MINUTE, Moment, from_iso, to_datetime, to_iso
from rules.schedule import Calendar, DayKind, Schedule, Window

SHANGHAI, BERLIN, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
LORD_HOWE, APIA, ST_JOHNS = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")
EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))
FRIDAY = frozenset({4})


def hm(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def window(days: frozenset[int], start: str, end: str) -> Window:
    return Window(days, hm(start), hm(end))


def at(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> Moment:
    return from_iso(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).isoformat())


def wall(moment: Moment, zone: ZoneInfo) -> datetime:
    return to_datetime(moment).astimezone(zone).replace(tzinfo=None, fold=0)


def minutes(first: Moment, last: Moment) -> range:
    return range(first, last, MINUTE)


def naive_period(day: datetime, each: Window, zone: ZoneInfo) -> tuple[Moment, Moment]:
    """Found by looking at the clock minute by minute: first reading of the start, last one of the end, or the jump over it."""
    begins = day + timedelta(minutes=each.start)
    ends = day + timedelta(minutes=each.end, days=int(each.end <= each.start))

    def near(reading: datetime) -> list[tuple[Moment, datetime]]:
        about = from_iso(reading.replace(tzinfo=UTC).isoformat()) - round(zone.utcoffset(reading).total_seconds()) * 1_000_000
        return [(moment, wall(moment, zone)) for moment in minutes(about - 3 * HOUR, about + 3 * HOUR)]

    first = [moment for moment, shown in near(begins) if shown == begins] or [m for m, shown in near(begins) if shown > begins]
    last = [moment for moment, shown in near(ends) if shown == ends]
    return first[0], last[-1] if last else next(moment for moment, shown in near(ends) if shown > ends)


def test_every_minute_of_a_week_of_night_shifts() -> None:
    nights = Schedule((window(WORKDAYS, "22:00", "06:00"),), SHANGHAI)
    for moment in minutes(at("2026-05-04T00:00"), at("2026-05-11T00:00")):
        shown = wall(moment, SHANGHAI)
        day, minute = shown.weekday(), shown.hour * 60 + shown.minute
        expected = (day <= 4 and minute >= hm("22:00")) or (1 <= day <= 5 and minute < hm("06:00"))
        assert nights.contains(moment) is expected, shown


def test_the_night_of_friday_ends_on_saturday_and_thursday_owns_the_one_before() -> None:
    nights = Schedule((window(FRIDAY, "22:00", "06:00"),), SHANGHAI)
    assert not nights.contains(at("2026-05-08T00:00"))
    assert not nights.contains(at("2026-05-08T05:59"))
    assert nights.contains(at("2026-05-08T22:00"))
    assert nights.contains(at("2026-05-09T00:00"))
    assert nights.contains(at("2026-05-09T05:59:59.999999"))
    assert not nights.contains(at("2026-05-09T06:00"))


def test_start_and_end_alike_are_a_whole_day() -> None:
    fridays = Schedule((window(FRIDAY, "00:00", "00:00"),), SHANGHAI)
    assert [fridays.contains(at(f"2026-05-{day:02}T12:00")) for day in (7, 8, 9)] == [False, True, False]
    assert fridays.next_change(at("2026-05-08T12:00")) == at("2026-05-09T00:00")
    from_six = Schedule((window(FRIDAY, "06:00", "06:00"),), SHANGHAI)
    assert from_six.next_change(at("2026-05-08T12:00")) == at("2026-05-09T06:00")


def test_changes_are_told_one_after_the_other() -> None:
    shifts = Schedule((window(WORKDAYS, "06:00", "14:00"), window(WORKDAYS, "14:00", "22:00")), SHANGHAI)
    moment, told = at("2026-05-07T14:00"), []
    for _ in range(4):
        following = shifts.next_change(moment)
        assert following is not None
        moment = following
        told.append(f"{wall(moment, SHANGHAI):%a %H:%M}")
    assert told == ["Thu 22:00", "Fri 06:00", "Fri 22:00", "Mon 06:00"]


def test_always_and_never_change_never() -> None:
    assert Schedule((window(EVERY_DAY, "06:00", "06:00"),), BERLIN).next_change(at("2026-03-28T12:00")) is None
    nothing = Schedule((), BERLIN)
    assert nothing.next_change(at("2026-03-28T12:00")) is None
    assert not nothing.contains(at("2026-03-28T12:00"))


def test_where_the_clock_is_put_back_the_first_start_and_the_last_end_count() -> None:
    early, late = window(EVERY_DAY, "18:00", "02:30"), window(EVERY_DAY, "02:30", "10:00")
    first, last = at("2026-10-25T02:30", BERLIN), at("2026-10-25T02:30", BERLIN, fold=1)
    assert last - first == HOUR
    assert Schedule((early,), BERLIN).next_change(first) == last
    assert Schedule((late,), BERLIN).next_change(first - 1) == first
    assert Schedule((late,), BERLIN).contains(last - MINUTE)
    assert Schedule((early, late), BERLIN).next_change(first) == at("2026-10-25T10:00", BERLIN)


def test_a_time_that_the_clock_jumps_over_is_the_jump() -> None:
    jump = at("2026-03-29T03:00", BERLIN)
    assert Schedule((window(EVERY_DAY, "02:30", "10:00"),), BERLIN).next_change(jump - HOUR) == jump
    assert Schedule((window(EVERY_DAY, "18:00", "02:30"),), BERLIN).next_change(jump - HOUR) == jump
    over = Schedule((window(frozenset({6}), "02:10", "02:50"),), BERLIN)
    assert over.next_change(at("2026-03-28T12:00", BERLIN)) == at("2026-04-05T02:10", BERLIN)
    assert not any(over.contains(moment) for moment in minutes(jump - 2 * HOUR, jump + 2 * HOUR))


def test_a_day_that_there_was_not_has_no_windows() -> None:
    days = Schedule((window(EVERY_DAY, "08:00", "16:00"),), APIA)
    assert days.next_change(at("2011-12-29T16:00", APIA)) == at("2011-12-31T08:00", APIA)


def test_a_clock_put_back_over_midnight_shows_a_day_twice() -> None:
    # At 00:01 on Sunday it was put back to 23:01 on Saturday.
    sundays = Schedule((window(frozenset({6}), "00:00", "12:00"),), ST_JOHNS)
    begin = from_iso("2010-11-07T02:30:00Z")
    assert wall(begin, ST_JOHNS).isoformat() == "2010-11-07T00:00:00"
    assert wall(begin + 5 * MINUTE, ST_JOHNS).isoformat() == "2010-11-06T23:05:00"
    assert sundays.next_change(begin - HOUR) == begin
    assert sundays.contains(begin + 5 * MINUTE)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (BERLIN, "2026-03-29"),
        (BERLIN, "2026-10-25"),
        (NEW_YORK, "2026-11-01"),
        (LORD_HOWE, "2026-04-05"),
        (LORD_HOWE, "2026-10-04"),
    ],
)
def test_every_minute_around_a_change_of_the_clock_is_as_the_clock_on_the_wall_says(zone: ZoneInfo, day: str) -> None:
    noon = at(f"{day}T12:00", zone)
    midnight = datetime.fromisoformat(f"{day}T00:00")
    for start, end in (
        ("01:30", "02:15"),
        ("02:00", "03:00"),
        ("02:15", "02:45"),
        ("22:00", "02:15"),
        ("02:15", "02:15"),
        ("00:00", "00:00"),
    ):
        each = window(frozenset({midnight.weekday()}), start, end)
        begin, finish = naive_period(midnight, each, zone)
        schedule = Schedule((each,), zone)
        assert [schedule.contains(m) for m in minutes(noon - 14 * HOUR, noon + 6 * HOUR)] == [
            begin <= m < finish for m in minutes(noon - 14 * HOUR, noon + 6 * HOUR)
        ], (start, end)


@settings(max_examples=150)
@given(
    st.lists(
        st.builds(
            Window,
            st.frozensets(st.integers(0, 6), min_size=1),
            st.integers(0, 95).map(lambda n: n * 15),
            st.integers(0, 95).map(lambda n: n * 15),
        ),
        max_size=3,
    ),
    st.sampled_from((SHANGHAI, BERLIN, NEW_YORK, LORD_HOWE)),
    st.sampled_from(("2026-03-25", "2026-04-01", "2026-09-30", "2026-10-23", "2026-10-30")),
    st.integers(0, 4 * 24 * 60),
)
def test_it_changes_exactly_when_it_says(windows: list[Window], zone: ZoneInfo, day: str, minute: int) -> None:
    schedule = Schedule(tuple(windows), zone)
    moment = at(f"{day}T00:00", zone) + minute * MINUTE
    following = schedule.next_change(moment)
    end = at(f"{day}T00:00", zone) + 20 * 24 * HOUR if following is None else following
    here = schedule.contains(moment)
    assert all(schedule.contains(each) is here for each in range(moment, end, 97 * MINUTE)), to_iso(moment)
    if following is not None:
        assert following > moment
        assert schedule.contains(following - 1) is here
        assert schedule.contains(following) is not here


# --- the calendar ---------------------------------------------------------------------------------------------------

GOLDEN_WEEK = Calendar(frozenset(date(2026, 10, day) for day in range(1, 8)), frozenset({date(2026, 10, 10)}))


def test_workdays_are_those_of_the_calendar() -> None:
    office = Schedule((Window(frozenset(), 8 * 60, 17 * 60, frozenset({DayKind.WORKDAY})),), SHANGHAI, GOLDEN_WEEK)
    moment, begun = at("2026-09-30T12:00"), []
    for _ in range(8):
        following = office.next_change(moment)
        assert following is not None
        moment = following
        begun.append(f"{wall(moment, SHANGHAI):%d %H}")
    assert begun == ["30 17", "08 08", "08 17", "09 08", "09 17", "10 08", "10 17", "12 08"]


def test_a_holiday_that_is_months_away_is_waited_for_and_after_the_last_one_none_is() -> None:
    guard = Schedule((Window(frozenset(), 0, 0, frozenset({DayKind.HOLIDAY})),), SHANGHAI, GOLDEN_WEEK)
    assert guard.next_change(at("2026-05-04T12:00")) == at("2026-10-01T00:00")
    assert guard.next_change(at("2026-10-03T12:00")) == at("2026-10-08T00:00")
    assert guard.next_change(at("2026-10-08T00:00")) is None


def test_what_only_a_holiday_interrupts_ends_with_it() -> None:
    """All workdays and all days off are every day; without days off it ends on Friday."""
    whole = frozenset({DayKind.WORKDAY, DayKind.DAY_OFF})
    assert Schedule((Window(frozenset(), 0, 0, whole),), SHANGHAI, GOLDEN_WEEK).next_change(at("2026-05-04T12:00")) is None
    but_weekly = Window(frozenset({5, 6}), 0, 0, frozenset({DayKind.WORKDAY}))
    assert Schedule((but_weekly,), SHANGHAI, GOLDEN_WEEK).next_change(at("2026-05-04T12:00")) == at("2026-10-01T00:00")


@settings(max_examples=300, deadline=None)
@given(
    st.sets(st.integers(0, 40), max_size=8),
    st.sets(st.integers(0, 40), max_size=4),
    st.sets(st.sampled_from(list(DayKind)), min_size=1),
    st.integers(0, 41 * 24 - 1),
)
def test_hour_by_hour_the_calendar_says_which_days_count(
    holidays: set[int], extra: set[int], kinds: set[DayKind], hour: int
) -> None:
    first = date(2026, 9, 1)
    calendar = Calendar(*(frozenset(first + timedelta(days=day) for day in days) for days in (holidays, extra)))
    times = Schedule((Window(frozenset(), 0, 0, frozenset(kinds)),), SHANGHAI, calendar)

    def counts(day: int) -> bool:
        works = day not in holidays and (day in extra or (first + timedelta(days=day)).weekday() < 5)
        named = {DayKind.WORKDAY} if works else {DayKind.DAY_OFF}
        return bool(kinds & (named | ({DayKind.HOLIDAY} if day in holidays else set())))

    begin = at("2026-09-01T00:00")
    assert times.contains(begin + hour * HOUR) is counts(hour // 24)
    turns = [day for day in range(hour // 24 + 1, 60) if counts(day) != counts(day - 1)]
    assert times.next_change(begin + hour * HOUR) == (begin + turns[0] * 24 * HOUR if turns else None)
