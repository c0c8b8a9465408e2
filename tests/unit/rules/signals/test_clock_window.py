"""Windows on the plant's clock, also when it is changed; beside a twin that looks at the clock minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span, from_iso, to_datetime
from rules.signals.aggregate import Aggregate
from rules.signals.clock_window import ClockWindows, PlantClock
from rules.signals.raw import Raw, Side
from rules.signals.tumbling_repeat import TumblingRepeat, TumblingRepeatBank
from rules.signals.tumbling_window import TumblingWindow, TumblingWindowBank
from tests.unit.rules.signals.over_time import NOTHING, OneSignal

DAY = 24 * HOUR
SHANGHAI, BERLIN, APIA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")
LORD_HOWE, BEIRUT, HAVANA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Beirut"), ZoneInfo("America/Havana")

#: A week each: plain; put forward and back at night, by half an hour, at midnight; put forward by a whole day.
WEEKS = [
    (SHANGHAI, "2026-05-04"),
    (BERLIN, "2026-03-25"),
    (BERLIN, "2026-10-21"),
    (LORD_HOWE, "2026-04-01"),
    (LORD_HOWE, "2026-10-01"),
    (BEIRUT, "2026-03-25"),
    (BEIRUT, "2026-10-21"),
    (HAVANA, "2026-10-28"),
    (HAVANA, "2026-03-04"),
    (APIA, "2011-12-27"),
]
LENGTHS = [MINUTE, 10 * MINUTE, 15 * MINUTE, 40 * MINUTE, 45 * MINUTE, HOUR, 80 * MINUTE, 90 * MINUTE, 2 * HOUR, 8 * HOUR, DAY]


def at(text: str, zone: tzinfo = BERLIN, fold: int = 0) -> Moment:
    return from_iso(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).isoformat())


def shown(moment: Moment, zone: tzinfo) -> datetime:
    return to_datetime(moment).astimezone(zone)


def windows(length: Span, zone: tzinfo, first: Moment, last: Moment) -> list[tuple[Moment, Moment]]:
    clock, found = PlantClock(length, 0, zone), []
    while first < last:
        start, end = clock.window(first)
        found.append((start, end))
        first = end
    return found


@cache
def readings(zone: tzinfo, week: str) -> list[tuple[Moment, int, timedelta | None]]:
    """Each minute of six days: what the clock shows, in minutes since a Monday, and how far it is ahead of UTC."""
    first, monday = from_iso(f"{week}T00:00:00+00:00"), datetime(1970, 1, 5)
    local = [shown(moment, zone) for moment in range(first, first + 6 * DAY, MINUTE)]
    since = [(each.replace(tzinfo=None) - monday) // timedelta(minutes=1) for each in local]
    return [(first + number * MINUTE, since[number], each.utcoffset()) for number, each in enumerate(local)]


@cache
def naive_starts(zone: tzinfo, week: str, length: Span) -> list[Moment]:
    starts = []
    (_, minute, ahead), *others = readings(zone, week)
    before = highest = minute // (length // MINUTE)
    for moment, minute, offset in others:
        piece = minute // (length // MINUTE)
        if ((piece, offset) != (before, ahead)) if length <= HOUR else piece > highest:
            starts.append(moment)
        before, ahead, highest = piece, offset, max(highest, piece)
    return starts


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(WEEKS), st.sampled_from(LENGTHS), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_window_is_where_who_looks_at_the_clock_each_minute_sees_it(
    week: tuple[tzinfo, str], length: Span, where: float, part: float
) -> None:
    """At its beginning, somewhere within, and just before its end."""
    starts = naive_starts(*week, length)
    number = int(where * (len(starts) - 2))
    start, end = starts[number], starts[number + 1]
    clock = PlantClock(length, 0, week[0])
    for moment in (start, start + int(part * (end - start - 1)), end - 1):
        assert clock.window(moment) == (start, end)


@settings(max_examples=300, deadline=None)
@example(BERLIN, HOUR, at("2026-10-25T02:30", fold=1))
@given(
    st.sampled_from([zone for zone, _ in WEEKS]),
    st.sampled_from([SECOND, *LENGTHS, 7 * DAY, 31 * DAY]),
    st.integers(0, 60 * 365),
)
def test_windows_follow_each_other_without_a_gap(zone: tzinfo, length: Span, days: int) -> None:
    clock, moment = PlantClock(length, 0, zone), days * DAY
    start, end = clock.window(moment)
    assert start <= moment < end <= start + clock.longest
    assert clock.window(start) == clock.window(end - 1) == (start, end)
    assert clock.window(end)[0] == end
    assert clock.window(start - 1)[1] == start


def test_a_day_begins_at_midnight_in_the_plant_and_three_shifts_are_a_day() -> None:
    assert PlantClock(DAY, 0, SHANGHAI).window(at("2026-05-04T23:59", SHANGHAI)) == (
        at("2026-05-04T00:00", SHANGHAI),
        at("2026-05-05T00:00", SHANGHAI),
    )
    found = windows(8 * HOUR, BERLIN, at("2026-10-24T12:00"), at("2026-10-26T00:00"))
    assert [f"{shown(start, BERLIN):%d %H:%M}" for start, _ in found] == [
        "24 08:00",
        "24 16:00",
        "25 00:00",
        "25 08:00",
        "25 16:00",
    ]
    assert [(end - start) // HOUR for start, end in found] == [8, 8, 9, 8, 8]


def test_weeks_begin_on_mondays() -> None:
    start, end = PlantClock(7 * DAY, 0, SHANGHAI).window(at("2026-05-07T12:00", SHANGHAI))
    assert (start, end) == (at("2026-05-04T00:00", SHANGHAI), at("2026-05-11T00:00", SHANGHAI))


def test_the_hour_that_comes_twice_has_its_quarters_twice() -> None:
    found = windows(15 * MINUTE, BERLIN, at("2026-10-25T02:00"), at("2026-10-25T03:00"))
    assert [end - start for start, end in found] == [15 * MINUTE] * 8


def test_what_comes_when_the_clock_shows_an_hour_again_is_in_the_window_that_has_begun() -> None:
    """Of 80 minutes, one begins at 2:40, twenty minutes before the clock is put back to 2:00."""
    window = PlantClock(80 * MINUTE, 0, BERLIN).window(at("2026-10-25T02:20", fold=1))
    assert window == (at("2026-10-25T02:40"), at("2026-10-25T04:00"))


def test_a_window_of_up_to_an_hour_ends_where_the_clock_is_changed_and_another_begins() -> None:
    found = windows(40 * MINUTE, BERLIN, at("2026-10-25T02:00"), at("2026-10-25T03:20"))
    assert [(end - start) // MINUTE for start, end in found] == [40, 20, 40, 40]


def test_a_short_window_after_the_change_begins_with_it() -> None:
    """On Lord Howe the clock is put back from 2:00 to 1:30, in the middle of what it shows from 1:20 on."""
    window = PlantClock(40 * MINUTE, 0, LORD_HOWE).window(at("2026-04-05T01:35", LORD_HOWE, 1))
    assert window == (at("2026-04-05T01:30", LORD_HOWE, 1), at("2026-04-05T02:00", LORD_HOWE, 1))


def test_a_day_without_a_midnight_begins_when_the_clock_has_jumped_over_it() -> None:
    start, end = PlantClock(DAY, 0, BEIRUT).window(at("2026-03-29T12:00", BEIRUT))
    assert (f"{shown(start, BEIRUT):%H:%M}", end - start) == ("01:00", 23 * HOUR)


@pytest.mark.parametrize("moment", [-1, -400 * DAY, 1 << 61])
def test_dates_that_no_calendar_has_are_in_a_window_too(moment: Moment) -> None:
    start, end = PlantClock(HOUR, 0, BERLIN).window(moment)
    assert start <= moment < end


def test_windows_of_several_clocks_are_asked_for_at_once() -> None:
    clocks = ClockWindows([PlantClock(DAY, 0, SHANGHAI), PlantClock(DAY, 0, BERLIN), PlantClock(DAY, 0, SHANGHAI)])
    moments = np.array([at("2026-05-04T01:00", SHANGHAI)] * 3 + [at("2026-05-05T01:00", SHANGHAI)])
    start, end = clocks.around(np.array([0, 1, 2, 0]), moments)
    assert start.tolist() == [
        at("2026-05-04T00:00", SHANGHAI),
        at("2026-05-03T00:00", BERLIN),
        at("2026-05-04T00:00", SHANGHAI),
        at("2026-05-05T00:00", SHANGHAI),
    ]
    assert clocks.start_before(np.array([0, 1, 2, 0]), end).tolist() == start.tolist()


@pytest.mark.parametrize(("week", "night"), [("2026-03-28", 7), ("2026-10-24", 9)])
def test_a_night_shift_has_all_its_samples_also_when_the_clock_is_changed(week: str, night: int) -> None:
    """One sample in five minutes, dated behind the edges of windows; each shift tells how many it had."""
    shift = TumblingWindow(tag="E1.power", aggregate=Aggregate.COUNT, span=8 * HOUR, coverage=1.0, zone=BERLIN)
    signal = OneSignal(TumblingWindowBank, shift)
    first = at(f"{week}T00:00")
    told = [signal.hear(1.0, at=first + number * 5 * MINUTE) for number in range(6 * 96)]
    assert [count for count in told if count != NOTHING] == [96.0, 96.0, 96.0, 12.0 * night, 96.0, 96.0][
        : len(told) - told.count(NOTHING)
    ]
    assert signal.facts["coverage"] == 1.0
    signal.restart()


def test_a_shift_is_evaluable_by_its_own_length() -> None:
    """Nine hours, of which five and a half are covered: more than 0.6 of eight, less than that of nine would need less."""
    shift = TumblingWindow(tag="E1.power", aggregate=Aggregate.MEAN, span=8 * HOUR, coverage=0.6, zone=BERLIN)
    end = at("2026-10-25T08:00")
    for covered, known in ((5.39, False), (5.41, True)):
        signal = OneSignal(TumblingWindowBank, shift)
        signal.hear(1.0, at=end - round(covered * HOUR))
        assert (signal.wake() is not None) is known
        signal.restart()


def test_beginnings_are_counted_by_the_day_of_the_plant() -> None:
    starts = TumblingRepeat(tag="P1.run", raw=Raw(Side.EQUAL, 1.0), within=DAY, count=2, coverage=0.0, zone=SHANGHAI)
    signal = OneSignal(TumblingRepeatBank, starts)
    signal.hear(0.0, at=at("2026-05-04T23:00", SHANGHAI))
    assert signal.hear(1.0, at=at("2026-05-04T23:59", SHANGHAI)) == 1.0
    signal.hear(0.0, at=at("2026-05-05T00:00", SHANGHAI))
    assert signal.facts == {"beginnings": 0, "before": 1}
    assert signal.hear(1.0, at=at("2026-05-05T00:01", SHANGHAI)) == 1.0
    assert signal.due == at("2026-05-06T00:00", SHANGHAI)


def test_without_a_zone_windows_are_those_of_utc() -> None:
    signal = TumblingWindow(tag="E1.power", aggregate=Aggregate.MEAN, span=DAY)
    assert signal.clock.zone is UTC
