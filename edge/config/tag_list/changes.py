"""A sheet and the plant it is about: what is to be changed or added, or what is wrong in which row and column. Pure.

Rows may be missing, moved or filtered; columns too. A cell that says what the tag says already changes nothing. A row whose tag
its type does not have is a new tag. No row takes a tag away: rules and histories may hang on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.config.device_types import DeviceType
from edge.config.library import LIBRARIES_FILE
from edge.config.load import Described
from edge.config.sheets.cells import CellRefused, Plain, read_cell, same
from edge.config.sheets.columns import Column, Form, folded, named
from edge.config.sheets.grid import EMPTY, Cell, Sheet
from edge.config.sheets.headings import first_line, read_headings
from edge.config.system import BUILT_IN_FILE
from edge.config.tag_list.columns import DEVICE_TYPE, TAG
from edge.config.tag_list.rows import tag_row, written_at
from edge.config.text.finding import Finding, Findings, Phrase, Place, did_you_mean
from edge.config.text.source import Node
from edge.config.text.typed import plain_text
from edge.texts import LANGUAGES, render


@dataclass(frozen=True, slots=True, order=True)
class TagKey:
    """A tag of a device type."""

    type: str
    tag: str

    def __str__(self) -> str:
        return f"{self.type}.{self.tag}"


@dataclass(frozen=True, slots=True)
class Change:
    """old, new: None for nothing. at: row and column of the cell, in the list's file."""

    key: TagKey
    column: Column
    old: Plain | None
    new: Plain | None
    at: Place


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list asks for. added: the tags that there are not yet. rows: where each tag stands in it. columns: by index
    from 0."""

    changes: tuple[Change, ...]
    added: frozenset[TagKey]
    rows: Mapping[TagKey, Place]
    columns: Mapping[int, Column]

    @property
    def touched(self) -> list[TagKey]:
        """The tags that change or are new, in the order of the list."""
        changed = {each.key for each in self.changes}
        return [key for key in self.rows if key in changed]

    def of(self, key: TagKey) -> list[Change]:
        return [each for each in self.changes if each.key == key]

    def files(self, described: Described) -> list[str]:
        """The files that change."""
        return sorted({described.devices.types[key.type].node.key.file for key in self.touched})


def asked_by(sheets: Sequence[Sheet], name: str, described: Described, columns: Sequence[Column], findings: Findings) -> Asked:
    """What a file asks for. name: of the file; findings stand at its row and column. columns: that the list may have."""
    titles = {folded(render("tag_list.sheet", {}, language)) for language in LANGUAGES}
    sheet = next((each for each in sheets if folded(each.title) in titles), sheets[0])
    at = first_line(sheet)
    if at is None:
        findings.add(Finding(Place(name, 1, 1), Phrase("tag_list.empty")))
        return Asked((), frozenset(), {}, {})
    heads = {named(str(cell.value or ""), (DEVICE_TYPE, TAG)) for cell in sheet.rows[at]}
    if missing := next((column for column in (DEVICE_TYPE, TAG) if column not in heads), None):
        findings.add(Finding(Place(name, at + 1, 1), Phrase("tag_list.column_missing", {"heading": missing.name})))
        return Asked((), frozenset(), {}, {})
    found = read_headings(sheet, at, name, columns, findings)
    reader = _ListReader(sheet, name, described, columns, findings)
    rows = list(reader.rows(found, at + 2))
    changes = tuple(change for row in rows for change in reader.changes(row))
    added = frozenset(row.key for row in rows if row.node is None)
    places = {row.key: Place(name, row.number, 1) for row in rows}
    return Asked(changes, added, places, {index: column for index, column in found.items() if column is not None})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the list with the tag it is about. node: None of a new one."""

    key: TagKey
    type: DeviceType
    node: Node | None
    number: int
    cells: Mapping[Column, tuple[int, Cell]]


