"""Programs over columns: one run for all expressions of equal shape.

Numbers are floats, and NaN is the unknown one: arithmetic hands it on by itself. Conditions are 1, 0, and one half for unknown:
then Kleene's `and` is the minimum, `or` the maximum, and `not` what is missing to 1. So a column of values also says which are
known.

Only operations whose result IEEE 754 fixes to the last bit, so that a replay on another machine gives the same journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.columns import Bools, Floats, Indices
from rules.expression.compile import Expression
from rules.expression.program import Op, Program, Step, Yields

UNKNOWN_CONDITION = 0.5
"""Between false and true."""

_EXACT = 2.0**53
"""Whole numbers up to here are exact in a float."""


class ExpressionColumns:
    """Many expressions over one memory, which holds what is known of their names.

    cells: of each expression, where in the memory its names are, in the order of `Expression.names`. The memory is a column of
    numbers, NaN for unknown."""

    def __init__(self, expressions: Sequence[Expression], cells: Sequence[Sequence[int]]) -> None:
        members: dict[Program, list[int]] = {}
        for number, expression in enumerate(expressions):
            members.setdefault(expression.program, []).append(number)
        self._shape = np.zeros(len(expressions), dtype=np.intp)
        self._place = np.zeros(len(expressions), dtype=np.intp)
        self._shapes: list[_Shape] = []
        for program, numbers in members.items():
            self._shape[numbers] = len(self._shapes)
            self._place[numbers] = np.arange(len(numbers))
            self._shapes.append(_Shape(program, [expressions[each] for each in numbers], [cells[each] for each in numbers]))

    def evaluate(self, numbers: Indices, memory: Floats) -> tuple[Floats, Bools]:
        """The values of some expressions (conditions are 1 or 0), and whether they are known; values that are not are 0."""
        with np.errstate(all="ignore"):
            if len(self._shapes) == 1:
                return self._shapes[0].evaluate(self._place[numbers], memory)
            value = np.zeros(len(numbers))
            known = np.zeros(len(numbers), dtype=np.bool_)
            shape_of, place_of = self._shape[numbers], self._place[numbers]
            for shape in np.flatnonzero(np.bincount(shape_of)).tolist():
                mine = np.flatnonzero(shape_of == shape)
                value[mine], known[mine] = self._shapes[shape].evaluate(place_of[mine], memory)
            return value, known


class _Shape:
    """Expressions with one program. cells: a row a name; constants: a row a constant; a column an expression."""

    def __init__(self, program: Program, expressions: Sequence[Expression], cells: Sequence[Sequence[int]]) -> None:
        self._steps = [(_OPERATIONS.get(step.op), step) for step in program]
        self._cells = np.array(cells, dtype=np.intp).T.copy()
        self._constants = np.array([each.constants for each in expressions], dtype=np.float64).T.copy()
        self._is_condition = expressions[0].yields is Yields.CONDITION

    def evaluate(self, places: Indices, memory: Floats) -> tuple[Floats, Bools]:
        stack: list[Floats] = []
        for operation, step in self._steps:
            if operation is not None:
                operation(stack, step)
            elif step.op is Op.INPUT:
                stack.append(memory[self._cells[step.first, places]])
            elif step.op is Op.CONSTANT:
                stack.append(self._constants[step.first, places])
            else:
                stack.append(np.full(len(places), float(step.first)))
        result = stack.pop()
        known: Bools = result != UNKNOWN_CONDITION if self._is_condition else np.isfinite(result)
        # Plus 0, so that nobody reads of a value of -0.
        return np.where(known, result, 0.0) + 0.0, known


_Operation = Callable[[list[Floats], Step], None]


def _of_one(function: Callable[[Floats], Floats]) -> _Operation:
    def operation(stack: list[Floats], step: Step) -> None:
        stack.append(function(stack.pop()))

    return operation


def _of_two(function: Callable[[Floats, Floats], Floats]) -> _Operation:
    def operation(stack: list[Floats], step: Step) -> None:
        right = stack.pop()
        stack.append(function(stack.pop(), right))

    return operation


def _of_three(function: Callable[[Floats, Floats, Floats], Floats]) -> _Operation:
    def operation(stack: list[Floats], step: Step) -> None:
        third, second = stack.pop(), stack.pop()
        stack.append(function(stack.pop(), second, third))

    return operation


def _arithmetic(function: Callable[[Floats, Floats], Floats]) -> _Operation:
    """What is not finite is unknown at once: a quotient by 0 must not be above every limit."""

    def finite(left: Floats, right: Floats) -> Floats:
        return _finite(function(left, right))

    return _of_two(finite)


def _comparison(function: Callable[[Floats, Floats], NDArray[Any]]) -> _Operation:
    def operation(stack: list[Floats], step: Step) -> None:
        right, left = stack.pop(), stack.pop()
        stack.append(np.where(np.isnan(left) | np.isnan(right), UNKNOWN_CONDITION, function(left, right)))
        if step.first:
            stack.append(right)

    return operation


def _of_many(function: Callable[[Floats, Floats], Floats]) -> _Operation:
    def operation(stack: list[Floats], step: Step) -> None:
        operands = stack[-step.first :]
        del stack[-step.first :]
        stack.append(reduce(function, operands))

    return operation


def _mean(stack: list[Floats], step: Step) -> None:
    _of_many(np.add)(stack, step)
    stack.append(_finite(stack.pop() / step.first))


def _power(stack: list[Floats], step: Step) -> None:
    """That many multiplications: a library's power differs in the last bit from machine to machine."""
    base = stack.pop()
    stack.append(_finite(reduce(np.multiply, [base] * step.first)))


