"""Durations, secret references and names."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from edge.config.text.values import (
    DeviceName,
    Duration,
    Host,
    Name,
    SecretRef,
    duration,
    format_span,
    is_secret_reference,
    parse_duration,
)
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, Span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("500ms", 500 * MILLISECOND),
        ("10s", 10 * SECOND),
        ("1.5min", 90 * SECOND),
        ("2h", 2 * HOUR),
        ("1 d", 24 * HOUR),
        ("0s", 0),
    ],
)
def test_durations_carry_their_unit(text: str, span: Span) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["10", "", "s", "10 sec", "5m", "-1s", "1h30min", "1e3s", "٣s", "10S", "99999999999s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="10s, 500ms, 5min, 2h, 1d"):
        parse_duration(text)


@given(st.integers(0, 10**7).map(lambda ms: ms * MILLISECOND))
def test_a_span_is_read_back_as_it_is_shown(span: Span) -> None:
    assert parse_duration(format_span(span)) == span


def test_spans_are_shown_in_the_largest_unit_that_keeps_them_whole() -> None:
    spans = [0, 500 * MILLISECOND, 90 * SECOND, 5 * MINUTE, 24 * HOUR, 30 * HOUR, 48 * HOUR]
    assert [format_span(span) for span in spans] == ["0 s", "500 ms", "90 s", "5 min", "24 h", "30 h", "2 d"]


def kind_of(adapter: TypeAdapter[object], json: str) -> str:
    """The kind of the one error that a value makes."""
    with pytest.raises(ValidationError) as caught:
        adapter.validate_json(json, strict=True)
    (error,) = caught.value.errors()
    return error["type"]


@pytest.mark.parametrize(
    ("json", "kind"),
    [
        ("10", "config.duration_bare"),
        ("1.5", "config.duration_bare"),
        ("true", "config.duration_wanted"),
        ("[]", "config.duration_wanted"),
        ('"soon"', "config.duration_wanted"),
        ('"25h"', "config.duration_range"),
    ],
)
def test_each_way_to_get_a_duration_wrong_has_its_own_sentence(json: str, kind: str) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(Annotated[Span, duration("0s", "24h")])
    assert kind_of(adapter, json) == kind


def test_both_ends_of_a_range_are_inside() -> None:
    adapter = TypeAdapter(Annotated[Span, duration("1s", "24h")])
    assert [adapter.validate_python(text) for text in ("1s", "24h")] == [SECOND, 24 * HOUR]
    assert TypeAdapter(Duration).validate_python("366d") == 366 * 24 * HOUR


def test_a_secret_reference_says_where_the_secret_is_kept() -> None:
    adapter = TypeAdapter(SecretRef)
    assert adapter.validate_python("${env:MILL_TOKEN}").kept_in == ("env", "MILL_TOKEN")
    relative = adapter.validate_python("${file:secrets/token}", context={"folder": "/plant"})
    assert relative.kept_in == ("file", "/plant/secrets/token")
    assert adapter.validate_python("${file:/run/token}", context={"folder": "/plant"}).kept_in == ("file", "/run/token")


@pytest.mark.parametrize(
    "given_", ['"hunter2"', "12345", "true", '"${env:A}x"', '"${env:}"', '"$MILL_TOKEN"', '"${ENV:A}"', "{}"]
)
def test_anything_but_a_reference_is_refused_without_being_quoted(given_: str) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(SecretRef)
    assert kind_of(adapter, given_) == "config.secret_literal"


def test_a_reference_is_told_from_a_text_that_contains_one() -> None:
    assert is_secret_reference("${env:A}")
    assert not is_secret_reference("see ${env:A}")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Name, ["de_temp", "A-1", "x" * 64], ["", "1a", "de temp", "温度", "a.b", "x" * 65, "d\u0435_temp"]),
        (DeviceName, ["CRM.ST3.MOTOR", "P-101", "1"], ["", ".A", "A.", "A..B", "A B", "炉", "a" * 101, "A/B"]),
        (Host, ["127.0.0.1", "plc-3.mill.local", "::1", "a"], ["", "http://a", "a:502", "a b", "-a", "a/b", "x" * 300]),
    ],
)
def test_names_and_hosts_have_a_form(kind: object, right: list[str], wrong: list[str]) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    for text in right:
        assert adapter.validate_python(text) == text
    for text in wrong:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
