"""The payload codec of Sparkplug: round trips, bytes written by hand, and every cut and mutation of a payload."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sparkplug.codec import PAYLOAD_BYTES_MAX, Form, Malformed, Metric, Payload, Value, decode_payload, encode_payload
from drivers.sparkplug.config import ValueType
from drivers.sparkplug.metric import DataType, Reading, Refusal, lay_value, quality_of, read_metric
from edge.model.sample import Quality

UINT32, UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
VALUES = st.one_of(
    st.builds(Value, st.just(Form.INT), UINT32),
    st.builds(Value, st.just(Form.LONG), UINT64),
    st.builds(Value, st.just(Form.FLOAT), st.floats(width=32, allow_nan=False)),
    st.builds(Value, st.just(Form.DOUBLE), st.floats(allow_nan=False)),
    st.builds(Value, st.just(Form.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(Form.STRING), st.text(max_size=20)),
    st.builds(Value, st.sampled_from([Form.BYTES, Form.DATASET, Form.TEMPLATE, Form.EXTENSION]), st.binary(max_size=20)),
)
METRICS = st.builds(
    Metric,
    name=st.none() | st.text(max_size=20),
    alias=st.none() | UINT64,
    timestamp=st.none() | UINT64,
    datatype=st.none() | UINT32,
    is_historical=st.booleans(),
    is_transient=st.booleans(),
    is_null=st.booleans(),
    properties=st.dictionaries(st.text(max_size=8), UINT64, max_size=3),
    value=st.none() | VALUES,
)
PAYLOADS = st.builds(
    Payload, timestamp=st.none() | UINT64, metrics=st.lists(METRICS, max_size=4).map(tuple), seq=st.none() | UINT64
)

#: Written by hand from the field numbers: timestamp 1, one metric {name "T", alias 7, datatype 9, float 62.5}, seq 3.
BY_HAND = bytes.fromhex("0801 120c 0a0154 1007 2009 65 00007a42 1803".replace(" ", ""))


@given(PAYLOADS)
def test_what_is_encoded_is_decoded_again(payload: Payload) -> None:
    assert decode_payload(encode_payload(payload)) == payload


def test_bytes_that_were_written_by_hand_mean_what_the_field_numbers_say() -> None:
    metric = Metric(name="T", alias=7, datatype=9, value=Value(Form.FLOAT, 62.5))
    assert decode_payload(BY_HAND) == Payload(1, (metric,), 3)
    assert encode_payload(Payload(1, (metric,), 3)) == BY_HAND


@given(PAYLOADS, st.data())
def test_a_payload_that_is_cut_anywhere_is_refused_or_is_a_whole_payload_of_less(payload: Payload, data: st.DataObject) -> None:
    whole = encode_payload(payload)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    found = decode_payload(cut)
    assert isinstance(found, Malformed) or (
        encode_payload(found) == cut and found.metrics == payload.metrics[: len(found.metrics)]
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_a_payload_or_are_refused(data: bytes) -> None:
    assert isinstance(decode_payload(data), Payload | Malformed)


@given(PAYLOADS, st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_never_raises(payload: Payload, place: int, change: int) -> None:
    data = bytearray(encode_payload(payload) or BY_HAND)
    data[place % len(data)] ^= change
    assert isinstance(decode_payload(bytes(data)), Payload | Malformed)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"\0" * (PAYLOAD_BYTES_MAX + 1), Malformed.TOO_LARGE),
        (b"\x08", Malformed.NOT_PROTOBUF),
        (b"\x08" + b"\xff" * 9 + b"\x02", Malformed.NOT_PROTOBUF),
        (b"\x08" + b"\x80" * 10 + b"\x01", Malformed.NOT_PROTOBUF),
        (b"\x08\x01\x08\x02", Malformed.NOT_PROTOBUF),
        (b"\x00\x01", Malformed.NOT_PROTOBUF),
        (b"\x0b\x0c", Malformed.NOT_PROTOBUF),
        (b"\x0a\x00", Malformed.NOT_PROTOBUF),
        (b"\x12\x03\x0a\x01\xff", Malformed.NOT_PROTOBUF),
        (b"\x12\x04\x50\x01\x58\x01", Malformed.NOT_PROTOBUF),
        (b"\x12\x02\x70\x02", Malformed.NOT_PROTOBUF),
        (b"\x12\x06\x50\x80\x80\x80\x80\x10", Malformed.NOT_PROTOBUF),
        (b"\x12\x00" * 10_001, Malformed.TOO_MANY_METRICS),
        (b"\x12\x05\x4a\x03\x0a\x01Q", Malformed.BAD_PROPERTIES),
    ],
)
def test_each_kind_of_garbage_has_its_cause(data: bytes, cause: Malformed) -> None:
    assert decode_payload(data) is cause


def test_fields_of_extensions_are_skipped() -> None:
    assert decode_payload(BY_HAND + b"\xa2\x06\x02hi") == decode_payload(BY_HAND)


# --- metrics --------------------------------------------------------------------------------------------------------


def reading(datatype: int, form: Form, raw: object, kind: ValueType = ValueType.FLOAT) -> object:
    found = read_metric(Metric(datatype=datatype, value=Value(form, raw)), None, kind)  # type: ignore[arg-type]  # any raw
    return found.value if isinstance(found, Reading) else found


@pytest.mark.parametrize(
    ("datatype", "form", "raw", "value"),
    [
        (DataType.INT8, Form.INT, 0xFF, -1.0),
        (DataType.INT8, Form.INT, 0xFFFF_FF80, -128.0),
        (DataType.INT8, Form.INT, 0x1FF, Refusal.OUT_OF_RANGE),
        (DataType.INT16, Form.INT, 0x8000, -32768.0),
        (DataType.INT16, Form.INT, 0xFFFF_7FFF, Refusal.OUT_OF_RANGE),
        (DataType.INT32, Form.INT, 0xFFFF_FFFF, -1.0),
        (DataType.INT32, Form.LONG, 1, Refusal.WRONG_FORM),
        (DataType.INT64, Form.LONG, 2**64 - 2, -2.0),
        (DataType.INT64, Form.INT, 1, Refusal.WRONG_FORM),
        (DataType.UINT8, Form.INT, 256, Refusal.OUT_OF_RANGE),
        (DataType.UINT32, Form.LONG, 2**32 - 1, 2.0**32 - 1),
        (DataType.UINT32, Form.LONG, 2**32, Refusal.OUT_OF_RANGE),
        (DataType.FLOAT, Form.FLOAT, 62.5, 62.5),
        (DataType.FLOAT, Form.INT, 62, Refusal.WRONG_FORM),
        (DataType.DATETIME, Form.LONG, 1_777_852_800_000, 1_777_852_800_000.0),
        (DataType.BOOLEAN, Form.BOOLEAN, True, Refusal.NOT_A_NUMBER),
        (DataType.STRING, Form.STRING, "12", Refusal.NOT_A_NUMBER),
        (16, Form.DATASET, b"", Refusal.DATASET),
        (17, Form.BYTES, b"", Refusal.BYTES),
        (18, Form.BYTES, b"", Refusal.FILE),
        (19, Form.TEMPLATE, b"", Refusal.TEMPLATE),
        (22, Form.BYTES, b"", Refusal.ARRAY),
        (34, Form.BYTES, b"", Refusal.ARRAY),
        (0, Form.INT, 1, Refusal.UNKNOWN_TYPE),
        (99, Form.INT, 1, Refusal.UNKNOWN_TYPE),
    ],
)
def test_a_metric_is_the_number_that_its_data_type_makes_of_it(datatype: int, form: Form, raw: object, value: object) -> None:
    assert reading(datatype, form, raw) == value


def test_switches_and_texts_are_taken_by_tags_that_are_such() -> None:
    assert reading(DataType.BOOLEAN, Form.BOOLEAN, True, ValueType.BOOL) == 1.0
    assert reading(DataType.UINT8, Form.INT, 1, ValueType.BOOL) == 1.0
    assert reading(DataType.UINT8, Form.INT, 2, ValueType.BOOL) is Refusal.NOT_A_BOOL
    assert reading(DataType.STRING, Form.STRING, " C1 ", ValueType.TEXT) == "C1"
    assert reading(DataType.STRING, Form.STRING, "\x1b", ValueType.TEXT) is Refusal.NOT_A_TEXT
    assert reading(DataType.FLOAT, Form.FLOAT, 1.0, ValueType.TEXT) is Refusal.NOT_A_TEXT


def test_a_data_type_that_differs_from_the_birth_is_refused() -> None:
    metric = Metric(datatype=DataType.INT32, value=Value(Form.INT, 1))
    assert read_metric(metric, DataType.FLOAT, ValueType.FLOAT) is Refusal.TYPE_CHANGED


def test_null_is_no_value_whatever_stands_beside_it() -> None:
    metric = Metric(datatype=DataType.INT32, is_null=True, value=Value(Form.INT, 1))
    assert read_metric(metric, None, ValueType.FLOAT) == Reading(None, Quality.BAD)


@pytest.mark.parametrize(
    ("code", "quality"),
    [
        (None, Quality.GOOD),
        (192, Quality.GOOD),
        (216, Quality.GOOD),
        (64, Quality.UNCERTAIN),
        (0, Quality.BAD),
        (500, Quality.BAD),
        (256, Quality.BAD),
    ],
)
def test_the_property_quality_is_a_quality(code: int | None, quality: Quality) -> None:
    assert quality_of(code) is quality


@given(st.sampled_from(DataType), st.one_of(st.floats(), st.integers(-(2**65), 2**65).map(float), st.text(max_size=5)))
def test_what_is_laid_for_a_command_reads_back_as_the_same(datatype: DataType, value: float | str) -> None:
    laid = lay_value(datatype, value)
    kind = ValueType.TEXT if isinstance(value, str) else ValueType.FLOAT
    if datatype is DataType.BOOLEAN:
        kind = ValueType.BOOL
    if isinstance(laid, Refusal):
        return
    (metric,) = decode_one(laid, datatype)
    found = read_metric(metric, None, kind)
    if isinstance(value, str):
        assert found == Refusal.NOT_A_TEXT or found == Reading(value.strip(), Quality.GOOD)
    else:
        assert isinstance(found, Reading) and isinstance(found.value, float)
        nearest = struct.unpack("<f", struct.pack("<f", value))[0] if datatype is DataType.FLOAT else value
        assert found.value == nearest


def decode_one(value: Value, datatype: DataType) -> tuple[Metric, ...]:
    found = decode_payload(encode_payload(Payload(metrics=(Metric(name="m", datatype=datatype, value=value),))))
    assert isinstance(found, Payload)
    return found.metrics


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (DataType.INT8, 128.0),
        (DataType.UINT8, -1.0),
        (DataType.INT16, 0.5),
        (DataType.FLOAT, 1e300),
        (DataType.DOUBLE, math.inf),
        (DataType.FLOAT, math.nan),
        (DataType.INT64, 2.0**63),
    ],
)
def test_a_command_never_carries_another_number_than_was_asked_for(datatype: DataType, value: float) -> None:
    assert lay_value(datatype, value) is Refusal.OUT_OF_RANGE
