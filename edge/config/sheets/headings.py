"""The line of headings: which column of a sheet is which column of the list. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config.sheets.columns import Column, named
from edge.config.sheets.grid import Sheet
from edge.config.text.finding import Finding, Findings, Phrase, Place, did_you_mean
from edge.texts import LANGUAGES


def first_line(sheet: Sheet) -> int | None:
    """The index of the first row that is not empty; None where all are."""
    return next((index for index, row in enumerate(sheet.rows) if any(not cell.is_empty for cell in row)), None)


def read_headings(sheet: Sheet, at: int, name: str, columns: Sequence[Column], findings: Findings) -> dict[int, Column | None]:
    """The columns by index from 0; None for people's own, which begin with #. at: index of the line. name: of the file;
    findings stand at its row and column."""
    found: dict[int, Column | None] = {}
    for index, cell in enumerate(sheet.rows[at]):
        place, heading = Place(name, at + 1, index + 1), str(cell.value or "").strip()
        column = named(heading, columns)
        if heading.startswith("#"):
            found[index] = None
        elif column is not None and column in found.values():
            _error(findings, place, "heading_twice", heading=heading[:40])
        elif column is not None:
            found[index] = column
        elif heading:
            _error(findings, place, "heading_unknown", heading=heading[:40], hint=_hint(heading, columns))
        elif any(len(row) > index and not row[index].is_empty for row in sheet.rows):
            _error(findings, place, "heading_missing")
    return found


def _hint(heading: str, columns: Sequence[Column]) -> Phrase:
    names = [column.name for column in columns]
    hint = did_you_mean(heading, [*names, *(each.heading(language) for each in columns for language in LANGUAGES)])
    return hint if hint.key == "config.did_you_mean" else Phrase("config.known_are", {"known": ", ".join(names)})


def _error(findings: Findings, place: Place, key: str, **arguments: object) -> None:
    findings.add(Finding(place, Phrase(f"sheets.{key}", arguments)))
