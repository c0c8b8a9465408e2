"""What the collaboration cloud counts, as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from edge.console.plant_time import PlantTime
from edge.console.quota_view import QuotaLine, quota_lines
from edge.console.words import Words

TIME = PlantTime("Asia/Shanghai", "2026-05-04T00:00:00Z")


def row(**changes: Any) -> dict[str, Any]:
    usual = {"channel": "dingtalk", "kind": "api", "per": "month", "used": 1_234, "limit": 5_000, "left": 3_766}
    return usual | {"reserved": 500, "a_day": 61.7, "ends": None, "refused_until": None} | changes


def lines(*rows: dict[str, Any], language: str = "en") -> list[QuotaLine]:
    return quota_lines(rows, Words(language), TIME)


def test_a_quota_that_lasts_is_told_calmly() -> None:
    assert lines(row()) == [
        QuotaLine("DingTalk API calls this month: 1,234 of 5,000 · 62 a day, lasts to the month's end", False)
    ]
    assert lines(row(), language="zh") == [QuotaLine("钉钉本月 API 调用：1,234 / 5,000 · 日均 62，够用到月底", False)]


def test_one_that_ends_early_says_on_which_day_of_the_plant_and_asks_for_somebody() -> None:
    (line,) = lines(row(ends="2026-05-19T17:00:00Z"))
    assert line == QuotaLine("DingTalk API calls this month: 1,234 of 5,000 · at 62 a day used up on 2026-05-20", True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"refused_until": "2026-05-04T01:00:00Z"}, "spent, says the cloud"),
        ({"kind": "sms", "per": "day", "limit": 50, "refused_until": "2026-05-04T01:00:00Z"}, "the balance is empty"),
    ],
)
def test_what_the_cloud_refuses_says_so(change: dict[str, Any], told: str) -> None:
    (line,) = lines(row(**change))
    assert (told in line.text, line.asks) == (True, True)


def test_little_left_asks_for_somebody_though_it_lasts() -> None:
    (line,) = lines(row(used=4_600, left=400))
    assert line.asks


def test_what_is_used_up_is_no_forecast() -> None:
    (line,) = lines(row(used=93, limit=60, left=0, ends="2026-05-04T00:00:00Z"))
    assert line.asks
    assert "used up; critical alarms are still told" in line.text
    assert "2026-05-04" not in line.text


def test_telephones_are_shown_once_they_were_used() -> None:
    unused = row(kind="sms", per="day", used=0, limit=50, left=50)
    assert lines(unused) == []
    assert lines(unused | {"used": 3, "left": 47}) == [QuotaLine("DingTalk SMS today: 3 of 50", False)]
