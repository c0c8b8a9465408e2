"""As much of JSON Schema as `tests/cases/vectors/vector.schema.json` needs, so that the files are what their schema says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, bound: value >= bound, "below"),
    "maximum": (lambda value, bound: value <= bound, "above"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "not above"),
}
_ANNOTATIONS = frozenset({"$schema", "$defs", "title"})


def problems(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """What is wrong with a value, with the path to it; nothing when it is as its schema says. KeyError for a keyword of JSON
    Schema that is not known here: what nobody checks should not be written."""
    for keyword, said in schema.items():
        if keyword not in _ANNOTATIONS:
            yield from _KEYWORDS[keyword](value, said, schema, root, where)


def _type(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    allowed = [said] if isinstance(said, str) else said
    if not any(_TYPES[each](value) for each in allowed):
        yield f"{where}: is no {' or '.join(allowed)}"


def _among(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if value not in said:
        yield f"{where}: {value!r} is not one of {said}"


def _const(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _among(value, [said], schema, root, where)


def _pattern(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, str) and re.search(said, value) is None:
        yield f"{where}: {value!r} is not like {said}"


def _bound(keyword: str) -> Callable[..., Iterator[str]]:
    within, wrong = _BOUNDS[keyword]

    def check(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
        if _TYPES["number"](value) and not within(value, said):
            yield f"{where}: {value} is {wrong} {said}"

    return check


def _required(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{where}: lacks {name}" for name in said if name not in value)


def _properties(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in said.keys() & value.keys():
            yield from problems(value[name], said[name], root, f"{where}/{name}")


def _additional(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in sorted(value.keys() - schema.get("properties", {}).keys()):
            if said is False:
                yield f"{where}: knows no {name}"
            else:
                yield from problems(value[name], said, root, f"{where}/{name}")


def _items(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from problems(each, said, root, f"{where}/{number}")


def _min_items(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, list) and len(value) < said:
        yield f"{where}: has fewer than {said}"


def _ref(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from problems(value, root["$defs"][said.removeprefix("#/$defs/")], root, where)


def _one_of(value: Any, said: Any, schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> Iterator[str]:
    """Told is what is wrong with the form that it is nearest to."""
    found = [list(problems(value, each, root, where)) for each in said]
    if sum(not wrong for wrong in found) > 1:
        yield f"{where}: fits more than one form"
    elif all(found):
        yield from min(found, key=len)


_KEYWORDS: Mapping[str, Callable[..., Iterator[str]]] = {
    "$ref": _ref,
    "type": _type,
    "enum": _among,
    "const": _const,
    "pattern": _pattern,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "minItems": _min_items,
    "oneOf": _one_of,
    **{keyword: _bound(keyword) for keyword in _BOUNDS},
}
