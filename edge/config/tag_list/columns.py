"""What a row of the tag list says, column by column. The keys that only a driver understands come from its own model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, get_args

from pydantic.fields import FieldInfo

from edge.config.device_types import DataClassWord, TagFile
from edge.config.measure import MeasureFile
from edge.config.point import Point
from edge.config.sheets.columns import Column, Form, heads_of
from edge.config.text.reader import keys_of
from edge.config.text.values import DurationForm
from edge.texts import catalogue

#: What may stand in a cell: more has a key of its own in the files, and is shown in the column of the rest.
_SCALARS = (str, int, float, bool)


def _column(name: str, form: Form, *path: str, width: int = 12) -> Column:
    key = f"tag_list.column.{name}"
    heads = heads_of(key) if key in catalogue("en") else {}
    return Column(name, form, path, width, heads)


DEVICE_TYPE = _column("device_type", Form.SHOWN, width=20)
TAG = _column("tag", Form.SHOWN, width=20)
REST = _column("other", Form.SHOWN, width=28)
_NAMES = (_column("name_zh", Form.TEXT, "words", "zh", width=24), _column("name_en", Form.TEXT, "words", "en", width=24))
_COMMON = (
    _column("unit", Form.TEXT, "unit", width=8),
    _column("scale", Form.NUMBER, "scale"),
    _column("offset", Form.NUMBER, "offset"),
    *(
        _column(f"{key}_{end}", Form.NUMBER, key, place)
        for key in ("range", "raw_range", "valid")
        for end, place in (("low", "0"), ("high", "1"))
    ),
    _column("ne43", Form.SWITCH, "ne43"),
    _column("stale_after", Form.SPAN, "stale_after"),
    _column("on_change", Form.OR_PERCENT, "on_change"),
    replace(_column("data_class", Form.WORD, "data_class"), words={str(word): () for word in DataClassWord}),
)


def columns_of(points: Iterable[type[Point]]) -> tuple[Column, ...]:
    """All columns of a list. points: the models of the drivers it is about; keys that several have share a column."""
    own: dict[str, Column] = {}
    for point in points:
        for key, field in zip(keys_of(point), point.model_fields.values(), strict=True):
            column = _of_field(key, field)
            if column is not None:
                other = own.get(key)
                own[key] = column if other is None else _both(column, other)
    return (DEVICE_TYPE, TAG, *_NAMES, *own.values(), *_COMMON, REST)


def order_of(point: type[Point] | None) -> list[str]:
    """The keys of a tag as they usually follow each other."""
    own = keys_of(point) if point is not None else []
    measured = [key for key in keys_of(MeasureFile) if key not in own]
    return [*own, *measured, "unit", "stale_after", "on_change", *(key for key in keys_of(TagFile) if key != "unit")]


def _of_field(key: str, field: FieldInfo) -> Column | None:
    kinds = list(_kinds(field.annotation, field.metadata))
    words = [str(word) for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum) for word in kind]
    if any(isinstance(kind, DurationForm) for kind in kinds):
        form = Form.SPAN
    elif words:
        form = Form.WORD
    elif bool in kinds:
        form = Form.SWITCH
    elif int in kinds or float in kinds:
        form = Form.NUMBER
    elif key == "address" or any(kind in _SCALARS for kind in kinds) or not _is_nested(kinds):
        form = Form.SCALAR if key == "address" else Form.TEXT
    else:
        return None
    column = _column(key, form, key, width=24 if form in (Form.TEXT, Form.SCALAR) else 12)
    return Column(column.name, form, column.path, column.width, column.heads, dict.fromkeys(words, ()))


def _both(one: Column, other: Column) -> Column:
    """Where two drivers mean different things by one key, the cell is a text, and each driver reads it as its own."""
    form = one.form if one.form is other.form else Form.TEXT
    return Column(one.name, form, one.path, one.width, one.heads, {**other.words, **one.words})


def _kinds(annotation: Any, metadata: Collection[Any]) -> Iterator[Any]:
    """All types and marks in an annotation, however deep."""
    yield from metadata
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner, getattr(inner, "__metadata__", ()))


def _is_nested(kinds: Collection[Any]) -> bool:
    return any(getattr(kind, "model_fields", None) is not None or kind in (list, dict, tuple) for kind in kinds)
