"""The layout: which number each tag and each rule has.

Columns need numbers: a tag's is its *slot*, a rule's is its *row*; within its bank a rule has a *place*. Signals have slots,
too. A layout is an immutable, numbered value. A reload builds a new one aside, and the engine moves over between two steps
(`Engine.move_to`); slots and rows mean nothing outside the layout that gave them.

Not here: any state, and any check that a person should read (the configuration has made those).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import NEVER
from edge.model.tag import SESSION, Tag, tag_name
from rules.columns import Bools, Indices, Moments
from rules.definition import ON_STEADY_CLOCK, Comparison, FirstOutWord, Line, Rule, Suppressor
from rules.signals.base import Signal

T = TypeVar("T", bound=np.generic)

#: The comparisons by number, for columns.
COMPARISONS = tuple(Comparison)
_NUMBER = {each: number for number, each in enumerate(COMPARISONS)}


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
class Feeds:
    """Which signals the tag of each slot feeds; a `Readers` whose rows are *feeds*, and of each feed: its signal (number,
    counted from 0), and which of the signal's inputs the tag is."""

    readers: Readers
    signal: Indices
    input: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """tags by slot, rules by row; slots and rows look them up by tag name and rule id. Signals have slots too, behind those of
    the tags: signal n has slot len(tags) + n; signal_number looks them up. slot_of: the slot each row reads. readers: the
    inverse. stale_after: by slot, NEVER for what does not go stale; of a signal the shortest of its inputs'. members: the rows
    of each comparison, by place; place: the inverse; comparison: each row's, as its number in `COMPARISONS`. on_steady_clock:
    by row. faults_told: by slot, whether a rule watches the tag for a failed sensor. by_hand: by slot, whether people enter
    the values. context: the slots of the context tags, by name in the order of the rule, of the rows that have any. feeds: of
    the slots of tags. inputs: the slots of each signal's inputs, the first repeated where others have more. on_our_clock: by
    signal, whether its inputs have several clocks. cluster: by slot of a tag, tags that a signal reads together have one;
    None when no signal reads two. words_of: by slot of a signal, the first-out words that it is."""

    number: int
    tags: tuple[Tag, ...]
    rules: tuple[Rule, ...]
    signals: tuple[Signal, ...]
    slots: Mapping[str, int]
    rows: Mapping[str, int]
    signal_number: Mapping[Signal, int]
    slot_of: Indices
    readers: Readers
    stale_after: Moments
    members: Mapping[Comparison, Indices]
    place: Indices
    comparison: NDArray[np.uint8]
    on_steady_clock: Bools
    faults_told: Bools
    by_hand: Bools
    context: Mapping[int, Mapping[str, int]]
    feeds: Feeds
    inputs: Indices
    on_our_clock: Bools
    cluster: Indices | None
    lines: tuple[Line, ...]
    line_of: Mapping[int, Line]
    suppressors: tuple[Suppressor, ...]
    words: tuple[FirstOutWord, ...]
    words_of: Mapping[int, tuple[FirstOutWord, ...]]

    @property
    def slot_count(self) -> int:
        """Of tags and signals together."""
        return len(self.tags) + len(self.signals)


