"""The console's sentences in one language, and the texts that come in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.texts import render


@dataclass(frozen=True, slots=True)
class Words:
    """language: zh or en."""

    language: str

    def __call__(self, key: str, **arguments: Any) -> str:
        """The sentence `console.KEY`."""
        return render(f"console.{key}", arguments, self.language)

    def of(self, words: Mapping[str, str]) -> str:
        """The text in this language; where the plant has none, in the language it has."""
        return words.get(self.language) or next(iter(words.values()), "")
