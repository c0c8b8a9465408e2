"""A program: what an expression does, step by step, on a stack.

Expressions of equal shape have equal programs: a step names an input or a constant by its number only, so that
`de_temp > ambient + 40` and `winding > oil + 25` are one program with other columns.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import NamedTuple


class Yields(StrEnum):
    """What a part of an expression is. A tag can be either: a number, and as a condition true when it is not 0."""

    NUMBER = auto()
    CONDITION = auto()
    EITHER = auto()


class Op(StrEnum):
    """What a step does to the top of the stack. Those of the first group push; the others take what they need and push one."""

    INPUT = auto()
    """first: the number of the name."""
    CONSTANT = auto()
    """first: its number."""
    TRUTH = auto()
    """first: 1 for true, 0 for false."""

    AS_CONDITION = auto()
    AS_NUMBER = auto()

    NEGATE = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    FLOOR_DIVIDE = auto()
    MODULO = auto()
    POWER = auto()
    """first: the exponent."""

    LESS = auto()
    LESS_EQUAL = auto()
    GREATER = auto()
    GREATER_EQUAL = auto()
    EQUAL = auto()
    NOT_EQUAL = auto()
    """Comparisons, of two. first: 1 when the right one stays on the stack above the result, for the next of a chain."""

    NOT = auto()
    AND = auto()
    OR = auto()
    """first: of how many."""
    CHOOSE = auto()
    """Of three: condition, then, else. first: 1 when those are conditions."""

    ABS = auto()
    ROUND = auto()
    FLOOR = auto()
    CEIL = auto()
    SQRT = auto()
    MIN = auto()
    MAX = auto()
    MEAN = auto()
    """first: of how many."""
    CLAMP = auto()
    BETWEEN = auto()
    BIT = auto()
    """Of two: the word, and 2 to the minus n."""
    AT_LEAST = auto()
    """first: of how many; second: how many must be true."""


class Step(NamedTuple):
    op: Op
    first: int = 0
    second: int = 0


Program = tuple[Step, ...]
