"""Changes single values in the text of a YAML file, and not one character besides: comments, order and layout stay. Pure.

Theory of operation. The nodes of `source.py` know where each key and each scalar stands, so a value is replaced where it is, a
new key is put behind a neighbour, and a key that goes takes its lines with it. What comes out is parsed again and must say
exactly what was asked for; where it does not (a layout nobody thought of), nothing is changed and the place is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.config.text.finding import Findings, Place
from edge.config.text.source import Node, parse

Scalar = str | int | float | bool
#: A list stands on one line; so does a mapping, unless it holds mappings itself.
Value = Scalar | Sequence[Scalar] | Mapping[str, "Value"]

_PLAIN = re.compile(r"(?:[^\W\d_]|°)[\w .()/%°+，。；、（）“”《》？！-]*")
_DURATION = re.compile(r"[0-9.]+ ?(ms|s|min|h|d)")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_TO_BRACKET = re.compile(r"(?:[\s,]|\#[^\n]*)*[}\]]")


@dataclass(frozen=True, slots=True)
class Edit:
    """path: keys from the root of the document; all but the last must be there. value: None takes the key away. order: the keys
    that usually stand beside the last one, as they follow each other."""

    path: tuple[str, ...]
    value: Value | None
    order: Sequence[str] = ()


class NotEditable(Exception):
    """This cannot be changed from here; a person can."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def edited(data: bytes, file: str, edits: Sequence[Edit]) -> bytes:
    """The file with its values changed. data: a file that can be read. Raises NotEditable, and nothing is half done."""
    root = parse(data, file, Findings())
    if root is None:
        raise NotEditable(Place(file, 1, 1))
    text = data.decode()
    editor = _Editor(text, root, {edit.path for edit in edits if edit.value is None})
    splices = [editor.splice(edit) for edit in edits]
    # From the end, so that offsets stay true; those at one place in the order they were asked for.
    for _, splice in sorted(enumerate(splices), key=lambda each: (each[1].start, each[0]), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    findings = Findings()
    came = parse(text.encode(), file, findings)
    wanted = root.plain()
    for edit in edits:
        _apply(wanted, edit)
    if came is None or findings.any_error or came.plain() != wanted:
        first = next((edit for edit in edits if came is None or _at(came.plain(), edit.path) != edit.value), edits[0])
        raise NotEditable(root.follow(first.path).key)
    return text.encode()


def written(value: Value) -> str:
    """A value as YAML on one line, right inside brackets too."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            is_plain = _PLAIN.fullmatch(value) and value.lower() not in _RESERVED and not value.endswith(" ")
            return value if is_plain or _DURATION.fullmatch(value) else json.dumps(value, ensure_ascii=False)
        case Sequence():
            return "[" + ", ".join(map(written, value)) + "]"
        case Mapping():
            return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
        case _:
            return repr(value)


class _Editor:
    """gone: the paths that are taken away; nothing is put behind them."""

    def __init__(self, text: str, root: Node, gone: set[tuple[str, ...]]) -> None:
        self._text = text
        self._root = root
        self._gone = gone
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def splice(self, edit: Edit) -> _Splice:
        *above, key = edit.path
        parent = self._root
        for step in above:
            child = parent.get(step)
            if child is None:
                raise NotEditable(parent.key)
            parent = child
        node = parent.get(key)
        if node is None and edit.value is not None:
            return self._insert(parent, tuple(above), key, edit.value, edit.order)
        if node is None:
            raise NotEditable(parent.key)
        if edit.value is None:
            return self._remove(parent, node)
        if node.is_mapping or (isinstance(node.value, list) and not self._in_brackets(node)):
            raise NotEditable(node.key)
        return _Splice(self._offset(node.place), self._end(node), written(edit.value))

    def _insert(
        self,
        parent: Node,
        path: tuple[str, ...],
        key: str,
        value: Value,
        order: Sequence[str],
    ) -> _Splice:
        anchor = self._neighbour(parent, path, key, order)
        end = self._end(anchor)
        entry = f"{key}: {written(value)}"
        if self._in_brackets(parent):
            return _Splice(end, end, f", {entry}")
        start = self._offset(anchor.key)
        indent = self._text[self._line_start(start) : start]
        if indent.strip():
            raise NotEditable(anchor.key)
        line_end = self._line_end(end)
        # The sign before the line end belongs to it where files come from Windows.
        ending = "\r\n" if self._text[line_end - 1 : line_end] == "\r" else "\n"
        at = line_end - len(ending) + 1
        lines = _block(key, value) if _holds_mappings(value) else [entry]
        return _Splice(at, at, "".join(f"{ending}{indent}{line}" for line in lines))

    def _neighbour(self, parent: Node, path: tuple[str, ...], key: str, order: Sequence[str]) -> Node:
        """The scalar entry behind which a new key belongs; where there are none, the last entry."""
        staying = {name: node for name, node in parent.entries.items() if (*path, name) not in self._gone}
        scalars = {
            name: node for name, node in staying.items() if not node.is_mapping and not isinstance(node.value, list)
        } or staying
        before = order[: list(order).index(key)] if key in order else ()
        found = next((name for name in reversed(before) if name in scalars), None) or next(reversed(scalars), None)
        if found is None:
            raise NotEditable(parent.key)
        return scalars[found]

    def _remove(self, parent: Node, node: Node) -> _Splice:
        start, end = self._offset(node.key), self._end(node)
        if not self._in_brackets(parent):
            line = self._line_start(start)
            if self._text[line:start].strip():
                raise NotEditable(node.key)
            line_end, indent = self._line_end(end), self._text[line:start]
            ending = "\r\n" if self._text[line_end - 1 : line_end] == "\r" else "\n"
            kept = "".join(f"{indent}{each}{ending}" for each in self._comments(node, start, line_end))
            return _Splice(line, min(line_end + 1, len(self._text)), kept)
        siblings = list(parent.entries.values())
        index = siblings.index(node)
        if index + 1 < len(siblings):
            following = self._offset(siblings[index + 1].key)
            indent = self._text[self._line_start(following) : following]
            kept = "".join(f"{each}\n{indent}" for each in self._comments(node, start, following))
            return _Splice(start, following, kept)
        behind = self._end(siblings[index - 1]) if index else start
        between = self._text[behind:start]
        kept = between.replace(",", "", 1) if "#" in between else ""
        return _Splice(behind, end, kept + "".join(f"{each}\n" for each in self._comments(node, start, end)))

    def _comments(self, node: Node, start: int, end: int) -> list[str]:
        """The comments around a value and in it: people wrote them, and who takes the value away did not see them."""
        text = self._text[start:end]
        for leaf in _leaves(node):
            first, last = self._offset(leaf.place) - start, self._end(leaf) - start
            text = text[:first] + " " * (last - first) + text[last:]
        return [each.strip() for each in _COMMENT.findall(text)]

    def _in_brackets(self, node: Node) -> bool:
        return self._text[self._offset(node.place)] in "{["

    def _end(self, node: Node) -> int:
        """Just behind a value."""
        children = list(node.entries.values()) or list(node.items)
        if node.place.end is not None:
            start, end = self._offset(node.place), self._offset_of(*node.place.end)
            return start + len(self._text[start:end].rstrip())
        if not self._in_brackets(node):
            return self._end(children[-1])
        inner = self._end(children[-1]) if children else self._offset(node.place) + 1
        found = _TO_BRACKET.match(self._text, inner)
        if found is None:
            raise NotEditable(node.key)
        return found.end()

    def _offset(self, place: Place) -> int:
        return self._offset_of(place.line, place.column)

    def _offset_of(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column - 1

    def _line_start(self, offset: int) -> int:
        return self._text.rfind("\n", 0, offset) + 1

    def _line_end(self, offset: int) -> int:
        found = self._text.find("\n", offset)
        return found if found >= 0 else len(self._text)


def _holds_mappings(value: Value) -> bool:
    return isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values())


def _block(key: str, value: Value) -> list[str]:
    """An entry with a line for each of its own, as people write a tag or a rule."""
    inner = value.items() if isinstance(value, Mapping) else ()
    return [f"{key}:", *(f"  {name}: {written(each)}" for name, each in inner)]


def _leaves(node: Node) -> Iterator[Node]:
    """The scalars in a value."""
    for each in (*node.entries.values(), *node.items):
        yield from _leaves(each)
    if not node.is_mapping and not isinstance(node.value, list):
        yield node


def _apply(plain: dict[str, Any], edit: Edit) -> None:
    for step in edit.path[:-1]:
        plain = plain[step]
    if edit.value is None:
        del plain[edit.path[-1]]
    else:
        plain[edit.path[-1]] = edit.value


def _at(plain: Any, path: Sequence[str]) -> Any:
    for step in path:
        plain = plain.get(step) if isinstance(plain, Mapping) else None
    return plain
