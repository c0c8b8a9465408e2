"""What a derived tag has from those it follows from, where it says nothing of it itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.config.explain.stations import Explained, Station
from edge.config.text.finding import Phrase
from edge.config.text.values import format_span
from edge.model.tag import Tag


def followed(found: Sequence[Explained], tag: Tag) -> Iterator[Explained]:
    """The values of a derived tag as they are in force, and last of all what it follows from. found: as they are written."""
    if tag.derived is None:
        yield from found
        return
    what = Phrase("config.explain_followed", {"tags": ", ".join(tag.derived.reads)})
    inherited = {"unit": tag.unit, "stale_after": format_span(tag.stale_after) if tag.stale_after is not None else ""}
    for each in found:
        value = inherited.get(each.key.removeprefix(f"{tag.name}."))
        is_written = each.stations[-1].place is not None
        yield Explained(each.key, (*each.stations, Station(value, None, what))) if value and not is_written else each
    if len({each.key for each in found}) > 1:
        yield Explained(f"{tag.name}.follows_from", (Station(", ".join(tag.derived.reads), None, what),))
