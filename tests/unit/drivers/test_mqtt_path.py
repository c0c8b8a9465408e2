"""Paths into JSON documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.path import MISSING, JsonPath, find, parse_path

DOCUMENT: dict[str, Any] = {
    "v": 1,
    "vib": {"rms": 2, "a.b": 3, "none": None},
    "values": [{"v": 4}, [5]],
    "0": 6,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v", 1),
        ("vib.rms", 2),
        ('vib["a.b"]', 3),
        ("values[0].v", 4),
        ("values[1][0]", 5),
        ("0", 6),
        ('["v"]', 1),
        ("", DOCUMENT),
        ("vib.none", None),
    ],
)
def test_a_path_leads_to_its_value(text: str, value: Any) -> None:
    assert find(DOCUMENT, parse_path(text)) == value


@pytest.mark.parametrize("text", ["w", "v.w", "values[2]", "values.v", "vib[0]", "values[0].v.x"])
def test_a_path_that_leads_nowhere_is_missing(text: str) -> None:
    assert find(DOCUMENT, parse_path(text)) is MISSING


@pytest.mark.parametrize("text", [".a", "a.", "a..b", "a[b]", "a[-1]", "a[0", "a b", '["a', "a[0]b", "a.[0]", "[]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        parse_path(text)


def test_a_path_has_at_most_32_steps() -> None:
    assert len(parse_path("[0]" * 32).steps) == 32
    with pytest.raises(ValueError, match="more than 32"):
        parse_path("[0]" * 33)


keys = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1, max_size=5)


@given(st.lists(st.one_of(keys, st.integers(0, 999_999)), max_size=8))
def test_every_path_reads_back_as_it_is_written(steps: list[str | int]) -> None:
    path = JsonPath(tuple(steps))
    assert parse_path(str(path)) == path


@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parsed = parse_path(text)
    except ValueError:
        return
    assert parse_path(str(parsed)) == parsed
