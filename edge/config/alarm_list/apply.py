"""What a list asks for, put into the plant: first into its nodes, so that all of `andon check` looks at it; then into the texts
of its files. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from edge.config.alarm_list.changes import Asked, Change
from edge.config.conditions import FILE_OF_KIND
from edge.config.load import Described
from edge.config.reviewed.reviews import Review, by_rule, review_of
from edge.config.reviewed.settings import Settings
from edge.config.rules import ALL_KEYS
from edge.config.text.finding import Place
from edge.config.text.reader import keys_of
from edge.config.text.source import Node
from edge.config.text.yaml_edit import Edit, Scalar, edited
from rules.definition import Kind

Roots = Mapping[str, Node | None]


def amending(asked: Asked) -> Callable[[Roots], Roots]:
    """Puts the changes into the documents of the rule files. A changed value, and the rule it is in, then has its place in the
    list, so that what is wrong with it is said there."""
    by_name: dict[str, list[Change]] = defaultdict(list)
    for change in asked.changes:
        by_name[change.rule].append(change)

    def amended(root: Node) -> Node:
        section = root.get("rules")
        if section is None or not by_name.keys() & section.entries.keys():
            return root
        entries = dict(section.entries)
        for name in by_name.keys() & entries.keys():
            entries[name] = _amended(entries[name], by_name[name], asked)
        return replace(root, value={**root.entries, "rules": replace(section, value=entries)})

    return lambda roots: {file: amended(root) if root is not None else None for file, root in roots.items()}


def _amended(rule: Node, changes: Sequence[Change], asked: Asked) -> Node:
    # What was emptied comes last: a key that a mapping then lacks is said there, and not at its neighbour.
    for change in sorted(changes, key=lambda each: each.new is None):
        value = Node(change.new, change.at, change.at) if change.new is not None else None
        rule = _put(rule, change.column.path, value, change.at)
    return replace(rule, key=asked.rows[changes[0].rule])


def _put(node: Node, path: Sequence[str], value: Node | None, at: Place) -> Node:
    """The mapping with another value at a path; a mapping that has nothing left goes too. at: where a mapping on the way
    stands from now on, so that what it lacks is said there."""
    entries, (step, *rest) = dict(node.entries), path
    if rest:
        inner = replace(_put(entries.get(step, Node({}, at, at)), rest, value, at), key=at, place=at)
        value = inner if inner.entries else None
    if value is None:
        entries.pop(step, None)
    else:
        entries[step] = value
    return replace(node, value=entries)


def new_texts(asked: Asked, described: Described, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that change, with what they say then. files: as they are. Raises NotEditable."""
    rules = dict(described.rules.names.items())
    edits: dict[str, list[Edit]] = defaultdict(list)
    for name in dict.fromkeys(change.rule for change in asked.changes):
        node = rules[name]
        kind = node.text("kind")
        order = keys_of(FILE_OF_KIND[Kind(kind)]) if kind in list(Kind) and Kind(kind) in FILE_OF_KIND else ALL_KEYS
        mine = [change for change in asked.changes if change.rule == name]
        edits[node.key.file] += _edits(name, node, sorted(mine, key=lambda each: order.index(each.column.path[0])), order)
    return {file: edited(files[file], file, each) for file, each in edits.items()}


def _edits(name: str, node: Node, changes: Sequence[Change], order: Sequence[str]) -> list[Edit]:
    """One edit for each scalar; one for a whole mapping that comes or goes."""
    found: list[Edit] = []
    usual = ("for", "tag", "kind", "limit", "value", "stale_after", "deadband", "on_delay", "off_delay")
    order = [*usual, *(key for key in order if key not in usual)]
    for key in dict.fromkeys(change.column.path[0] for change in changes):
        mine = [change for change in changes if change.column.path[0] == key]
        path = ("rules", name, key)
        if len(mine[0].column.path) == 1:
            found.append(Edit(path, mine[0].new, order))
            continue
        inner = node.get(key)
        left = dict(inner.plain()) if inner is not None else {}
        for change in mine:
            left[change.column.path[1]] = change.new
        kept: dict[str, Scalar] = {each: value for each, value in left.items() if value is not None}
        if inner is None or not kept:
            found.append(Edit(path, kept or None, order))
        else:
            found += [Edit((*path, change.column.path[1]), change.new, ("zh", "en")) for change in mine]
    return found


def new_reviews(asked: Asked, amended: Described, reviews: Mapping[str, Review]) -> dict[str, Review]:
    """All reviews, with those that the list tells of. amended: the plant with the list's changes."""
    alarms, settings = by_rule(amended.rules), Settings(amended)
    changed = dict(reviews)
    for each in asked.reviewed:
        if each.by:
            changed[each.rule] = review_of(settings.by_device(alarms.get(each.rule, ())), each.by, each.on)
        else:
            changed.pop(each.rule, None)
    return changed
