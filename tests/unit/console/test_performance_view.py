"""The page of alarm performance: what is asked, which words stand there, what is drawn. On a report of the mill."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from edge.console.performance_chart import performance_chart
from edge.console.performance_view import (
    ALL,
    PERIODS,
    TILES,
    asked,
    figure_row,
    figures_of,
    flood_row,
    health_text,
    late_rows,
    notes,
    part_rows,
    position_row,
    revised_text,
    section_of,
    sections,
    tiles,
    worst_alarms,
)
from edge.console.plant_time import PlantTime
from edge.console.words import Words
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, MINUTE, from_iso, to_iso
from edge.performance.pages import asked_of, pages_of
from edge.performance.period import Wish
from edge.store.store import open_store
from edge.texts.figures import GROUPS, made_of_text
from rules.kpi import Kpi
from tests.api_gateway import BEARING, T0, load_mill
from tests.unit.performance.mill_month import DAY, month, write

BEGAN = T0 - 8 * HOUR - 12 * DAY
LATE = from_iso("2026-05-02T23:00:00+08:00")
TIME = PlantTime("Asia/Shanghai", "2026-05-04T00:00:00Z")
EN, ZH = Words("en"), Words("zh")
Documents = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> Documents:
    """By figure, all positions together; the overview is `month`, that of one day `day`."""
    mill = load_mill()
    store = open_store(None, site=mill.site, agent=mill.agent, now=0)
    write(store, month(mill, BEGAN, 12, seed=5, a_day=60))
    told = {"occurrence": 9_999, "priority": "high", "suppressed": []}
    write(store, [(T0 - HOUR, Event(Stream.ALARM, "raised", BEARING, LATE, told))])
    found = pages_of(store.database.connection, asked_of(mill, Wish(begin="2026-04-22", end="2026-05-02"), T0))
    day = pages_of(store.database.connection, asked_of(mill, Wish(day="2026-04-30"), T0))
    store.close()
    pages = {figure: json.loads(page) for (position, figure), page in found.items() if position == ALL and figure}
    return {"month": json.loads(found[ALL, ""]), "day": json.loads(day[ALL, ""]), **pages}


def test_every_period_that_can_be_chosen_is_asked_for() -> None:
    wishes = {choice: asked(choice, "2026-04-01", "2026-04-02", TIME) for choice in PERIODS}
    assert wishes == {
        "last_30_days": {},
        "last_7_days": {"begin": "2026-04-28"},
        "today": {"day": "2026-05-04"},
        "yesterday": {"day": "2026-05-03"},
        "this_month": {"month": "2026-05"},
        "last_month": {"month": "2026-04"},
        "custom": {"begin": "2026-04-01", "end": "2026-04-02"},
    }
    assert asked("custom", "2026-04-01", "", TIME) is None


def test_every_figure_is_on_the_page_once() -> None:
    shown = [figure for figures in GROUPS.values() for figure in figures]
    assert sorted(shown) == sorted(Kpi)
    assert set(TILES) <= set(shown)


@pytest.mark.parametrize("words", [EN, ZH])
def test_every_figure_has_its_words_in_both_languages(made: Documents, words: Words) -> None:
    texts = []
    for figure in figures_of(made["month"]["total"]).values():
        texts += [cell.text for cell in figure_row(figure, words)] + [made_of_text(figure, words.language)]
    for kpi in Kpi:
        texts += [text for _, text in part_rows(made[kpi], words)]
    assert all("{" not in text for text in texts)
    if words is ZH:
        plain = re.compile(r"ISA|IEC|EEMUA|Icinga|Kondaveeti|/s")
        assert [text for text in texts if re.search("[A-Za-z]{2,}", plain.sub("", text))] == []


def test_the_tiles_say_value_verdict_and_what_by(made: Documents) -> None:
    shown = {tile.figure: tile for tile in tiles(made["month"]["total"], EN)}
    assert shown["alarms_per_day"].verdict == "acceptable"
    assert shown["alarms_per_day"].judged.startswith("acceptable: target at most 150 per day")
    assert len(shown["alarms_per_day"].bars) == 11
    assert max(shown["alarms_per_day"].bars) == 100
    assert shown["top_10_share"].verdict == "over_limit"
    # What one person can handle says nothing of five positions together.
    assert shown["peak_10_min"].judged == "judged by position"


def test_a_reader_is_told_what_is_left_out_and_what_came_late(made: Documents) -> None:
    report = made["month"]
    assert any("in shadow or commissioning. They count nowhere" in note for note in notes(report, EN))
    assert any("30天" in note for note in notes(report, ZH))
    late = report["late"]
    assert revised_text(report, EN).startswith(f"Late data: {late['rows_total']} rows")
    rows = [[cell.text for cell in row] for row in late_rows(report, EN, TIME)]
    assert ["05-02 23:00:00", "Stand 3 motor bearing hot", "raised", "07:00:00"] in rows
    assert [each["now"] - each["before"] for each in late["revised"] if each["from"] == to_iso(LATE)] == [1]


def test_positions_are_chosen_and_compared(made: Documents) -> None:
    report = made["month"]
    named = sections(report, ZH)
    assert named[ALL] == "全部岗位"
    assert named["person:shift_fitter_a"] == "A班钳工"
    one = section_of(report, "team:maintenance")
    assert one["name"] == "maintenance"
    assert section_of(report, "team:gone") is report["total"]
    assert [cell.text for cell in position_row(one, EN)][:2] == ["maintenance", "Robust"]
    assert "worst" in health_text(report, report["total"], EN)
    assert "worst" not in health_text(report, one, EN)


def test_the_worst_alarms_and_floods_lead_to_their_alarm(made: Documents) -> None:
    report = made["month"]
    worst = worst_alarms(report["total"], report, EN)
    assert len(worst) == 10
    assert [share for _, _, share in worst] == sorted((share for _, _, share in worst), reverse=True)
    assert all(path.startswith("/en/alarms/") for _, path, _ in worst)
    flood = report["total"]["floods"][0]
    assert flood_row(flood, report, EN, TIME)[2].text == str(flood["count"])


def test_days_are_drawn_for_long_periods_and_ten_minutes_for_short_ones(made: Documents) -> None:
    report = made["month"]
    by_day = performance_chart(report, report["total"], EN, report["persons"])
    assert by_day["xAxis"]["data"][0] == "2026-04-22"
    assert sum(bar["value"] for bar in by_day["series"][0]["data"]) == made["alarms"]["value"]
    day = made["day"]
    by_10_min = performance_chart(day, day["total"], EN, day["persons"])
    drawn = by_10_min["series"][0]["data"]
    assert sum(bar["value"][1] for bar in drawn) == figures_of(day["total"])["alarms"]["value"]
    assert all((bar["value"][0] * 1_000 - 5 * MINUTE) % (10 * MINUTE) == 0 for bar in drawn)
    assert by_10_min["series"][0]["markLine"]["data"][0]["label"]["formatter"] == "flood: more than 10"
