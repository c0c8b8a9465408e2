"""What a value of a tag reads like: a number with its unit, a state in the shop's words, a text as it is."""

from __future__ import annotations

import math

from edge.model.tag import Tag
from edge.response.quantity import quantity_text
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
