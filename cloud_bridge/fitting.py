"""Texts made fit for a place that has room for so many bytes, and made harmless for a place that reads markup. Pure.

Markdown is neutralised by full-width twins of its signs (`*` becomes `＊`): the reader sees the same sign, the client no
markup. DingTalk documents no escape character, so a backslash might be shown as one.
"""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: Signs that nobody sees: they turn round the order in which a line is read, or hide in a word. Not the joiners.
_INVISIBLE = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_TWINS = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "<*`\\@~|"})
#: Brackets alone are shown as they are; only what follows makes a link of them.
_LINK = re.compile(r"\](?=\s*[(\[:])")
_LINE_START = re.compile(r"^[#>]|^[+-](?=\s)|^(?=\d+\.\s)")
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
#: Where a text may be folded: after a sentence, a clause or a word.
_SAFE_END = re.compile(r"[。！？；，、]|[.!?;,](?=\s)|\s")
#: It makes one sign of the two beside it; the variation selectors change the sign before them.
_JOINER = "\u200d"
_VARIATIONS = frozenset("\ufe0e\ufe0f")


def one_line(text: str) -> str:
    """Without line breaks, control characters, invisible signs and lone surrogates: what may be put on any wire, and is read
    in the order in which it is written."""
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text.encode("utf-8", "replace").decode("utf-8"))).strip()


def plain_markdown(text: str) -> str:
    """One line in which nothing is markup: no link whose text hides where it leads, picture, mention, emphasis, heading or
    list. An address that is written out stays, and says itself where it leads."""
    quiet = _LINK.sub("］", _LOOSE_UNDERSCORE.sub("＿", one_line(text).translate(_TWINS)))
    return _LINE_START.sub(lambda found: chr(ord(found[0]) + 0xFEE0) if found[0] else "\u200b", quiet)


def size(text: str) -> int:
    """Bytes on the wire: three for most Chinese signs."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def cut(text: str, bytes_max: int) -> str:
    """The text, or as much of its beginning as fits together with an ellipsis; never half a sign. bytes_max: at least 3."""
    if size(text) <= bytes_max:
        return text
    return _ended(text.encode("utf-8", "replace")[: bytes_max - size(ELLIPSIS)].decode("utf-8", "ignore"), text)


def cut_signs(text: str, signs_max: int) -> str:
    """The same for a place that counts signs. signs_max: at least 1."""
    return text if len(text) <= signs_max else _ended(text[: signs_max - 1], text)


def fold(text: str, bytes_max: int, rest: str = "") -> str:
    """The text, or as much of its beginning as fits, up to the end of a sentence or a word where there is one near, with an
    ellipsis and then `rest`: where the rest can be read. bytes_max: room for `rest` and at least 8 bytes more."""
    if size(text) <= bytes_max:
        return text
    after = f" {rest}" if rest else ""
    kept = cut(text, bytes_max - size(after)).removesuffix(ELLIPSIS)
    ends = [found.end() for found in _SAFE_END.finditer(kept) if found.end() > len(kept) * 2 // 3]
    return kept[: ends[-1]].rstrip() + ELLIPSIS + after if ends else kept + ELLIPSIS + after


def _ended(kept: str, text: str) -> str:
    """`kept`, a beginning of `text`, without half a sign at its end, and an ellipsis."""
    while kept and (kept[-1] == _JOINER or _belongs_to_the_sign_before(text[len(kept)])):
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def _belongs_to_the_sign_before(sign: str) -> bool:
    return sign == _JOINER or sign in _VARIATIONS or unicodedata.combining(sign) != 0
