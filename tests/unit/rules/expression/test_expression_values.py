"""What expressions are worth: three-valued, and in columns as one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rules.expression import Expression, compile_expression
from rules.expression.evaluate import ExpressionColumns
from tests.unit.rules.expression.strategies import KEYS, texts, values
from tests.unit.rules.naive import expression as naive


def worth(text: str, **known: float | None) -> float | None:
    """None for unknown; of names that are not given, too."""
    expression = compile_expression(text)
    assert isinstance(expression, Expression), expression
    memory = np.array([math.nan if known.get(name) is None else known[name] for name in expression.names], dtype=np.float64)
    columns = ExpressionColumns([expression], [range(len(memory))])
    value, is_known = columns.evaluate(np.array([0]), memory)
    return float(value[0]) if is_known[0] else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("false and u", 0.0),
        ("u and false", 0.0),
        ("true and u", None),
        ("true or u", 1.0),
        ("u or true", 1.0),
        ("false or u", None),
        ("not u", None),
        ("u > 5", None),
        ("u != u", None),
        ("u + 1", None),
        ("0 * u", None),
        ("u ** 2", None),
        ("max(5, u)", None),
        ("clamp(5, 1, u)", None),
        ("between(5, 6, u)", 0.0),
        ("between(5, 4, u)", None),
        ("5 > 6 > u", 0.0),
        ("1 if u else 1", None),
        ("1 if true else u", 1.0),
        ("u if false else 2", 2.0),
        ("u > 1 if true else true", None),
        ("at_least(2, true, true, u)", 1.0),
        ("at_least(2, true, false, u)", None),
        ("at_least(2, false, false, u)", 0.0),
        ("(u > 1) == true", None),
        ("bit(u, 3)", None),
        ("u", None),
    ],
)
def test_an_unknown_makes_unknown_only_what_depends_on_it(text: str, expected: float | None) -> None:
    assert worth(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1 / z",
        "1 // z",
        "1 % z",
        "z / z",
        "sqrt(z - 1)",
        "big * big",
        "-big * big",
        "big ** 2",
        "mean(big, big)",
        "clamp(5, 3, z)",
        "bit(z + 0.5, 0)",
        "bit(big, 0)",
    ],
)
def test_what_has_no_finite_value_is_unknown_and_above_no_limit(text: str) -> None:
    condition = text.startswith("bit")
    known = {"z": 0.0, "big": 1e308}
    assert worth(text, **known) is None
    assert worth(text if condition else f"{text} > 5", **known) is None
    assert worth(f"{text if condition else text + ' > 5'} or z == 0", **known) == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a // 2", 3.0),
        ("-a // 2", -4.0),
        ("-a % 4", 1.0),
        ("a % -4", -1.0),
        ("a ** 3", 343.0),
        ("round(a / 2)", 4.0),
        ("round(a / 2 - 1)", 2.0),
        ("mean(a, 1, 1)", 3.0),
        ("clamp(a, 1, 5)", 5.0),
        ("clamp(a, 8, 9)", 8.0),
        ("between(a, 7, 7)", 1.0),
        ("bit(a, 2) and not bit(a, 3)", 1.0),
        ("bit(-32768 + 0 * a, 15)", 1.0),
        ("bit(-32768 + 0 * a, 14)", 0.0),
        ("a == true", None),
        ("a - a", 0.0),
        ("a", 7.0),
        ("not a", 0.0),
        ("'a'", 7.0),
    ],
)
def test_numbers_come_out_as_people_reckon(text: str, expected: float | None) -> None:
    assert worth(text, a=7.0) == (1.0 if expected is None else expected)


def test_nobody_reads_of_minus_zero() -> None:
    assert str(worth("-a", a=0.0)) == "0.0"


@settings(max_examples=400)
@given(
    st.lists(texts, min_size=1, max_size=3),
    st.lists(st.fixed_dictionaries(dict.fromkeys(KEYS, values)), min_size=1, max_size=5),
)
def test_columns_give_what_a_walk_through_each_tree_gives(written: list[str], plants: list[Mapping[str, float | None]]) -> None:
    expressions = [each for text in written if isinstance(each := compile_expression(text), Expression)]
    assume(expressions)  # a text may read no tag at all
    cases = [(each, plant) for plant in plants for each in expressions]
    memory = np.array([math.nan if plant[name] is None else plant[name] for each, plant in cases for name in each.names])
    starts = np.cumsum([0, *(len(each.names) for each, _ in cases)]).tolist()
    cells = [range(starts[at], starts[at + 1]) for at in range(len(cases))]
    columns = ExpressionColumns([each for each, _ in cases], cells)
    value, known = columns.evaluate(np.arange(len(cases))[::-1], memory)
    for at, (each, plant) in enumerate(reversed(cases)):
        expected = naive.evaluate(each.text, plant)
        assert (float(value[at]) if known[at] else None) == (None if expected is None else float(expected)), (each.text, plant)
