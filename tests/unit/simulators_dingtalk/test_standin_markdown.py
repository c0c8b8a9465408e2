"""DingTalk's markdown subset, and that nothing of a message's markup reaches the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.dingtalk.markdown import safe_url, to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("### Hot\n**86** *C*", "<h3>Hot</h3><p><strong>86</strong> <em>C</em></p>"),
        ("one\ntwo", "<p>one two</p>"),
        ("one  \n  two", "<p>one<br>two</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> quoted", "<blockquote><p>quoted</p></blockquote>"),
        ("[a](https://x.example)", '<p><a href="https://x.example" target="_blank" rel="noreferrer">a</a></p>'),
        ("![p](https://x.example/p.png)", '<p><a href="https://x.example/p.png" target="_blank" rel="noreferrer">p</a></p>'),
        ("[a](javascript:alert)", '<p><a href="#" target="_blank" rel="noreferrer">a</a></p>'),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("| a | b |", "<p>| a | b |</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_what_the_real_client_shows(text, html):
    assert to_html(text) == html


@given(st.text(alphabet="<>&\"'[]()!*#> -1.\nax:/", max_size=80))
def test_no_tag_but_ours_comes_out(text):
    tags = {tag.split(" ")[0].strip("/") for tag in _tags(to_html(text))}
    assert tags <= {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "ul", "ol", "li", "blockquote", "a", "strong", "em"}


def _tags(html: str) -> list[str]:
    return [part.split(">")[0] for part in html.split("<")[1:]]


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("https://x.example", "https://x.example"),
        ("dingtalk://dingtalkclient/page/link?url=x", "dingtalk://dingtalkclient/page/link?url=x"),
        ("javascript:alert(1)", "#"),
        ("data:text/html,x", "#"),
    ],
)
def test_a_phone_opens_only_web_and_dingtalk_addresses(url, opened):
    assert safe_url(url) == opened
