"""The newest value of each input of signals over several tags, as one column: NaN where an input is not good, or unheard of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rules.columns import Floats, Indices
from rules.signals.base import Heard

_GREATEST = float(np.finfo(np.float64).max)


class NewestValues:
    """value: one cell for each input of each place. start: by place, the cell of its first input; one more at the end."""

    def __init__(self, counts: Sequence[int]) -> None:
        """counts: by place, how many inputs it has."""
        self.start: Indices = np.concatenate(([0], np.cumsum(counts, dtype=np.intp)))
        self.value: Floats = np.full(int(self.start[-1]), np.nan)

    def cells(self, place: int, inputs: Sequence[str], reads: Sequence[str]) -> tuple[int, ...]:
        """The cells of the tags that a place reads, which are all among its inputs."""
        return tuple(int(self.start[place]) + inputs.index(tag) for tag in reads)

    def take(self, heard: Heard) -> None:
        self.value[self.start[heard.places] + heard.input] = np.where(heard.good, heard.value, np.nan)

    def of(self, place: int) -> list[float | None]:
        """The values of a place's inputs; None for unknown."""
        cells = self.value[self.start[place] : self.start[place + 1]].tolist()
        return [None if math.isnan(value) else value for value in cells]

    def memory(self, place: int) -> Mapping[str, Any] | None:
        values = self.of(place)
        return None if values == [None] * len(values) else {"newest": values}

    def recall(self, place: int, memory: Mapping[str, Any]) -> bool:
        """Whether it could be taken up: not what `memory` did not write."""
        values = memory.get("newest")
        cells = self.value[self.start[place] : self.start[place + 1]]
        if (
            not isinstance(values, list)
            or len(values) != len(cells)
            or not all(is_finite(each) for each in values if each is not None)
        ):
            return False
        cells[:] = [math.nan if value is None else value for value in values]
        return True


def is_finite(value: object) -> bool:
    """Whether something out of a record is a number that a sample can have."""
    return isinstance(value, int | float) and abs(value) <= _GREATEST
