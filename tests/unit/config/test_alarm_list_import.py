"""A list against its plant: what it changes, and what is wrong with it, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.alarm_list.apply import amending, new_reviews, new_texts
from edge.config.alarm_list.changes import Asked, asked_by
from edge.config.alarm_list.columns import ALARM_COLUMNS, COLUMNS
from edge.config.alarm_list.diff import diff_lines
from edge.config.alarm_list.rows import alarm_rows, rule_rows
from edge.config.load import Described, load
from edge.config.reviewed.reviews import Review, review_of
from edge.config.sheets.csv_file import csv_bytes, read_csv
from edge.config.sheets.grid import Sheet, Value
from edge.config.sheets.problems import problem_lines
from edge.config.sheets.table import table, table_of_texts
from edge.config.sheets.xlsx_file import read_xlsx, xlsx_bytes
from edge.config.text.finding import Findings
from edge.model.errors import Problem
from tests.unit.config.folders import BOILER_HOUSE, ROOT, boiler_house, check
from tests.unit.config.test_libraries import USES, with_library

TODAY = date(2026, 11, 21)
HEADINGS = [column.name for column in COLUMNS]
FIRST = dict.fromkeys(HEADINGS, "") | {
    "rule": "steam_high",
    "for": "boiler",
    "kind": "high",
    "tag": "steam_pressure",
    "unit": "bar",
    "name_zh": "蒸汽压力高",
    "name_en": "steam pressure high",
    "limit": "{steam_high}",
    "deadband": "0.2",
    "on_delay": "10s",
    "priority": "medium",
    "action_zh": "减小燃烧。",
    "action_en": "Fire less.",
}


@cache
def described(plant: Path) -> Described:
    """What is written in a plant that no test changes."""
    return check(plant).described


@dataclass
class Import:
    """A list taken into a plant, without writing it."""

    plant: Path
    asked: Asked
    problems: list[Problem]

    @property
    def errors(self) -> list[str]:
        return list(problem_lines(self.problems, "a.csv", self.asked.columns, "en"))

    def text(self, name: str = "rules/boilers.yaml") -> str:
        files = {file: (self.plant / file).read_bytes() for file in self.asked.files(described(self.plant))}
        return new_texts(self.asked, described(self.plant), files)[name].decode()


def take(plant: Path, sheets: Sequence[Sheet], reviews: dict[str, Review] | None = None) -> Import:
    findings = Findings()
    asked = asked_by(sheets, "a.csv", described(plant), reviews or {}, findings, today=TODAY)
    after = load(plant, DRIVERS, CHANNELS, amend=amending(asked))
    return Import(plant, asked, findings.problems("en") + [each for each in after.problems if each.severity == "error"])


def take_rows(plant: Path, *rows: dict[str, str], headings: Sequence[str] = HEADINGS) -> Import:
    return take(
        plant, [read_csv(csv_bytes([list(headings), *([row.get(name, "") for name in headings] for row in rows)]), COLUMNS)]
    )


@pytest.mark.parametrize("name", ["cold_rolling_mill", "pv_module_line", "pump_test_bed"])
def test_a_list_that_was_only_read_changes_nothing_in_either_form_or_language(name: str) -> None:
    plant = ROOT / "simulators" / "plants" / name
    found = described(plant)
    rules, alarms = list(rule_rows(found.devices, found.rules, {})), list(alarm_rows(found.rules))
    book = [("alarm list", COLUMNS, table(rules, COLUMNS, "en")), ("alarms", ALARM_COLUMNS, table(alarms, ALARM_COLUMNS, "en"))]
    for sheets in ([read_csv(csv_bytes(table_of_texts(rules, COLUMNS, "zh")), COLUMNS)], read_xlsx(xlsx_bytes(book))):
        findings = Findings()
        asked = asked_by(sheets, "a.xlsx", found, {}, findings, today=TODAY)
        assert findings.problems("en") == []
        assert (asked.changes, asked.reviewed, len(asked.rows)) == ((), (), len(rules))


def test_each_rule_is_a_row_as_it_is_written_and_each_alarm_one_as_it_runs() -> None:
    found = described(BOILER_HOUSE)
    first, *_ = table_of_texts(rule_rows(found.devices, found.rules, {}), COLUMNS, "en")[1:]
    assert dict(zip(HEADINGS, first, strict=True)) == FIRST
    row = next(each for each in alarm_rows(found.rules) if each["alarm"] == "BOILER.1/steam_high")
    assert (row["limit"], row["off_delay"], row["priority"]) == (12, "0 s", "medium")


def test_only_what_changes_is_written_and_comments_stay(tmp_path: Path) -> None:
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
    commented = rules.replace("deadband: 0.2", "deadband: 0.2   # as the valve")
    plant = boiler_house(tmp_path, rules__boilers=commented)
    row = FIRST | {"limit": "11.5", "off_delay": "1 分钟", "priority": "高", "cause_zh": "给水少", "cause_en": "feed"}
    taken = take_rows(plant, row | {"name_en": "steam too high"})
    assert taken.errors == []
    assert taken.text() == commented.replace('"{steam_high}"', "11.5").replace("steam pressure high", "steam too high").replace(
        "on_delay: 10s\n    priority: medium\n",
        "on_delay: 10s\n    off_delay: 1min\n    priority: high\n    cause: {zh: 给水少, en: feed}\n",
    )
    assert list(diff_lines(taken.asked, described(plant), {}, "en")) == [
        "steam_high (rules/boilers.yaml:2:3)",
        "  name (en): steam pressure high -> steam too high",
        "  limit: {steam_high} -> 11.5",
        "  off-delay: (none) -> 1min",
        "  priority: medium -> high",
        "  cause (zh): (none) -> 给水少",
        "  cause (en): (none) -> feed",
    ]


def test_an_empty_cell_takes_the_key_away_and_a_missing_column_nothing() -> None:
    taken = take_rows(BOILER_HOUSE, FIRST | {"deadband": "", "action_zh": "", "action_en": ""})
    assert "deadband" not in taken.text()
    assert "guidance" not in taken.text()
    few = take_rows(BOILER_HOUSE, {"rule": "steam_high", "limit": "11"}, headings=["limit", "#ours", "rule"])
    assert few.errors == []
    assert [change.column.name for change in few.asked.changes] == ["limit"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"limit": ""}, 'row 2, column A (rule): error: "steam_high": the key "limit" is missing'),
        ({"limit": "{steam_hihg}"}, 'row 2, column H (limit): error: the type boiler has no parameter "steam_hihg", did you'),
        ({"deadband": "-1"}, 'row 2, column K (deadband): error: "deadband" must be at least 0, is -1'),
        ({"on_delay": "25h"}, 'row 2, column L (on-delay): error: "on_delay" must be 0 s to 24 h, is 25 h'),
        ({"on_delay": "10"}, "row 2, column L (on-delay): error: a time needs its unit: write 10s if seconds are meant"),
        ({"priority": "urgent"}, 'row 2, column O (priority): error: "priority" must be one of critical, high, medium'),
        ({"priority": ""}, 'row 2, column A (rule): error: "steam_high" needs a priority'),
        ({"cause_zh": "给水"}, 'row 2, column R (cause (zh)): error: "cause": the key "en" is missing'),
        ({"value": "true"}, 'row 2, column I (value): error: "value" has no meaning for a rule of kind high'),
        ({"kind": "low"}, 'row 2, column C (kind): error: this column is only shown, and the plant says "high"'),
        ({"rule": "steam_hihg"}, 'row 2, column A (rule): error: there is no rule "steam_hihg", did you mean "steam_high"?'),
        ({"rule": ""}, "row 2, column A (rule): error: this row names no rule"),
        ({"reviewed_by": "PE"}, "row 2, column Z (reviewed on): error: a review has both a name and a day"),
        ({"reviewed_by": "PE", "reviewed_on": "3/4/2026"}, "row 2, column Z (reviewed on): error"),
        ({"reviewed_by": "PE", "reviewed_on": "2026-11-23"}, "row 2, column Z (reviewed on): error: 2026-11-23 is still"),
        ({"name_zh": ""}, 'row 2, column F (name (zh)): error: "words": the key "zh" is missing'),
        ({"name_zh": "", "name_en": "hot"}, 'row 2, column F (name (zh)): error: "words": the key "zh" is missing'),
        ({"action_en": ""}, 'row 2, column W (action (en)): error: "guidance": the key "en" is missing'),
        ({"owner": "a\nb"}, 'row 2, column X (owner): error: "owner" must be one line'),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(row: dict[str, str], said: str) -> None:
    taken = take_rows(BOILER_HOUSE, FIRST | row)
    assert [line.removeprefix("a.csv, ")[: len(said)] for line in taken.errors] == [said]


def test_what_check_finds_about_the_whole_plant_is_found_before_anything_is_written(tmp_path: Path) -> None:
    devices = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
    plant = boiler_house(tmp_path, devices__boilers=devices.replace("stale_after: 10s,", "stale_after: 10s, valid: [0, 20],"))
    assert (
        "row 2, column H (limit): error: steam_pressure is valid from 0 to 20"
        in take_rows(plant, FIRST | {"limit": "25"}).errors[0]
    )


@pytest.mark.parametrize(
    ("headings", "said"),
    [
        (["rule", "limt"], 'row 1, column B: error: unknown heading "limt", did you mean "limit"?'),
        (["rule", "limit", "限值"], 'row 1, column C: error: the heading "限值" is there twice'),
        (["limit"], 'row 1, column A: error: there is no column "rule"'),
        (["alarm", "device"], "row 1, column A: error: this is the list of single alarms"),
        ([], "row 1, column A: error: the list is empty"),
    ],
)
def test_headings_that_nobody_knows_are_said(headings: list[str], said: str) -> None:
    taken = take_rows(BOILER_HOUSE, FIRST, headings=headings)
    assert taken.errors[0].removeprefix("a.csv, ").startswith(said)


def test_cells_below_no_heading_are_not_lost_in_silence() -> None:
    taken = take(BOILER_HOUSE, [read_csv(csv_bytes([["rule", "", ""], ["steam_high", "", "a note"]]), COLUMNS)])
    assert taken.errors == [
        "a.csv, row 1, column C: error: this column has cells and no heading: write one (your own begin with #), or empty it"
    ]


def test_a_rule_is_in_one_row_only() -> None:
    taken = take_rows(BOILER_HOUSE, FIRST, FIRST | {"limit": "11"})
    assert taken.errors == [
        'a.csv, row 3, column A (rule): error: the rule "steam_high" is in row 2 already: delete one of the two rows'
    ]


def test_rules_of_a_library_are_changed_where_the_site_overrides_them(tmp_path: Path) -> None:
    override = "overrides:\n  rules.steam_high.limit: {value: 11, reason: old boiler}\n"
    plant = with_library(tmp_path, USES, override)
    taken = take_rows(plant, FIRST | {"limit": "12", "deadband": "1"})
    assert [line.partition("error: ")[2] for line in taken.errors] == [
        "libraries.yaml overrides this value: change it there, with the reason",
        "this rule comes from the library heat: override it in libraries.yaml (rules.steam_high.deadband, with a reason)",
    ]


def test_a_change_in_the_sheet_that_is_only_shown_is_not_lost_in_silence() -> None:
    found = described(BOILER_HOUSE)
    rows: list[list[Value]] = table(alarm_rows(found.rules), ALARM_COLUMNS, "en")
    limit = rows[0].index("limit")
    at = next(number for number, row in enumerate(rows) if isinstance(row[limit], int))
    rows[at][limit] = 81
    rules = table(rule_rows(found.devices, found.rules, {}), COLUMNS, "en")
    book = xlsx_bytes([("alarm list", COLUMNS, rules), ("alarms", ALARM_COLUMNS, rows)])
    findings = Findings()
    asked_by(read_xlsx(book), "a.xlsx", found, {}, findings, today=TODAY)
    (problem,) = findings.problems("en")
    assert (problem.file, problem.line, problem.column) == ("a.xlsx[alarms]", at + 1, limit + 1)


def test_a_review_in_the_list_is_of_the_values_that_the_list_brings() -> None:
    taken = take_rows(BOILER_HOUSE, FIRST | {"limit": "11", "reviewed_by": "工艺", "reviewed_on": "2026/3/5"})
    after = load(BOILER_HOUSE, DRIVERS, CHANNELS, amend=amending(taken.asked))
    review = new_reviews(taken.asked, after.described, {})["steam_high"]
    assert (review.by, review.on, review.settings["limit"]) == ("工艺", "2026-03-05", "11")


def test_a_review_that_stands_is_no_change_and_an_emptied_one_is_taken_back() -> None:
    reviews = {"steam_high": review_of({}, "PE", "2026-03-05")}
    told = read_csv(csv_bytes([["rule", "reviewed by", "reviewed on"], ["steam_high", "PE", "2026-03-05"]]), COLUMNS)
    assert take(BOILER_HOUSE, [told], reviews).asked.reviewed == ()
    emptied = take(
        BOILER_HOUSE, [read_csv(csv_bytes([["rule", "reviewed by", "reviewed on"], ["steam_high", "", ""]]), COLUMNS)], reviews
    )
    assert new_reviews(emptied.asked, described(BOILER_HOUSE), reviews) == {}
