"""YAML text to values that remember their place. Pure.

Theory of operation. Only the parser of ruamel.yaml is used, and its events are built into nodes here: nothing is resolved,
constructed or expanded behind our back. The subset is smaller than YAML 1.2 on purpose, and what is outside it is refused
where it stands: aliases and anchors (nine levels of them fill any memory), tags, equal keys (otherwise the last one wins in
silence), several documents, more than 1 MB, more than 20 levels.

Plain scalars mean what they look like: `true` and `false`, decimal numbers, and otherwise text. So `no`, `on`, `12:30:45` and
`012` stay the texts they are, and a field that wants a number says so, instead of reading another one than was written.

Reading a plant is mostly this, and a list, a check or a review reads the same folder several times, with a file or two changed:
what the latest files of usual size were read as is remembered, by name and content.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from edge.config.text.finding import Finding, Findings, Place

BYTES_MAX = 1_000_000
#: Nodes take some 23 times the room of their text: 40 MB at most, 2 MB for a plant of 180 tags.
REMEMBERED_MAX = 100
REMEMBERED_BYTES_MAX = 16_000
DEPTH_MAX = 20

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Refusal(Enum):
    """Stands for a value that a finding was already made about, so that nobody makes a second one."""

    REFUSED = "refused"


REFUSED = Refusal.REFUSED
Scalar = str | int | float | bool | None | Refusal


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place; `key` is the place of the key it belongs to (its own place in lists and for a whole file).
    written: of a text, how the file writes it, quotes and line ends included."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place
    key: Place
    written: str | None = None

    # Asked for again and again: `dict` is several times quicker to tell than `Mapping`.

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def entries(self) -> Mapping[str, Node]:
        """The entries of a mapping; none of anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> Sequence[Node]:
        """The items of a list; none of anything else."""
        return self.value if isinstance(self.value, list) else ()

    def get(self, key: str) -> Node | None:
        return self.entries.get(key)

    def text(self, key: str) -> str | None:
        """The text under a key; None when there is none, or no text."""
        node = self.entries.get(key)
        return node.value if node is not None and isinstance(node.value, str) else None

    def holding(self, value: Scalar | list[Node] | dict[str, Node]) -> Node:
        """Another value in the same place. Not by `replace`, which costs three times as much: templates make many."""
        return Node(value, self.place, self.key, self.written)

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def only(self, keys: Iterable[str]) -> Node:
        """The same mapping with no entries but these; anything else stays as it is."""
        if not isinstance(self.value, dict):
            return self
        kept = set(keys)
        return self.holding({key: node for key, node in self.value.items() if key in kept})

    def with_entries(self, entries: Mapping[str, Node]) -> Node:
        """The same mapping with these entries in place of those of their names."""
        return self.holding({**self.entries, **entries}) if entries else self

    def without(self, keys: Iterable[str]) -> Node:
        """The same mapping without these entries."""
        return self.only(self.entries.keys() - set(keys))

    def follow(self, path: Sequence[str | int]) -> Node:
        """The node a path leads to. Steps that lead nowhere are left out: the branch of a union, a key that is not there."""
        node = self
        for step in path:
            if isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            elif isinstance(step, str) and step in node.entries:
                node = node.entries[step]
        return node


def parse(data: bytes, file: str, findings: Findings) -> Node | None:
    """The one document of a file; an empty file is an empty mapping. None when it cannot be used, and `findings` says why.
    The same nodes may be given out again: nobody changes them."""
    root, found = _remembered(data, file) if len(data) <= REMEMBERED_BYTES_MAX else _parsed(data, file)
    for finding in found:
        findings.add(finding)
    return root


@lru_cache(maxsize=REMEMBERED_MAX)
def _remembered(data: bytes, file: str) -> tuple[Node | None, Sequence[Finding]]:
    return _parsed(data, file)


def _parsed(data: bytes, file: str) -> tuple[Node | None, Sequence[Finding]]:
    findings = Findings()
    root = _document(data, file, findings)
    return root, findings.found


