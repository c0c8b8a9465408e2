"""What an import would change, as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edge.config.alarm_list.changes import Asked
from edge.config.load import Described
from edge.config.reviewed.reviews import Review
from edge.config.text.typed import plain_text
from edge.texts import render


def diff_lines(asked: Asked, described: Described, reviews: Mapping[str, Review], language: str) -> Iterator[str]:
    """Rule by rule, in the order of the list: old -> new."""

    def say(key: str, **arguments: object) -> str:
        return render(f"alarm_list.{key}", arguments, language)

    nothing = render("sheets.nothing", {}, language)
    reviewed = {each.rule: each for each in asked.reviewed}
    touched = {each.rule for each in asked.changes} | reviewed.keys()
    for rule in (rule for rule in asked.rows if rule in touched):
        yield say("rule_changed", rule=rule, place=described.rules.names[rule].key)
        for change in (each for each in asked.changes if each.rule == rule):
            old, new = (nothing if value is None else plain_text(value) for value in (change.old, change.new))
            arguments = {"heading": change.column.heading(language), "old": old, "new": new}
            yield render("sheets.value_changed", arguments, language)
        if (now := reviewed.get(rule)) is not None:
            was = reviews.get(rule)
            old = say("review_said", by=was.by, on=was.on) if was is not None else nothing
            new = say("review_said", by=now.by, on=now.on) if now.by else nothing
            yield say("review_changed", old=old, new=new)
