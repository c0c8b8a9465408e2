"""A message as plain text, within what a service takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.apprise.payloads import title_and_body
from cloud_bridge.fitting import ELLIPSIS, size
from cloud_bridge.marks import IN_TIME, Marks
from edge.ports import ServiceLimits
from tests.other_channels import MESSAGE

MAIL = ServiceLimits(250, 32_768)
WECOM = ServiceLimits(0, 2_048)
SMS = ServiceLimits(0, 160)
SHORT = ServiceLimits(100, 600)


def test_a_mail_has_a_title_and_all_lines() -> None:
    title, body = title_and_body(MESSAGE, IN_TIME, MAIL)
    assert title == MESSAGE.headline
    assert body.splitlines() == [
        "Unacknowledged",
        "Value: 82.4 °C",
        "Limit: ≥ 80 °C for 30 s",
        "Check the oil flow.",
        "mill · line-1",
    ]


def test_a_mails_title_is_not_cut_to_the_length_of_a_lock_screen() -> None:
    whole = "[CRITICAL] hydraulic station pump 1 oil temperature dangerous 97.5 °C"
    assert title_and_body(replace(MESSAGE, whole=whole), IN_TIME, MAIL)[0] == whole


def test_a_service_without_titles_says_the_headline_first() -> None:
    title, body = title_and_body(MESSAGE, Marks(possible_repeat=True), WECOM)
    assert title == ""
    assert body.splitlines()[0] == f"{MESSAGE.headline} · May be a repeat"


def test_what_does_not_fit_in_an_sms_is_left_out_by_whole_lines_and_that_is_shown() -> None:
    _, body = title_and_body(replace(MESSAGE, guidance="Check the oil flow before anything else is done."), IN_TIME, SMS)
    assert body.startswith(f"{MESSAGE.headline}\nUnacknowledged\nValue: 82.4 °C\n")
    assert body.endswith(ELLIPSIS)
    assert size(body) <= 160


def test_where_a_title_is_put_into_the_body_both_have_room() -> None:
    message = replace(MESSAGE, lines=tuple((f"Line {number}", "x" * 20) for number in range(40)))
    title, body = title_and_body(message, IN_TIME, SHORT)
    assert 500 < size(f"{title}\r\n{body}") <= SHORT.body_max


REST = "https://andon.example.com/en/alarms/CRM.ST3.MOTOR%2Fde_temp_high"


def test_what_has_no_room_is_a_link_away() -> None:
    message = replace(MESSAGE, lines=tuple((f"Line {number}", "x" * 90) for number in range(30)))
    _, body = title_and_body(message, IN_TIME, WECOM, REST)
    assert body.splitlines()[-1] == f"{ELLIPSIS} {REST}"
    assert size(body) <= WECOM.body_max
    long = replace(MESSAGE, guidance="Check the oil. " * 400)
    assert f"{ELLIPSIS} {REST}" in title_and_body(long, IN_TIME, MAIL, REST)[1]
    many = replace(MESSAGE, lines=(("Line", "x"),) * 41)
    assert f"\n{ELLIPSIS} {REST}\n" in title_and_body(many, IN_TIME, MAIL, REST)[1]


def test_what_has_room_needs_no_link_and_an_sms_none_at_all() -> None:
    assert REST not in title_and_body(MESSAGE, IN_TIME, MAIL, REST)[1]
    _, body = title_and_body(replace(MESSAGE, guidance="Check the oil flow. " * 20), IN_TIME, SMS, REST)
    assert body.endswith(ELLIPSIS)
    assert size(body) <= 160


def test_a_message_of_nothing_but_a_headline_has_a_body() -> None:
    bare = replace(MESSAGE, lines=(), state_text="", guidance="", footer="")
    assert title_and_body(bare, IN_TIME, MAIL) == (MESSAGE.headline, MESSAGE.headline)


TEXTS = st.text(max_size=300)


@given(
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=50),
    TEXTS,
    st.sampled_from([MAIL, WECOM, SMS, SHORT]),
    st.sampled_from(["", REST]),
)
def test_whatever_it_says_it_keeps_to_the_limits_and_has_no_markup(
    headline: str, lines: list[tuple[str, str]], guidance: str, limits: ServiceLimits, rest: str
) -> None:
    message = replace(MESSAGE, headline=headline or "x", lines=tuple(lines), guidance=guidance)
    title, body = title_and_body(message, Marks(late_by=90_000_000, possible_repeat=True), limits, rest)
    assert size(title) <= limits.title_max
    assert body
    assert size(f"{title}\r\n{body}" if title else body) <= limits.body_max, "a title may be put into the body"
    assert not set("<@`*\\") & set(title + body)
    assert "](" not in title + body


@pytest.mark.parametrize(
    "text", ["@all", "@everyone", "<!channel>", "<at user_id='all'>", "[ok](http://x)", "![p](http://x/p.png)"]
)
def test_nobody_is_mentioned_and_nothing_is_linked_by_what_a_device_says(text: str) -> None:
    title, body = title_and_body(replace(MESSAGE, headline=text, lines=((text, text),)), IN_TIME, MAIL)
    assert text not in title + body
