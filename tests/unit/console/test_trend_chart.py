"""What a trend draws: values, limits, delays and gaps, at the plant's local time."""

from __future__ import annotations

from typing import Any

import pytest

from edge.console.plant_time import PlantTime
from edge.console.rule_words import rule_facts, trend_marks
from edge.console.trend_chart import Limit, Marks, Moment, trend_option
from edge.console.words import Words
from edge.texts import LANGUAGES
from rules.definition import COMPARISON_OF, Comparison, Kind

EN, ZH = Words("en"), Words("zh")
TIME = PlantTime("Asia/Shanghai", "2026-05-04T00:10:00.000000Z")
#: 08:00 in the plant, as the axis has it.
EIGHT = 1_777_881_600_000


def minute(number: int) -> str:
    return f"2026-05-04T00:{number:02}:00.000000Z"


def bucket(number: int, low: float, high: float, last: float) -> dict[str, Any]:
    return {"t": minute(number), "min": low, "max": high, "first": low, "last": last, "count": 2, "quality": "good"}


TREND: dict[str, Any] = {
    "tag": "CRM.ST3.MOTOR.de_temp",
    "unit": "°C",
    "from": minute(0),
    "to": minute(10),
    "bucket_s": 60.0,
    "buckets": [bucket(1, 60.0, 62.0, 61.0), bucket(2, 61.0, 65.0, 64.0), bucket(6, 81.0, 84.0, 83.0)],
    "gaps": [{"from": minute(3), "to": minute(5), "reason": "sensor_fault"}],
    "texts": [],
}
ALARM: dict[str, Any] = {
    "unit": "°C",
    "states": [],
    "derived": None,
    "kind": "high",
    "compare": "high",
    "limit": 80.0,
    "values": [],
    "rule": {
        "kind": "high",
        "compare": "high",
        "limit": 80.0,
        "values": [],
        "deadband": 3.0,
        "on_delay_s": 30.0,
        "off_delay_s": 60.0,
        "stale_after_s": None,
        "latching": False,
        "ack_required": True,
        "confirm": False,
        "safety": False,
    },
    "began": "2026-05-04T00:05:30.000000Z",
    "raised": minute(6),
    "acknowledged_at": minute(7),
    "coming_at": minute(7),
    "returned": None,
}


def series(option: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in option["series"] if one["name"] == name)
    return found


NOTHING_BESIDE = Marks()


def drawn(marks: Marks = NOTHING_BESIDE, states: dict[float, str] | None = None, **changes: Any) -> dict[str, Any]:
    return trend_option(TREND | changes, marks, states or {}, EN, TIME)


def test_the_axis_shows_the_plants_clock_and_the_unit() -> None:
    option = drawn()
    assert (option["xAxis"]["min"], option["xAxis"]["max"], option["useUTC"]) == (EIGHT, EIGHT + 600_000, True)
    assert option["yAxis"]["name"] == "°C"


def test_the_band_goes_from_least_to_greatest_and_the_line_through_the_last() -> None:
    option = drawn(gaps=[])
    assert series(option, "low")["data"][0] == [EIGHT + 60_000, 60.0]
    assert series(option, "spread")["data"][1] == [EIGHT + 120_000, 4.0]
    assert [value for _, value in series(option, "value")["data"]] == [61.0, 64.0, 83.0, 83.0]


def test_nothing_is_drawn_across_a_gap_and_it_says_why() -> None:
    option = drawn()
    assert series(option, "value")["data"][2:] == [
        [EIGHT + 180_000, 64.0],
        [EIGHT + 180_000, None],
        [EIGHT + 300_000, None],
        [EIGHT + 360_000, 83.0],
        [EIGHT + 600_000, 83.0],
    ]
    area = series(option, "value")["markArea"]["data"][0]
    assert (area[0]["xAxis"], area[1]["xAxis"]) == (EIGHT + 180_000, EIGHT + 300_000)
    assert area[0]["label"]["formatter"] == "sensor fault"


def test_a_value_holds_until_something_else_is_known() -> None:
    stale = [{"from": minute(8), "to": minute(10), "reason": "stale"}]
    assert series(drawn(buckets=[bucket(6, 83.0, 83.0, 83.0)], gaps=stale), "value")["data"] == [
        [EIGHT + 360_000, 83.0],
        [EIGHT + 480_000, 83.0],
        [EIGHT + 480_000, None],
        [EIGHT + 600_000, None],
    ]


