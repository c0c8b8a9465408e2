"""The tag list in the column forms of other products, out and back. Pure.

Theory of operation. Another product's row says less than ours, and says it otherwise: an address in its own notation, a scale
as two points of a line. So a row that came back is not compared with the tag but with what this tag says in that form; only
where the two differ, what it says is taken over, and what the form has no words for stays as it is. What a form cannot say
truly is left out of an export and named.

Not here: what a protocol's addresses and types are called there; that is in the driver's folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.config.load import Described
from edge.config.sheets.cells import CellRefused, Plain, read_cell, same
from edge.config.sheets.columns import Column, named
from edge.config.sheets.grid import EMPTY, Cell, Sheet, Value
from edge.config.sheets.headings import first_line, read_headings
from edge.config.tag_list.changes import Asked, Change, TagKey, left_alone
from edge.config.tag_list.rows import Row, tag_row
from edge.config.text.finding import Finding, Findings, Phrase, Place, did_you_mean
from edge.config.text.source import Node

Cells = Mapping[str, Plain]

#: Our columns of a value's type and of the order of its bytes.
TYPE, ORDER = "type", "word_order"
ROWS_SHOWN_MAX = 30


class CannotSay(Exception):
    """The form has no words for this tag."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.phrase = Phrase(key, arguments)


