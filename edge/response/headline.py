"""The first line of a message: all that a lock screen shows, so it must name everything and never be cut by others.

At most 40 characters, of which the priority in front and the value with its unit at the end are kept whole; in between, place,
device and what is wrong share the room that is left. The message names them in full below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

HEADLINE_MAX = 40

#: Who gives way first, and the length below which it is no longer worth showing. A device's name says most at its beginning;
#: a place is worth little when cut (`Stand 3` and `Stand 4` differ at the end); without what is wrong nobody runs.
GIVES_WAY = {"device": 5, "what": 8, "place": 10}


def compose_headline(prefix: str, place: str, device: str, what: str, value: str) -> str:
    """One line of at most `HEADLINE_MAX` characters. prefix: the priority as it stands in front, with its own spacing; value:
    number and unit, may be empty. A word that the next one repeats is left out: `Stand 3`, `Stand 3 motor`. When cutting is not
    enough the device is left out, then the place too."""
    place, device, what, value = (" ".join(words.split()) for words in (place, device, what, value))
    ending = shorten(value, HEADLINE_MAX - len(prefix))
    room = HEADLINE_MAX - len(prefix) - (len(ending) + 1 if ending else 0)
    where = "" if device.startswith(place) else place
    which = "" if what.startswith(device) else device
    middle = (
        _fit({"place": where, "device": which, "what": what}, room)
        or _fit({"place": place, "what": what}, room)
        or shorten(what, room)
    )
    return f"{prefix}{_join([middle, ending])}".rstrip()


def _fit(words: Mapping[str, str], room: int) -> str | None:
    """The words on one line, cut no further than they may be; None when that does not fit."""
    fitted = dict(words)
    for name, shortest in GIVES_WAY.items():
        excess = len(_join(fitted.values())) - room
        if name in fitted and excess > 0:
            text = fitted[name]
            fitted[name] = shorten(text, max(min(shortest, len(text)), len(text) - excess))
    line = _join(fitted.values())
    return line if len(line) <= room else None


def shorten(text: str, length: int) -> str:
    """At most `length` characters; an ellipsis says that something is missing. Nothing rather than an ellipsis alone."""
    if len(text) <= length:
        return text
    kept = text[: max(0, length - 1)].rstrip()
    return f"{kept}…" if kept else ""


def _join(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
