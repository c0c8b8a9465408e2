"""The words of the phone pages: the same in both languages, and none missing for what the stand-in can have to say."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.files import SAMPLE, bundled_template, read_organisation
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import LANGUAGES
from simulators.dingtalk.phone_board import read_board
from simulators.dingtalk.phone_drawing import PAGES, PhoneDrawing
from simulators.dingtalk.presses import Hindrance, PressStatus

#: 2026-05-04T08:10:23Z
MORNING_US = 1_777_882_223_000_000
WORDS: Mapping[str, Any] = json.loads((PAGES / "texts.json").read_text(encoding="utf-8"))


def places(words: Any, path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """(path, placeholders) of every text."""
    if isinstance(words, str):
        yield path, frozenset(re.findall(r"\{(\w+)\}", words))
    else:
        for key, value in words.items():
            yield from places(value, f"{path}.{key}")


def test_both_languages_say_the_same_things_with_the_same_placeholders():
    assert set(WORDS) == set(LANGUAGES)
    assert dict(places(WORDS["zh"])) == dict(places(WORDS["en"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_the_stand_in_can_say_lacks_a_word(language):
    words = WORDS[language]
    assert set(words["effects"]) == {str(effect) for effect in Effect}
    assert set(words["hindrance"]) == {hindrance.name.lower() for hindrance in Hindrance}
    assert {f"press_{status}" for status in PressStatus} <= set(words)


def test_every_word_is_used_by_some_page():
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.html"))
    used = set(re.findall(r"\b[tp]\.(\w+)", pages))
    assert {key for key in WORDS["en"] if not key.startswith("press_")} - {"hindrance"} == used


@pytest.mark.parametrize(
    ("time_zone", "clock", "offset_s"), [("Asia/Shanghai", "16:10", 28_800), ("America/New_York", "04:10", -14_400)]
)
def test_the_clock_of_the_phones_is_that_of_their_time_zone(time_zone, clock, offset_s):
    cloud = Cloud(replace(read_organisation(SAMPLE), time_zone=time_zone), random.Random(1), [bundled_template()])
    board = read_board({}, cloud.organisation, "en")
    page = PhoneDrawing(cloud).board(board, MORNING_US)
    assert f"<time data-clock>{clock}</time>" in page
    assert str(offset_s) in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_hears_what_is_in_the_way_in_the_phones_language(language):
    cloud = Cloud(read_organisation(SAMPLE), random.Random(1), [bundled_template()])
    board = read_board({"shell.lead.a": language}, cloud.organisation, "en")
    told = PhoneDrawing(cloud).hindrance(board, "lead.a", Hindrance.NO_SUCH_CARD)
    assert told == WORDS[language]["hindrance"]["no_such_card"]
