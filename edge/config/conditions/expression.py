"""Expressions in files: what is wrong with one, as findings; and what it reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.config.conditions.tags import Tags
from edge.config.finding import Findings, Place
from rules.expression import Expression, Problems, Yields, compile_expression
from rules.signals.expression import ExpressionSignal


def checked_expression(text: str, wanted: Yields, place: Place, findings: Findings) -> Expression | None:
    """The expression of a text that stands at a place; None, with findings that show where in it, for what is none."""
    found = compile_expression(text, wanted)
    if not isinstance(found, Problems):
        return found
    for problem in found.all:
        findings.error(_at(place, problem.column), f"expression_{problem.reason}", **problem.args)
    return None


def read_expression(text: str, wanted: Yields, tags: Tags, path: Sequence[str | int]) -> ExpressionSignal | None:
    place = tags.node.follow(path).place
    expression = checked_expression(text, wanted, place, tags.findings)
    if expression is None:
        return None
    read = [tags.at(name, _at(place, column)) for name, column in zip(expression.names, expression.columns, strict=True)]
    known = [tag for tag in read if tag is not None]
    if any(tag.is_text for tag in known):
        tags.findings.error(place, "expression_text", name=next(tag.key for tag in known if tag.is_text))
        return None
    return ExpressionSignal(expression, tuple(tag.name for tag in known)) if len(known) == len(read) else None


def _at(place: Place, column: int) -> Place:
    """Columns of the text count from its first character; a quoted text begins one further."""
    return replace(place, column=place.column + column - 1, end=None)
