"""Payloads of one sample a tag: what is read from them, and every way in which they are refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.codec import PAYLOAD_BYTES_MAX, TEXT_CHARS_MAX, Document, Refusal, parse_payload
from drivers.mqtt.config import MqttPoint, TimeForm
from drivers.mqtt.reading import time_in, value_in
from drivers.mqtt.stamp import Belief, form_of
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, Moment, from_iso

NOW = from_iso("2026-05-04T08:00:00Z")
BELIEF = Belief(past=HOUR, future=5 * MINUTE)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def point(**given: Any) -> MqttPoint:
    return MqttPoint.model_validate_json(json.dumps({"topic": "t", **given}), strict=True)


def value(payload: bytes | str, **wanted: Any) -> float | str | Refusal:
    parsed = parse_payload(payload.encode() if isinstance(payload, str) else payload)
    return value_in(parsed, point(**wanted)) if isinstance(parsed, Document) else parsed


def time(stamp: str, form: str = "auto", belief: Belief = BELIEF) -> Moment | Refusal | None:
    """What becomes of the JSON of a time stamp."""
    parsed = parse_payload(f'{{"v":1,"ts":{stamp}}}'.encode())
    assert isinstance(parsed, Document)
    return time_in(parsed, point(path="v", time_path="ts", time=form), belief, NOW)


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
        ('{"v":"23.5"}', {"path": "v"}, 23.5),
        ('{"v":" -0.50 "}', {"path": "v"}, -0.5),
        ('"+7"', {}, 7.0),
        ('{"coil":"4711-A"}', {"path": "coil", "type": "text"}, "4711-A"),
        ('{"coil":4711}', {"path": "coil", "type": "text"}, "4711"),
        ('{"recipe":" 硅钢 3 "}', {"path": "recipe", "type": "text"}, "硅钢 3"),
        ("COIL 4711", {"type": "text"}, "COIL 4711"),
        ("0012", {"type": "text"}, "0012"),
        ("1e5", {"type": "text"}, "1e5"),
        ("{not json", {"type": "text"}, "{not json"),
        ('"4711"', {"type": "text"}, "4711"),
        ("ON", {"type": "text"}, "ON"),
        ('{"v":" 23.5\\u001f"}', {"path": "v"}, 23.5),
    ],
)
def test_the_value_is_read(payload: str, wanted: dict[str, Any], expected: float | str) -> None:
    assert value(payload, **wanted) == expected


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"", Refusal.EMPTY),
        (b"  \n", Refusal.EMPTY),
        (b"\xff\xfe", Refusal.NOT_UTF8),
        (b'{"v":"\xed\xa0\x80"}', Refusal.NOT_UTF8),
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
        (b'{"v":"23 mm"}', Refusal.NOT_A_NUMBER),
        (b'{"v":"23,5"}', Refusal.NOT_A_NUMBER),
        (b'{"v":"1e5"}', Refusal.NOT_A_NUMBER),
        (b'{"v":"0x17"}', Refusal.NOT_A_NUMBER),
        (b'{"v":"nan"}', Refusal.NOT_A_NUMBER),
        ('{"v":"٢٣"}'.encode(), Refusal.NOT_A_NUMBER),
        (b'{"v":""}', Refusal.NOT_A_NUMBER),
        (b'{"v":true}', Refusal.NOT_A_NUMBER),
        (b'{"v":{}}', Refusal.NOT_A_NUMBER),
        (b'{"v":"\\ud800"}', Refusal.NOT_A_NUMBER),
    ],
)
def test_garbage_is_refused_by_its_cause(payload: bytes, cause: Refusal) -> None:
    assert value(payload, path="v") is cause


def test_a_number_in_quotes_beyond_every_float_is_not_finite() -> None:
    assert value(json.dumps({"v": "9" * 300 + "." + "9" * 300}), path="v") == 1e300
    assert value(json.dumps({"v": "9" * 301}), path="v") is Refusal.NOT_A_NUMBER


@pytest.mark.parametrize("payload", ["null", "true", "{}", "[1]", '"bell \\u0007"', json.dumps("x" * (TEXT_CHARS_MAX + 1))])
def test_what_cannot_be_shown_on_a_line_is_no_text(payload: str) -> None:
    assert value(f'{{"v":{payload}}}', path="v", type="text") is Refusal.NOT_A_TEXT


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
        (str((NOW - 2 * SECOND) * 1000), "ns"),
        (str((NOW - 2 * SECOND) * 1000), "auto"),
        (f'"{NOW // SECOND - 2}"', "s"),
        (f'"{NOW // MILLISECOND - 2000}"', "auto"),
        (f'"{NOW / SECOND - 2:.3f}"', "auto"),
        ('"2026-05-04T07:59:58.000000000Z"', "iso"),
        ('"2026/5/4 7:59:58+00:00"', "auto"),
    ],
)
def test_a_time_stamp_is_read_in_each_form(stamp: str, form: str) -> None:
    assert time(stamp, form) == NOW - 2 * SECOND


@pytest.mark.parametrize("stamp", ['"2026-05-04T16:00:00"', '"2026-05-04 16:00:00.000"', '"2026/05/04 16:00:00"'])
def test_local_time_counts_where_the_connection_says_which(stamp: str) -> None:
    assert time(stamp) is Refusal.BAD_TIME
    assert time(stamp, belief=Belief(HOUR, HOUR, SHANGHAI)) == NOW


def test_an_hour_that_the_autumn_has_twice_is_the_first_of_them() -> None:
    berlin = Belief(past=10**18, future=10**18, zone=ZoneInfo("Europe/Berlin"))
    assert time('"2026-10-25T02:30:00"', belief=berlin) == from_iso("2026-10-25T02:30:00+02:00")


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ('"2026-05-04T08:00:00"', "auto"),
        ('"yesterday"', "auto"),
        ('"0001-01-01T00:00:00+08:00"', "s"),
        ("null", "auto"),
        ("true", "s"),
        ("{}", "auto"),
        ('"08:00"', "auto"),
        ('"2026/05"', "auto"),
        ('"/Date(1714800000)/"', "auto"),
        (str(NOW), "iso"),
        ('"2026-05-04T08:00:00Z"', "ms"),
        ("1e308", "s"),
        ("-1e300", "auto"),
        ("9" * 308, "ms"),
    ],
)
def test_what_is_no_time_stamp_refuses_the_payload(stamp: str, form: str) -> None:
    assert time(stamp, form) is Refusal.BAD_TIME


def test_a_payload_without_the_time_stamp_it_should_have_is_refused() -> None:
    assert time_in(Document({"v": 1}, ""), point(path="v", time_path="ts"), BELIEF, NOW) is Refusal.BAD_TIME


def test_without_a_time_path_there_is_no_time_but_the_received_one() -> None:
    assert time_in(Document(1, "1"), point(), BELIEF, NOW) is None


@pytest.mark.parametrize(
    ("offset", "believed"),
    [(-HOUR, True), (-HOUR - 1, False), (5 * MINUTE, True), (5 * MINUTE + 1, False)],
)
def test_a_time_stamp_outside_the_window_gives_way_to_the_received_time(offset: int, believed: bool) -> None:
    assert time(str(NOW + offset), "us") == (NOW + offset if believed else None)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(-HOUR, NOW - HOUR), (-HOUR - 1, Refusal.OUTSIDE_WINDOW), (5 * MINUTE + 1, Refusal.OUTSIDE_WINDOW)],
)
def test_for_what_a_broker_may_have_kept_the_received_time_is_no_answer(offset: int, expected: int | Refusal) -> None:
    assert time(str(NOW + offset), "us", replace(BELIEF, kept=True)) == expected


@pytest.mark.parametrize("form", [TimeForm.S, TimeForm.MS, TimeForm.US, TimeForm.NS, TimeForm.ISO])
def test_the_form_of_a_stamp_of_today_is_recognised(form: TimeForm) -> None:
    divisor = {TimeForm.S: SECOND, TimeForm.MS: MILLISECOND, TimeForm.US: 1}
    stamp: object = "2026-05-04T08:00:00" if form is TimeForm.ISO else NOW // divisor.get(form, 1)
    assert form_of(NOW * 1000 if form is TimeForm.NS else stamp) is form
    assert [form_of(other) for other in (None, True, "yesterday", {}, 1e300)] == [None] * 5


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["v", "ts", "x"]), inner, max_size=3),
    max_leaves=12,
)


@given(
    anything.map(lambda document: json.dumps(document).encode()) | st.binary(max_size=60),
    st.sampled_from(["float", "bool", "text"]),
    st.sampled_from(["auto", "iso", "s", "ms", "us", "ns"]),
    st.sampled_from([None, SHANGHAI]),
)
def test_no_payload_raises_and_what_is_read_can_be_used(payload: bytes, kind: str, form: str, zone: ZoneInfo | None) -> None:
    parsed = parse_payload(payload)
    for wanted in (point(type=kind), point(type=kind, path="v", time_path="ts", time=form)):
        if isinstance(parsed, Refusal):
            continue
        read = value_in(parsed, wanted)
        assert isinstance(read, Refusal) or (read.isprintable() if isinstance(read, str) else math.isfinite(read))
        stamp = time_in(parsed, wanted, Belief(HOUR, MINUTE, zone), NOW)
        assert stamp is None or isinstance(stamp, Refusal) or -HOUR <= stamp - NOW <= MINUTE


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_every_json_number_comes_back_as_it_was_sent(number: float) -> None:
    assert value(json.dumps({"v": number}), path="v") == float(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_every_plain_decimal_in_quotes_is_the_number_it_spells(number: Decimal) -> None:
    assert value(json.dumps({"v": f"{number:f}"}), path="v") == float(number)
