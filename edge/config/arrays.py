"""Arrays: a tag with `count: N` becomes N tags, `KEY_1` to `KEY_N`, each like any other. Pure.

Which values of a device follow each other is known to its driver alone: its point model says that it has arrays, and gives the
point of each element (`edge/config/point.py`). Here is what the elements are called.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.config.point import Point
from edge.config.text.source import Node
from edge.config.text.values import TwoLanguages

COUNT = "count"
COUNT_MAX = 1_000
#: Where a tag's words have it, the number of the element stands there; else behind them.
NUMBER = "{number}"


def element_keys(key: str, node: Node, point: type[Point] | None) -> Iterator[tuple[str, int]]:
    """The keys of an array's tags with their numbers, from 1; none for a tag that is no array, and for one whose count is
    wrong, which the point model says."""
    count = node.get(COUNT) if point is not None and point.has_arrays else None
    value = count.value if count is not None else None
    if isinstance(value, int) and not isinstance(value, bool) and 2 <= value <= COUNT_MAX:
        yield from ((f"{key}_{number}", number) for number in range(1, value + 1))


def words_of_element(words: TwoLanguages, number: int) -> TwoLanguages:
    """`zone {number} temperature` is `zone 3 temperature`; `zone temperature` is `zone temperature 3`."""
    numbered = {
        language: text.replace(NUMBER, str(number)) if NUMBER in text else f"{text} {number}"
        for language, text in words.words.items()
    }
    return words.model_copy(update=numbered)
