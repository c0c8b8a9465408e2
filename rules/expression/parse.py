"""From a text to Python's tree of it, and everything that can be refused by looking at the text alone.

What is refused here would otherwise be an error of Python's parser that means nothing to an engineer: `&&`, a single `=`, the
full-width brackets of a Chinese keyboard. Not here: which trees are expressions (compile.py).
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator

from rules.expression.problem import Problem, Problems, Reason

TEXT_MAX = 1_000
"""Characters; a screen of text. Python's parser takes well under a millisecond for it."""

_MEANT = {
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
    "<>": "!=",
    "=": "==",
    "=>": ">=",
    "=<": "<=",
    "<<": "",
    ">>": "",
    "^": "**",
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "TRUE": "true",
    "FALSE": "false",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "（": "(",
    "）": ")",
    "，": ",",
    "＞": ">",
    "＜": "<",
    "＝": "==",
    "＋": "+",
    "－": "-",
    "＊": "*",
    "／": "/",
    "％": "%",
    "。": ".",
}
"""Operators of other languages and keyboards, and how they are written here; nothing where we have none."""

_TOKEN = re.compile(
    r"""
    (?P<quoted>'[^']*'|"[^"]*") |
    (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*) |
    (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.])) |
    (?P<figure>\.?[0-9][A-Za-z0-9_.]*) |
    (?P<operator><=|>=|==|!=|\*\*|//|&&|\|\||<>|=>|=<|<<|>>|.)
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"""[A-Za-z0-9_ .+\-*/%()<>=!,'"]""")
_OWN_WORDS = frozenset({"and", "or", "not", "if", "else", "True", "False"})
_SPACE = re.compile(r"\s")


def parse(text: str) -> ast.expr | Problems:
    """The tree of a text; its columns are offsets into `text`. Or what is wrong with it."""
    if len(text) > TEXT_MAX:
        return _refuse(Reason.TOO_LONG, TEXT_MAX + 1, most=TEXT_MAX)
    line = _SPACE.sub(" ", text).rstrip()
    if not line:
        return _refuse(Reason.EMPTY, 1)
    if found := tuple(_look_over(line)):
        return Problems(found)
    # Python calls spaces in front an indentation; within brackets it does not mind them.
    indent = len(line) - len(line.lstrip())
    try:
        tree = ast.parse(line[indent:], mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        offset = getattr(error, "offset", None)
        return _refuse(Reason.SYNTAX, offset + indent if offset else len(line) + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += indent
            node.end_col_offset = (node.end_col_offset or 0) + indent
    return tree


def _look_over(line: str) -> Iterator[Problem]:
    """Characters, operators and words that are not of this language. Everything that passes is ASCII, so that columns are what
    people count."""
    for token in _TOKEN.finditer(line):
        found, column = token[0], token.start() + 1
        if found in _MEANT:
            yield Problem(Reason.OPERATOR, column, {"found": found, "meant": _MEANT[found]})
        elif token["name"] is not None:
            yield from _look_at_name(found, column)
        elif token["figure"] is not None:
            yield Problem(Reason.NUMBER, column, {"found": found})
        else:
            strange = next((at for at, each in enumerate(found) if not _PLAIN.match(each)), None)
            if strange is not None:
                yield Problem(Reason.CHARACTER, column + strange, {"found": found[strange]})


def _look_at_name(found: str, column: int) -> Iterator[Problem]:
    if found in _OWN_WORDS:
        return
    for part in found.split("."):
        if keyword.iskeyword(part):
            yield Problem(Reason.WORD, column, {"found": part})
        elif part[0].isdigit():
            yield Problem(Reason.NAME, column, {"found": found})
        column += len(part) + 1


def _refuse(reason: Reason, column: int, **args: str | int) -> Problems:
    return Problems((Problem(reason, column, args),))
