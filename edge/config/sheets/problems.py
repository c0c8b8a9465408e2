"""What is wrong with a list, or would be with the plant after its import, as lines for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from edge.config.check.as_text import problem_line
from edge.config.sheets.columns import Column
from edge.config.sheets.grid import column_letters
from edge.model.errors import Problem
from edge.texts import render


def new_warnings(before: Sequence[Problem], after: Sequence[Problem], file: str) -> list[Problem]:
    """The warnings that there would be after an import and were not before. file: the list, where the changes stand."""
    known = Counter((each.code, each.text) for each in before)
    found = []
    for each in sorted(after, key=lambda each: each.file == file):
        known[each.code, each.text] -= 1
        if each.severity == "warning" and known[each.code, each.text] < 0:
            found.append(each)
    return found


def problem_lines(problems: Sequence[Problem], file: str, columns: Mapping[int, Column], language: str) -> Iterator[str]:
    """By row and column of the list; problems of the plant's files as `andon check` says them. columns: by index from 0."""
    for problem in problems:
        if not problem.file.startswith(file):
            yield problem_line(problem, language)
            continue
        column = columns.get(problem.column - 1) if problem.file == file else None
        heading = column.heading(language) if column is not None else ""
        arguments = {"file": problem.file, "row": problem.line, "column": column_letters(problem.column), "heading": heading}
        said = render(f"sheets.severity.{problem.severity}", {"text": problem.text}, language)
        yield render("sheets.at_named" if heading else "sheets.at", {**arguments, "text": said}, language)
