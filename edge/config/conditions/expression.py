"""Expressions in files: what is wrong with one, as findings; and what it reads. Pure."""

from __future__ import annotations

from edge.config.conditions.in_units import warn_of_units
from edge.config.conditions.tags import tag_at
from edge.config.devices import Devices
from edge.config.text.finding import Findings, Phrase
from edge.config.text.inside import place_inside
from edge.config.text.source import Node
from edge.model.tag import Device
from rules.expression import Expression, Problems, Reason, Yields, compile_expression
from rules.expression.alike import used_alike
from rules.signals.expression import ExpressionSignal

#: Problems that say with `where` which operator or function asks for something; `rule` is the whole.
_OF_A_PART = frozenset({Reason.NUMBER_WANTED, Reason.CONDITION_WANTED})


def checked_expression(text: str, wanted: Yields, node: Node, findings: Findings) -> Expression | None:
    """The expression of a text that a node holds; None, with findings that show where in it, for what is none."""
    found = compile_expression(text, wanted)
    if not isinstance(found, Problems):
        return found
    for problem in found.all:
        args: dict[str, object] = dict(problem.args)
        key = f"expression_{problem.reason}"
        if problem.reason in _OF_A_PART and args["where"] == "rule":
            key = f"{key}_rule"
        if problem.reason is Reason.ARGUMENTS:
            least, most = args.pop("least"), args.pop("most")
            args["count"] = least if least == most else f"{least}-{most}"
        if problem.reason is Reason.OPERATOR:
            meant = args.pop("meant")
            args["hint"] = Phrase("config.expression_meant", {"meant": meant}) if meant else ""
        findings.error(place_inside(node, problem.column), key, **args)
    return None


def read_expression(
    text: str, wanted: Yields, node: Node, own: Device | None, devices: Devices, findings: Findings
) -> ExpressionSignal | None:
    """An expression with the tags that it reads. own: the device whose tags need no device in front, if there is one."""
    expression = checked_expression(text, wanted, node, findings)
    if expression is None:
        return None
    where = [place_inside(node, column) for column in expression.columns]
    read = [tag_at(name, own, devices, place, findings) for name, place in zip(expression.names, where, strict=True)]
    by_name = {name: tag for name, tag in zip(expression.names, read, strict=True) if tag is not None}
    for one, other, column in used_alike(text):
        if one in by_name and other in by_name:
            warn_of_units(by_name[one], by_name[other], place_inside(node, column), findings)
    known = tuple(tag.name for tag in read if tag is not None)
    return ExpressionSignal(expression, known) if len(known) == len(read) else None