def build_layout(
    number: int,
    tags: Sequence[Tag],
    rules: Sequence[Rule],
    lines: Sequence[Line] = (),
    suppressors: Sequence[Suppressor] = (),
    words: Sequence[FirstOutWord] = (),
) -> Layout:
    """Number tags and rules in the order given; a device without a session tag of its own gets one behind them.

    Raises ValueError for what the configuration must have refused: equal names, a rule on a tag that is not there, a
    missing limit, a negative delay, alarms that would hide each other, a word that names what is not in its group.
    """
    all_tags = _with_session_tags(tags)
    # Slots and rows share the numbers they are: a million take 32 MB.
    shared = list(range(max(len(all_tags), len(rules))))
    slots = dict(zip((tag.name for tag in all_tags), shared, strict=False))
    rows = dict(zip((rule.id for rule in rules), shared, strict=False))
    if len(slots) != len(all_tags) or len(rows) != len(rules):
        raise ValueError("two tags of one name, or two rules of one id")
    for rule in rules:
        _check(rule, slots)
    _check_circles(suppressors)
    for word in words:
        _check_word(word, rules, rows)

    of_plant = [*(line.signal for line in lines), *(word.signal for word in words)]
    read = dict.fromkeys([*of_plant, *(rule.signal for rule in rules if rule.signal is not None)])
    signal_number = {signal: each for each, signal in enumerate(read)}
    first = len(all_tags)
    read_by = (slots[rule.tag] if rule.signal is None else first + signal_number[rule.signal] for rule in rules)
    slot_of = np.fromiter(read_by, dtype=np.intp, count=len(rules))
    comparison = np.fromiter((_NUMBER[rule.comparison] for rule in rules), dtype=np.uint8, count=len(rules))
    members = {each: _frozen(np.flatnonzero(comparison == number)) for each, number in _NUMBER.items()}
    place = np.zeros(len(rules), dtype=np.intp)
    for bank_rows in members.values():
        place[bank_rows] = np.arange(len(bank_rows))
    faults_told = np.zeros(first + len(read), dtype=np.bool_)
    faults_told[slot_of[members[Comparison.FAULTY]]] = True
    by_hand = np.zeros(first + len(read), dtype=np.bool_)
    by_hand[:first] = [tag.entry is not None for tag in all_tags]
    inputs = tuple(np.array([slots[name] for name in signal.inputs], dtype=np.intp) for signal in read)
    ages = [NEVER if tag.stale_after is None else tag.stale_after for tag in all_tags]
    ages += [min(ages[slot] for slot in slots_read) for slots_read in inputs]
    return Layout(
        number=number,
        tags=all_tags,
        rules=tuple(rules),
        signals=tuple(read),
        slots=slots,
        rows=rows,
        signal_number=signal_number,
        slot_of=_frozen(slot_of),
        readers=_readers(slot_of, first + len(read)),
        stale_after=_frozen(np.array(ages, dtype=np.int64)),
        members=members,
        place=_frozen(place),
        comparison=_frozen(comparison),
        on_steady_clock=_frozen(np.isin(comparison, [_NUMBER[each] for each in ON_STEADY_CLOCK])),
        faults_told=_frozen(faults_told),
        by_hand=_frozen(by_hand),
        context={row: {name: slots[name] for name in rule.context} for row, rule in enumerate(rules) if rule.context},
        feeds=_feeds(inputs, first),
        inputs=_frozen(_table(inputs)),
        on_our_clock=_frozen(np.array([len({all_tags[slot].device for slot in each}) > 1 for each in inputs], dtype=np.bool_)),
        cluster=_clusters(inputs, first),
        lines=tuple(lines),
        line_of={first + signal_number[line.signal]: line for line in lines},
        suppressors=tuple(suppressors),
        words=tuple(words),
        words_of=_words_of(words, first, signal_number),
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
    if rule.signal is not None and (unknown := [name for name in rule.signal.inputs if name not in slots]):
        raise ValueError(f"{rule.id}: its signal reads {unknown[0]}, which is no tag of this layout")
    if rule.comparison in (Comparison.HIGH, Comparison.LOW, Comparison.BIT) and rule.limit is None:
        raise ValueError(f"{rule.id}: {rule.kind} needs a limit")
    if rule.comparison is Comparison.IN_SET and not rule.values:
        raise ValueError(f"{rule.id}: needs the values of its set")
    if rule.comparison is Comparison.SILENT and (rule.stale_after is None or rule.stale_after <= 0):
        raise ValueError(f"{rule.id}: stale needs stale_after above 0, is {rule.stale_after}")
    if min(rule.on_delay, rule.off_delay, rule.deadband) < 0:
        raise ValueError(f"{rule.id}: delays and deadband must not be negative")


def _check_word(word: FirstOutWord, rules: Sequence[Rule], rows: Mapping[str, int]) -> None:
    for member in word.members.values():
        if member not in rows or rules[rows[member]].first_out != word.group:
            raise ValueError(f"{member}: is named by the word of {word.group}, and not in that group")


def _words_of(words: Sequence[FirstOutWord], first: int, number: Mapping[Signal, int]) -> dict[int, tuple[FirstOutWord, ...]]:
    of: dict[int, tuple[FirstOutWord, ...]] = {}
    for word in words:
        slot = first + number[word.signal]
        of[slot] = (*of.get(slot, ()), word)
    return of


def _check_circles(suppressors: Sequence[Suppressor]) -> None:
    """Alarms that hide each other would be told to nobody."""
    hidden_by: dict[str | int, set[str | int]] = {}
    for number, suppressor in enumerate(suppressors):
        hidden_by[number] = set(suppressor.sources)
        for target in suppressor.targets:
            hidden_by.setdefault(target, set()).add(number)
    try:
        TopologicalSorter(hidden_by).prepare()
    except CycleError as error:
        circle = ", ".join(each for each in error.args[1] if isinstance(each, str))
        raise ValueError(f"{circle}: suppress each other in a circle") from error


def _readers(slot_of: Indices, slot_count: int) -> Readers:
    start = np.zeros(slot_count + 1, dtype=np.intp)
    np.cumsum(np.bincount(slot_of, minlength=slot_count), out=start[1:])
    return Readers(_frozen(start), _frozen(np.argsort(slot_of, kind="stable")))


def _feeds(inputs: Sequence[Indices], tag_count: int) -> Feeds:
    signal = np.repeat(np.arange(len(inputs)), [len(each) for each in inputs])
    position = np.concatenate([np.arange(len(each)) for each in inputs]) if inputs else np.empty(0, dtype=np.intp)
    slot = np.concatenate(inputs) if inputs else np.empty(0, dtype=np.intp)
    return Feeds(_readers(slot, tag_count), _frozen(signal), _frozen(position))


def _table(inputs: Sequence[Indices]) -> Indices:
    table = np.zeros((len(inputs), max((len(each) for each in inputs), default=1)), dtype=np.intp)
    for number, each in enumerate(inputs):
        table[number, :] = each[0]
        table[number, : len(each)] = each
    return table


def _clusters(inputs: Sequence[Indices], tag_count: int) -> Indices | None:
    """Tags that hang together by signals; a cluster's number is the lowest slot in it."""
    if all(len(each) < 2 for each in inputs):
        return None
    leader = list(range(tag_count))

    def leader_of(slot: int) -> int:
        while leader[slot] != slot:
            leader[slot] = leader[leader[slot]]
            slot = leader[slot]
        return slot

    for each in inputs:
        led = sorted(leader_of(int(slot)) for slot in each)
        for slot in led[1:]:
            leader[slot] = led[0]
    return _frozen(np.array([leader_of(slot) for slot in range(tag_count)], dtype=np.intp))


def _frozen(column: NDArray[T]) -> NDArray[T]:
    column.setflags(write=False)
    return column
