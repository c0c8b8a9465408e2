"""Lines and their states, times of the week: when rules matter, and what is said when that cannot be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.config.times import schedule
from edge.model.moment import HOUR, MINUTE, SECOND
from rules.definition import Rule, Validity
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, plant_of, said

GATEWAY = (BOILER_HOUSE / "gateway.yaml").read_text(encoding="utf-8")
LOW = """rules:
  steam_low:
    {{for: boiler, tag: steam_pressure, kind: low, limit: 2, {keys}, priority: low, words: {{zh: 低, en: low}}}}
"""
HIGH = """  steam_high:
    {for: boiler, tag: steam_pressure, kind: high, limit: "{steam_high}", priority: low, words: {zh: 高, en: high}}
"""


def ruled(tmp_path: Path, keys: str, gateway: str = GATEWAY) -> Path:
    folder = boiler_house(tmp_path, gateway=gateway, rules__boilers=LOW.format(keys=keys) + HIGH)
    for scenario in (folder / "scenarios").iterdir():
        scenario.unlink()
    return folder


def low_of(folder: Path) -> Rule:
    return next(rule for rule in plant_of(folder).rules if rule.key == "steam_low")


def test_a_line_has_its_states_in_the_order_in_which_they_are_tried_and_the_other_one_last(tmp_path: Path) -> None:
    (line,) = plant_of(boiler_house(tmp_path)).lines
    assert (line.name, line.states) == ("steam", ("firing", "cold"))
    assert line.signal.inputs == ("BOILER.1.steam_pressure",)


def test_a_rule_matters_in_the_states_and_at_the_times_it_names(tmp_path: Path) -> None:
    rule = low_of(ruled(tmp_path, "only_in: [firing], only_at: [Mon-Fri 06:00-22:00], settle: 2min"))
    times = schedule(["Mon-Fri 06:00-22:00"], "Asia/Shanghai")
    assert rule.validity == Validity("steam", ("firing",), times, 2 * MINUTE)


def test_always_is_as_if_nothing_was_said_but_nobody_warns(tmp_path: Path) -> None:
    folder = ruled(tmp_path, "only_in: always")
    assert low_of(folder).validity is None
    assert said(folder) == []
    warned = check(ruled(tmp_path / "b", "deadband: 0"))
    assert [(each.code, each.severity) for each in warned.problems] == [("low_limit_always", "warning")]
    strict = check(ruled(tmp_path / "c", "deadband: 0", GATEWAY + "strict: true\n"))
    assert strict.plant is None


def test_where_no_line_is_nobody_asks_for_its_states(tmp_path: Path) -> None:
    gateway = GATEWAY[: GATEWAY.index("lines:")]
    assert said(ruled(tmp_path, "deadband: 0", gateway)) == []
    (problem,) = check(ruled(tmp_path / "b", "only_in: [firing]", gateway)).problems
    assert (problem.code, problem.line) == ("no_line", 3)


def test_a_line_that_is_wrong_is_said_once_and_not_again_by_each_rule(tmp_path: Path) -> None:
    broken = GATEWAY.replace("otherwise: cold", "otherwize: cold")
    problems = check(ruled(tmp_path, "only_in: [firing]", broken)).problems
    assert {problem.file for problem in problems if problem.severity == "error"} == {"gateway.yaml"}


MONDAY = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Mon-Fri 06:00-22:00", [(0, "06:00"), (4, "21:59")], [(0, "05:59"), (5, "12:00"), (4, "22:00")]),
        ("Sat,Sun 08:00-12:00", [(5, "08:00"), (6, "11:59")], [(4, "10:00"), (6, "12:00")]),
        ("daily 22:00-06:00", [(0, "23:00"), (6, "05:00")], [(0, "12:00")]),
        ("Fri-Mon 0:00-24:00", [(4, "00:00"), (6, "23:59"), (0, "10:00")], [(1, "10:00")]),
        ("monday, wednesday 06:00 - 07:00", [(2, "06:30")], [(1, "06:30")]),
        ("周一至周五 06:00-22:00", [(0, "06:00"), (4, "21:59")], [(5, "12:00")]),
        ("周六、周日 08:00至12:00", [(5, "08:00"), (6, "11:59")], [(4, "10:00")]),
        ("星期五到星期一 0:00-24:00", [(4, "00:00"), (6, "23:59"), (0, "10:00")], [(1, "10:00")]),
        ("周天,星期一06:00-07:00", [(6, "06:30"), (0, "06:30")], [(1, "06:30")]),
        ("每天 22:00-06:00", [(0, "23:00"), (6, "05:00")], [(0, "12:00")]),
        ("工作日 08:00-17:00", [(0, "08:00"), (4, "16:59")], [(5, "12:00"), (0, "07:59")]),
        ("休息日 08:00-17:00", [(5, "08:00"), (6, "16:59")], [(4, "12:00")]),
        ("Mon, days_off 08:00-17:00", [(0, "08:00"), (6, "16:59")], [(4, "12:00")]),
    ],
)
def test_times_of_the_week_are_read_as_people_write_them(
    text: str, inside: list[tuple[int, str]], outside: list[tuple[int, str]]
) -> None:
    times = schedule([text], "Asia/Shanghai")
    for expected, moments in ((True, inside), (False, outside)):
        for day, clock in moments:
            local = MONDAY.replace(day=1 + day, hour=int(clock[:2]), minute=int(clock[3:]))
            assert times.contains(int(local.timestamp()) * SECOND) is expected, (day, clock)


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri",
        "06:00-22:00",
        "Mon-Fri 6-22",
        "Mond-Fri 06:00-22:00",
        "Mon- 06:00-22:00",
        "周八 06:00-22:00",
        "工作日至周日 06:00-22:00",
        "daily 24:00-24:00",
        "daily 23:60-24:00",
    ],
)
def test_what_is_no_time_of_the_week_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = check(ruled(tmp_path, f'only_in: always, only_at: ["{text}"]')).problems
    assert problem.code == "times_form"


CALENDAR = GATEWAY + 'holidays: ["2026-10-01 to 2026-10-07", 2027-01-01]\nextra_workdays: [2026-10-10]\n'


def test_the_calendar_says_what_workdays_and_holidays_are(tmp_path: Path) -> None:
    rule = low_of(ruled(tmp_path, "only_at: [工作日 08:00-17:00, holidays 10:00-12:00]", CALENDAR))
    assert rule.validity is not None and rule.validity.times is not None
    holiday, workday, extra, saturday = (
        int(datetime(2026, 10, day, 11, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * SECOND for day in (2, 8, 10, 17)
    )
    inside = rule.validity.times.contains
    assert [inside(each) for each in (holiday, workday, extra, saturday)] == [True, True, True, False]
    assert [inside(each + 2 * HOUR) for each in (holiday, workday, extra, saturday)] == [False, True, True, False]


def test_holidays_that_nobody_named_would_never_be(tmp_path: Path) -> None:
    (problem,) = check(ruled(tmp_path, "only_at: [节假日 08:00-17:00]")).problems
    assert (problem.code, problem.line) == ("holidays_missing", 3)
    broken = check(ruled(tmp_path / "b", "only_at: [holidays 08:00-17:00]", CALENDAR.replace("2027-01-01", "2027-02-30")))
    assert [(each.code, each.file) for each in broken.problems] == [("days_form", "gateway.yaml")]


@pytest.mark.parametrize(
    "text", ["1.10.2026", "2026-10-07 to 2026-10-01", "2026-01-01 to 2026-12-31", "9999-12-31 to 9999-12-32"]
)
def test_what_is_no_day_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = check(ruled(tmp_path, "only_in: always", GATEWAY + f'holidays: ["{text}"]\n')).problems
    assert problem.code == "days_form"
