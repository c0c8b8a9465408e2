"""Expressions again, as a walk through Python's tree: one sample at a time, `None` for unknown, no NumPy, no program."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from edge.model.moment import NEVER
from rules.expression import Yields
from rules.signals.expression import ExpressionSignal

NOTHING = "nothing"

Value = float | bool | None
Values = Mapping[str, float | None]


def evaluate(text: str, values: Values) -> Value:
    """What a text that is known to be an expression is worth. A tag alone is a number."""
    return _value(ast.parse(text.strip(), mode="eval").body, values)


def _value(node: ast.expr, values: Values) -> Value:
    return _BY_NODE[type(node)](node, values)


def _constant(node: ast.Constant, values: Values) -> Value:
    if isinstance(node.value, str):
        return values[node.value]
    return node.value if isinstance(node.value, bool) else float(node.value)


def _name(node: ast.expr, values: Values) -> Value:
    name = ast.unparse(node)
    return name == "true" if name in ("true", "false") else values[name]


def _unary(node: ast.UnaryOp, values: Values) -> Value:
    if isinstance(node.op, ast.Not):
        truth = _truth(node.operand, values)
        return None if truth is None else not truth
    number = _value(node.operand, values)
    return -number if number is not None and isinstance(node.op, ast.USub) else number


def _logic(node: ast.BoolOp, values: Values) -> Value:
    truths = [_truth(each, values) for each in node.values]
    return _all(truths) if isinstance(node.op, ast.And) else _any(truths)


def _chain(node: ast.Compare, values: Values) -> Value:
    operands = [_value(each, values) for each in (node.left, *node.comparators)]
    if all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops) and any(
        _is_condition(each) for each in (node.left, *node.comparators)
    ):
        operands = [None if each is None else each != 0.0 for each in operands]
    return _all([_compare(op, operands[at], operands[at + 1]) for at, op in enumerate(node.ops)])


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Constant(value=bool()):
            return True
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
            return name in ("true", "false", "between", "bit", "at_least")
        case ast.IfExp(body=body, orelse=other):
            return _is_condition(body) or _is_condition(other)
    return False


def _choice(node: ast.IfExp, values: Values) -> Value:
    test = _truth(node.test, values)
    if test is None:
        return None
    value = _value(node.body if test else node.orelse, values)
    return value != 0.0 if value is not None and _is_condition(node) else value


def _truth(node: ast.expr, values: Values) -> bool | None:
    value = _value(node, values)
    return None if value is None else value != 0.0


def _all(truths: list[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _any(truths: list[bool | None]) -> bool | None:
    if True in truths:
        return True
    return None if None in truths else False


def _compare(op: ast.cmpop, left: Value, right: Value) -> bool | None:
    return None if left is None or right is None else bool(_COMPARE[type(op)](left, right))


def _arithmetic(node: ast.BinOp, values: Values) -> Value:
    left, right = _value(node.left, values), _value(node.right, values)
    if left is None or right is None:
        return None
    try:
        result = _multiplied(left, int(right)) if isinstance(node.op, ast.Pow) else _COMPUTE[type(node.op)](left, right)
    except ArithmeticError:
        return None
    return result if math.isfinite(result) else None


def _multiplied(base: float, times: int) -> float:
    result = base
    for _ in range(times - 1):
        result *= base
    return result


def _call(node: ast.Call, values: Values) -> Value:
    assert isinstance(node.func, ast.Name)
    name, arguments = node.func.id, node.args
    if name == "at_least":
        wanted = _value(arguments[0], values)
        truths = [_truth(each, values) for each in arguments[1:]]
        assert wanted is not None
        if truths.count(True) >= wanted:
            return True
        return None if truths.count(True) + truths.count(None) >= wanted else False
    numbers = [_value(each, values) for each in arguments]
    if name == "between":
        number, low, high = numbers
        return _all([_compare(ast.LtE(), low, number), _compare(ast.LtE(), number, high)])
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    return _FUNCTIONS[name](*known)


def _mean(*numbers: float) -> float | None:
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers) if math.isfinite(total) else None


def _bit(word: float, number: float) -> bool | None:
    if word != math.floor(word) or abs(word) > 2**53:
        return None
    return bool(int(word) >> int(number) & 1)


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "abs": abs,
    "round": lambda number: float(round(number)),
    "floor": lambda number: float(math.floor(number)),
    "ceil": lambda number: float(math.ceil(number)),
    "sqrt": lambda number: math.sqrt(number) if number >= 0.0 else None,
    "min": min,
    "max": max,
    "mean": _mean,
    "clamp": lambda number, low, high: min(max(number, low), high) if low <= high else None,
    "bit": _bit,
}


_COMPARE: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTE: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_BY_NODE: Mapping[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.UnaryOp: _unary,
    ast.BinOp: _arithmetic,
    ast.BoolOp: _logic,
    ast.Compare: _chain,
    ast.IfExp: _choice,
    ast.Call: _call,
}


class NaiveExpression:
    def __init__(self, signal: ExpressionSignal) -> None:
        self._signal = signal
        self._values: dict[str, float | None] = dict.fromkeys(signal.inputs)
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._values[self._signal.inputs[input]] = value
        result = evaluate(
            self._signal.expression.text,
            {name: self._values[tag] for name, tag in zip(self._signal.expression.names, self._signal.reads, strict=True)},
        )
        if result is None:
            return None
        return float(result != 0.0 if self._signal.expression.yields is Yields.CONDITION else result)

    def wake(self, now: int) -> float | str | None:
        return NOTHING
