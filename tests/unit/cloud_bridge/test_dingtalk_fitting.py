"""Texts cut to a number of bytes, and made harmless for markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.fitting import ELLIPSIS, cut, cut_signs, fold, one_line, plain_markdown, size

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


@given(ANY_TEXT, st.integers(3, 100))
def test_a_cut_text_always_fits_and_begins_like_the_whole(text: str, bytes_max: int) -> None:
    text = one_line(text)
    shorter = cut(text, bytes_max)
    assert size(shorter) <= bytes_max
    if size(text) <= bytes_max:
        assert shorter == text
    else:
        assert shorter.endswith(ELLIPSIS)
        assert text.startswith(shorter.removesuffix(ELLIPSIS))


def test_no_sign_is_cut_in_half() -> None:
    assert cut("轴承温度过高", 12) == "轴承温…"
    assert cut("轴承温度过高", 13) == "轴承温…"


def test_signs_of_several_characters_stay_whole() -> None:
    technician = "\U0001f468\u200d\U0001f527"
    assert cut(f"ab{technician}cd", 12) == "ab…"
    assert cut("ve\u0301rin de secours", 6) == "v…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("81 \u202e18 °C\u202c", "81 18 °C"),
        ("\u2066a\u2069\u200f\u200e\u061c", "a"),
        ("ad\u200bmin\u2060\ufeff", "admin"),
        ("\u200b1. item", "1. item"),
    ],
)
def test_no_sign_that_nobody_sees_changes_how_a_line_is_read(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_signs_that_are_joined_stay_joined() -> None:
    technician = "\U0001f468\u200d\U0001f527"
    assert one_line(f"a\n{technician}") == f"a {technician}"


@given(ANY_TEXT)
def test_one_line_can_always_be_put_on_a_wire(text: str) -> None:
    line = one_line(text)
    assert len(line.encode().splitlines()) <= 1
    assert not re.search(r"[\x00-\x1f\u2028\u2029]", line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[点此确认](http://evil.example)", "[点此确认］(http://evil.example)"),
        ("![x](http://evil.example/x.png)", "![x］(http://evil.example/x.png)"),
        ("[a] (b) [c][d] [e]: f", "[a］ (b) [c］[d］ [e］: f"),
        ("@all 停机", "＠all 停机"),
        ("<font color=red>", "＜font color=red>"),
        ("# heading", "＃ heading"),
        ("> quote", "＞ quote"),
        ("- item", "－ item"),
        ("1. item", "\u200b1. item"),
        ("**bold** _italic_ `code`", "＊＊bold＊＊ ＿italic＿ ｀code｀"),
        ("line\nbreak", "line break"),
        ("ends with \\", "ends with ＼"),
    ],
)
def test_markup_is_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert plain_markdown(text) == shown


@pytest.mark.parametrize(
    "text", ["[HIGH] Stand 3", "de_temp_high", "82.4 °C", "≥ 80 °C", "3号机架 (主电机)", "5 > 3", "-12.5 kPa", "a+b"]
)
def test_what_is_no_markup_is_left_alone(text: str) -> None:
    assert plain_markdown(text) == text


@given(ANY_TEXT)
def test_no_link_picture_mention_or_tag_survives(text: str) -> None:
    assert not re.search(r"\]\s*[(\[:]|[<@*`\n]", plain_markdown(text))


LINK = "https://andon.example/zh/alarms/17"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("短", "短"),
        ("轴承温度过高，查润滑油流量。超过九十度停机，通知值班长。", f"轴承温度过高，查润滑油流量。… {LINK}"),
        (
            "Check the oil flow when it shows 82.4 °C and more; stop above ninety degrees Celsius.",
            f"Check the oil flow when it shows 82.4… {LINK}",
        ),
        ("长" * 60, f"{'长' * 14}… {LINK}"),
    ],
)
def test_a_text_is_folded_after_a_sentence_or_a_word_and_says_where_the_rest_is(text: str, folded: str) -> None:
    assert fold(text, 80, LINK) == folded


@given(ANY_TEXT, st.integers(50, 400), st.sampled_from(["", LINK]))
def test_a_folded_text_fits_and_ends_in_its_link(text: str, bytes_max: int, link: str) -> None:
    folded = fold(text, bytes_max, link)
    assert size(folded) <= bytes_max
    assert folded == text or folded.endswith(link or "…")


@given(ANY_TEXT, st.integers(1, 40))
def test_a_title_has_no_more_signs_than_there_is_room_for(text: str, signs_max: int) -> None:
    assert len(cut_signs(text, signs_max)) <= signs_max
