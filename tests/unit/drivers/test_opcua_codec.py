"""What a value of a server is to a tag, and what of a tag a node takes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from drivers.opcua.codec import EXACT_MAX, Kind, Refusal, decode, encode, source_time
from drivers.opcua.config import OpcUaPoint, TimeOf, TimeWindow
from drivers.opcua.status import Status, lost_some, meaning_of, quality_of, word_of
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.sample import Mark, Quality
from edge.ports import OpcUaValue

NOW = 1_777_852_800 * SECOND


def point(**more: Any) -> OpcUaPoint:
    return OpcUaPoint.model_validate_json(json.dumps({"node": "ns=2;s=T", **more}), strict=True)


def came(value: Any, kind: int, status: int = 0) -> OpcUaValue:
    return OpcUaValue(status, kind, value, NOW, NOW, NOW)


FLOAT, BOOL, TEXT = point(), point(type="bool"), point(type="text")


@pytest.mark.parametrize(
    ("value", "kind", "of", "raw"),
    [
        (20.5, Kind.DOUBLE, FLOAT, 20.5),
        (-3, Kind.INT16, FLOAT, -3.0),
        (True, Kind.BOOLEAN, FLOAT, 1.0),
        (2**53, Kind.UINT64, FLOAT, 2.0**53),
        (False, Kind.BOOLEAN, BOOL, 0.0),
        (1, Kind.BYTE, BOOL, 1.0),
        ([1.0, 2.5], Kind.DOUBLE, point(index=1), 2.5),
    ],
)
def test_what_a_tag_can_be_is_its_value(value: Any, kind: Kind, of: OpcUaPoint, raw: float) -> None:
    decoded = decode(came(value, kind), of)
    assert (decoded.quality, decoded.raw, decoded.cause) == (Quality.GOOD, raw, "")


@pytest.mark.parametrize(
    ("value", "kind", "of", "cause"),
    [
        (None, 0, FLOAT, Refusal.NO_VALUE),
        ("20.5", Kind.STRING, FLOAT, Refusal.NOT_A_NUMBER),
        (NOW, Kind.DATE_TIME, FLOAT, Refusal.NOT_A_NUMBER),
        (b"\0\1", 15, FLOAT, Refusal.NOT_A_NUMBER),
        (2**53 + 1, Kind.UINT64, FLOAT, Refusal.NOT_EXACT),
        (-(2**60), Kind.INT64, FLOAT, Refusal.NOT_EXACT),
        (math.nan, Kind.DOUBLE, FLOAT, Refusal.NOT_FINITE),
        (math.inf, Kind.FLOAT, FLOAT, Refusal.NOT_FINITE),
        (2, Kind.BYTE, BOOL, Refusal.NOT_A_BOOL),
        (1.0, Kind.DOUBLE, BOOL, Refusal.NOT_A_BOOL),
        (1.5, Kind.DOUBLE, TEXT, Refusal.NOT_A_TEXT),
        ([1.0], Kind.DOUBLE, FLOAT, Refusal.AN_ARRAY),
        (1.0, Kind.DOUBLE, point(index=0), Refusal.NOT_AN_ARRAY),
        ([1.0], Kind.DOUBLE, point(index=1), Refusal.INDEX_BEYOND),
        ([None], Kind.STRING, point(index=0, type="text"), Refusal.NO_VALUE),
    ],
)
def test_what_a_tag_cannot_be_is_no_value(value: Any, kind: int, of: OpcUaPoint, cause: Refusal) -> None:
    decoded = decode(came(value, kind), of)
    assert (decoded.quality, decoded.cause, decoded.text) == (Quality.BAD, cause, None)
    assert math.isnan(decoded.raw)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=300),
    st.binary(max_size=8),
    st.builds(object),
)


@given(
    value=_SCALARS | st.lists(_SCALARS, max_size=3),
    kind=st.integers(-1, 30),
    status=st.integers(0, 2**32 - 1),
    of=st.sampled_from([FLOAT, BOOL, TEXT, point(index=0), point(index=2, type="text")]),
)
def test_whatever_comes_a_good_value_is_one_and_a_bad_one_is_none(value: Any, kind: int, status: int, of: OpcUaPoint) -> None:
    decoded = decode(came(value, kind, status), of)
    assert decoded.quality >= quality_of(status), "no value is better than its status"
    if decoded.quality is Quality.BAD:
        assert math.isnan(decoded.raw) and decoded.text is None and decoded.cause
    elif of.is_text:
        assert decoded.text is not None and decoded.text.isprintable() and len(decoded.text) <= 200
    else:
        assert math.isfinite(decoded.raw)
        shown = value[of.index] if of.index is not None else value
        assert decoded.raw == shown, "exactly what the server said"


@pytest.mark.parametrize("code", [0x808C0000, 0x808B0000, 0x803C0000])
def test_a_failed_sensor_is_a_sensor_fault_and_a_lost_device_is_not(code: int) -> None:
    assert decode(came(1.0, Kind.DOUBLE, code), FLOAT).mark is Mark.SENSOR_FAULT
    assert decode(came(1.0, Kind.DOUBLE, 0x80310000), FLOAT).mark is Mark.NONE


def test_an_uncertain_value_keeps_its_number_and_says_why() -> None:
    decoded = decode(came(20.5, Kind.DOUBLE, 0x40900000), FLOAT)
    assert (decoded.quality, decoded.raw, decoded.cause) == (Quality.UNCERTAIN, 20.5, "uncertain_last_usable_value")


# --- status codes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (0x00FF0000, "other_good"),
        (0x40FF0000, "other_uncertain"),
        (0x80FF0000, "other_bad"),
        (0xC0FF0000, "other_bad"),
        (0x80340480, "bad_node_id_unknown"),
    ],
)
def test_a_code_without_words_of_its_own_is_counted_by_its_family(code: int, word: str) -> None:
    assert word_of(code) == word
    assert f"{code:08X}" in meaning_of(code).render("en")


@pytest.mark.parametrize("status", Status)
def test_each_status_has_the_number_that_the_library_has_and_words_in_both_languages(status: Status) -> None:
    name = "".join(part.capitalize() for part in status.name.split("_"))
    assert getattr(ua.StatusCodes, name) == status
    assert word_of(status) == status.word
    for language in ("zh", "en"):
        assert f"0x{int(status):08X}" in meaning_of(status).render(language)


@given(code=st.integers(0, 2**32 - 1))
def test_every_status_has_a_family_and_a_meaning(code: int) -> None:
    expected = ua.StatusCode(code)
    assert (quality_of(code) is Quality.GOOD) == expected.is_good()
    assert meaning_of(code).render("zh") and meaning_of(code).render("en")


def test_the_overflow_bit_counts_only_where_it_is_about_a_value() -> None:
    assert lost_some(0x00000480)
    assert not lost_some(0x00000400) and not lost_some(0x00000080) and not lost_some(0x00000880)


# --- times ----------------------------------------------------------------------------------------------------------


def test_the_other_time_stamp_serves_where_the_wanted_one_cannot_be_believed() -> None:
    window = TimeWindow()

    def at(source: int | None, server: int | None, wanted: TimeOf = TimeOf.SOURCE) -> int | None:
        return source_time(OpcUaValue(0, Kind.DOUBLE, 1.0, source, server, NOW), wanted, window)

    assert at(NOW - 5, NOW) == NOW - 5
    assert at(NOW - 2 * HOUR, NOW - 1) == NOW - 1
    assert at(None, NOW + 5 * MINUTE) == NOW + 5 * MINUTE
    assert at(NOW + 5 * MINUTE + 1, None) is None
    assert at(NOW - 5, NOW - 1, TimeOf.SERVER) == NOW - 1
    assert at(NOW - 5, NOW - 1, TimeOf.RECEIVED) is None


# --- the way back ---------------------------------------------------------------------------------------------------


@given(value=st.floats() | st.text(max_size=5), kind=st.integers(-1, 30))
def test_what_leaves_is_what_was_asked_for_and_would_be_read_back_as_it(value: float | str, kind: int) -> None:
    encoded = encode(value, kind)
    if encoded is None:
        return
    of = TEXT if isinstance(encoded, str) else FLOAT
    decoded = decode(came(encoded, kind), of)
    if isinstance(encoded, str):
        assert encoded == value
    else:
        assert decoded.quality is Quality.GOOD
        assert abs(decoded.raw - float(value)) <= 1e-6


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3.5, Kind.INT32), (40000.0, Kind.INT16), (-1.0, Kind.UINT32), (2.0, Kind.BOOLEAN), (math.nan, Kind.DOUBLE),
        (1e39, Kind.FLOAT), (float(EXACT_MAX * 4), Kind.INT64), ("7", Kind.INT32), (7.0, Kind.STRING), (7.0, 22), (7.0, 0),
    ],
)  # fmt: skip
def test_what_a_node_cannot_be_does_not_leave(value: float | str, kind: int) -> None:
    assert encode(value, kind) is None


def test_what_scaling_leaves_over_is_no_fraction() -> None:
    assert encode(0.1 / 0.01, Kind.INT16) == 10
    assert encode(299.99999999999994, Kind.INT16) == 300