def test_limit_deadband_delay_and_moments_of_an_alarm_are_drawn() -> None:
    value = series(drawn(trend_marks(ALARM, EN), gaps=[]), "value")
    limit, *moments = value["markLine"]["data"]
    assert (limit["yAxis"], limit["label"]["formatter"]) == (80.0, "Limit ≥ 80 °C")
    assert [(one["xAxis"] - EIGHT, one["label"]["formatter"]) for one in moments] == [
        (330_000, "Began"),
        (360_000, "Raised"),
        (420_000, "On the way"),
    ]
    deadband, delay = value["markArea"]["data"]
    assert (deadband[0]["yAxis"], deadband[1]["yAxis"]) == (80.0, 77.0)
    assert (delay[0]["xAxis"] - EIGHT, delay[1]["xAxis"] - EIGHT) == (330_000, 360_000)
    assert delay[0]["label"]["formatter"] == "Delay 30 s"


def test_the_delay_is_named_above_the_chart_and_over_the_moments_where_no_curve_goes() -> None:
    option = drawn(trend_marks(ALARM, EN), gaps=[])
    delay = series(option, "value")["markArea"]["data"][-1][0]["label"]
    moments = [one["label"]["distance"][1] for one in series(option, "value")["markLine"]["data"][1:]]
    assert delay["position"] == "top"
    assert max(moments) < delay["distance"] < option["grid"]["top"]


@pytest.mark.parametrize(
    ("first", "last", "position"), [(9, 10, "insideBottomRight"), (0, 1, "insideBottomLeft"), (3, 5, "insideBottom")]
)
def test_the_name_of_a_gap_near_an_end_stays_inside(first: int, last: int, position: str) -> None:
    gaps = [{"from": minute(first), "to": minute(last), "reason": "sensor_fault"}]
    assert series(drawn(gaps=gaps), "value")["markArea"]["data"][0][0]["label"]["position"] == position


def test_a_low_limit_has_its_deadband_above() -> None:
    low = ALARM | {"kind": "low", "compare": "low", "rule": ALARM["rule"] | {"kind": "low", "compare": "low"}}
    (limit,) = trend_marks(low, ZH).limits
    assert (limit.release, limit.text) == (83.0, "限值 ≤ 80 °C")


def test_a_moment_outside_the_window_is_not_drawn_and_one_at_its_end_stays_inside() -> None:
    marks = Marks(moments=[Moment("2026-05-03T23:59:59.000000Z", "before"), Moment(minute(10), "at the end")])
    (line,) = series(drawn(marks, gaps=[]), "value")["markLine"]["data"]
    assert (line["label"]["formatter"], line["label"]["align"]) == ("at the end", "right")


def test_the_value_axis_has_room_for_limits_that_no_value_reaches() -> None:
    axis = drawn(Marks([Limit(120.0, "limit")]))["yAxis"]
    assert axis["min"] < 60.0
    assert axis["max"] > 120.0


@pytest.mark.parametrize("buckets", [[], [bucket(1, 5.0, 5.0, 5.0)], [bucket(1, 0.0, 0.0, 0.0)]])
def test_an_axis_is_never_empty(buckets: list[dict[str, Any]]) -> None:
    axis = drawn(buckets=buckets)["yAxis"]
    assert axis["min"] < axis["max"]


def test_states_are_steps_and_their_names_stand_at_the_axis_as_text() -> None:
    option = drawn(states={0.0: "stopped", 1.0: '"]; alert(1); ["'})
    assert series(option, "value")["step"] == "end"
    assert '\\"]; alert(1); [\\"' in option["yAxis"]["axisLabel"][":formatter"]


def test_the_tooltip_is_drawn_as_text() -> None:
    assert drawn()["tooltip"]["renderMode"] == "richText"


def test_a_rule_in_words() -> None:
    assert rule_facts(ALARM, ZH) == {
        "begins": "≥ 80 °C，持续 30 秒",
        "ends": "< 77 °C，持续 1 分钟",
        "deadband": "3 °C",
        "latching": "",
        "acknowledgement": "",
        "confirmation": "",
        "safety": "",
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_says_when_it_begins_and_ends(kind: Kind, language: str) -> None:
    compare = COMPARISON_OF[kind]
    has_limit = compare in (Comparison.HIGH, Comparison.LOW) or kind is Kind.DISCRETE
    changes = {
        "kind": kind,
        "compare": compare,
        "limit": 80.0 if has_limit else None,
        "values": [],
        "stale_after_s": 10.0 if kind is Kind.STALE else None,
    }
    facts = rule_facts(ALARM | changes | {"rule": ALARM["rule"] | changes}, Words(language))
    assert facts["begins"] and facts["ends"]