def _choose(stack: list[Floats], step: Step) -> None:
    other, then, test = stack.pop(), stack.pop(), stack.pop()
    unknown = UNKNOWN_CONDITION if step.first else np.nan
    stack.append(np.where(test == 1.0, then, np.where(test == 0.0, other, unknown)))


def _at_least(stack: list[Floats], step: Step) -> None:
    conditions = np.array(stack[-step.first :])
    del stack[-step.first :]
    surely = (conditions == 1.0).sum(axis=0) >= step.second
    possibly = (conditions != 0.0).sum(axis=0) >= step.second
    stack.append(np.where(surely, 1.0, np.where(possibly, UNKNOWN_CONDITION, 0.0)))


def _finite(numbers: Floats) -> Floats:
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _as_condition(number: Floats) -> Floats:
    return np.where(np.isnan(number), UNKNOWN_CONDITION, number != 0.0)


def _as_number(condition: Floats) -> Floats:
    return np.where(condition == UNKNOWN_CONDITION, np.nan, condition)


def _not(condition: Floats) -> Floats:
    return 1.0 - condition


def _clamp(number: Floats, low: Floats, high: Floats) -> Floats:
    return np.where(low <= high, np.minimum(np.maximum(number, low), high), np.nan)


def _between(number: Floats, low: Floats, high: Floats) -> Floats:
    above = np.where(np.isnan(number) | np.isnan(low), UNKNOWN_CONDITION, number >= low)
    below = np.where(np.isnan(number) | np.isnan(high), UNKNOWN_CONDITION, number <= high)
    return np.minimum(above, below)


def _bit(word: Floats, weight: Floats) -> Floats:
    """The floor is what makes it two's complement for negative words."""
    whole = (np.abs(word) <= _EXACT) & (word == np.floor(word))
    return np.where(whole, np.mod(np.floor(word * weight), 2.0), UNKNOWN_CONDITION)


_OPERATIONS: Mapping[Op, _Operation] = {
    Op.AS_CONDITION: _of_one(_as_condition),
    Op.AS_NUMBER: _of_one(_as_number),
    Op.NEGATE: _of_one(np.negative),
    Op.ADD: _arithmetic(np.add),
    Op.SUBTRACT: _arithmetic(np.subtract),
    Op.MULTIPLY: _arithmetic(np.multiply),
    Op.DIVIDE: _arithmetic(np.divide),
    Op.FLOOR_DIVIDE: _arithmetic(np.floor_divide),
    Op.MODULO: _arithmetic(np.mod),
    Op.POWER: _power,
    Op.LESS: _comparison(np.less),
    Op.LESS_EQUAL: _comparison(np.less_equal),
    Op.GREATER: _comparison(np.greater),
    Op.GREATER_EQUAL: _comparison(np.greater_equal),
    Op.EQUAL: _comparison(np.equal),
    Op.NOT_EQUAL: _comparison(np.not_equal),
    Op.NOT: _of_one(_not),
    Op.AND: _of_many(np.minimum),
    Op.OR: _of_many(np.maximum),
    Op.CHOOSE: _choose,
    Op.ABS: _of_one(np.abs),
    Op.ROUND: _of_one(np.rint),
    Op.FLOOR: _of_one(np.floor),
    Op.CEIL: _of_one(np.ceil),
    Op.SQRT: _of_one(np.sqrt),
    Op.MIN: _of_many(np.minimum),
    Op.MAX: _of_many(np.maximum),
    Op.MEAN: _mean,
    Op.CLAMP: _of_three(_clamp),
    Op.BETWEEN: _of_three(_between),
    Op.BIT: _of_two(_bit),
    Op.AT_LEAST: _at_least,
}
