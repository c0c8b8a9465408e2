"""A sheet and the plant it is about: what is to be changed, or what is wrong in which row and column. Pure.

Rows may be missing, moved or filtered; columns too. A cell that says what the rule says already changes nothing, so that a list
that was only read and saved comes back as it went out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from edge.config.alarm_list.columns import ALARM, ALARM_COLUMNS, COLUMNS, REVIEWED_BY, REVIEWED_ON, RULE
from edge.config.alarm_list.rows import Row, alarm_rows, rule_row, unit_of
from edge.config.library import LIBRARIES_FILE
from edge.config.load import Described
from edge.config.reviewed.reviews import Review, is_ahead
from edge.config.sheets.cells import CellRefused, Plain, read_cell, same
from edge.config.sheets.columns import Column, Form, folded, named
from edge.config.sheets.grid import EMPTY, Cell, Sheet, column_letters
from edge.config.sheets.headings import first_line, read_headings
from edge.config.text.finding import Finding, Findings, Phrase, Place, did_you_mean
from edge.config.text.source import Node
from edge.config.text.typed import plain_text
from edge.texts import LANGUAGES, render


@dataclass(frozen=True, slots=True)
class Change:
    """old, new: None for nothing. at: row and column of the cell, in the list's file."""

    rule: str
    column: Column
    old: Plain | None
    new: Plain | None
    at: Place


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the list says of a review that the plant does not have so. by, on: both empty to take it back."""

    rule: str
    by: str
    on: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list asks for. rows: where each rule stands in it. columns: by index from 0."""

    changes: tuple[Change, ...]
    reviewed: tuple[Reviewed, ...]
    rows: Mapping[str, Place]
    columns: Mapping[int, Column]

    @property
    def touched(self) -> frozenset[str]:
        """The rules that change, or whose review does."""
        return frozenset({each.rule for each in self.changes} | {each.rule for each in self.reviewed})

    def files(self, described: Described) -> list[str]:
        """The files that change."""
        return sorted({described.rules.names[each.rule].key.file for each in self.changes})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the list with the rule it is about."""

    rule: str
    node: Node
    number: int
    cells: Mapping[Column, tuple[int, Cell]]


def asked_by(
    sheets: Sequence[Sheet],
    name: str,
    described: Described,
    reviews: Mapping[str, Review],
    findings: Findings,
    *,
    today: date,
) -> Asked:
    """What a file asks for. name: of the file; findings stand at its row and column (`Place`). today: the plant's day."""
    sheet, shown = _chosen(sheets)
    columns, first = _headings(sheet, name, findings)
    reader = _ListReader(sheet, name, described, reviews, findings, today)
    rows = list(reader.rows(columns, first)) if columns else []
    changes = [change for row in rows for change in reader.changes(row)]
    reviewed = [review for row in rows if (review := reader.review(row)) is not None]
    if shown is not None:
        _check_only_shown(shown, name, described, findings)
    places = {row.rule: Place(name, row.number, 1) for row in rows}
    return Asked(tuple(changes), tuple(reviewed), places, {index: column for index, column in columns.items() if column})


def titles(name: str) -> set[str]:
    """What a sheet may be called: `rules` or `alarms`, in every language."""
    return {folded(render(f"alarm_list.sheet.{name}", {}, language)) for language in LANGUAGES}


def _chosen(sheets: Sequence[Sheet]) -> tuple[Sheet, Sheet | None]:
    """The sheet to work in, by its title or else the first, and the one that is only to be read."""
    shown = next((each for each in sheets if folded(each.title) in titles("alarms")), None)
    others = [each for each in sheets if each is not shown] or list(sheets)
    return next((each for each in others if folded(each.title) in titles("rules")), others[0]), shown


def _headings(sheet: Sheet, name: str, findings: Findings) -> tuple[dict[int, Column | None], int]:
    """The columns by index from 0 (None for people's own, which begin with #), and the number of the first row below."""
    at = first_line(sheet)
    if at is None:
        _error(findings, Place(name, 1, 1), "empty")
        return {}, 0
    if not any(named(str(cell.value or ""), (RULE,)) for cell in sheet.rows[at]):
        of_alarms = any(named(str(cell.value or ""), (ALARM,)) for cell in sheet.rows[at])
        _error(findings, Place(name, at + 1, 1), "alarms_only" if of_alarms else "rule_column_missing", heading=RULE.name)
        return {}, 0
    return read_headings(sheet, at, name, COLUMNS, findings), at + 2


