"""What a column of a list holds, and the headings under which it is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from edge.texts import LANGUAGES, render


class Form(Enum):
    """What the cells of a column hold."""

    SHOWN = "shown"
    """Only read: it is changed in the files."""
    NUMBER = "number"
    SWITCH = "switch"
    """A number, or true and false."""
    SPAN = "span"
    WORD = "word"
    """One of the product's own words: a priority, a class."""
    TEXT = "text"
    SCALAR = "scalar"
    """A number where it is written as one, else a text: an address."""
    OR_PERCENT = "or_percent"
    """A number, or percent of something: `0.5`, `1%`."""
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """name: the same in every language, and a heading too. form: what its cells hold. path: where its value stands. width: in
    characters. heads: by language, where it has more headings than its name. words: of a column of words, those there are, with
    all that people may call them."""

    name: str
    form: Form
    path: tuple[str, ...] = ()
    width: int = 12
    heads: Mapping[str, str] = field(default_factory=dict, hash=False)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)

    def heading(self, language: str) -> str:
        return self.heads.get(language, self.name)

    def word(self, said: str) -> str:
        """The word that somebody meant, or what was said where it is none."""
        wanted = folded(said)
        return next((word for word, names in self.words.items() if wanted in map(folded, (word, *names))), said)


def heads_of(key: str) -> dict[str, str]:
    """The headings of a column that `edge/texts` has a sentence for."""
    return {language: render(key, {}, language) for language in LANGUAGES}


def named(heading: str, columns: Sequence[Column]) -> Column | None:
    """The column with this heading in any language, whatever letter case, width or space it came back with."""
    wanted = folded(heading)
    return next((each for each in columns if wanted in {folded(each.name), *map(folded, each.heads.values())}), None)


def folded(text: str) -> str:
    """A text without what spreadsheets and input methods change about it: width, kind and number of spaces, letter case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
