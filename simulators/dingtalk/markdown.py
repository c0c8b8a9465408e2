"""DingTalk's markdown subset to HTML: headings, quotes, bold, italic, links, images, lists (reference 2.2).

As in the real client a single line feed breaks no line: a blank line does, or a line feed after two spaces. Everything
else, tables included, is shown as it was written. All text is escaped; images become links, so that a page loads nothing
from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from itertools import groupby

SAFE_URL = re.compile(r"(https?|dingtalk)://", re.IGNORECASE)

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_QUOTE = re.compile(r"&gt;\s?(.*)")
_BULLET = re.compile(r"[-*+]\s+(.*)")
_NUMBER = re.compile(r"\d+\.\s+(.*)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITALIC = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")


def safe_url(url: str) -> str:
    """The address if a phone may open it, else `#`."""
    return url if SAFE_URL.match(url) else "#"


def to_html(text: str) -> str:
    """HTML of a markdown text; never raises, never lets markup of the text through."""
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip())
    return "".join(_block(block) for block in blocks if block.strip())


def _block(block: str) -> str:
    lines = [(_kind(line), line) for line in escape(block, quote=True).split("\n")]
    return "".join(_RENDER[kind]([line for _, line in run]) for kind, run in groupby(lines, key=lambda item: item[0]))


def _kind(line: str) -> str:
    line = line.strip()
    for kind, pattern in (("heading", _HEADING), ("quote", _QUOTE), ("bullets", _BULLET), ("numbers", _NUMBER)):
        if pattern.fullmatch(line):
            return kind
    return "text"


def _headings(lines: list[str]) -> str:
    html = ""
    for line in lines:
        match = _HEADING.fullmatch(line.strip())
        if match:
            level = len(match[1])
            html += f"<h{level}>{_spans(match[2])}</h{level}>"
    return html


def _wrapped(tag: str, item_tag: str, pattern: re.Pattern[str]) -> Callable[[list[str]], str]:
    def render(lines: list[str]) -> str:
        items = (_spans(pattern.sub(r"\1", line.strip(), count=1)) for line in lines)
        return f"<{tag}>{''.join(f'<{item_tag}>{item}</{item_tag}>' for item in items)}</{tag}>"

    return render


def _paragraph(lines: list[str]) -> str:
    joined = "".join(f"{line.strip()}{'<br>' if line.endswith('  ') else ' '}" for line in lines)
    return f"<p>{_spans(joined.strip().removesuffix('<br>'))}</p>"


def _spans(line: str) -> str:
    line = _IMAGE.sub(lambda match: _anchor(match[1] or match[2], match[2]), line)
    line = _LINK.sub(lambda match: _anchor(match[1], match[2]), line)
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", line))


def _anchor(text: str, url: str) -> str:
    return f'<a href="{safe_url(url)}" target="_blank" rel="noreferrer">{text}</a>'


_RENDER: dict[str, Callable[[list[str]], str]] = {
    "heading": _headings,
    "quote": _wrapped("blockquote", "p", _QUOTE),
    "bullets": _wrapped("ul", "li", _BULLET),
    "numbers": _wrapped("ol", "li", _NUMBER),
    "text": _paragraph,
}
