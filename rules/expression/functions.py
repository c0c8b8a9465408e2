"""The functions that an expression may call. A new one is a row here, an `Op`, and what it does in `evaluate.py`.

| call | value |
|---|---|
| abs(x), sqrt(x), floor(x), ceil(x) | as everywhere |
| round(x) | the nearest whole number; halves to the even one |
| min(x, y, ...), max(x, y, ...), mean(x, y, ...) | of 2 to 16 numbers |
| clamp(x, low, high) | x, but never below low or above high; unknown when low is above high |
| between(x, low, high) | whether low <= x <= high |
| bit(x, n) | whether bit n of the whole number x is set; n from 0 to 52, written down; a negative x in two's complement |
| at_least(n, a, b, ...) | whether n or more of 2 to 16 conditions are true: known as soon as the others cannot change it |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.expression.program import Op, Yields

MANY = 16
"""Arguments of a function that takes any number of them."""
BIT_MAX = 52
"""Whole numbers up to 2 ** 53 are exact in a float."""


@dataclass(frozen=True, slots=True)
class Function:
    """least, most: arguments. count: whether its step says how many there are."""

    op: Op
    least: int
    most: int
    takes: Yields = Yields.NUMBER
    yields: Yields = Yields.NUMBER
    count: bool = False


FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(Op.ABS, 1, 1),
    "at_least": Function(Op.AT_LEAST, 3, MANY + 1, takes=Yields.CONDITION, yields=Yields.CONDITION),
    "between": Function(Op.BETWEEN, 3, 3, yields=Yields.CONDITION),
    "bit": Function(Op.BIT, 2, 2, yields=Yields.CONDITION),
    "ceil": Function(Op.CEIL, 1, 1),
    "clamp": Function(Op.CLAMP, 3, 3),
    "floor": Function(Op.FLOOR, 1, 1),
    "max": Function(Op.MAX, 2, MANY, count=True),
    "mean": Function(Op.MEAN, 2, MANY, count=True),
    "min": Function(Op.MIN, 2, MANY, count=True),
    "round": Function(Op.ROUND, 1, 1),
    "sqrt": Function(Op.SQRT, 1, 1),
}
