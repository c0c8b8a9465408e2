"""Rules as rows of the master alarm list: each rule once, as it is written; and each alarm once, as it runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edge.config.alarm_list.columns import ALARM_COLUMNS, COLUMNS, KEYS, REVIEWED_BY, REVIEWED_ON, RULE
from edge.config.devices import Devices
from edge.config.reviewed.reviews import Review
from edge.config.reviewed.settings import default_of, settings_of
from edge.config.rules import Rules
from edge.config.sheets.grid import Value
from edge.config.text.source import Node
from edge.config.text.typed import plain_text

Row = Mapping[str, Value]


def rule_rows(devices: Devices, rules: Rules, reviews: Mapping[str, Review]) -> Iterator[Row]:
    """One row for each rule, in the order of the files: the value of each column by its name, as written, parameters not filled
    in; absent where nothing is written."""
    for key, node in rules.names.items():
        yield rule_row(key, node, devices, reviews.get(key))


def rule_row(key: str, node: Node, devices: Devices, review: Review | None) -> Row:
    row: dict[str, Value] = {RULE.name: key, "unit": unit_of(node, devices)}
    row |= {name: node.text(name) or "" for name in ("for", "kind", "tag")}
    for column in COLUMNS:
        if column.path and (value := written_at(node, column.path)) is not None:
            row[column.name] = value
    rest = (f"{name}: {plain_text(each.plain())}" for name, each in node.entries.items() if name not in KEYS)
    row["other"] = "; ".join(rest)
    if review is not None:
        row[REVIEWED_BY.name] = review.by
        row[REVIEWED_ON.name] = review.on
    return row


def alarm_rows(rules: Rules) -> Iterator[Row]:
    """One row for each alarm, also of the rules that nobody wrote, with all parameters and defaults filled in."""
    shown = {column.name for column in ALARM_COLUMNS}
    for built in rules.built:
        rule, settings = built.rule, settings_of(built)
        unusual = (name for name, text in settings.items() if name not in shown and text != default_of(built.read, name))
        rest = (f"{name}: {settings[name]}" for name in unusual)
        about = {"alarm": rule.id, "device": rule.device, "area": rule.area, "unit": built.tag.unit, "other": "; ".join(rest)}
        yield about | {name: _number_or_text(text) for name, text in settings.items() if name in shown}


def written_at(node: Node, path: Sequence[str]) -> str | int | float | bool | None:
    """The scalar at a path of a rule; None when there is none."""
    inner: Node | None = node
    for step in path:
        inner = inner.get(step) if inner is not None else None
    value = inner.value if inner is not None else None
    return value if isinstance(value, str | int | float) else None


def unit_of(node: Node, devices: Devices) -> str:
    """The unit of the tag that a rule reads, or nothing."""
    name, tag = node.text("for") or "", node.text("tag") or ""
    device_type = devices.instances[name].type if name in devices.instances else devices.types.get(name)
    source = device_type.tags.get(tag) if device_type is not None else None
    return source.common.unit if source is not None and source.common is not None else ""


def _number_or_text(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
