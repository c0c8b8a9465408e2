"""Parameters: a device type's defaults, an instance's own values, and `"{name}"` where they are used. Pure.

A value that is nothing but `"{bearing_high}"` becomes the parameter with its type; inside a longer text it is written out. A
filled value keeps the place of the parameter it came from, so that a wrong one is reported where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from edge.config.text.finding import Findings, did_you_mean, shown
from edge.config.text.source import REFUSED, Node

TEXT_MAX = 200

_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")


def needed(entries: Mapping[str, Node]) -> frozenset[str]:
    """The parameters of a type that stand there without a value: each device must say its own."""
    return frozenset(name for name, node in entries.items() if node.value is None)


def merge(defaults: Mapping[str, Node], own: Mapping[str, Node], type_name: str, findings: Findings) -> dict[str, Node]:
    """The parameters of an instance. One that the type does not have is a finding."""
    merged = dict(defaults)
    for name, node in own.items():
        if name in defaults:
            merged[name] = node
        else:
            hint = did_you_mean(name, defaults)
            findings.error(node.key, "unknown_parameter", name=name, type=type_name, hint=hint)
    return merged


def usable(entries: Mapping[str, Node], findings: Findings) -> dict[str, Node]:
    """The parameters, of which those that are no number, no short text and not true or false are findings, and REFUSED."""
    for name, node in entries.items():
        if node.value is None:
            findings.error(node.key, "no_value", name=name)
        elif not _is_usable(node) and node.value is not REFUSED:
            findings.error(node.place, "parameter_scalar", name=name, given=shown(node.plain()), most=TEXT_MAX)
    return {name: node if _is_usable(node) else node.holding(REFUSED) for name, node in entries.items()}


def _is_usable(node: Node) -> bool:
    if isinstance(node.value, str):
        return 0 < len(node.value) <= TEXT_MAX and node.value.isprintable()
    return isinstance(node.value, int | float)


def holds_placeholder(node: Node) -> bool:
    """Whether there is anything to fill in a node."""
    if isinstance(node.value, str):
        return _PLACEHOLDER.search(node.value) is not None
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return any(holds_placeholder(child) for child in children)


class Filling:
    """Fills placeholders and remembers which parameters were used."""

    def __init__(self, findings: Findings) -> None:
        self.used: set[tuple[str, str]] = set()
        self._findings = findings

    def fill(
        self,
        node: Node,
        parameters: Mapping[str, Node],
        type_name: str,
        *,
        but: Collection[str] = (),
        leave: Collection[str] = (),
    ) -> Node:
        """The node with its placeholders filled, except under the top-level keys `but`; the very same node when it has none.
        A placeholder that names no parameter is a finding and leaves REFUSED, unless it is in `leave`: then it stays."""
        if isinstance(node.value, str):
            return self._fill_text(node, node.value, parameters, type_name, leave)
        if isinstance(node.value, dict):
            filled = {
                key: child if key in but else self.fill(child, parameters, type_name, leave=leave)
                for key, child in node.value.items()
            }
            changed = any(filled[key] is not child for key, child in node.value.items())
            return node.holding(filled) if changed else node
        if isinstance(node.value, list):
            items = [self.fill(child, parameters, type_name, leave=leave) for child in node.value]
            return node.holding(items) if any(a is not b for a, b in zip(items, node.value, strict=True)) else node
        return node

    def _fill_text(self, node: Node, text: str, parameters: Mapping[str, Node], type_name: str, leave: Collection[str]) -> Node:
        names = [name for name in _PLACEHOLDER.findall(text) if name in parameters or name not in leave]
        if not names:
            return node
        self.used.update((type_name, name) for name in names)
        unknown = [name for name in names if name not in parameters]
        for name in unknown:
            hint = did_you_mean(name, parameters)
            self._findings.error(node.place, "unknown_parameter", name=name, type=type_name, hint=hint)
        if unknown or any(parameters[name].value is REFUSED for name in names):
            return node.holding(REFUSED)
        if _PLACEHOLDER.fullmatch(text):
            parameter = parameters[names[0]]
            return Node(parameter.value, parameter.place, node.key, parameter.written)
        filled = _PLACEHOLDER.sub(lambda found: _written(parameters[found[1]]) if found[1] in names else found[0], text)
        return Node(filled, node.place, node.key)


def _written(node: Node) -> str:
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
