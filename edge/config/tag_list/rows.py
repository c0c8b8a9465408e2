"""Tags of device types as rows, as they are written: parameters are not filled in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from edge.config.devices import Devices
from edge.config.sheets.columns import Column
from edge.config.sheets.grid import Value
from edge.config.tag_list.columns import DEVICE_TYPE, REST, TAG
from edge.config.text.source import Node
from edge.config.text.typed import plain_text

Scalar = str | int | float | bool
Row = Mapping[str, Value]


def tag_rows(devices: Devices, columns: Sequence[Column], types: Collection[str]) -> Iterator[Row]:
    """One row for each tag of these types, in the order of the files: the value of each column by its name; absent where
    nothing is written."""
    for name, device_type in devices.types.items():
        if name in types:
            for tag, source in device_type.written.items():
                yield tag_row(name, tag, source.node, columns)


def tag_row(device_type: str, tag: str, node: Node, columns: Sequence[Column]) -> Row:
    row: dict[str, Value] = {DEVICE_TYPE.name: device_type, TAG.name: tag}
    for column in columns:
        if column.path and (value := written_at(node, column.path)) is not None:
            row[column.name] = value
    known = {column.path[0] for column in columns if column.path}
    rest = (f"{key}: {plain_text(each.plain())}" for key, each in node.entries.items() if key not in known)
    row[REST.name] = "; ".join(rest)
    return row


def written_at(node: Node, path: Sequence[str]) -> Scalar | None:
    """The scalar at a path of a tag, whose digits are places in lists; None when there is none."""
    inner: Node | None = node
    for step in path:
        if inner is not None and step.isdigit():
            inner = inner.items[int(step)] if int(step) < len(inner.items) else None
        else:
            inner = inner.get(step) if inner is not None else None
    value = inner.value if inner is not None else None
    return value if isinstance(value, str | int | float) else None
