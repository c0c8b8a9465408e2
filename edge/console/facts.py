"""A list of facts beside each other: a name and a text, each line gone while it has nothing to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nicegui import ui


class Facts:
    """names: by key, in the order in which they are shown."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._lines: dict[str, tuple[ui.element, ui.label]] = {}
        with ui.element("dl").classes("facts"):
            for key, name in names.items():
                with ui.element("div").classes("fact") as line:
                    with ui.element("dt"):
                        ui.label(name)
                    with ui.element("dd"):
                        self._lines[key] = (line, ui.label(""))

    def show(self, texts: Mapping[str, str]) -> None:
        for key, (line, label) in self._lines.items():
            text = texts.get(key, "")
            label.set_text(text)
            line.set_visibility(bool(text))


def joined(texts: Iterable[str]) -> str:
    """A line each; the style keeps the breaks."""
    return "\n".join(text for text in texts if text)
