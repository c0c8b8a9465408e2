"""One language at a time: sentences by key, names, durations and local times as the reader knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span, to_datetime
from edge.model.person import Directory
from edge.model.tag import Words
from edge.texts import render

BOTH = "both"
_UNITS = ((24 * HOUR, "days"), (HOUR, "hours"), (MINUTE, "minutes"), (SECOND, "seconds"))


@dataclass(frozen=True, slots=True)
class Wording:
    """language: zh or en; who reads both gets two texts (`in_language`). zone: the plant's local time."""

    language: str
    zone: ZoneInfo
    directory: Directory

    def say(self, key: str, **arguments: object) -> str:
        """The sentence `response.KEY`."""
        return say(key, self.language, **arguments)

    def words(self, words: Words, otherwise: str) -> str:
        """The shop's words in this language, or in any they were written in, or the technical name."""
        return words.get(self.language) or next((text for text in words.values() if text), otherwise)

    def who(self, actor: str) -> str:
        """A person's name; the id of one who has left the directory; the log-in of an account that is no person there."""
        if actor == "system":
            return self.say("line.system")
        return self.directory.name_of(actor)

    def duration(self, span: Span) -> str:
        return duration_text(span, self.language)

    def time(self, moment: Moment, on: Moment) -> str:
        """`08:00:35`; with the date in front when it is not the local day of `on`."""
        local = self._local(moment)
        same_day = local.date() == self._local(on).date()
        return local.strftime("%H:%M:%S" if same_day else "%m-%d %H:%M:%S")

    def date(self, moment: Moment) -> str:
        return self._local(moment).strftime("%Y-%m-%d")

    def _local(self, moment: Moment) -> datetime:
        return to_datetime(moment).astimezone(self.zone)


def say(key: str, language: str, **arguments: object) -> str:
    """The sentence `response.KEY` in zh or en."""
    return render(f"response.{key}", arguments, language)


def duration_text(span: Span, language: str) -> str:
    """`30 s`, `1 min 5 s`, `2 h 50 min`, `3 d 4 h`: two units at most, cut and not rounded; below 10 s with one decimal."""
    if span < 10 * SECOND:
        return say("duration.seconds", language, seconds=f"{span // (SECOND // 10) / 10:g}")
    for (unit, large), (next_unit, small) in pairwise(_UNITS):
        if span >= unit:
            count, rest = span // unit, span % unit // next_unit
            if not rest:
                return say(f"duration.{large}", language, **{large: count})
            return say(f"duration.{large}_{small}", language, **{large: count, small: rest})
    return say("duration.seconds", language, seconds=span // SECOND)


def in_language(language: str, make: Callable[[str], str]) -> str:
    """A short text for zh, en or both readers."""
    if language != BOTH:
        return make(language)
    return beside(make("zh"), make("en"))


def beside(zh: str, en: str) -> str:
    """Two short texts on one line; one when they are equal."""
    return zh if zh == en else f"{zh} / {en}"


def above(zh: str, en: str) -> str:
    """Two longer texts, one above the other; one when they are equal or the other is missing."""
    return zh if zh == en else "\n".join(text for text in (zh, en) if text)
