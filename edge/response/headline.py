"""The first line of a message: all that a lock screen shows, so it must name everything and never be cut by others.

At most 40 characters, of which the priority in front is kept whole; behind it, place, device and what is wrong share the room
that a number with its unit leaves, and where that is too little the number stays away. The message names all in full below,
and so does the whole line, for who has room for it: a mail, a voice that reads it aloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

HEADLINE_MAX = 40

#: The length below which a part is no longer worth showing.
SHORTEST = {"place": 10, "device": 5, "what": 5}
#: A letter of what is wrong is worth three of a name: without it nobody runs.
WORTH = {"place": 1, "device": 1, "what": 3}
#: What says most, next to a number: `main… bearing hot`, but `pump 1 bearing… high`.
ENDS_THAT_TELL = {"place": "first", "device": "first", "what": "last"}

#: A word with the number behind it, which is most of its meaning (`pump 1`); of what is written without spaces, a character.
_PIECE = re.compile(r"[\u2E80-\u9FFF\uF900-\uFAFF]|[^\s\u2E80-\u9FFF\uF900-\uFAFF]+(?:\s\d+(?!\S))?")


def compose_headline(prefix: str, place: str, device: str, what: str, value: str, *, has_namesakes: bool = False) -> str:
    """One line of at most `HEADLINE_MAX` characters. prefix: the priority as it stands in front, with its own spacing; value:
    number and unit, or a state in words, or empty. has_namesakes: other devices go by the same words, so that the place tells
    which it is; otherwise the place is the first to go."""
    where, which, what, value = _said_once(place, device, what, value)
    room = HEADLINE_MAX - len(prefix)
    ending = shorten(value, room)
    beside_ending = room - len(ending) - 1 if ending else room
    if _digits(value) or len(_join([where, which, what, value])) <= room:
        middle = _middle(where, which, what, beside_ending, has_namesakes)
        if middle is not None:
            return f"{prefix}{_join([middle, ending])}".rstrip()
    # Which machine it is comes before how much; and a state in words only says what is wrong once more.
    middle = _middle(where, which, what, room, has_namesakes)
    if middle is not None:
        return f"{prefix}{middle}".rstrip()
    return f"{prefix}{_join([squeeze(what, beside_ending), ending])}".rstrip()


def whole_headline(prefix: str, place: str, device: str, what: str, value: str) -> str:
    """The same line uncut. What is wrong and a state in words stand apart: beside each other they might read as a sentence."""
    *names, said = _said_once(place, device, what, value)
    ending = said if _digits(said) or not said else f"· {said}"
    return f"{prefix}{_join([*names, ending])}".rstrip()


def _said_once(place: str, device: str, what: str, value: str) -> tuple[str, str, str, str]:
    """A word that the next one repeats is left out: `Stand 3`, `Stand 3 motor`."""
    place, device, what, value = (" ".join(words.split()) for words in (place, device, what, value))
    return "" if device.startswith(place) else place, "" if what.startswith(device) else device, what, value


def _middle(place: str, device: str, what: str, room: int, has_namesakes: bool) -> str | None:
    """None when there is no room for which machine it is and what is wrong with it."""
    whole = _join([place, device, what])
    if len(whole) <= room:
        return whole
    if not (has_namesakes and place):
        return _fit({"device": device, "what": what}, room)
    beside_it = _fit({"device": device, "what": what}, room - len(place) - 1)
    return _fit({"place": place, "what": what}, room) if beside_it is None else _join([place, beside_it])


def shorten(text: str, length: int) -> str:
    """The beginning, at most `length` characters; an ellipsis says that something is missing. Nothing rather than an ellipsis
    alone."""
    if len(text) <= length:
        return text
    kept = text[: max(0, length - 1)].rstrip()
    return f"{kept}…" if kept else ""


def squeeze(text: str, length: int, end_that_tells: str = "last") -> str:
    """At most `length` characters of both ends, whole words where that is possible: `bearing… high`. Numbers stay longest, then
    the `first` or `last` word. Nothing rather than an ellipsis alone."""
    return next((cut for cut in _cuts(text, end_that_tells) if len(cut) <= length), "") or shorten(text, length)


def _cuts(text: str, end_that_tells: str) -> list[str]:
    """The text, and the text without some of its inner pieces or those of one end; the best first, and none that is longer than
    a better one."""
    pieces = [match.span() for match in _PIECE.finditer(text)]
    cuts = [(text, 0)]
    for left_out in range(1, len(pieces)):
        for before in range(len(pieces) - left_out + 1):
            head = text[: pieces[before - 1][1]] if before else ""
            after = before + left_out
            tail = text[pieces[after][0] :] if after < len(pieces) else ""
            gap = " " if head and tail and text[pieces[after][0] - 1].isspace() else ""
            cuts.append((f"{head}…{gap}{tail}", abs(len(head) - len(tail))))
    if len(pieces) == 1:
        cuts += [(shorten(text, length), 0) for length in range(len(text) - 1, 1, -1)]
    cuts.sort(key=lambda cut: (_digits(cut[0]), _tells(cut[0], end_that_tells), _kept(cut[0]), -cut[1]), reverse=True)
    best: list[str] = []
    for cut, _ in cuts:
        if not best or len(cut) < len(best[-1]):
            best.append(cut)
    return best


def _tells(cut: str, end_that_tells: str) -> bool:
    return not (cut.startswith("…") if end_that_tells == "first" else cut.endswith("…"))


def _fit(parts: Mapping[str, str], room: int) -> str | None:
    """The parts on one line, each squeezed as much as the others need it; None when that does not fit."""
    names = [name for name, text in parts.items() if text]
    choices = [
        [cut for cut in _cuts(parts[name], ENDS_THAT_TELL[name]) if len(cut) >= min(SHORTEST[name], len(parts[name]))]
        for name in names
    ]
    lines = [chosen for chosen in product(*choices) if len(_join(chosen)) <= room]
    if not lines:
        return None
    return _join(max(lines, key=lambda chosen: (sum(map(_digits, chosen)), _worth(names, chosen))))


def _worth(names: Iterable[str], chosen: Iterable[str]) -> int:
    return sum(WORTH[name] * _kept(text) for name, text in zip(names, chosen, strict=True))


def _kept(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _join(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