class _ListReader:
    def __init__(
        self,
        sheet: Sheet,
        name: str,
        described: Described,
        reviews: Mapping[str, Review],
        findings: Findings,
        today: date,
    ) -> None:
        self._sheet = sheet
        self._name = name
        self._described = described
        self._rules = dict(described.rules.names.items())
        self._reviews = reviews
        self._findings = findings
        self._today = today

    def rows(self, columns: Mapping[int, Column | None], first: int) -> Iterator[_Row]:
        """The rows with a rule, each rule once."""
        seen: dict[str, int] = {}
        for number, cells in enumerate(self._sheet.rows[first - 1 :], first):
            if all(cell.is_empty for cell in cells):
                continue
            row = {
                column: (index, cells[index] if index < len(cells) else EMPTY) for index, column in columns.items() if column
            }
            index, cell = row[RULE]
            rule, place = str(cell.value or "").strip(), Place(self._name, number, index + 1)
            if cell.is_empty:
                self._error(place, "rule_missing")
            elif rule not in self._rules:
                self._error(place, "rule_unknown", rule=rule[:60], hint=did_you_mean(rule, self._rules))
            elif rule in seen:
                self._error(place, "rule_twice", rule=rule, first=seen[rule])
            else:
                seen[rule] = number
                yield _Row(rule, self._rules[rule], number, row)

    def changes(self, row: _Row) -> Iterator[Change]:
        """What differs from the rule as it is written."""
        now = rule_row(row.rule, row.node, self._described.devices, None)
        unit = unit_of(row.node, self._described.devices)
        for column, (index, cell) in row.cells.items():
            place = Place(self._name, row.number, index + 1)
            old = now.get(column.name)
            if column.form is Form.SHOWN:
                if not cell.is_empty and folded(plain_text(cell.value)) != folded(plain_text(old)):
                    self._error(place, "shown_only", was=plain_text(old))
            elif column.path and (old is None or isinstance(old, str | int | float)):
                if isinstance(old, str) and str(cell.value).strip() == old:
                    continue
                try:
                    new = read_cell(cell, column, unit, decimal_comma=self._sheet.decimal_comma)
                except CellRefused as refused:
                    self._findings.add(Finding(place, refused.phrase))
                    continue
                if not same(new, old, column.form) and self._may_change(row, column, place):
                    yield Change(row.rule, column, old, new, place)

    def review(self, row: _Row) -> Reviewed | None:
        """The review that a row tells of, when it is not the one on record."""
        if REVIEWED_BY not in row.cells or REVIEWED_ON not in row.cells:
            return None
        said: list[str] = []
        for column in (REVIEWED_BY, REVIEWED_ON):
            index, cell = row.cells[column]
            try:
                said.append(str(read_cell(cell, column, "", decimal_comma=False) or ""))
            except CellRefused as refused:
                self._findings.add(Finding(Place(self._name, row.number, index + 1), refused.phrase))
                return None
        by, on = said
        review = self._reviews.get(row.rule)
        if (by, on) == ((review.by, review.on) if review is not None else ("", "")):
            return None
        if bool(by) != bool(on):
            missing = REVIEWED_BY if on else REVIEWED_ON
            self._error(Place(self._name, row.number, row.cells[missing][0] + 1), "review_half")
            return None
        if is_ahead(on, self._today):
            self._error(Place(self._name, row.number, row.cells[REVIEWED_ON][0] + 1), "review_ahead", on=on)
            return None
        return Reviewed(row.rule, by, on)

    def _may_change(self, row: _Row, column: Column, place: Place) -> bool:
        """Whether the value stands in a file of the plant's own."""
        files = {row.node.key.file, row.node.follow(column.path).place.file}
        library = next((each for each in self._described.libraries.used if files & each.roots.keys()), None)
        if LIBRARIES_FILE in files:
            self._error(place, "overridden", file=LIBRARIES_FILE)
        elif library is not None:
            path = ".".join(("rules", row.rule, *column.path))
            self._error(place, "of_library", library=library.name, file=LIBRARIES_FILE, path=path)
        return library is None and LIBRARIES_FILE not in files

    def _error(self, place: Place, key: str, **arguments: object) -> None:
        _error(self._findings, place, key, **arguments)


def _check_only_shown(sheet: Sheet, name: str, described: Described, findings: Findings) -> None:
    """Nobody may believe to have changed what is only shown: the sheet of alarms must be as it was written."""
    rows = {str(row[ALARM.name]): row for row in alarm_rows(described.rules)}
    headings = [named(str(cell.value or ""), ALARM_COLUMNS) for cell in sheet.rows[0]] if sheet.rows else []
    if ALARM not in headings:
        return
    for number, cells in enumerate(sheet.rows[1:], 2):
        said = {column: (index, cell) for index, (column, cell) in enumerate(zip_longest(headings, cells)) if column and cell}
        row = rows.get(str(said[ALARM][1].value)) if ALARM in said else None
        for column, (index, cell) in said.items() if row is not None else ():
            if not _reads_as(cell, row or {}, column):
                place = Place(f"{name}[{sheet.title}]", number, index + 1)
                _error(findings, place, "alarms_sheet_changed", column=column_letters(index + 1))


def _reads_as(cell: Cell, row: Row, column: Column) -> bool:
    was, says = row.get(column.name), cell.value
    if isinstance(was, bool) or isinstance(says, bool):
        return folded(plain_text(was)) == folded(plain_text(says))
    return cell.is_empty or was == says or folded(plain_text(was)) == folded(plain_text(says))


def _error(findings: Findings, place: Place, key: str, **arguments: object) -> None:
    findings.add(Finding(place, Phrase(f"alarm_list.{key}", arguments)))
