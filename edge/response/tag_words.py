"""What a value of a tag reads like: a number with its unit, a state in the shop's words, a text as it is; and how it went."""

from __future__ import annotations

import math

from edge.model.moment import MINUTE
from edge.model.tag import Tag
from edge.model.trail import Trail
from edge.response.quantity import quantity_text
from edge.response.trend_line import drawing, known_part
from edge.response.wording import Wording


def value_text(tag: Tag | None, value: float | str | None, wording: Wording) -> str:
    """tag: None when it has left the configuration; then a number stands alone. Empty where there is nothing to read: no value,
    or the number that stands for a text."""
    if isinstance(value, str):
        return value
    if value is None or not math.isfinite(value) or (tag is not None and tag.is_text):
        return ""
    if tag is None:
        return quantity_text(value, "")
    state = tag.states.get(value)
    return quantity_text(value, tag.unit) if state is None else wording.words(state, quantity_text(value, tag.unit))


def trend_text(tag: Tag, trail: Trail, wording: Wording) -> str:
    """What a tag that is a number showed of late, as a drawing; empty where there is nothing to be drawn."""
    way = known_part(trail)
    if not way:
        return ""
    span = wording.duration((len(way) - 1) * MINUTE)
    ends = {"first": value_text(tag, way[0], wording), "last": value_text(tag, way[-1], wording)}
    return wording.say("line.trend", drawing=drawing(way), span=span, **ends)
