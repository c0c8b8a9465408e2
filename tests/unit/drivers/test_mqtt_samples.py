"""Payloads with a list of samples: all of them in the order of their times, or none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.codec import Document, Refusal, parse_payload
from drivers.mqtt.config import MqttPoint
from drivers.mqtt.reading import SAMPLES_MAX, Readings, samples_in
from drivers.mqtt.stamp import Belief
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, from_iso

NOW = from_iso("2026-05-04T08:00:00Z")
NOW_MS = NOW // MILLISECOND
BELIEF = Belief(past=HOUR, future=5 * MINUTE)


def read(document: Any, belief: Belief = BELIEF, **given: Any) -> Readings | Refusal:
    wanted = MqttPoint.model_validate_json(json.dumps({"topic": "t", **given}), strict=True)
    parsed = parse_payload(json.dumps(document).encode())
    assert isinstance(parsed, Document)
    return samples_in(parsed, wanted, belief, NOW)


def ago(*milliseconds: int) -> list[int]:
    return [NOW - each * MILLISECOND for each in milliseconds]


EACH = {"samples": "data", "path": "v", "time_path": "t"}


def test_each_sample_brings_its_own_time() -> None:
    document = {"data": [{"t": NOW_MS - 20, "v": 1}, {"t": NOW_MS - 10, "v": 2}, {"t": NOW_MS, "v": 3}]}
    assert read(document, **EACH) == Readings([1.0, 2.0, 3.0], ago(20, 10, 0))


def test_pairs_in_a_list_that_is_the_payload_are_read_by_their_places() -> None:
    found = read([[NOW_MS - 10, "a"], [NOW_MS, "b"]], samples="", path="[1]", time_path="[0]", type="text")
    assert found == Readings(["a", "b"], ago(10, 0))


def test_plain_values_are_spread_from_the_time_of_the_first() -> None:
    found = read({"start": NOW_MS - 100, "v": [1, 2, 3]}, samples="v", every="10ms", time_path="start")
    assert found == Readings([1.0, 2.0, 3.0], ago(100, 90, 80))


def test_without_a_start_the_last_of_the_values_is_of_now() -> None:
    assert read([1, 2, 3], samples="", every="10ms") == Readings([1.0, 2.0, 3.0], ago(20, 10, 0))


def test_times_may_stand_in_a_list_of_their_own() -> None:
    document = {"t": [NOW_MS - 10, NOW_MS], "v": ["1.5", "2.5"]}
    assert read(document, samples="v", times="t") == Readings([1.5, 2.5], ago(10, 0))
    for times in (None, [], [NOW_MS], [NOW_MS] * 3, NOW_MS):
        assert read(document | {"t": times}, samples="v", times="t") is Refusal.BAD_TIME


def test_values_without_any_times_are_all_of_now() -> None:
    assert read([1, 0, 1], samples="", type="bool") == Readings([1.0, 0.0, 1.0], None)


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({}, Refusal.PATH_MISSING),
        ({"data": {"t": NOW_MS, "v": 1}}, Refusal.NOT_A_LIST),
        ({"data": []}, Refusal.EMPTY),
        ({"data": [{"t": NOW_MS, "v": 1}, {"t": NOW_MS, "w": 2}]}, Refusal.PATH_MISSING),
        ({"data": [{"t": NOW_MS, "v": 1}, {"t": NOW_MS, "v": None}]}, Refusal.NOT_A_NUMBER),
        ({"data": [{"t": NOW_MS, "v": 1}, {"v": 2}]}, Refusal.BAD_TIME),
    ],
)
def test_a_list_with_one_bad_sample_is_refused_as_a_whole(document: Any, cause: Refusal) -> None:
    assert read(document, **EACH) is cause


def test_a_list_has_an_end() -> None:
    assert isinstance(read([1] * SAMPLES_MAX, samples=""), Readings)
    assert read([1] * (SAMPLES_MAX + 1), samples="") is Refusal.TOO_MANY_SAMPLES


@pytest.mark.parametrize("off", [-HOUR - MILLISECOND, 5 * MINUTE + MILLISECOND])
def test_one_stamp_outside_the_window_leaves_all_samples_with_the_received_time(off: int) -> None:
    document = {"data": [{"t": NOW_MS - 1000, "v": 2}, {"t": (NOW + off) // MILLISECOND, "v": 1 if off < 0 else 3}]}
    found = read(document, **EACH)
    assert found == Readings([1.0, 2.0] if off < 0 else [2.0, 3.0], None), "still in the order of their stamps"
    assert read(document, replace(BELIEF, kept=True), **EACH) is Refusal.OUTSIDE_WINDOW, "of a list that a broker may have kept"


@given(st.lists(st.tuples(st.integers(-3600, 300), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_all_samples_come_out_in_the_order_of_their_times_and_equal_ones_in_their_own(samples: list[tuple[int, float]]) -> None:
    document = {"data": [{"t": NOW // SECOND + offset, "v": value} for offset, value in samples]}
    found = read(document, **EACH)
    in_order = sorted(samples, key=lambda sample: sample[0])
    assert found == Readings([value for _, value in in_order], [NOW + offset * SECOND for offset, _ in in_order])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just(NOW_MS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", "t", "v"]), inner, max_size=3),
    max_leaves=12,
)


@given(
    anything,
    st.sampled_from(
        [EACH, {"samples": "data", "every": "1s"}, {"samples": "", "path": "v"}, {"samples": "v", "times": "t", "type": "text"}]
    ),
)
def test_no_list_raises_and_every_sample_has_its_time(document: Any, wanted: dict[str, Any]) -> None:
    found = read(document, **wanted)
    assert isinstance(found, Refusal) or (found.values and (found.times is None or len(found.times) == len(found.values)))
