"""What hides an alarm by design, and when it matters at all: as built, so also what its rule does not say itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from edge.config.explain.stations import Explained, Station
from edge.config.load import Described
from edge.config.rules import BuiltRule
from edge.config.text.finding import Phrase, Place
from rules.definition import Cause, Suppressor

SHOWN_MAX = 5

#: Which key of a rule says it.
_KEY_OF = {Cause.PARENT: "suppressed_by", Cause.MORE_SEVERE: "exclusive"}


def hidden_by(alarm: str, described: Described) -> Iterator[Explained]:
    """The line of an alarm, and each thing that hides it; nothing for one that is not built."""
    built = next((each for each in described.rules.built if each.rule.id == alarm), None)
    if built is None:
        return
    if built.rule.line:
        areas = Phrase("config.explain_line", {"area": built.rule.area})
        yield Explained(f"{alarm}.line", (Station(built.rule.line, None, areas),))
    for suppressor in described.suppressors:
        if alarm in suppressor.targets:
            yield Explained(f"{alarm}.hidden_by", (_station(suppressor, built, described),))


def _station(suppressor: Suppressor, built: BuiltRule, described: Described) -> Station:
    sources = ", ".join(suppressor.sources[:SHOWN_MAX]) + (", ..." if len(suppressor.sources) > SHOWN_MAX else "")
    place = _place(suppressor, built, described)
    what = "config.explain_hidden_by_itself" if place is None else f"config.explain_hidden_{suppressor.cause}"
    return Station(sources, place, Phrase(what, {"name": suppressor.name}))


def _place(suppressor: Suppressor, built: BuiltRule, described: Described) -> Place | None:
    """Where it is written; None for what nobody wrote."""
    if suppressor.cause in _KEY_OF:
        node = built.node.get(_KEY_OF[suppressor.cause])
        return node.place if node is not None else None
    section = suppressor.name.partition(" ")[0]
    return described.rules.suppressions[section].key
