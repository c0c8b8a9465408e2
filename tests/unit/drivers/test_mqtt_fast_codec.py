"""The short way through the codec comes to exactly what the strict one comes to, whatever the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.mqtt.codec import Document, Refusal, parse_payload, parse_strictly

NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.sampled_from(["2026-05-04T08:00:00", ":", '"', "ok"])
FLAT = st.dictionaries(st.text(max_size=4) | st.sampled_from(["v", "ts", ":"]), SCALARS, max_size=5)
NESTED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def strict(payload: bytes) -> Document | Refusal:
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return Refusal.NOT_UTF8
    return parse_strictly(text) if text else Refusal.EMPTY


def same(payload: bytes) -> None:
    """Compared as it is written: 0 and -0.0, 1 and true, 5 and 5.0 are equal, and yet not the same."""
    assert repr(parse_payload(payload)) == repr(strict(payload)), payload


@given(FLAT | NESTED, st.booleans())
def test_every_document_is_read_alike(document: Any, ascii_only: bool) -> None:
    same(json.dumps(document, ensure_ascii=ascii_only).encode())


@settings(max_examples=400)
@given(
    FLAT | NESTED,
    st.integers(0, 400),
    st.binary(max_size=3) | st.sampled_from([b":", b'"v":1,', b"-0", b"e9", b"NaN", b"{", b"]", b"\\ud800"]),
)
def test_every_mutated_document_is_read_or_refused_alike(document: Any, at: int, put: bytes) -> None:
    whole = json.dumps(document, ensure_ascii=False).encode()
    place = at % (len(whole) + 1)
    same(whole[:place] + put + whole[place:])
    same(whole[:place] + put + whole[place + len(put) :])
    same(whole[:place])


@given(st.binary(max_size=30))
@example(b"\xef\xbb\xbf1")
@example("\u00a01".encode())
def test_any_bytes_are_read_or_refused_alike(payload: bytes) -> None:
    same(payload)


@given(st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_every_spelling_of_a_number_is_read_alike(number: str) -> None:
    same(number.encode())
    same(f'{{"v": {number}}}'.encode())


@pytest.mark.parametrize(
    "payload",
    [
        b"-0",
        b'{"v":-0}',
        b'{"v":1,"v":2}',
        b'{"v":1,"\\u0076":2}',
        b'{"a":{"b":1,"b":2}}',
        b'{":":1}',
        b'{"\\u003a":1,"a":[{"a":1,"a":2}]}',
        b'{"v":1e999}',
        b'{"v":NaN}',
        b'{"v":"\\ud800"}',
        b'{"v":18446744073709551616}',
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"true",
        b"\x1c1",
    ],
)
def test_what_the_two_libraries_are_known_to_differ_in(payload: bytes) -> None:
    same(payload)
