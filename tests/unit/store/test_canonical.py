"""The canonical form: equal events, equal bytes; and what the encoder does with values that JSON has no word for."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.event import Event, Stream
from edge.store.canonical import canonical, canonical_row, chain_hash, decode, encode
from tests.store_rows import at, raised

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def test_the_bytes_are_these() -> None:
    event = Event(Stream.ALARM, "acknowledged", "CRM.ST3/温度", at(0.000001), {"b": 0.1, "a": [1, None]}, ("api", "4711"))
    assert canonical(event).decode() == (
        '{"command":["api","4711"],"data":{"a":[1,null],"b":0.1},"kind":"acknowledged","stream":"alarm",'
        '"subject":"CRM.ST3/温度","time":"2026-05-04T08:00:00.000001Z"}'
    )


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_the_order_in_which_data_was_put_together_does_not_matter(data: dict) -> None:
    turned = dict(reversed(data.items()))
    assert canonical(Event(Stream.ALARM, "k", "s", 0, data)) == canonical(Event(Stream.ALARM, "k", "s", 0, turned))


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_encoding_loses_nothing_that_json_can_say(data: dict) -> None:
    assert decode(encode(data)) == data
    assert json.loads(canonical(Event(Stream.ALARM, "k", "s", 0, data)))["data"] == data


def test_different_events_give_different_bytes() -> None:
    events = [
        raised(),
        raised(occurrence=2),
        raised(seconds=0.000001),
        raised(alarm="CRM.ST3.MOTOR/other"),
        raised(value=81.50000000000001),
        Event(Stream.ALARM, "returned", raised().subject, raised().time, raised().data),
        Event(Stream.ORDER, "raised", raised().subject, raised().time, raised().data),
        Event(Stream.ALARM, "raised", raised().subject, raised().time, raised().data, ("api", "1")),
    ]
    assert len({canonical(event) for event in events}) == len(events)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "null"),
        (math.inf, "null"),
        ("\ud83d", '"\ufffd"'),
        ("ok \U0001f600", '"ok \U0001f600"'),
        ({"\udc00": ["\ud800", 1 << 64]}, '{"\ufffd":["\ufffd","18446744073709551616"]}'),
        (-(1 << 63) - 1, '"-9223372036854775809"'),
        (np.float64(0.1), "0.1"),
        (np.bool_(True), "true"),
        (1e16, "1e+16"),
        (-0.0, "-0.0"),
    ],
)
def test_a_strange_value_never_costs_an_alarm(value: object, text: str) -> None:
    assert encode(value) == text


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"a": {("b",): 1}}])
def test_what_is_no_json_at_all_is_our_mistake(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_every_part_of_a_rows_identity_is_under_the_hash() -> None:
    event = canonical(raised())
    identity = {"site": "s", "agent": "a", "epoch": 1, "sequence": 1, "recorded_at": 1}
    changed = [{**identity, key: value} for key, value in (("site", "t"), ("agent", "b"), ("epoch", 2), ("sequence", 2))]
    changed.append({**identity, "recorded_at": 2})
    hashes = {chain_hash("0" * 64, canonical_row(event, **each)) for each in (identity, *changed)}
    hashes.add(chain_hash("1" * 64, canonical_row(event, **identity)))
    assert len(hashes) == 7
