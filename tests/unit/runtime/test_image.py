"""The image: the last row of every tag, and which of them a face has to show anew."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from edge.model.moment import MINUTE, SECOND
from edge.model.sample import Batch, Mark, Quality, Sample, value_of_text
from edge.model.trail import TRAIL_MINUTES
from edge.runtime.image import Image

TAGS = {"a": 0, "b": 1, "c": 2}


def image() -> Image:
    return Image(TAGS, {"a": 5 * SECOND, "b": 60 * SECOND, "c": None})


def take(known: Image, tag: str, value: float, at: int, quality: Quality = Quality.GOOD, **more: object) -> None:
    mark, text = more.get("mark", Mark.NONE), more.get("text")
    assert isinstance(mark, Mark)
    assert text is None or isinstance(text, str)
    known.update(Batch.of([Sample(TAGS[tag], value, quality, at, at, mark, text)]))


def test_the_first_value_is_news_and_the_same_again_is_not() -> None:
    known = image()
    take(known, "a", 1.0, SECOND)
    turn = known.turn
    assert known.moved_since(0, 0, SECOND) == ["a"]
    take(known, "a", 1.0, 2 * SECOND)
    assert known.moved_since(turn, SECOND, 2 * SECOND) == []
    take(known, "a", math.nan, 3 * SECOND, Quality.BAD)
    turn = known.turn
    take(known, "a", math.nan, 4 * SECOND, Quality.BAD)
    assert known.moved_since(turn, 3 * SECOND, 4 * SECOND) == []


def test_a_change_of_quality_or_of_mark_alone_is_news() -> None:
    known = image()
    take(known, "a", 1.0, SECOND)
    for more, quality in (({}, Quality.UNCERTAIN), ({"mark": Mark.SENSOR_FAULT}, Quality.BAD), ({}, Quality.BAD)):
        turn = known.turn
        take(known, "a", 1.0, SECOND, quality, **more)
        assert known.moved_since(turn, SECOND, SECOND) == ["a"]


def test_becoming_old_and_becoming_stale_are_each_news_once() -> None:
    known = image()
    take(known, "a", 1.0, 0)  # stale after 5 s, old after 10
    take(known, "c", 1.0, 0)  # never stale
    turn = known.turn
    told = [(second, known.moved_since(turn, second * SECOND, (second + 1) * SECOND)) for second in range(15)]
    assert [(second, names) for second, names in told if names] == [(5, ["a"]), (10, ["a", "c"])]


def test_the_same_value_after_the_old_one_had_become_old_is_news() -> None:
    known = image()
    take(known, "c", 1.0, 0)
    turn = known.turn
    take(known, "c", 1.0, 11 * SECOND)
    assert known.moved_since(turn, 11 * SECOND, 11 * SECOND) == ["c"]


def test_a_text_is_kept_with_its_tag() -> None:
    known = image()
    take(known, "b", value_of_text("coil 4711"), 0, text="coil 4711")
    latest = known.latest("b")
    assert latest is not None
    assert latest.text == "coil 4711"


SAMPLES = st.lists(st.tuples(st.sampled_from(sorted(TAGS)), st.integers(0, 3), st.integers(0, 4)), max_size=30)


@given(SAMPLES, SAMPLES)
def test_whoever_asks_after_each_turn_knows_every_last_value(
    first: list[tuple[str, int, int]], second: list[tuple[str, int, int]]
) -> None:
    known, shown, turn, now = image(), dict[str, float](), 0, 0
    for samples in (first, second):
        for tag, value, seconds in samples:
            now += seconds * SECOND
            take(known, tag, float(value), now)
        for tag in known.moved_since(turn, 0, now):
            latest = known.latest(tag)
            assert latest is not None
            shown[tag] = latest.value
        turn = known.turn
    expected = {tag: float(value) for tag, value, _ in [*first, *second]}
    assert shown == expected


# --- trails -----------------------------------------------------------------------------------------------------------


def test_a_trail_is_what_a_tag_showed_at_the_end_of_each_minute_and_shows_now() -> None:
    known = image()
    for second, value in ((10, 1.0), (50, 2.0), (61, 3.0), (200, 4.0)):
        take(known, "a", value, second * SECOND)
    assert known.trail("a", 230 * SECOND)[-4:] == (2.0, 3.0, 3.0, 4.0)
    assert all(map(math.isnan, known.trail("a", 230 * SECOND)[:-4])), "it is not known what it showed before"
    assert known.trail("a", 290 * SECOND)[-5:] == (2.0, 3.0, 3.0, 4.0, 4.0), "time passes also where nothing comes"


def test_a_bad_value_is_a_gap_in_the_trail_and_of_an_unknown_tag_there_is_none() -> None:
    known = image()
    take(known, "a", 1.0, 10 * SECOND)
    take(known, "a", 1.0, 70 * SECOND, Quality.BAD)
    take(known, "a", 3.0, 130 * SECOND)
    assert str(known.trail("a", 140 * SECOND)[-3:]) == "(1.0, nan, 3.0)"
    take(known, "a", 3.0, 150 * SECOND, Quality.BAD)
    assert math.isnan(known.trail("a", 160 * SECOND)[-1])
    assert known.trail("b", 160 * SECOND) == () == known.trail("nobody", 160 * SECOND)


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(-1e6, 1e6)), min_size=1, max_size=40), st.integers(0, 2_000))
def test_a_trail_is_that_of_a_plain_reading(steps: list[tuple[int, float]], later: int) -> None:
    known, now, shown = image(), 0, dict[int, float]()
    for seconds, value in steps:
        now += seconds * SECOND
        take(known, "a", value, now)
        shown[now] = value
    now += later * SECOND
    ends = [(now // MINUTE - back) * MINUTE for back in range(TRAIL_MINUTES - 1, -1, -1)]
    wanted = [max(((at, value) for at, value in shown.items() if at < end), default=(0, math.nan))[1] for end in ends]
    assert str(known.trail("a", now)) == str((*wanted, steps[-1][1]))