class NotUnderstood(Exception):
    """heading: of the cell that does not say what it should."""

    def __init__(self, heading: str, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.heading = heading
        self.phrase = Phrase(key, arguments)


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says in our own words. heading: where it says so. values: by the name of our column, None for nothing; they
    are taken over together or not at all."""

    heading: str
    values: Mapping[str, Plain | None]


class ForeignForm(Protocol):
    """How another product writes the tags of one of our drivers."""

    @property
    def driver(self) -> str: ...

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def group(self) -> str | None:
        """The heading under which it names the device type; None: it stands in front of the tag's name, with a dot."""

    @property
    def name(self) -> str:
        """The heading under which it names the tag."""

    @property
    def description(self) -> str: ...

    @property
    def unordered(self) -> Collection[str]:
        """Our types of which no row can say in which order their bytes are."""

    def station(self, cells: Cells) -> str:
        """Which device of a shared line a row says it is of; nothing where a row cannot say. One device type is one of them."""

    def written(self, row: Row, node: Node, unit_id: int) -> Cells:
        """A tag in the form's cells, by heading, without its name and description. Raises CannotSay."""

    def understood(self, cells: Cells, like: str | int | None) -> Sequence[Said]:
        """What cells say, without name and description. like: an address of the same type, whose notation is kept. Raises
        NotUnderstood."""


def foreign_rows(
    form: ForeignForm, described: Described, columns: Sequence[Column], types: Collection[str], language: str
) -> tuple[list[dict[str, Value]], list[tuple[TagKey, Phrase]]]:
    """The rows, and the tags that the form has no words for, each with why."""
    rows: list[dict[str, Value]] = []
    left_out: list[tuple[TagKey, Phrase]] = []
    for name, device_type in described.devices.types.items():
        for tag, source in device_type.written.items() if name in types else ():
            key, row = TagKey(name, tag), tag_row(name, tag, source.node, columns)
            if device_type.driver != form.driver:
                left_out.append((key, Phrase("tag_list.form_driver", {"driver": device_type.driver})))
                continue
            try:
                cells = form.written(row, source.node, unit_id_of(described, name))
            except CannotSay as why:
                left_out.append((key, why.phrase))
                continue
            named_so = {form.name: tag, form.group: name} if form.group is not None else {form.name: str(key)}
            about = {form.description: row.get(f"name_{language}")}
            rows.append({str(heading): value for heading, value in {**cells, **named_so, **about}.items()})
    return rows, left_out


def unit_id_of(described: Described, device_type: str) -> int:
    """Of the type's first device; 1 where it has none, or is not told from others by a number."""
    of_type = (each for each in described.devices.instances.values() if each.type and each.type.name == device_type)
    found = (getattr(each.device.connection, "unit_id", 1) for each in of_type if each.device is not None)
    return int(next(found, 1))


def asked_by_foreign(
    sheet: Sheet,
    name: str,
    form: ForeignForm,
    described: Described,
    columns: Sequence[Column],
    findings: Findings,
    *,
    type_name: str | None,
) -> Asked:
    """What a file in the form asks for. name: of the file. columns: our own. type_name: of rows that name no device type."""
    at = first_line(sheet)
    wanted = [column for column in form.columns if column.name in (form.group, form.name)]
    heads = [named(str(cell.value or ""), form.columns) for cell in sheet.rows[at]] if at is not None else []
    if at is None or any(column not in heads for column in wanted):
        place = Place(name, (at or 0) + 1, 1)
        missing = next(column.name for column in wanted if column not in heads)
        findings.add(Finding(place, Phrase("tag_list.column_missing", {"heading": missing})))
        return Asked((), frozenset(), {}, {})
    found = {index: column for index, column in read_headings(sheet, at, name, form.columns, findings).items() if column}
    reader = _Reader(sheet, name, form, described, {column.name: column for column in columns}, findings, type_name, {})
    changes: list[Change] = []
    places: dict[TagKey, Place] = {}
    for number, cells in enumerate(sheet.rows[at + 1 :], at + 2):
        if any(not cell.is_empty for cell in cells):
            row = {each.name: (index, each, cells[index] if index < len(cells) else EMPTY) for index, each in found.items()}
            changes += reader.row(number, row, places)
    _say_what_orders_are_unsaid(changes, form, described, findings)
    types = described.devices.types
    added = frozenset(key for key in places if key.tag not in types[key.type].written)
    return Asked(tuple(changes), added, places, found)


def _say_what_orders_are_unsaid(changes: Iterable[Change], form: ForeignForm, described: Described, findings: Findings) -> None:
    """Read in the wrong order, a value is a number like any other: one warning names all rows of which that is open."""
    wide = []
    for each in changes:
        source = described.devices.types[each.key.type].written.get(each.key.tag)
        is_said = source is not None and source.node.get(ORDER) is not None
        if each.column.name == TYPE and each.new in form.unordered and not is_said:
            wide.append(each)
    if wide:
        lines = [str(each.at.line) for each in wide[:ROWS_SHOWN_MAX]]
        rows = ", ".join(lines) + (", ..." if len(wide) > len(lines) else "")
        phrase = Phrase("tag_list.order_unsaid", {"count": len(wide), "rows": rows})
        findings.add(Finding(wide[0].at, phrase, "warning"))


_Row = Mapping[str, tuple[int, Column, Cell]]


@dataclass(frozen=True, slots=True)
class _Reader:
    sheet: Sheet
    name: str
    form: ForeignForm
    described: Described
    columns: Mapping[str, Column]
    findings: Findings
    type_name: str | None
    stations: dict[str, str]

    def row(self, number: int, row: _Row, places: dict[TagKey, Place]) -> Iterator[Change]:
        key = self._key(number, row)
        if key is None:
            return
        if key in places:
            self._error(number, row, self.form.name, Phrase("tag_list.tag_twice", {"tag": key, "first": places[key].line}))
            return
        places[key] = Place(self.name, number, 1)
        cells = self._cells(number, row)
        if cells is None:
            return
        device_type = self.described.devices.types[key.type]
        source = device_type.written.get(key.tag)
        now = tag_row(key.type, key.tag, source.node, list(self.columns.values())) if source is not None else {}
        try:
            said = list(self.form.understood(cells, self._like(key.type)))
        except NotUnderstood as why:
            self._error(number, row, why.heading, why.phrase)
            return
        station = self.form.station(cells)
        if self.stations.setdefault(key.type, station) != station:
            self._error(number, row, said[0].heading, Phrase("tag_list.stations", {"type": key.type}))
            return
        says: dict[str, Said] = {}
        if source is not None:
            try:
                written = self.form.written(now, source.node, unit_id_of(self.described, key.type))
                says = {each.heading: each for each in self.form.understood(written, self._like(key.type))}
            except CannotSay:
                pass
        words = self._words(key, cells, now, is_new=source is None)
        for each in (*said, *words):
            before = says.get(each.heading)
            if before is not None and before.values == each.values:
                continue
            for column, new in each.values.items():
                old = now.get(column)
                was = old if isinstance(old, str | int | float) else None
                place = self._place(number, row, each.heading)
                if not same(new, was, self.columns[column].form) and self._may_change(key, column, place):
                    yield Change(key, self.columns[column], was, new, place)

    def _key(self, number: int, row: _Row) -> TagKey | None:
        types = self.described.devices.types
        said = str(row[self.form.name][2].value or "").strip()
        if self.form.group is not None:
            type_name, tag = str(row[self.form.group][2].value or "").strip(), said
        else:
            type_name, _, tag = said.rpartition(".")
            type_name = type_name or self.type_name or ""
        heading = self.form.group or self.form.name
        if not tag or not type_name:
            self._error(number, row, heading, Phrase("tag_list.type_not_said" if tag else "tag_list.tag_missing"))
        elif type_name not in types:
            arguments = {"name": type_name[:60], "hint": did_you_mean(type_name, types)}
            self._error(number, row, heading, Phrase("tag_list.type_unknown", arguments))
        elif types[type_name].driver != self.form.driver:
            self._error(number, row, heading, Phrase("tag_list.form_driver", {"driver": types[type_name].driver}))
        else:
            return TagKey(type_name, tag)
        return None

    def _cells(self, number: int, row: _Row) -> dict[str, Plain] | None:
        """The values of a row by heading; None when one of them is wrong."""
        found: dict[str, Plain] = {}
        fine = True
        for heading, (_, column, cell) in row.items():
            try:
                value = read_cell(cell, column, "", decimal_comma=self.sheet.decimal_comma)
            except CellRefused as refused:
                self._error(number, row, heading, refused.phrase)
                fine = False
            else:
                if value is not None:
                    found[heading] = value
        return found if fine else None

    def _like(self, type_name: str) -> str | int | None:
        """An address of the type, as it is written."""
        tags = self.described.devices.types[type_name].tags.values()
        found = (each.node.get("address") for each in tags)
        return next((node.value for node in found if node is not None and isinstance(node.value, str | int)), None)

    def _words(self, key: TagKey, cells: Cells, now: Row, *, is_new: bool) -> Iterator[Said]:
        """A new tag is called so in both languages; of an existing one, a text that is its name in neither is a new name, in
        the language it is written in."""
        text = str(cells.get(self.form.description) or "").strip()
        if is_new:
            yield Said(self.form.description, dict.fromkeys(("name_zh", "name_en"), text or key.tag))
        elif text and text not in (str(now.get("name_zh")), str(now.get("name_en"))):
            yield Said(self.form.description, {"name_zh" if not text.isascii() else "name_en": text})

    def _may_change(self, key: TagKey, column: str, place: Place) -> bool:
        why = left_alone(self.described, key, self.columns[column])
        if why is not None:
            self.findings.add(Finding(place, why))
        return why is None

    def _place(self, number: int, row: _Row, heading: str) -> Place:
        return Place(self.name, number, row[heading][0] + 1 if heading in row else 1)

    def _error(self, number: int, row: _Row, heading: str, phrase: Phrase) -> None:
        self.findings.add(Finding(self._place(number, row, heading), phrase))