def _document(data: bytes, file: str, findings: Findings) -> Node | None:
    start = Place(file, 1, 1)
    if len(data) > BYTES_MAX:
        findings.error(start, "file_too_large", size=f"{len(data) / 1e6:.1f}")
        return None
    text = _decode(data, file, findings)
    if text is None:
        return None
    builder = _Builder(file, text, findings)
    try:
        root = builder.build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        builder.explain(error)
        return None
    except (YAMLError, ValueError, IndexError):
        # The reader's complaints about characters are made impossible by _decode; what is left says no place.
        findings.error(start, "yaml_other")
        return None
    return root


def _decode(data: bytes, file: str, findings: Findings) -> str | None:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        findings.error(Place(file, 1, 1), "file_byte_order_mark")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        findings.error(_Lines(before).place(file, len(before)), "file_not_utf8")
        return None
    if found := _CONTROL.search(text):
        findings.error(_Lines(text).place(file, found.start()), "file_control_character", code=f"U+{ord(found[0]):04X}")
        return None
    return text


#: Signs that look like YAML's own and are not, and what they stand for.
_PLAIN = {"：": ":", "，": ",", "｛": "{", "｝": "}", "【": "[", "】": "]", "“": '"', "”": '"'}
_FULL_WIDTH = re.compile(f"[{''.join(_PLAIN)}]")
_LONE_KEY = re.compile(r" +([^\s:\"'#\[\]{},]+) *")
_QUOTED = re.compile(r"""\"[^\"]*\"|'[^']*'|\#.*""")


