"""Reads nodes into pydantic models and says what is wrong in our own sentences, at the place where it stands. Pure.

Theory of operation. pydantic checks, and reports all errors of a model with their path; the path leads to a node, the node
knows its place. The kind of error selects a sentence: none of pydantic's own English reaches a person. Validation is strict
and in JSON mode, so that `"5"` is no number, `true` is no 1, and enumerations are still written as words. An empty value
(`area:` with nothing behind it) is refused wherever it stands, instead of meaning something else in each field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from edge.config.text.finding import Finding, Findings, Phrase, Place, did_you_mean, nearest, shown
from edge.config.text.slips import number_meant
from edge.config.text.source import REFUSED, Node
from edge.config.text.values import SecretRef, is_secret_reference
from edge.texts import catalogue

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

#: Kind of pydantic error -> our sentence, which may use {name}, {given} and {bound}.
SENTENCE_OF_KIND: Mapping[str, str] = {
    "string_type": "text_wanted",
    "string_unicode": "text_wanted",
    "int_type": "whole_number_wanted",
    "int_parsing": "whole_number_wanted",
    "int_from_float": "whole_number_wanted",
    "int_parsing_size": "whole_number_wanted",
    "float_type": "number_wanted",
    "float_parsing": "number_wanted",
    "finite_number": "number_wanted",
    "bool_type": "switch_wanted",
    "bool_parsing": "switch_wanted",
    "dict_type": "mapping_wanted",
    "model_type": "mapping_wanted",
    "model_attributes_type": "mapping_wanted",
    "dataclass_type": "mapping_wanted",
    "list_type": "list_wanted",
    "tuple_type": "list_wanted",
    "set_type": "list_wanted",
    "frozen_set_type": "list_wanted",
    "greater_than": "more_than",
    "greater_than_equal": "at_least",
    "less_than": "less_than",
    "less_than_equal": "at_most",
    "string_too_short": "text_empty",
    "string_too_long": "text_too_long",
    "too_short": "list_too_short",
    "too_long": "list_too_long",
    "string_pattern_mismatch": "pattern_wanted",
}
_BOUND_KEYS = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern")


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret reference and where it is written."""

    ref: SecretRef
    where: Place


class Reader:
    """What all parts of a plant folder are read with. folder: absolute, for secrets in files; it is not opened."""

    def __init__(self, findings: Findings, folder: str) -> None:
        self.findings = findings
        self.secrets: list[SecretUse] = []
        self._folder = folder

    def read(self, model: type[M], node: Node, name: str) -> M | None:
        """The node as a model; None when it is not one, and the findings say why. name: how messages call the node."""
        empty: set[Path] = set()
        plain = self._plain(node, (), empty, name)
        if () in empty:
            return None
        try:
            read = model.model_validate_json(json.dumps(plain), strict=True, extra="forbid", context={"folder": self._folder})
        except ValidationError as error:
            seen: set[Place] = set()
            for detail in error.errors(include_url=False):
                finding = self._finding(model, node, name, detail, empty)
                # Of several complaints about one place (the branches of a union) the first says enough.
                if finding is not None and (finding.place not in seen or detail["type"] == "missing"):
                    seen.add(finding.place)
                    self.findings.add(finding)
            return None
        self._collect_secrets(read, node)
        return None if empty else read

    def mapping(self, node: Node, name: str) -> Mapping[str, Node]:
        """The entries of a mapping; none, with a finding, of anything else."""
        if isinstance(node.value, Mapping):
            return node.value
        if node.value is None:
            self.findings.error(node.key, "no_value", name=name)
        elif node.value is not REFUSED:
            self.findings.error(node.place, "mapping_wanted", name=name, given=shown(node.plain()))
        return {}

    def known(self, node: Node, name: str, keys: Iterable[str]) -> Node:
        """The node with the entries that may be there; every other one is a finding, and so is anything but a mapping."""
        keys = list(keys)
        for key, entry in self.mapping(node, name).items():
            if key not in keys:
                self.findings.error(entry.key, "unknown_key", name=key, hint=did_you_mean(key, keys))
        return node.only(keys)

    def named(self, node: Node, name: str, form: Callable[[str], str]) -> Mapping[str, Node]:
        """The entries of a mapping whose keys are names. A name of the wrong form is a finding, and still a name: whatever
        refers to it is not wrong for that."""
        entries = self.mapping(node, name)
        for key, entry in entries.items():
            try:
                form(key)
            except PydanticCustomError as error:
                self.findings.add(
                    Finding(entry.key, Phrase(error.type, {**(error.context or {}), "name": name, "given": shown(key)}))
                )
        return entries

    def _plain(self, node: Node, path: Path, empty: set[Path], name: str) -> Any:
        """The value without places. Paths of values that are no values go to `empty`, and are findings from here on."""
        if node.value is None or node.value is REFUSED or (braces := _unquoted_braces(node)):
            empty.add(path)
            if node.value is None:
                self.findings.error(node.key, "no_value", name=name)
            elif node.value is not REFUSED:
                self.findings.error(node.place, "braces_unquoted", name=name, braces=braces)
            return None
        if isinstance(node.value, Mapping):
            plain = {key: self._plain(child, (*path, key), empty, key) for key, child in node.value.items()}
            return {key: value for key, value in plain.items() if (*path, key) not in empty}
        if isinstance(node.value, list):
            return [self._plain(child, (*path, index), empty, name) for index, child in enumerate(node.value)]
        return node.value

    def _finding(self, model: type[BaseModel], node: Node, name: str, detail: ErrorDetails, empty: set[Path]) -> Finding | None:
        kind, path = detail["type"], detail["loc"]
        place_is_key = bool(path) and path[-1] == "[key]"
        if place_is_key:
            path = path[:-1]
        passed = _keys_on(node, path)
        subject = passed[-1] if passed else name
        if path and isinstance(path[-1], str) and path[-1] in _keys_at(model, path[:-1]):
            # Also where it is not written, and its default is what is wrong.
            subject = path[-1]
        target = node.follow(path)
        if path in empty:
            return None
        if kind == "missing":
            return Finding(
                node.follow(path[:-1]).key,
                Phrase("config.key_missing", {"key": path[-1], "name": passed[-1] if passed else name}),
            )
        if kind == "extra_forbidden":
            hint = did_you_mean(path[-1], _keys_at(model, path[:-1]))
            return Finding(target.key, Phrase("config.unknown_key", {"name": path[-1], "hint": hint}))
        is_written = not path or not isinstance(path[-1], str) or path[-1] in node.follow(path[:-1]).entries
        return Finding(target.place if is_written and not place_is_key else target.key, _phrase(detail, subject))

    def _collect_secrets(self, value: Any, node: Node) -> None:
        if isinstance(value, SecretRef):
            self.secrets.append(SecretUse(value, node.place))
        elif isinstance(value, BaseModel):
            for field_name, field in type(value).model_fields.items():
                if child := node.get(field.alias or field_name):
                    self._collect_secrets(getattr(value, field_name), child)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if child := node.get(key):
                    self._collect_secrets(inner, child)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for inner, child in zip(value, node.items, strict=False):
                self._collect_secrets(inner, child)
        elif isinstance(value, str) and is_secret_reference(value):
            self.findings.error(node.place, "secret_out_of_place")


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a model takes, as files write them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _keys_on(node: Node, path: Path) -> list[str]:
    """The keys that a path passes. Other steps are positions in lists and the branches of unions."""
    keys = []
    for step in path:
        if isinstance(step, str) and step in node.entries and step.isprintable():
            keys.append(step)
        node = node.follow((step,))
    return keys


