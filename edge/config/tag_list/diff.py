"""What an import would change, as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from edge.config.load import Described
from edge.config.tag_list.changes import Asked
from edge.config.text.typed import plain_text
from edge.texts import render


def diff_lines(asked: Asked, described: Described, language: str) -> Iterator[str]:
    """Tag by tag, in the order of the list: old -> new."""
    nothing = render("sheets.nothing", {}, language)
    for key in asked.touched:
        types = described.devices.types
        source = types[key.type].written.get(key.tag)
        place = source.node.key if source is not None else types[key.type].node.key
        yield render(
            "tag_list.tag_added" if key in asked.added else "tag_list.tag_changed", {"tag": key, "place": place}, language
        )
        for change in asked.of(key):
            old, new = (nothing if value is None else plain_text(value) for value in (change.old, change.new))
            arguments = {"heading": change.column.heading(language), "old": old, "new": new}
            yield render("sheets.value_changed", arguments, language)