class _Lines:
    """Line and column of an offset. Counted here because the parser takes U+0085 and U+2028 for line ends, editors do not."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._length = len(text)
        self._text = text

    def place(self, file: str, offset: int, end: int | None = None) -> Place:
        """end: the offset just behind, if it is known."""
        return Place(file, *self._at(offset), None if end is None else self._at(end))

    def text(self, start: int, end: int) -> str:
        return self._text[start:end]

    def _at(self, offset: int) -> tuple[int, int]:
        offset = min(offset, self._length)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def full_width(self, offset: int) -> tuple[int, str] | None:
        """The first full-width sign of YAML's own (typed with a Chinese keyboard) in the line of an offset, outside quotes."""
        start = self._starts[bisect_right(self._starts, min(offset, self._length)) - 1]
        end = self._text.find("\n", start)
        line = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), self._text[start : end if end >= 0 else None])
        found = _FULL_WIDTH.search(line)
        return None if found is None else (start + found.start(), found[0])

    def lone_key(self, colon: int) -> int | None:
        """Where the key in front of a colon begins, when nothing but spaces stands before it in its line."""
        start = self._starts[bisect_right(self._starts, min(colon, self._length)) - 1]
        found = _LONE_KEY.fullmatch(self._text, start, colon)
        return None if found is None else found.start(1)


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come. waiting: the key that still has no value. in_brackets: written with them."""

    value: dict[str, Node] | list[Node]
    place: Place
    key: Place
    in_brackets: bool
    waiting: tuple[str, Place] | None = None


class _Unusable(Exception):
    """Nothing after this point can be read; the finding is made."""


class _Builder:
    """Turns parser events into nodes, one document, without recursion."""

    def __init__(self, file: str, text: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._lines = _Lines(text)
        self._stack: list[_Open] = []
        self._root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node | None:
        documents = 0
        try:
            for event in events:
                if isinstance(event, DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._findings.error(self._place(event), "several_documents")
                        return None
                else:
                    self._take(event)
        except _Unusable:
            return None
        start = Place(self._file, 1, 1)
        return self._root or Node({}, start, start)

    def explain(self, error: MarkedYAMLError) -> None:
        """The parser's complaint in plain words, where a person would look for it."""
        problem, context = error.problem or "", error.context or ""
        seen = error.problem_mark or error.context_mark
        opened = error.context_mark or seen
        if seen is None:
            self._findings.error(Place(self._file, 1, 1), "yaml_other")
        elif (wide := self._lines.full_width(opened.index) or self._lines.full_width(seen.index)) is not None:
            self._findings.error(self._at(wide[0]), "yaml_full_width", sign=wide[1], plain=_PLAIN[wide[1]])
        elif "'\\t'" in problem:
            self._findings.error(self._at(seen.index), "yaml_tab")
        elif "quoted scalar" in context and "end of stream" in problem:
            self._findings.error(self._at(opened.index), "yaml_quote_open")
        elif "escape" in problem:
            self._findings.error(self._at(seen.index), "yaml_escape")
        elif (bracket := self._innermost_bracket()) is not None and bracket.line < self._at(seen.index).line:
            self._findings.error(bracket, "yaml_bracket_open")
        elif bracket is not None:
            self._findings.error(self._at(seen.index), "yaml_bracket_content")
        elif "mapping values are not allowed" in problem:
            key = self._lines.lone_key(seen.index)
            self._findings.error(
                self._at(seen.index if key is None else key), "yaml_colon_extra" if key is None else "yaml_key_indented"
            )
        elif "could not find expected ':'" in problem:
            self._findings.error(self._at(opened.index), "yaml_colon_missing")
        elif "cannot start any token" in problem:
            self._findings.error(self._at(seen.index), "yaml_first_character")
        elif "expected <block end>" in problem:
            self._findings.error(self._at(seen.index), "yaml_indentation")
        else:
            self._findings.error(self._at(seen.index), "yaml_other")

    def _innermost_bracket(self) -> Place | None:
        return self._stack[-1].place if self._stack and self._stack[-1].in_brackets else None

    def _take(self, event: Any) -> None:
        match event:
            case AliasEvent():
                self._findings.error(self._place(event), "alias", name=str(event.anchor)[:40])
                self._add(Node(REFUSED, self._place(event), self._place(event)))
            case ScalarEvent():
                self._refuse_extras(event)
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._refuse_extras(event)
                self._open({} if isinstance(event, MappingStartEvent) else [], event)
            case MappingEndEvent() | SequenceEndEvent():
                done = self._stack.pop()
                self._add(Node(done.value, done.place, done.key))

    def _scalar(self, event: ScalarEvent) -> None:
        place = self._place(event)
        if found := _CONTROL.search(event.value):
            # Escapes in double quotes can write what a file must not hold, and half a surrogate pair fits no other file either.
            self._findings.error(place, "file_control_character", code=f"U+{ord(found[0]):04X}")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.waiting is None:
            if event.style is None and "：" in event.value:
                self._findings.error(place, "yaml_full_width", sign="：", plain=":")
            top.waiting = self._new_key(top.value, event, place)
        else:
            value = event.value if event.style is not None else _plain_scalar(event.value)
            # Mostly it is written as it is, and needs no memory of its own.
            written = self._lines.text(event.start_mark.index, event.end_mark.index) if isinstance(value, str) else None
            self._add(Node(value, place, place, value if written == value else written))

    def _new_key(self, entries: dict[str, Node], event: ScalarEvent, place: Place) -> tuple[str, Place]:
        name = str(event.value)
        if not name:
            self._findings.error(place, "key_empty")
        elif name in entries:
            self._findings.error(place, "key_twice", name=name[:60], first=entries[name].key.line)
        return name, place

    def _open(self, value: dict[str, Node] | list[Node], event: MappingStartEvent | SequenceStartEvent) -> None:
        place = self._place(event)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.waiting is None:
            self._findings.error(place, "key_not_text")
            raise _Unusable
        if len(self._stack) >= DEPTH_MAX:
            self._findings.error(place, "too_deep", most=DEPTH_MAX)
            raise _Unusable
        key = top.waiting[1] if top is not None and top.waiting is not None else place
        self._stack.append(_Open(value, place, key, bool(event.flow_style)))

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.value.append(node)
        elif top.waiting is not None:
            name, key_place = top.waiting
            top.waiting = None
            # Of equal keys, which are refused anyway, the first one stays.
            top.value.setdefault(name, Node(node.value, node.place, key_place, node.written))
        else:
            # An alias in the place of a key: it was refused, and has no name to wait with.
            top.waiting = ("", node.place)

    def _refuse_extras(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> None:
        if event.anchor is not None:
            self._findings.error(self._place(event), "anchor", name=str(event.anchor)[:40])
        if event.tag is not None:
            self._findings.error(self._place(event), "tag")

    def _place(self, event: Any) -> Place:
        """Of mappings and lists the parser says where they begin, when their end has not come yet."""
        end = event.end_mark.index if isinstance(event, ScalarEvent | AliasEvent) else None
        return self._lines.place(self._file, event.start_mark.index, end)

    def _at(self, offset: int) -> Place:
        return self._lines.place(self._file, offset)


def _plain_scalar(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    return float(text) if found[2] or found[3] else int(text)
