"""Every sentence that people read, by key, in Chinese and English.

A part of the product keeps its sentences in two files beside this one, `PART.zh.yaml` and `PART.en.yaml`, with the same keys
and the same `{placeholders}` (a test compares them). A key is `part.name`, nested mappings make more dots. Events and errors
carry key and arguments; rendering happens where the reader's language is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("zh", "en")

#: Of texts alone, in C where the library came with it: every command waits for this.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of one language by full key."""
    sentences: dict[str, str] = {}
    for entry in sorted(files(__name__).iterdir(), key=lambda item: item.name):
        part, _, rest = entry.name.partition(".")
        if rest == f"{language}.yaml":
            sentences.update(_sentences(part, language))
    return sentences


def render(key: str, arguments: Mapping[str, Any], language: str) -> str:
    """The sentence in `language` with its placeholders filled. Raises KeyError for a key or placeholder that is not there."""
    return _sentences(key.partition(".")[0], language)[key].format_map(arguments)


def read(*parts: str) -> None:
    """Read parts before they are spoken: the first alarm must not wait for that."""
    for part in parts:
        for language in LANGUAGES:
            _sentences(part, language)


@cache
def _sentences(part: str, language: str) -> Mapping[str, str]:
    """Of one part: a command reads those it speaks, not all there are."""
    file = files(__name__) / f"{part}.{language}.yaml"
    if not file.is_file():
        raise KeyError(f"{part}.{language}")
    return _flatten(part, yaml.load(file.read_text(encoding="utf-8"), _LOADER))


def _flatten(prefix: str, tree: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in tree.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            flat.update(_flatten(key, value))
        else:
            flat[key] = value
    return flat
