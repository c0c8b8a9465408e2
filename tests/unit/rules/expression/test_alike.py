"""Which tags of an expression must be of one unit for it to mean anything."""

from __future__ import annotations

import pytest

from rules.expression.alike import used_alike


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a + b", [("a", "b")]),
        ("a - b > c", [("a", "b")]),
        ("(a - 20) > b", [("a", "b")]),
        ("a > b", [("a", "b")]),
        ("-a > b", [("a", "b")]),
        ("a < b < c", [("a", "b"), ("b", "c")]),
        ("a * b > c", []),
        ("max(a, b) > c", [("a", "b"), ("a", "c")]),
        ("sqrt(a + b) > c", [("a", "b")]),
        ("(a if d > 1 else b) > c", [("a", "b"), ("a", "c")]),
        ("a > 1 and b > 2", []),
        ("true == a", []),
        ("a >", []),
    ],
)
def test_what_is_added_compared_or_chosen_from_is_of_one_unit(text: str, pairs: list[tuple[str, str]]) -> None:
    assert [(one, other) for one, other, _ in used_alike(text)] == pairs
