"""Both languages say the same things."""

from __future__ import annotations

from string import Formatter

from edge.texts import LANGUAGES, catalogue


def test_both_languages_have_the_same_keys() -> None:
    zh, en = (set(catalogue(language)) for language in LANGUAGES)
    assert zh == en
    assert zh


def test_both_languages_of_a_sentence_take_the_same_arguments() -> None:
    def placeholders(sentence: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    zh, en = (catalogue(language) for language in LANGUAGES)
    assert {key: placeholders(zh[key]) for key in zh} == {key: placeholders(en[key]) for key in en}
