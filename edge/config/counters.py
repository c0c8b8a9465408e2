"""Counters in files: what a tag that counts says of it, and over which time another tag counts what it shows. Pure.

    tags:
      strokes: {address: holding 3, type: uint16, counter: {rolls_over_at: 65536}, words: {zh: 冲次, en: strokes}}
    derived:
      strokes_shift: {count: strokes, over: 8h, from: "06:00", words: {zh: 本班冲次, en: strokes this shift}}

How values are worked out: `rules/counting.py`.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from edge.config.text.values import FileModel, parse_duration, refuse
from edge.model.moment import HOUR, MINUTE, Span
from edge.model.tag import Count, Counter, CountOver

DAY: Span = 24 * HOUR
#: By the plant's clock: Mondays begin a week, midnight a day.
_WINDOWS = {"hour": HOUR, "day": DAY, "week": 7 * DAY}
_OVERS = {"sample": CountOver.SAMPLE, "all": CountOver.ALL}
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class CounterFile(FileModel):
    """See `edge.model.tag.Counter`."""

    rolls_over_at: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="The number that would follow the greatest one: 65536, or 10000 of four digits."
    )
    resets: Literal["allowed", "never"] = Field(
        default="allowed", description="never: a fall that is no roll-over is a misreading, until the counter is back."
    )

    @property
    def counter(self) -> Counter:
        return Counter(self.rolls_over_at, self.resets == "allowed")


def _over_form(given: Any) -> Any:
    if isinstance(given, str) and given not in _WINDOWS and given not in _OVERS:
        try:
            length = parse_duration(given)
        except ValueError:
            length = 0
        if length < MINUTE or DAY % length:
            raise refuse("config.over_form")
    return given


Over = Annotated[str, BeforeValidator(_over_form)]


def time_of_day(given: str) -> str:
    if not _TIME.fullmatch(given):
        raise refuse("config.time_of_day")
    return given


def begins_by_the_clock(over: str | None) -> bool:
    """Whether it says anything to give windows a beginning. over: of the form above."""
    return over is not None and over not in _OVERS and _length(over) > HOUR


def count_of(over: str, begin: str | None, zone: tzinfo) -> Count:
    """over, begin: of the forms above."""
    if over in _OVERS:
        return Count(_OVERS[over])
    length, found = _length(over), _TIME.fullmatch(begin or "00:00")
    begins = (int(found[1]) * HOUR + int(found[2]) * MINUTE) if found is not None else 0
    return Count(CountOver.WINDOW, length, begins % length, zone)


def _length(over: str) -> Span:
    return _WINDOWS.get(over) or parse_duration(over)
