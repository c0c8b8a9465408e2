"""Derived tags: samples of tags that follow from others by an expression, put among those from which they follow.

Theory of operation. A batch comes in with the samples of devices and goes out with a sample of each derived tag right behind
every sample that it follows from; so the image, the history and the engine cannot tell a derived tag from one that was read,
and neither can a replay of what was recorded. One sample is taken after the other: what is worked out between two samples of
one poll holds the first one's new value and the second one's old one, as a rule over both would. Therefore the outcome does not
depend on how the samples are cut into batches.

Three values throughout: an input that is bad, stale or was never heard is unknown, and what follows from it as well, unless the
expression is decided without it (`a > 5 or b > 5`). A derived sample that is known has the worst quality of its inputs, but
uncertain where one of them is unknown; one that is not known is bad and keeps the last known value. Before it was known for the
first time there is none. Its source time is the newest of its inputs', its received time that of the sample that brought it;
it is marked as forced while one of its inputs is.

In columns: derived tags that share no input are worked out together, level by level, those of level 0 reading no derived tag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np

from edge.model.moment import NEVER
from edge.model.sample import Batch, Mark, Quality
from edge.model.tag import Tag
from rules.among import Followers, NewSamples, turns
from rules.columns import Bytes, Floats, Indices, Moments
from rules.expression import Problems, compile_expression
from rules.expression.evaluate import ExpressionColumns

#: Of the sample that brought it, and of any input: what a reader must know of what follows, too.
_KEPT = np.uint8(Mark.INITIAL | Mark.RECEIVED_TIME_USED)
_FORCED = np.uint8(Mark.FORCED)


class DerivedInACircle(ValueError):
    """circle: names of tags, each following from the next, the first again at the end."""

    def __init__(self, circle: Sequence[str]) -> None:
        super().__init__(" -> ".join(circle))
        self.circle = tuple(circle)


def in_order(reads: Mapping[str, Sequence[str]]) -> list[str]:
    """The derived tags, each behind those it follows from. reads: by derived tag, the tags it follows from. Raises
    DerivedInACircle."""
    sorter = TopologicalSorter({name: [each for each in inputs if each in reads] for name, inputs in reads.items()})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        # Of graphlib, each is read by the next: the other way round it says what follows from what.
        raise DerivedInACircle(error.args[1][::-1]) from error


def sources_of(tags: Sequence[Tag]) -> dict[str, frozenset[str]]:
    """By derived tag, all tags it follows from, near and far. Raises DerivedInACircle."""
    reads = {tag.name: tag.derived.reads for tag in tags if tag.derived is not None}
    found: dict[str, frozenset[str]] = {}
    for name in in_order(reads):
        found[name] = frozenset(reads[name]).union(*(found.get(each, frozenset()) for each in reads[name]))
    return found


class DerivedTags:
    """All derived tags of a layout. Keeps the newest sample of what they follow from."""

    def __init__(self, tags: Sequence[Tag], slots: Mapping[str, int]) -> None:
        """tags: all of the layout. Raises DerivedInACircle, and ValueError for an expression that is none."""
        by_name = {tag.name: tag for tag in tags}
        reads = {tag.name: tag.derived.reads for tag in tags if tag.derived is not None and tag.derived.count is None}
        order = in_order(reads)
        self._count = len(order)
        if not order:
            return
        cells: dict[str, int] = {}
        for name in (*(each for inputs in reads.values() for each in inputs), *order):
            cells.setdefault(name, len(cells))
        expressions = []
        for name in order:
            derived = by_name[name].derived
            found = compile_expression(derived.expression if derived is not None else "")
            if isinstance(found, Problems):
                raise ValueError(f"{name}: {found}")
            expressions.append(found)
        most = max(len(reads[name]) for name in order)
        self._columns = ExpressionColumns(expressions, [[cells[each] for each in reads[name]] for name in order])
        #: The cells of each one's inputs, the first repeated where others have more.
        padded = ([*reads[name], *[reads[name][0]] * (most - len(reads[name]))] for name in order)
        self._inputs = np.array([[cells[each] for each in inputs] for inputs in padded], dtype=np.intp)
        self._own = np.array([cells[name] for name in order], dtype=np.intp)
        self._slot = np.array([slots[name] for name in order], dtype=np.int32)
        level: dict[str, int] = {}
        for name in order:
            level[name] = max((level[each] + 1 for each in reads[name] if each in level), default=0)
        self._level = np.array([level[name] for name in order], dtype=np.intp)
        ages = (by_name[name].stale_after for name in cells)
        self._stale_after = np.array([NEVER if age is None else age for age in ages], dtype=np.int64)
        #: What people enter is as old as its measurement, whenever it came.
        self._by_hand = np.array([by_name[name].entry is not None for name in cells], dtype=np.bool_)
        self._cell = np.full(max(slots.values()) + 1, -1, dtype=np.intp)
        for name, cell in cells.items():
            if name not in level:
                self._cell[slots[name]] = cell
        self._follow(reads, order, cells)
        self._value = np.full(len(cells), np.nan)
        self._last = np.full(len(cells), np.nan)
        self._quality = np.full(len(cells), Quality.BAD, dtype=np.uint8)
        self._source: Moments = np.zeros(len(cells), dtype=np.int64)
        self._received: Moments = np.zeros(len(cells), dtype=np.int64)
        self._forced = np.zeros(len(cells), dtype=np.uint8)

    def _follow(self, reads: Mapping[str, Sequence[str]], order: Sequence[str], cells: Mapping[str, int]) -> None:
        """Of each cell that a device feeds: what follows from it, in order; and with which cells it shares anything."""
        following: dict[int, list[int]] = {}
        above: dict[str, set[str]] = {}
        group = {name: name for name in cells}

        def root(name: str) -> str:
            while group[name] != name:
                name = group[name]
            return name

        for number, name in enumerate(order):
            above[name] = set().union(*(above.get(each, {each}) for each in reads[name]))
            for each in sorted(above[name]):
                following.setdefault(cells[each], []).append(number)
                group[root(each)] = root(name)
        roots = {name: number for number, name in enumerate(sorted({root(name) for name in cells}))}
        self._group = np.array([roots[root(name)] for name in cells], dtype=np.intp)
        self._followers = Followers(len(cells), following)

    def extend(self, batch: Batch) -> Batch:
        """The batch with the samples that follow from its own; the very same where none do."""
        if not self._count or not len(batch):
            return batch
        cell = self._cell[batch.slot]
        rows = np.flatnonzero(cell >= 0)
        if not len(rows):
            return batch
        new = NewSamples()
        for wave in turns(self._group[cell[rows]]):
            self._take(batch, rows[wave], cell[rows[wave]], new)
        return new.among(batch, self._slot)

    def _take(self, batch: Batch, rows: Indices, cells: Indices, new: NewSamples) -> None:
        """Samples of which no two have anything to do with each other."""
        quality, now = batch.quality[rows], batch.received_time[rows]
        self._forced[cells] = batch.mark[rows] & _FORCED
        source = batch.source_time[rows]
        heard = np.where(self._by_hand[cells], np.minimum(source, now), now)
        self._keep(cells, np.where(quality == Quality.BAD, np.nan, batch.value[rows]), quality, source, heard)
        position, numbers = self._followers.of(cells)
        for level in np.unique(self._level[numbers]).tolist():
            mine = np.flatnonzero(self._level[numbers] == level)
            self._work_out(batch, rows[position[mine]], numbers[mine], new)

    def _work_out(self, batch: Batch, rows: Indices, numbers: Indices, new: NewSamples) -> None:
        inputs, now = self._inputs[numbers], batch.received_time[rows]
        stale = now[:, np.newaxis] - self._received[inputs] > self._stale_after[inputs]
        old = inputs[stale]
        self._value[old] = np.nan
        self._quality[old] = Quality.BAD
        value, known = self._columns.evaluate(numbers, self._value)
        unheard = np.isnan(self._value[inputs])
        worst = np.where(unheard, np.uint8(Quality.UNCERTAIN), self._quality[inputs]).max(axis=1)
        quality = np.where(known, worst, np.uint8(Quality.BAD)).astype(np.uint8)
        own = self._own[numbers]
        source = self._source[inputs].max(axis=1)
        self._last[own] = np.where(known, value, self._last[own])
        self._forced[own] = self._forced[inputs].max(axis=1)
        self._keep(own, np.where(known, value, np.nan), quality, source, now)
        said = np.flatnonzero(~np.isnan(self._last[own]))
        mark = (batch.mark[rows] & _KEPT) | self._forced[own]
        new.add(rows[said], numbers[said], self._last[own[said]], quality[said], source[said], mark[said])

    def _keep(self, cells: Indices, value: Floats, quality: Bytes, source: Moments, received: Moments) -> None:
        self._value[cells] = value
        self._quality[cells] = quality
        self._source[cells] = np.maximum(self._source[cells], source)
        self._received[cells] = received
