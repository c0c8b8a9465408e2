"""Every problem has a code of its own, and docs/problems.md knows them all."""

from __future__ import annotations

from collections import Counter

from edge.config.text.finding import code_of
from edge.texts import catalogue
from tests.unit.config.problem_page import PAGE, codes, page


def test_the_page_of_problems_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.unit.config.problem_page > docs/problems.md"


def test_no_two_sentences_have_one_code() -> None:
    assert [code for code, times in Counter(map(code_of, catalogue("en"))).items() if times > 1 and code in codes()] == []


def test_every_code_is_a_word_that_stays_as_it_is_in_a_file_name_or_an_address() -> None:
    assert [code for code in codes() if not code.replace("_", "").replace(".", "").isalnum() or not code.isascii()] == []
