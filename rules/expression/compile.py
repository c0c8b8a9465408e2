"""From Python's tree to a program, node by node: a whitelist, and which parts are numbers and which conditions.

Everything that is wrong is found in one go: what cannot be understood is taken for a tag, so that the rest is still looked at.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rules.expression.functions import BIT_MAX, FUNCTIONS, Function
from rules.expression.parse import parse
from rules.expression.problem import Problem, Problems, Reason
from rules.expression.program import Op, Program, Step, Yields

NODES_MAX = 200
DEPTH_MAX = 64
"""Operators side by side count, too: `a + b + c` is two deep."""
EXPONENT_MAX = 8

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_ARITHMETIC: dict[type[ast.operator], tuple[Op, str]] = {
    ast.Add: (Op.ADD, "+"),
    ast.Sub: (Op.SUBTRACT, "-"),
    ast.Mult: (Op.MULTIPLY, "*"),
    ast.Div: (Op.DIVIDE, "/"),
    ast.FloorDiv: (Op.FLOOR_DIVIDE, "//"),
    ast.Mod: (Op.MODULO, "%"),
}
_COMPARISON: dict[type[ast.cmpop], tuple[Op, str]] = {
    ast.Lt: (Op.LESS, "<"),
    ast.LtE: (Op.LESS_EQUAL, "<="),
    ast.Gt: (Op.GREATER, ">"),
    ast.GtE: (Op.GREATER_EQUAL, ">="),
    ast.Eq: (Op.EQUAL, "=="),
    ast.NotEq: (Op.NOT_EQUAL, "!="),
}
_EQUALITY = (ast.Eq, ast.NotEq)
_DIVISIONS = (Op.DIVIDE, Op.FLOOR_DIVIDE, Op.MODULO)


@dataclass(frozen=True, slots=True)
class Expression:
    """text: as it was written. yields: EITHER when it is nothing but a tag, or a choice of tags. The rest follows from these.
    names: of tags, in the order in which they appear first; columns: where that is, from 1. program: reads inputs by number in
    `names`, constants by number in `constants`."""

    text: str
    yields: Yields
    names: tuple[str, ...] = field(repr=False, compare=False)
    columns: tuple[int, ...] = field(repr=False, compare=False)
    program: Program = field(repr=False, compare=False)
    constants: tuple[float, ...] = field(repr=False, compare=False)


@lru_cache(maxsize=4_096)
def compile_expression(text: str, wanted: Yields = Yields.EITHER) -> Expression | Problems:
    """The expression of a text, or all that is wrong with it. wanted: NUMBER where it is compared with a limit, CONDITION where
    it says whether something is so."""
    tree = parse(text)
    if isinstance(tree, Problems):
        return tree
    compiler = _Compiler(text)
    part = compiler.part(tree, 1)
    if wanted is Yields.NUMBER:
        part = _Part(tree, wanted, compiler.number(part, "rule"))
    elif wanted is Yields.CONDITION:
        part = _Part(tree, wanted, compiler.condition(part, "rule"))
    if not compiler.names and not compiler.problems:
        compiler.refuse(Reason.NO_TAG, tree)
    if compiler.problems:
        return Problems(tuple(sorted(compiler.problems, key=lambda problem: problem.column)))
    constants = tuple(step for step in part.steps if isinstance(step, float))
    numbers = iter(range(len(constants)))
    program = tuple(Step(Op.CONSTANT, next(numbers)) if isinstance(step, float) else step for step in part.steps)
    return Expression(text, part.yields, tuple(compiler.names), tuple(compiler.names.values()), program, constants)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the tree. steps: constants stand as themselves until all are known. constant: its value, if it is one."""

    node: ast.expr
    yields: Yields
    steps: tuple[Step | float, ...]

    @property
    def constant(self) -> float | None:
        step = self.steps[0]
        return step if isinstance(step, float) and len(self.steps) == 1 else None