def _phrase(detail: ErrorDetails, name: str) -> Phrase:
    kind, context = detail["type"], detail.get("ctx", {})
    arguments: dict[str, Any] = {"name": name, "given": shown(detail["input"])}
    if kind in ("enum", "literal_error"):
        expected = str(context.get("expected", ""))
        words = re.findall(r"'([^']*)'", expected)
        arguments["words"] = ", ".join(words) or expected
        near = nearest(detail["input"], words)
        arguments["hint"] = Phrase("config.did_you_mean", {"near": near}) if near else ""
        return Phrase("config.word_wanted", arguments)
    if kind == "string_type" and isinstance(detail["input"], int | float):
        return Phrase("config.text_wanted_quotes", arguments)
    if kind in SENTENCE_OF_KIND:
        bound = next((context[key] for key in _BOUND_KEYS if key in context), "")
        arguments["bound"] = f"{bound:g}" if isinstance(bound, float) else bound
        arguments["hint"] = number_hint(detail["input"])
        return Phrase(f"config.{SENTENCE_OF_KIND[kind]}", arguments)
    if kind in catalogue("en"):
        return Phrase(kind, {**context, **arguments})
    if kind == "value_error":
        return Phrase("config.said_by_model", {**arguments, "text": str(context.get("error", ""))})
    return Phrase("config.not_usable", arguments)


def number_hint(given: object) -> Phrase | str:
    """What number was most likely meant by what is none."""
    meant = number_meant(given) if isinstance(given, str) else None
    if meant is None:
        return ""
    return Phrase("config.without_quotes" if meant == given else "config.did_you_mean", {"near": meant})


def _unquoted_braces(node: Node) -> str | None:
    """`{bearing_high}` without quotes is a YAML mapping with one empty entry; the place of its key gives it away."""
    if len(node.entries) == 1:
        ((key, child),) = node.entries.items()
        if child.value is None and child.key.line == node.place.line and child.key.column == node.place.column + 1:
            return f"{{{key}}}"
    return None


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys of the model that a path inside `model` leads to."""
    for step in path:
        field = next((f for name, f in model.model_fields.items() if step in (name, f.alias)), None)
        if field is not None:
            model = _model_in(field.annotation) or model
    return keys_of(model)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)
