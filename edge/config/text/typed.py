"""A value that a model holds, as a file would write it: `10 s`, `2 GB`, `[a, b]`, `80`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config.text.size import SizeForm, format_size
from edge.config.text.values import DurationForm, format_span


def default_text(field: FieldInfo) -> str:
    """What is in force where nothing is written; `-` when something must be written, or nothing is."""
    value = field.get_default(call_default_factory=True, validated_data={})
    return "-" if field.is_required() or value is None else typed_text(field, value)


def typed_text(field: FieldInfo, value: Any) -> str:
    """The value of a field in the form of that field."""
    if isinstance(value, BaseModel):
        inner = type(value).model_fields.items()
        return "{" + ", ".join(f"{name}: {typed_text(each, getattr(value, name))}" for name, each in inner) + "}"
    if isinstance(value, int) and _has_form(field, DurationForm):
        return format_span(value)
    if isinstance(value, list) and _has_form(field, DurationForm):
        return plain_text([format_span(each) for each in value])
    if isinstance(value, int) and _has_form(field, SizeForm):
        return format_size(value)
    return plain_text(value)


def plain_text(value: Any) -> str:
    """A value without a form of its own, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case Mapping():
            return "{" + ", ".join(f"{key}: {plain_text(inner)}" for key, inner in value.items()) + "}"
        case str():
            return value
        case Sequence():
            return "[" + ", ".join(map(plain_text, value)) + "]"
        case _:
            return str(value)


def _has_form(field: FieldInfo, form: type[DurationForm | SizeForm]) -> bool:
    return any(isinstance(each, form) for each in field.metadata) or form.__name__ in str(field.annotation)