class _Compiler:
    """names: seen so far, with the column of each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes = 0
        self.names: dict[str, int] = {}
        self.problems: list[Problem] = []

    def part(self, node: ast.expr, depth: int) -> _Part:
        self._nodes += 1
        if self._nodes == NODES_MAX + 1:
            self.refuse(Reason.TOO_BIG, node, most=NODES_MAX)
        if self._nodes > NODES_MAX:
            return self._unknown(node)
        if depth > DEPTH_MAX:
            # Said once: every way down this deep would say it again.
            if not any(problem.reason is Reason.TOO_DEEP for problem in self.problems):
                self.refuse(Reason.TOO_DEEP, node, most=DEPTH_MAX)
            return self._unknown(node)
        return _WHITELIST.get(type(node), _Compiler._not_allowed)(self, node, depth)

    # --- leaves ---------------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant, depth: int) -> _Part:
        value = node.value
        if isinstance(value, bool):
            return _truth(node, value)
        if isinstance(value, str):
            return self._tag(node, value)
        if not isinstance(value, int | float):
            return self._not_allowed(node, depth)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            self.refuse(Reason.NUMBER, node, found=self._written(node))
        return _Part(node, Yields.NUMBER, (number,))

    def _name(self, node: ast.Name | ast.Attribute, depth: int) -> _Part:
        parts: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return self._not_allowed(node, depth)
        name = ".".join((inner.id, *reversed(parts)))
        return _truth(node, name == "true") if name in ("true", "false") else self._tag(node, name)

    def _tag(self, node: ast.expr, name: str) -> _Part:
        if not _NAME.fullmatch(name):
            self.refuse(Reason.NAME, node, found=name)
        self.names.setdefault(name, node.col_offset + 1)
        return _Part(node, Yields.EITHER, (Step(Op.INPUT, list(self.names).index(name)),))

    def _not_allowed(self, node: ast.expr, depth: int) -> _Part:
        self.refuse(Reason.NOT_ALLOWED, node, found=self._written(node))
        return self._unknown(node)

    # --- operators ------------------------------------------------------------------------------------------------

    def _unary(self, node: ast.UnaryOp, depth: int) -> _Part:
        operand = self.part(node.operand, depth + 1)
        if isinstance(node.op, ast.Not):
            return _Part(node, Yields.CONDITION, (*self.condition(operand, "not"), Step(Op.NOT)))
        if isinstance(node.op, ast.UAdd):
            return _Part(node, Yields.NUMBER, self.number(operand, "+"))
        steps = self.number(operand, "-")
        # Folded, so that a limit of -5 has the shape of one of 5.
        if operand.constant is not None:
            return _Part(node, Yields.NUMBER, (-operand.constant,))
        return _Part(node, Yields.NUMBER, (*steps, Step(Op.NEGATE)))

    def _binary(self, node: ast.BinOp, depth: int) -> _Part:
        left, right = self.part(node.left, depth + 1), self.part(node.right, depth + 1)
        if isinstance(node.op, ast.Pow):
            exponent = self._whole(right, "**", 1, EXPONENT_MAX)
            return _Part(node, Yields.NUMBER, (*self.number(left, "**"), Step(Op.POWER, exponent)))
        # The others (shifts, bitwise) are made of characters that parse.py has refused.
        op, sign = _ARITHMETIC[type(node.op)]
        if op in _DIVISIONS and right.constant == 0.0:
            self.refuse(Reason.DIVISION_BY_ZERO, right.node)
        return _Part(node, Yields.NUMBER, (*self.number(left, sign), *self.number(right, sign), Step(op)))

    def _compare(self, node: ast.Compare, depth: int) -> _Part:
        operands = [self.part(each, depth + 1) for each in (node.left, *node.comparators)]
        # Their other signs (`is`, `in`) are words that parse.py has refused.
        signs = [_COMPARISON[type(each)] for each in node.ops]
        as_conditions = all(isinstance(each, _EQUALITY) for each in node.ops) and any(
            each.yields is Yields.CONDITION for each in operands
        )
        steps: list[Step | float] = []
        for position, operand in enumerate(operands):
            op, sign = signs[max(position - 1, 0)]
            if as_conditions:
                steps += (*self.condition(operand, sign), Step(Op.AS_NUMBER))
            else:
                steps += self.number(operand, sign)
            if position:
                steps.append(Step(op, int(position < len(signs))))
        if len(signs) > 1:
            steps.append(Step(Op.AND, len(signs)))
        return _Part(node, Yields.CONDITION, tuple(steps))

    def _logic(self, node: ast.BoolOp, depth: int) -> _Part:
        op, sign = (Op.AND, "and") if isinstance(node.op, ast.And) else (Op.OR, "or")
        steps: list[Step | float] = []
        for each in node.values:
            steps += self.condition(self.part(each, depth + 1), sign)
        return _Part(node, Yields.CONDITION, (*steps, Step(op, len(node.values))))

    def _choose(self, node: ast.IfExp, depth: int) -> _Part:
        # In the order in which they stand, so that names are numbered as people read them.
        then = self.part(node.body, depth + 1)
        test = self.condition(self.part(node.test, depth + 1), "if")
        other = self.part(node.orelse, depth + 1)
        kinds = {then.yields, other.yields}
        if Yields.CONDITION in kinds:
            steps = (*test, *self.condition(then, "else"), *self.condition(other, "else"), Step(Op.CHOOSE, 1))
            return _Part(node, Yields.CONDITION, steps)
        yields = Yields.NUMBER if Yields.NUMBER in kinds else Yields.EITHER
        return _Part(node, yields, (*test, *then.steps, *other.steps, Step(Op.CHOOSE, 0)))

    # --- functions ------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, depth: int) -> _Part:
        if not isinstance(node.func, ast.Name) or node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            return self._not_allowed(node, depth)
        name = node.func.id
        function = FUNCTIONS.get(name)
        if function is None:
            self.refuse(Reason.FUNCTION, node, found=name, known=", ".join(FUNCTIONS))
            return self._unknown(node)
        arguments = [self.part(each, depth + 1) for each in node.args]
        if not function.least <= len(arguments) <= function.most:
            sizes = {"least": function.least, "most": function.most, "given": len(arguments)}
            self.refuse(Reason.ARGUMENTS, node, function=name, **sizes)
            return self._unknown(node)
        return _Part(node, function.yields, self._call_steps(name, function, arguments))

    def _call_steps(self, name: str, function: Function, arguments: list[_Part]) -> tuple[Step | float, ...]:
        if function.op is Op.BIT:
            number = self._whole(arguments[1], name, 0, BIT_MAX)
            return (*self.number(arguments[0], name), 2.0**-number, Step(Op.BIT))
        call = Step(function.op, len(arguments) if function.count else 0)
        if function.op is Op.AT_LEAST:
            count, *arguments = arguments
            call = Step(function.op, len(arguments), self._whole(count, name, 1, len(arguments)))
        if function.op in (Op.CLAMP, Op.BETWEEN):
            low, high = arguments[1].constant, arguments[2].constant
            if low is not None and high is not None and low > high:
                self.refuse(Reason.EMPTY_RANGE, arguments[1].node, function=name, low=low, high=high)
        steps: list[Step | float] = []
        for each in arguments:
            steps += self.condition(each, name) if function.takes is Yields.CONDITION else self.number(each, name)
        return (*steps, call)

    # --- kinds ----------------------------------------------------------------------------------------------------

    def number(self, part: _Part, where: str) -> tuple[Step | float, ...]:
        """The steps of a part that must be a number."""
        if part.yields is Yields.CONDITION:
            self.refuse(Reason.NUMBER_WANTED, part.node, where=where)
        return part.steps

    def condition(self, part: _Part, where: str) -> tuple[Step | float, ...]:
        """The steps of a part that must be a condition."""
        if part.yields is Yields.NUMBER:
            self.refuse(Reason.CONDITION_WANTED, part.node, where=where)
        return part.steps if part.yields is Yields.CONDITION else (*part.steps, Step(Op.AS_CONDITION))

    def _whole(self, part: _Part, where: str, least: int, most: int) -> int:
        value = part.constant
        if value is None or not least <= value <= most or value != int(value):
            self.refuse(Reason.WHOLE_NUMBER_WANTED, part.node, where=where, least=least, most=most)
            return least
        return int(value)

    def _unknown(self, node: ast.expr) -> _Part:
        return _Part(node, Yields.EITHER, (Step(Op.INPUT),))

    def refuse(self, reason: Reason, node: ast.expr, **args: str | int | float) -> None:
        self.problems.append(Problem(reason, node.col_offset + 1, args))

    def _written(self, node: ast.expr) -> str:
        return self._text[node.col_offset : node.end_col_offset]


def _truth(node: ast.expr, value: bool) -> _Part:
    return _Part(node, Yields.CONDITION, (Step(Op.TRUTH, int(value)),))


_WHITELIST: dict[type[ast.expr], Callable[[_Compiler, Any, int], _Part]] = {
    ast.Constant: _Compiler._constant,
    ast.Name: _Compiler._name,
    ast.Attribute: _Compiler._name,
    ast.UnaryOp: _Compiler._unary,
    ast.BinOp: _Compiler._binary,
    ast.Compare: _Compiler._compare,
    ast.BoolOp: _Compiler._logic,
    ast.IfExp: _Compiler._choose,
    ast.Call: _Compiler._call,
}
