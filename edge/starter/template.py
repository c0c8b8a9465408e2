"""Templates with comments in both languages, and the text of one language. Pure.

A comment is written `#zh ...`, or `#en ...`, or both one behind the other, on a line of its own or behind a value. All other
text, with comments that begin with a bare `#`, belongs to both: so the two languages cannot come to say different things to the
gateway. `$name` is filled in, `$$` is a dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Template

_TAGGED = re.compile(r"#(zh|en) ")


def written(template: str, values: Mapping[str, str], language: str) -> str:
    """A template's text in one language. KeyError for a placeholder without a value."""
    return Template("".join(f"{line}\n" for line in _lines(template, language))).substitute(values)


def _lines(template: str, language: str) -> Iterator[str]:
    for line in template.splitlines():
        content, *tagged = _TAGGED.split(line)
        comments = dict(zip(tagged[::2], tagged[1::2], strict=True))
        if not comments:
            yield line
        elif language in comments:
            yield f"{content}# {comments[language].rstrip()}"
        elif content.strip():
            yield content.rstrip()
