"""YAML text to values with line and column. Aliases, keys given twice and keys that are no text are refused."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from simulators.devices.fields import Located, Problem

DEPTH_MAX = 20


def read_yaml(text: str) -> Located:
    """The document of a file. Raises Problem."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        if node is None:
            raise Problem("the file is empty", 1, 1)
        return _located(node, yaml, set(), 0)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Problem(f"not YAML: {error.problem or error.context}", line, column) from error
    except (YAMLError, ValueError) as error:
        raise Problem(f"not YAML: {str(error).splitlines()[0]}", 1, 1) from error
    except RecursionError as error:
        raise Problem("nested too deep", 1, 1) from error


def _located(node: Node, yaml: Any, seen: set[int], depth: int) -> Located:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if id(node) in seen:
        raise Problem("aliases are not understood here, write the value out", line, column)
    if depth > DEPTH_MAX:
        raise Problem(f"nested more than {DEPTH_MAX} deep", line, column)
    seen.add(id(node))
    if isinstance(node, MappingNode):
        fields: dict[str, Located] = {}
        for key_node, value_node in node.value:
            key = _located(key_node, yaml, seen, depth + 1)
            if not isinstance(key.value, str):
                raise key.problem("a key must be a text")
            if key.value in fields:
                raise key.problem(f'key "{key.value}" is given twice')
            fields[key.value] = _located(value_node, yaml, seen, depth + 1)
        return Located(fields, line, column)
    if isinstance(node, SequenceNode):
        return Located([_located(each, yaml, seen, depth + 1) for each in node.value], line, column)
    value = yaml.constructor.construct_object(node)
    return Located(value if isinstance(value, str | int | float | None) else str(node.value), line, column)
