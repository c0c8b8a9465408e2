"""`on_change`: by how much a value must differ from the last one kept so that the history keeps it. Pure.

A number is in the tag's unit. `1%` is a hundredth of the span of `range`, where the tag has one; of any other tag it is a
hundredth of the last value kept.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator

from edge.config.text.values import refuse
from edge.model.tag import Measure

PERCENT_MAX = 100.0
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")


@dataclass(frozen=True, slots=True)
class Deadband:
    """size: in the tag's unit, or in percent."""

    size: float
    in_percent: bool = False

    def on(self, measure: Measure) -> tuple[float | None, float | None]:
        """`on_change` and `on_change_share` of a tag (`edge/model/tag.py`)."""
        if not self.in_percent:
            return self.size, None
        if measure.range is None:
            return None, self.size / 100
        low, high = measure.range
        return abs(high - low) * self.size / 100, None


def _deadband(given: Any) -> Deadband:
    if isinstance(given, int | float) and not isinstance(given, bool):
        size, in_percent = float(given), False
    else:
        found = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
        if found is None:
            raise refuse("config.on_change_form")
        size, in_percent = float(found[1]), True
    if not (0 < size <= (PERCENT_MAX if in_percent else math.inf)) or math.isinf(size):
        raise refuse("config.on_change_form")
    return Deadband(size, in_percent)


WrittenDeadband = Annotated[Deadband, PlainValidator(_deadband, json_schema_input_type=float | str)]
