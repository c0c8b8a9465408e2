"""Payloads: what is read from them, and every way in which they are refused."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.codec import PAYLOAD_BYTES_MAX, Document, Reading, Refusal, parse_payload, read_point
from drivers.mqtt.config import MqttPoint, TimeWindow
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, from_iso
from edge.model.sample import Mark

NOW = from_iso("2026-05-04T08:00:00Z")
WINDOW = TimeWindow()


def point(**given: Any) -> MqttPoint:
    return MqttPoint.model_validate_json(json.dumps({"topic": "t", **given}), strict=True)


def read(payload: bytes | str, wanted: MqttPoint | None = None) -> Reading | Refusal:
    parsed = parse_payload(payload.encode() if isinstance(payload, str) else payload)
    return read_point(parsed, wanted or point(), WINDOW, NOW) if isinstance(parsed, Document) else parsed


def value(payload: bytes | str, **wanted: Any) -> float | Refusal:
    reading = read(payload, point(**wanted))
    return reading.value if isinstance(reading, Reading) else reading


@pytest.mark.parametrize(
    ("payload", "wanted", "expected"),
    [
        ("23.5", {}, 23.5),
        (" -4 \n", {}, -4.0),
        ('{"vib":{"rms":2.1}}', {"path": "vib.rms"}, 2.1),
        ("true", {"type": "bool"}, 1.0),
        ("OFF", {"type": "bool"}, 0.0),
        ('"on"', {"type": "bool"}, 1.0),
        ("1", {"type": "bool"}, 1.0),
        ('{"run":"No"}', {"path": "run", "type": "bool"}, 0.0),
    ],
)
def test_the_value_is_read(payload: str, wanted: dict[str, Any], expected: float) -> None:
    assert value(payload, **wanted) == expected


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"", Refusal.EMPTY),
        (b"  \n", Refusal.EMPTY),
        (b"\xff\xfe", Refusal.NOT_TEXT),
        (b'{"v":"\xed\xa0\x80"}', Refusal.NOT_TEXT),
        (b"{v:1}", Refusal.NOT_JSON),
        (b'{"v":1', Refusal.NOT_JSON),
        (b'{"v":1}{"v":2}', Refusal.NOT_JSON),
        (b'\xef\xbb\xbf{"v":1}', Refusal.NOT_JSON),
        (b'{"v":+1}', Refusal.NOT_JSON),
        (b'{"v":NaN}', Refusal.NOT_FINITE),
        (b'{"v":-Infinity}', Refusal.NOT_FINITE),
        (b'{"other":NaN,"v":1}', Refusal.NOT_FINITE),
        (b'{"v":1e999}', Refusal.NOT_FINITE),
        (b'{"v":' + b"9" * 309 + b"}", Refusal.NOT_FINITE),
        (b'{"v":' + b"9" * 5000 + b"}", Refusal.NOT_FINITE),
        (b'{"v":1,"v":2}', Refusal.DUPLICATE_KEY),
        (b'{"a":{"x":1,"x":1},"v":1}', Refusal.DUPLICATE_KEY),
        (b"[" * 100_000, Refusal.TOO_LARGE),
        (b"[" * 33 + b"]" * 33, Refusal.TOO_DEEP),
        (b'{"v":' * 40 + b"1" + b"}" * 40, Refusal.TOO_DEEP),
        (b" " * (PAYLOAD_BYTES_MAX + 1), Refusal.TOO_LARGE),
        (b'{"w":1}', Refusal.PATH_MISSING),
        (b"[1]", Refusal.PATH_MISSING),
        (b"ON", Refusal.PATH_MISSING),
        (b'{"v":null}', Refusal.NOT_A_NUMBER),
        (b'{"v":"23"}', Refusal.NOT_A_NUMBER),
        (b'{"v":true}', Refusal.NOT_A_NUMBER),
        (b'{"v":{}}', Refusal.NOT_A_NUMBER),
        (b'{"v":"\\ud800"}', Refusal.NOT_A_NUMBER),
    ],
)
def test_garbage_is_refused_by_its_cause(payload: bytes, cause: Refusal) -> None:
    assert read(payload, point(path="v")) is cause


@pytest.mark.parametrize("payload", ["2", "0.5", '"open"', "null", "[]"])
def test_what_is_neither_true_nor_false_is_no_bool(payload: str) -> None:
    assert value(payload, type="bool") is Refusal.NOT_A_BOOL


def test_brackets_inside_strings_do_not_make_a_document_deep() -> None:
    assert value(json.dumps({"note": "[{" * 500 + '"\\', "v": 1}), path="v") == 1


def test_a_document_of_many_shallow_lists_is_not_deep() -> None:
    assert value(json.dumps({"lists": [[]] * 500, "v": 1}), path="v") == 1


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ('"2026-05-04T15:59:58+08:00"', "iso"),
        ('"2026-05-04T07:59:58Z"', "auto"),
        (str(NOW // SECOND - 2), "s"),
        (str(NOW // SECOND - 2), "auto"),
        (f"{NOW / SECOND - 2:.1f}", "auto"),
        (str(NOW // MILLISECOND - 2000), "ms"),
        (str(NOW // MILLISECOND - 2000), "auto"),
        (str(NOW - 2 * SECOND), "us"),
        (str(NOW - 2 * SECOND), "auto"),
    ],
)
def test_a_time_stamp_is_read_in_each_form(stamp: str, form: str) -> None:
    reading = read(f'{{"v":1,"ts":{stamp}}}', point(path="v", time_path="ts", time=form))
    assert reading == Reading(1.0, NOW - 2 * SECOND, Mark.NONE)


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ('"2026-05-04T08:00:00"', "auto"),
        ('"yesterday"', "auto"),
        ('"0001-01-01T00:00:00+08:00"', "s"),
        ("null", "auto"),
        ("true", "s"),
        ("{}", "auto"),
        (str(NOW), "iso"),
        (f'"{NOW // SECOND}"', "s"),
        ("1e308", "s"),
        ("-1e300", "auto"),
        ("9" * 308, "ms"),
    ],
)
def test_what_is_no_time_stamp_refuses_the_payload(stamp: str, form: str) -> None:
    assert read(f'{{"v":1,"ts":{stamp}}}', point(path="v", time_path="ts", time=form)) is Refusal.BAD_TIME


def test_a_payload_without_the_time_stamp_it_should_have_is_refused() -> None:
    assert read('{"v":1}', point(path="v", time_path="ts")) is Refusal.BAD_TIME


def test_without_a_time_path_the_received_time_is_used_and_marked() -> None:
    assert read("1") == Reading(1.0, NOW, Mark.RECEIVED_TIME_USED)


@pytest.mark.parametrize(
    ("offset", "believed"),
    [(-HOUR, True), (-HOUR - 1, False), (5 * MINUTE, True), (5 * MINUTE + 1, False)],
)
def test_a_time_stamp_outside_the_window_gives_way_to_the_received_time(offset: int, believed: bool) -> None:
    reading = read(f'{{"v":1,"ts":{NOW + offset}}}', point(path="v", time_path="ts", time="us"))
    expected = Reading(1.0, NOW + offset, Mark.NONE) if believed else Reading(1.0, NOW, Mark.RECEIVED_TIME_USED)
    assert reading == expected


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "ts", "x"]), inner, max_size=3),
    max_leaves=12,
)


@given(
    anything.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=60),
    st.sampled_from(["float", "bool"]),
    st.sampled_from(["auto", "iso", "s", "ms", "us"]),
)
def test_no_payload_raises_and_every_value_is_finite(payload: bytes, kind: str, form: str) -> None:
    for wanted in (point(type=kind), point(type=kind, path="v", time_path="ts", time=form)):
        reading = read(payload, wanted)
        assert isinstance(reading, Refusal) or math.isfinite(reading.value)
        assert isinstance(reading, Refusal) or -WINDOW.past <= reading.source_time - NOW <= WINDOW.future


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_every_json_number_comes_back_as_it_was_sent(number: float) -> None:
    assert value(json.dumps({"v": number}), path="v") == float(number)
