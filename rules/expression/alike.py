"""Which tags of an expression are added, compared or chosen from as if they were of one unit. Pure.

Not here: units, and what follows when they are not (`edge/config/conditions/expression.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import pairwise

from rules.expression.parse import parse
from rules.expression.problem import Problems

#: Functions whose arguments are of one unit.
_OF_ONE_UNIT = frozenset({"abs", "between", "ceil", "clamp", "floor", "max", "mean", "min", "round"})


def used_alike(text: str) -> tuple[tuple[str, str, int], ...]:
    """Pairs of names with the column, from 1, of the second. text: an expression; of anything else there are none."""
    tree = parse(text)
    if isinstance(tree, Problems):
        return ()
    reader = _Reader()
    reader.read(tree)
    return tuple(reader.pairs)


class _Reader:
    def __init__(self) -> None:
        self.pairs: list[tuple[str, str, int]] = []

    def read(self, node: ast.expr) -> ast.expr | None:
        """A tag whose unit the node has; None where it has none, or one of its own: a product, a quotient, a difference."""
        unit: ast.expr | None = None
        match node:
            case ast.Name() | ast.Attribute() | ast.Constant():
                unit = node if _name_of(node) is not None else None
            case ast.UnaryOp():
                unit = self.read(node.operand)
            case ast.BinOp(op=ast.Add()):
                unit = self._alike([node.left, node.right])
            case ast.BinOp(op=ast.Sub()):
                # 80 °C less 20 °C are 60 K, but less 20 they are °C still.
                unit = self._alike([node.left, node.right])
                unit = unit if isinstance(node.right, ast.Constant) and _name_of(node.right) is None else None
            case ast.Compare():
                self._alike([node.left, *node.comparators])
            case ast.IfExp():
                self.read(node.test)
                unit = self._alike([node.body, node.orelse])
            case ast.Call(func=ast.Name(id=function)) if function in _OF_ONE_UNIT:
                unit = self._alike(node.args)
            case ast.Call():
                for argument in node.args:
                    self.read(argument)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.read(child)
        return unit

    def _alike(self, nodes: Iterable[ast.expr]) -> ast.expr | None:
        tags = [tag for node in nodes if (tag := self.read(node)) is not None]
        for one, other in pairwise(tags):
            self.pairs.append((_name_of(one) or "", _name_of(other) or "", other.col_offset + 1))
        return tags[0] if tags else None


def _name_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    name = ast.unparse(node)
    return None if name in ("true", "false") else name