class _ListReader:
    def __init__(self, sheet: Sheet, name: str, described: Described, columns: Sequence[Column], findings: Findings) -> None:
        self._sheet = sheet
        self._name = name
        self._described = described
        self._columns = columns
        self._findings = findings

    def rows(self, columns: Mapping[int, Column | None], first: int) -> Iterator[_Row]:
        """The rows with a tag, each tag once."""
        seen: dict[TagKey, int] = {}
        types = self._described.devices.types
        for number, cells in enumerate(self._sheet.rows[first - 1 :], first):
            if all(cell.is_empty for cell in cells):
                continue
            row = {each: (index, cells[index] if index < len(cells) else EMPTY) for index, each in columns.items() if each}
            device_type, tag = (str(row[column][1].value or "").strip() for column in (DEVICE_TYPE, TAG))
            key, place = TagKey(device_type, tag), Place(self._name, number, row[DEVICE_TYPE][0] + 1)
            if not device_type or not tag:
                self._error(place, "tag_missing")
            elif device_type not in types:
                self._error(place, "type_unknown", name=device_type[:60], hint=did_you_mean(device_type, types))
            elif key in seen:
                self._error(place, "tag_twice", tag=key, first=seen[key])
            else:
                seen[key] = number
                source = types[device_type].written.get(tag)
                yield _Row(key, types[device_type], source.node if source is not None else None, number, row)

    def changes(self, row: _Row) -> Iterator[Change]:
        """What differs from the tag as it is written."""
        now = tag_row(row.key.type, row.key.tag, row.node, self._columns) if row.node is not None else {}
        unit = self._unit(row)
        for column, (index, cell) in row.cells.items():
            place = Place(self._name, row.number, index + 1)
            old = now.get(column.name)
            if column.form is Form.SHOWN:
                if column not in (DEVICE_TYPE, TAG) and not cell.is_empty and _differs(cell, old):
                    self._error(place, "shown_only" if row.node is not None else "shown_of_new", was=plain_text(old))
                continue
            try:
                new = read_cell(cell, column, unit, decimal_comma=self._sheet.decimal_comma)
            except CellRefused as refused:
                self._findings.add(Finding(place, refused.phrase))
                continue
            was = old if isinstance(old, str | int | float) else None
            if not same(new, was, column.form) and self._may_change(row, column, place):
                yield Change(row.key, column, was, _as_before(new, was), place)

    def _unit(self, row: _Row) -> str:
        """Of the tag, as the list says it, which may be about to change it."""
        said = next((str(cell.value or "") for column, (_, cell) in row.cells.items() if column.name == "unit"), None)
        return said if said is not None else str((row.node and written_at(row.node, ("unit",))) or "")

    def _may_change(self, row: _Row, column: Column, place: Place) -> bool:
        why = left_alone(self._described, row.key, column)
        if why is not None:
            self._findings.add(Finding(place, why))
        return why is None

    def _error(self, place: Place, key: str, **arguments: object) -> None:
        self._findings.add(Finding(place, Phrase(f"tag_list.{key}", arguments)))


def left_alone(described: Described, key: TagKey, column: Column) -> Phrase | None:
    """Why a value is not changed from a list: it does not stand in a file of the plant's own; None: it does."""
    device_type = described.devices.types[key.type]
    source = device_type.written.get(key.tag)
    files = {device_type.node.key.file}
    if source is not None:
        files |= {source.node.key.file, source.node.follow(column.path).place.file}
    if BUILT_IN_FILE in files:
        return Phrase("tag_list.built_in", {"type": key.type})
    if LIBRARIES_FILE in files:
        return Phrase("tag_list.overridden", {"file": LIBRARIES_FILE})
    library = next((each for each in described.libraries.used if files & each.roots.keys()), None)
    if library is None:
        return None
    path = ".".join(("types", key.type, "tags", key.tag, column.path[0]))
    return Phrase("tag_list.of_library", {"library": library.name, "file": LIBRARIES_FILE, "path": path})


def _differs(cell: Cell, old: object) -> bool:
    return folded(plain_text(cell.value)) != folded(plain_text(old))


def _as_before(new: Plain | None, old: Plain | None) -> Plain | None:
    """An address that was a number stays one, and one that was a text a text."""
    return str(new) if isinstance(old, str) and isinstance(new, int) and not isinstance(new, bool) else new
