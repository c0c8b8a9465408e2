"""Context: what else was so when a condition began, when its alarm was raised and when it returned (the coil, the speed).

Theory of operation. A rule may name context tags, whose values are written down with its events: the newest at that instant
of the engine's time, in the order of arrival. Waves and timers are not taken in that order, so while samples are taken nobody
knows what a context tag showed at an instant. Therefore a *question* is noted with its `Order`, and answered when all samples
of the batch have been sifted: the newest sample of the tag that was taken before that place in the batch, or what the tag
showed before the batch.

    listen (before a batch) ─▶ took, ask (while it is taken) ─▶ answer (after it): the answers are filled in where they stand

Without context tags all of it costs nothing. Not durable: after a restart a context tag is unknown until it speaks again.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from edge.model.sample import Batch, Quality
from rules.columns import Bools, Bytes, Floats, Indices, Moments
from rules.layout import Layout
from rules.order import SAMPLE, Order
from rules.tag_state import TagColumns
from rules.wave import find_runs

#: What a tag showed: a number, a text, or None while it is bad or unknown.
Shown = float | str | None
#: By name of tag, in the order of the rule.
Context = dict[str, Shown]


class Question(NamedTuple):
    """slots: by name. answer: filled in by `ContextTags.answer`."""

    order: Order
    slots: Mapping[str, int]
    answer: Context


class ContextTags:
    """watched: by slot, the tags that some rule has as context."""

    def __init__(self, layout: Layout) -> None:
        self._tags = layout.tags
        self._of_row = layout.context
        self.watched = np.zeros(len(layout.tags), dtype=np.bool_)
        for slots in layout.context.values():
            self.watched[list(slots.values())] = True
        self._slots: Indices = np.flatnonzero(self.watched)
        self._position = {int(slot): position for position, slot in enumerate(self._slots)}
        self._text: dict[int, str] = {}
        self._questions: list[Question] = []
        self._batch, self._arrival = Batch.empty(), np.empty(0, dtype=np.int64)
        self._taken: Bools = np.empty(0, dtype=np.bool_)
        self._value_before: Floats = np.empty(0, dtype=np.float64)
        self._quality_before: Bytes = np.empty(0, dtype=np.uint8)

    @property
    def watches(self) -> bool:
        """Whether any rule has context tags."""
        return len(self._slots) > 0

    def listen(self, batch: Batch, arrival: Moments, tags: TagColumns) -> None:
        """A batch is about to be taken. tags: as they are before it."""
        if not len(self._slots):
            return
        self._batch, self._arrival = batch, arrival
        self._taken = np.zeros(len(batch), dtype=np.bool_)
        self._value_before, self._quality_before = tags.value[self._slots], tags.quality[self._slots]

    def took(self, index: Indices) -> None:
        """Samples at these places of the batch were taken."""
        if len(self._slots):
            self._taken[index] = True

    def ask(self, row: int, order: Order) -> Context | None:
        """What the rule's context tags show at that place; empty until `answer`. None for a rule without any."""
        slots = self._of_row.get(row)
        if slots is None:
            return None
        question = Question(order, slots, {})
        self._questions.append(question)
        return question.answer

    def answer(self) -> None:
        """The whole batch has been taken: fill in all answers."""
        if not len(self._slots):
            return
        taken = np.flatnonzero(self._taken & self.watched[self._batch.slot])
        if self._questions:
            runs = find_runs(self._batch.slot, taken)
            places = {int(self._batch.slot[run[0]]): run.tolist() for run in np.split(runs.index, runs.first[1:]) if len(run)}
            for question in self._questions:
                upto = self._upto(question.order)
                for name, slot in question.slots.items():
                    question.answer[name] = self._shown(slot, places.get(slot, []), upto)
            self._questions = []
        self._keep_texts(taken)

    def inherit(self, before: ContextTags, layout: Layout, old_layout: Layout) -> None:
        """Take over the texts that another layout's context tags showed; values are in the tags' columns."""
        for slot, text in before._text.items():
            new_slot = layout.slots.get(old_layout.tags[slot].name)
            if new_slot is not None:
                self._text[new_slot] = text

    def _upto(self, order: Order) -> int:
        """How many samples of the batch came before. A timer fires before the samples that arrive at its moment."""
        if order.cause == SAMPLE:
            return order.place + order.applied
        return int(np.searchsorted(self._arrival, order.moment, side="left"))

    def _shown(self, slot: int, places: list[int], upto: int) -> Shown:
        seen = bisect_left(places, upto)
        if not seen:
            position = self._position[slot]
            value, quality = float(self._value_before[position]), int(self._quality_before[position])
            text = self._text.get(slot)
        else:
            place = places[seen - 1]
            value, quality = float(self._batch.value[place]), int(self._batch.quality[place])
            text = self._batch.text.get(place)
        if quality == Quality.BAD or not math.isfinite(value):
            return None
        return text if self._tags[slot].is_text else value

    def _keep_texts(self, taken: Indices) -> None:
        slot, text = self._batch.slot, self._batch.text
        if text:
            self._text.update((int(slot[place]), text[place]) for place in taken.tolist() if place in text)
