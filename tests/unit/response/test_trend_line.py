"""The trend on a card: a drawing of letters with the values at both its ends."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.trail import Trail
from edge.response.policy import Route
from edge.response.trend_line import drawing, known_part
from tests.unit.response.conftest import RULES, Shift, mill

DE = "CRM.ST3.MOTOR.de_temp"
NAN = math.nan
CLIMB: Trail = (NAN, NAN, 64.2, 64.4, 66.0, 71.0, NAN, 76.0, 82.4)


def test_the_least_is_the_lowest_and_the_greatest_the_highest_and_a_gap_is_seen() -> None:
    assert drawing(known_part(CLIMB)) == "▁▁▂▄·▆█"
    assert drawing((3.0, 2.0, 1.0)) == "█▅▁"


@pytest.mark.parametrize(
    "trail", [(), (NAN, NAN), (NAN, 1.0, 2.0), (5.0, 5.0, 5.0, 5.0), (1.0, 2.0, 3.0, NAN), (NAN, NAN, NAN, 4.0)]
)
def test_what_shows_no_way_is_not_drawn(trail: Trail) -> None:
    assert known_part(trail) == ()


@given(st.lists(st.floats(allow_infinity=False), max_size=20).map(tuple))
def test_any_trail_is_drawn_with_a_letter_for_each_value_or_not_at_all(trail: Trail) -> None:
    way = known_part(trail)
    if not way:
        return
    letters = drawing(way)
    assert len(letters) == len(way)
    for one, other in zip(zip(way, letters, strict=True), zip(way[1:], letters[1:], strict=True), strict=False):
        (value, letter), (next_value, next_letter) = one, other
        assert math.isnan(value) == (letter == "·")
        if value <= next_value:
            assert letter <= next_letter
        elif value > next_value:
            assert letter >= next_letter


def test_a_card_shows_the_trend_in_the_recipients_language(shift: Any) -> None:
    shift.trails[DE] = CLIMB
    chinese = dict(shift.hear("raised")[0].message.lines)
    assert chinese["趋势"] == "▁▁▂▄·▆█ 64.2 °C → 82.4 °C（6 分）"
    english = Shift(mill((Route("all to ann", ("person:ann",)),)))
    english.trails[DE] = CLIMB
    assert dict(english.hear("raised")[0].message.lines)["Trend"] == "▁▁▂▄·▆█ 64.2 °C → 82.4 °C, 6 min"


def test_the_trend_moves_on_with_the_card(shift: Any) -> None:
    shift.trails[DE] = CLIMB
    shift.hear("raised")
    shift.trails[DE] = (*CLIMB, 60.0)
    (card, *_) = shift.at(60).hear("acknowledged", actor="li")
    assert dict(card.message.lines)["趋势"].startswith("▂▂▃▄·▆█▁ 64.2 °C → 60 °C")


@pytest.mark.parametrize("alarm", ["tripped", "silent", "lost"])
def test_of_a_switch_or_a_silence_there_is_no_trend(shift: Any, alarm: str) -> None:
    shift.trails.update(dict.fromkeys((rule.tag for rule in RULES), CLIMB))
    shift.trails["CRM.ST3.MOTOR.trip"] = (0.0, 0.0, 1.0)
    (card, *_) = shift.hear("raised", alarm=alarm)
    assert "趋势" not in dict(card.message.lines)


def test_without_a_trail_there_is_no_line(shift: Any) -> None:
    assert "趋势" not in dict(shift.hear("raised")[0].message.lines)
