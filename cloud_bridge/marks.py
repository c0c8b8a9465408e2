"""What a message says about its own way: that it is late, that it may have been told before. Pure.

The intent was rendered when it was decided; how it travelled only the channel knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.model.intent import Claim
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.texts import LANGUAGES, render


@dataclass(frozen=True, slots=True)
class Marks:
    """late_by: None when it is in time. possible_repeat: an earlier attempt may have arrived."""

    late_by: Span | None = None
    possible_repeat: bool = False


IN_TIME = Marks()


def marks_of(claim: Claim, now: Moment, late_after: Span, *, may_be_repeated: bool) -> Marks:
    """Of a message that leaves now. may_be_repeated: who gets it could see it twice, if an earlier attempt has arrived."""
    late_by = now - claim.intent.wanted_at
    return Marks(late_by if late_by > late_after else None, claim.after_unknown and may_be_repeated)


def mark_texts(marks: Marks, language: str) -> list[str]:
    """One short text a mark."""
    texts = []
    if marks.possible_repeat:
        texts.append(in_language(language, "marks.possible_repeat"))
    if marks.late_by is not None:
        unit, number = _length(marks.late_by)
        texts.append(in_language(language, f"marks.late.{unit}", number=number))
    return texts


def in_language(language: str, key: str, **arguments: object) -> str:
    """A sentence in `zh`, in `en`, or for `both` in one after the other."""
    languages = (language,) if language in LANGUAGES else LANGUAGES
    return " / ".join(render(key, arguments, one) for one in languages)


def _length(span: Span) -> tuple[str, int]:
    if span < 2 * MINUTE:
        return "seconds", span // SECOND
    return ("minutes", span // MINUTE) if span < 2 * HOUR else ("hours", span // HOUR)
