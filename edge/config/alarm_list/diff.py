"""What an import would change, and what is wrong with it or the plant then, as lines for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from edge.config.alarm_list.changes import Asked
from edge.config.alarm_list.columns import Column
from edge.config.alarm_list.grid import column_letters
from edge.config.check.as_text import problem_line
from edge.config.load import Described
from edge.config.reviewed.reviews import Review
from edge.config.text.typed import plain_text
from edge.model.errors import Problem
from edge.texts import render


def diff_lines(asked: Asked, described: Described, reviews: Mapping[str, Review], language: str) -> Iterator[str]:
    """Rule by rule, in the order of the list: old -> new."""

    def say(key: str, **arguments: object) -> str:
        return render(f"alarm_list.{key}", arguments, language)

    reviewed = {each.rule: each for each in asked.reviewed}
    touched = {each.rule for each in asked.changes} | reviewed.keys()
    for rule in (rule for rule in asked.rows if rule in touched):
        yield say("rule_changed", rule=rule, place=described.rules.names[rule].key)
        for change in (each for each in asked.changes if each.rule == rule):
            old, new = (say("nothing") if value is None else plain_text(value) for value in (change.old, change.new))
            yield say("value_changed", heading=change.column.heading(language), old=old, new=new)
        if (now := reviewed.get(rule)) is not None:
            was = reviews.get(rule)
            old = say("review_said", by=was.by, on=was.on) if was is not None else say("nothing")
            new = say("review_said", by=now.by, on=now.on) if now.by else say("nothing")
            yield say("review_changed", old=old, new=new)


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
        said = render(f"alarm_list.severity.{problem.severity}", {"text": problem.text}, language)
        yield render("alarm_list.at_named" if heading else "alarm_list.at", {**arguments, "text": said}, language)
