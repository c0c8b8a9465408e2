"""What a list asks for, put into the plant: first into its nodes, so that all of `andon check` looks at it; then into the texts
of its files. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edge.config.device_types import DriverRow
from edge.config.load import Described
from edge.config.tag_list.changes import Asked, Change, TagKey
from edge.config.tag_list.columns import order_of
from edge.config.text.finding import Place
from edge.config.text.source import Node
from edge.config.text.yaml_edit import Edit, Value, edited

Roots = Mapping[str, Node | None]


def amending(asked: Asked, described: Described) -> Callable[[Roots], Roots]:
    """Puts the changes into the documents of the device files. A changed value, and the tag it is in, then has its place in the
    list, so that what is wrong with it is said there."""
    by_type: dict[str, list[TagKey]] = defaultdict(list)
    for key in asked.touched:
        by_type[key.type].append(key)

    def amended(file: str, root: Node) -> Node:
        section = root.get("types")
        here = [name for name in by_type if described.devices.types[name].node.key.file == file]
        if section is None or not here:
            return root
        types = {**section.entries, **{name: _amended_type(section.entries[name], by_type[name], asked) for name in here}}
        return root.holding({**root.entries, "types": section.holding(types)})

    return lambda roots: {file: amended(file, root) if root is not None else None for file, root in roots.items()}


def _amended_type(node: Node, keys: Sequence[TagKey], asked: Asked) -> Node:
    section = node.entries["tags"]
    tags = dict(section.entries)
    for key in keys:
        at = asked.rows[key]
        tag = tags.get(key.tag, Node({}, at, at))
        for name, value in _values(tag, asked.of(key)).items():
            place = next(each.at for each in asked.of(key) if each.column.path[0] == name)
            tag = tag.without((name,)) if value is None else tag.with_entries({name: _node(value, place)})
        tags[key.tag] = replace(tag, key=at)
    return node.holding({**node.entries, "tags": section.holding(tags)})


def _values(tag: Node, changes: Sequence[Change]) -> dict[str, Value | None]:
    """What the keys that change hold then; None for those that go. Ends of a range and words come together."""
    found: dict[str, Value | None] = {}
    for key in dict.fromkeys(change.column.path[0] for change in changes):
        mine = {change.column.path[1:]: change.new for change in changes if change.column.path[0] == key}
        old = tag.get(key)
        if () in mine:
            found[key] = mine[()]
        elif next(iter(mine))[0].isdigit():
            ends: list[Any] = [*(old.plain() if old is not None and old.items else []), None, None][:2]
            for (place,), value in mine.items():
                ends[int(place)] = value
            kept = [end for end in ends if end is not None]
            found[key] = kept or None
        else:
            inner: dict[str, Any] = {
                **(old.plain() if old is not None else {}),
                **{path[0]: value for path, value in mine.items()},
            }
            found[key] = {name: value for name, value in inner.items() if value is not None} or None
    return found


def _node(value: Any, at: Place) -> Node:
    if isinstance(value, Mapping):
        return Node({name: _node(each, at) for name, each in value.items()}, at, at)
    if isinstance(value, list):
        return Node([_node(each, at) for each in value], at, at)
    return Node(value, at, at)


def new_texts(
    asked: Asked, described: Described, files: Mapping[str, bytes], drivers: Mapping[str, DriverRow]
) -> dict[str, bytes]:
    """The files that change, with what they say then. files: as they are. Raises NotEditable."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for key in asked.touched:
        device_type = described.devices.types[key.type]
        row = drivers.get(device_type.driver or "")
        order = order_of(row.point if row is not None else None)
        path = ("types", key.type, "tags", key.tag)
        source = device_type.written.get(key.tag)
        at = asked.rows[key]
        values = _values(source.node if source is not None else Node({}, at, at), asked.of(key))
        by_order = sorted(values, key=lambda name: order.index(name) if name in order else len(order))
        mine = edits[device_type.node.key.file]
        if source is None:
            mine.append(Edit(path, {name: value for name in by_order if (value := values[name]) is not None}))
        else:
            for name in by_order:
                mine += _edits(path, name, values[name], source.node.get(name), asked.of(key), order)
    return {file: edited(files[file], file, each) for file, each in edits.items()}


def _edits(
    tag: tuple[str, ...], name: str, value: Value | None, old: Node | None, changes: Sequence[Change], order: Sequence[str]
) -> list[Edit]:
    """One edit for what comes or goes or stands on one line; of words, one for each language that changes."""
    if old is None or not old.is_mapping or value is None:
        return [Edit((*tag, name), value, order)]
    mine = [change for change in changes if change.column.path[0] == name]
    return [Edit((*tag, *change.column.path), change.new, ("zh", "en")) for change in mine]
