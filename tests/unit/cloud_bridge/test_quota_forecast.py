"""On which day a quota ends if the days go on as the last seven did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.forecast import forecast
from edge.model.moment import NEVER, from_iso
from edge.model.quota import Kind, Usage

#: Noon of the tenth day.
NOW = from_iso("2026-06-10T12:00:00+08:00")


def account(by_day: dict[int, int], api: int = 1_000) -> Account:
    usages = [Usage(Kind.API, f"2026-06-{day:02d}", count) for day, count in by_day.items()]
    return Account(Limits(api=api), "Asia/Shanghai").counted(usages)


def test_it_is_the_pace_of_the_last_seven_days() -> None:
    # 650 within six days and a half: 100 a day. 350 are left: three days and a half.
    told = forecast(account(dict.fromkeys(range(4, 10), 100) | {10: 50}), Kind.API, NOW)
    assert (told.spent, told.limit, told.a_day) == (650, 1_000, 100.0)
    assert told.ends == from_iso("2026-06-14T00:00:00+08:00")


def test_what_is_older_counts_as_spent_and_not_for_the_pace() -> None:
    told = forecast(account({1: 300, 4: 65}), Kind.API, NOW)
    assert (told.spent, told.a_day, told.ends) == (365, 10.0, None)


def test_the_last_days_of_the_month_before_set_the_pace_of_the_first() -> None:
    before = account({}).counted([Usage(Kind.API, "2026-05-31", 400)])
    told = forecast(before, Kind.API, from_iso("2026-06-01T00:00:00+08:00"))
    assert (told.spent, told.a_day) == (0, 400.0)
    assert told.ends == from_iso("2026-06-03T12:00:00+08:00")


@pytest.mark.parametrize("used", [1_000, 1_007])
def test_what_is_spent_has_ended(used: int) -> None:
    assert forecast(account({10: used}), Kind.API, NOW).ends == NOW


def test_without_use_it_lasts() -> None:
    assert forecast(account({}), Kind.API, NOW).ends is None


def test_one_hour_of_a_new_plant_is_no_forecast_for_the_day() -> None:
    told = forecast(account({10: 40}), Kind.API, from_iso("2026-06-10T01:00:00+08:00"))
    assert told.a_day == 40.0


by_days = st.dictionaries(st.integers(1, 10), st.integers(0, 500))


@given(by_days, st.integers(0, 500))
def test_the_more_is_used_today_the_sooner_it_ends(by_day: dict[int, int], more: int) -> None:
    less, fuller = account(by_day), account(by_day | {10: by_day.get(10, 0) + more})
    assert (forecast(fuller, Kind.API, NOW).ends or NEVER) <= (forecast(less, Kind.API, NOW).ends or NEVER)


@given(by_days, st.integers(0, 3_000), st.integers(0, 1_000))
def test_the_smaller_the_quota_the_sooner_it_ends(by_day: dict[int, int], api: int, less: int) -> None:
    large = account(by_day, api)
    small = replace(large, limits=Limits(api=max(0, api - less)))
    assert (forecast(small, Kind.API, NOW).ends or NEVER) <= (forecast(large, Kind.API, NOW).ends or NEVER)
