"""The layout: which number each tag and each rule has.

Columns need numbers: a tag's is its *slot*, a rule's is its *row*; within its bank a rule has a *place*. A layout is an
immutable, numbered value. A reload builds a new one aside, and the engine moves over between two steps
(`Engine.move_to`); slots and rows mean nothing outside the layout that gave them.

Not here: any state, and any check that a person should read (the configuration has made those).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import NEVER
from edge.model.tag import SESSION, Tag, tag_name
from rules.columns import Bools, Indices, Moments
from rules.definition import ON_STEADY_CLOCK, Kind, Rule

T = TypeVar("T", bound=np.generic)

#: The kinds by number, for columns.
KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """Which rows read each slot: those of slot s are `rows[start[s]:start[s + 1]]`, ascending."""

    start: Indices
    rows: Indices

    def of(self, slots: Indices) -> tuple[Indices, Indices]:
        """All readers of some slots: their rows, and for each row its position in `slots`."""
        begin = self.start[slots]
        count = self.start[slots + 1] - begin
        positions = np.repeat(np.arange(len(slots)), count)
        nth_of_slot = np.arange(len(positions)) - np.repeat(np.cumsum(count) - count, count)
        return self.rows[begin[positions] + nth_of_slot], positions


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """tags by slot, rules by row; slots and rows look them up by tag name and rule id. slot_of: the slot each row
    reads. readers: the inverse. tag_stale_after: by slot, NEVER for a tag that does not go stale. members: the rows of
    each kind, by place; place: the inverse; kind: each row's kind, as its number in `KINDS`. on_steady_clock: by row.
    faults_told: by slot, whether a rule watches the tag for a failed sensor. context: the slots of the context tags, by
    name in the order of the rule, of the rows that have any."""

    number: int
    tags: tuple[Tag, ...]
    rules: tuple[Rule, ...]
    slots: Mapping[str, int]
    rows: Mapping[str, int]
    slot_of: Indices
    readers: Readers
    tag_stale_after: Moments
    members: Mapping[Kind, Indices]
    place: Indices
    kind: NDArray[np.uint8]
    on_steady_clock: Bools
    faults_told: Bools
    context: Mapping[int, Mapping[str, int]]


def build_layout(number: int, tags: Sequence[Tag], rules: Sequence[Rule]) -> Layout:
    """Number tags and rules in the order given; a device without a session tag of its own gets one behind them.

    Raises ValueError for what the configuration must have refused: equal names, a rule on a tag that is not there, a
    missing limit, a negative delay.
    """
    all_tags = _with_session_tags(tags)
    slots = {tag.name: slot for slot, tag in enumerate(all_tags)}
    rows = {rule.id: row for row, rule in enumerate(rules)}
    if len(slots) != len(all_tags) or len(rows) != len(rules):
        raise ValueError("two tags of one name, or two rules of one id")
    for rule in rules:
        _check(rule, slots)

    slot_of = np.array([slots[rule.tag] for rule in rules], dtype=np.intp)
    kind = np.array([KINDS.index(rule.kind) for rule in rules], dtype=np.uint8)
    members = {each: _frozen(np.flatnonzero(kind == number)) for number, each in enumerate(KINDS)}
    place = np.zeros(len(rules), dtype=np.intp)
    for bank_rows in members.values():
        place[bank_rows] = np.arange(len(bank_rows))
    faults_told = np.zeros(len(all_tags), dtype=np.bool_)
    faults_told[slot_of[members[Kind.SENSOR_FAULT]]] = True
    stale_after = [NEVER if tag.stale_after is None else tag.stale_after for tag in all_tags]
    return Layout(
        number=number,
        tags=all_tags,
        rules=tuple(rules),
        slots=slots,
        rows=rows,
        slot_of=_frozen(slot_of),
        readers=_readers(slot_of, len(all_tags)),
        tag_stale_after=_frozen(np.array(stale_after, dtype=np.int64)),
        members=members,
        place=_frozen(place),
        kind=_frozen(kind),
        on_steady_clock=_frozen(np.array([rule.kind in ON_STEADY_CLOCK for rule in rules], dtype=np.bool_)),
        faults_told=_frozen(faults_told),
        context={row: {name: slots[name] for name in rule.context} for row, rule in enumerate(rules) if rule.context},
    )


def _with_session_tags(tags: Sequence[Tag]) -> tuple[Tag, ...]:
    present = {tag.name for tag in tags}
    devices = dict.fromkeys(tag.device for tag in tags)
    missing = [device for device in devices if tag_name(device, SESSION) not in present]
    words = {"zh": "通信会话", "en": "session"}
    return (*tags, *(Tag(tag_name(device, SESSION), device, SESSION, "", words) for device in missing))


def _check(rule: Rule, slots: Mapping[str, int]) -> None:
    if rule.tag not in slots:
        raise ValueError(f"{rule.id}: reads {rule.tag}, which is no tag of this layout")
    if unknown := [name for name in rule.context if name not in slots]:
        raise ValueError(f"{rule.id}: has {unknown[0]} as context, which is no tag of this layout")
    if rule.kind in (Kind.HIGH, Kind.LOW, Kind.DISCRETE) and rule.limit is None:
        raise ValueError(f"{rule.id}: {rule.kind} needs a limit")
    if rule.kind is Kind.STALE and (rule.stale_after is None or rule.stale_after <= 0):
        raise ValueError(f"{rule.id}: stale needs stale_after above 0, is {rule.stale_after}")
    if min(rule.on_delay, rule.off_delay, rule.deadband) < 0:
        raise ValueError(f"{rule.id}: delays and deadband must not be negative")


def _readers(slot_of: Indices, slot_count: int) -> Readers:
    start = np.zeros(slot_count + 1, dtype=np.intp)
    np.cumsum(np.bincount(slot_of, minlength=slot_count), out=start[1:])
    return Readers(_frozen(start), _frozen(np.argsort(slot_of, kind="stable")))


def _frozen(column: NDArray[T]) -> NDArray[T]:
    column.setflags(write=False)
    return column
