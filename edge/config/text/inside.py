"""Where in a file a character of a text stands: behind quotes and escapes, on the second line of a folded text. Pure.

YAML shows a text in other characters than it is written in, but for the blanks both have the same ones in the same order. So
the place is found by counting what is no blank.
"""

from __future__ import annotations

import re
from dataclasses import replace

from edge.config.text.finding import Place
from edge.config.text.source import Node

#: One character of a text as each style writes it.
_SINGLE = re.compile(r"''|.", re.DOTALL)
_DOUBLE = re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|\r?\n|.)|.", re.DOTALL)
_PLAIN = re.compile(r".", re.DOTALL)
#: Escapes that write a blank, or nothing at all.
_BLANK_ESCAPES = frozenset("\n\r\t nrtvNLP_")


def place_inside(node: Node, column: int) -> Place:
    """The place of a character of the node's text. column: of the text, from 1; beyond its end is behind its last character.
    A text that parameters were filled into is pointed at as a whole."""
    if not isinstance(node.value, str) or node.written is None:
        return replace(node.place, end=None)
    body, offset, form = _body(node.written)
    before = sum(not each.isspace() for each in node.value[: column - 1])
    visible = [token.start() for token in form.finditer(body) if not _is_blank(token[0])]
    at = visible[before] if before < len(visible) else len(body.rstrip())
    return _moved(node.place, node.written[: offset + at])


def _is_blank(token: str) -> bool:
    return token.isspace() or (token[0] == "\\" and token[1:2] in _BLANK_ESCAPES)


def _body(written: str) -> tuple[str, int, re.Pattern[str]]:
    """What is between the quotes or below the sign of a folded text, where in `written` that begins, and how it is written."""
    match written[:1]:
        case "'":
            return written[1:-1], 1, _SINGLE
        case '"':
            return written[1:-1], 1, _DOUBLE
        case ">" | "|":
            head = written.find("\n") + 1
            return written[head:], head, _PLAIN
        case _:
            return written, 0, _PLAIN


def _moved(place: Place, passed: str) -> Place:
    """The place behind some text that begins at a place."""
    lines = passed.count("\n")
    column = place.column + len(passed) if lines == 0 else len(passed) - passed.rfind("\n")
    return replace(place, line=place.line + lines, column=column, end=None)
