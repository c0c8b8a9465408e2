"""Suppression by design: which alarms are told to nobody, because something explains them or because they do not matter now.

Theory of operation. A *cover* hides its rules while it is on. There are two sorts. One is on while any of some other alarms is
active (a parent, the next limit of the same tag, a group, an inhibition), and `hold` longer. The other is on while its rules do
not matter: in the wrong state of the line, or at the wrong time; and `settle` longer. A rule that has several is hidden until
the last is off (OPC UA Part 9, 3.1.6). What is covered lives on underneath.

    off ──── its reason begins ────▶ on ──── its reason ends ────▶ ending ──── hold is over ────▶ off
                                     ▲                               │
                                     └────── its reason begins ──────┘

While nobody knows the state of a line, its rules matter: an alarm too many is better than one too few.

After an outage nobody knows for how long a rule has mattered: the line may have stopped and begun again meanwhile. So it
settles anew, as start-up grace; but an alarm that people know of is spared, because hiding it would have it told twice.
What was settling already goes on to its end: else an agent that is started again and again would hide alarms for ever.

Not durable but for what is ending: the rest follows from alarms, lines and the time. Not here: what becomes of an alarm when
its last cover is off (annunciator.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.model.moment import NEVER, Moment, Span
from rules.definition import Cause, Validity
from rules.layout import Layout


@dataclass(frozen=True, slots=True)
class Turned:
    """The covers of a rule changed. ended: the one that is off now, if one is."""

    row: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    ended: str | None


@dataclass(slots=True, eq=False)
class _Cover:
    """key: its name in records. token: what people read as the reason. rows: that it hides. after: how long it stays on.
    active: how many of its sources are; of a validity, whether it does not hold. ends_at: when it is off; NEVER while its
    reason lasts. turns_at: when its times change next. spared: rows that it does not hide while it settles after an outage."""

    key: str
    token: str
    rows: tuple[int, ...]
    after: Span
    active: int = 0
    on: bool = False
    ends_at: Moment = NEVER
    turns_at: Moment = NEVER
    validity: Validity | None = None
    spared: frozenset[int] = frozenset()

    @property
    def hidden(self) -> tuple[int, ...]:
        """The rows that it hides while it is on."""
        return tuple(row for row in self.rows if row not in self.spared) if self.spared else self.rows


class Suppression:
    """states: by line, the name of its state; None while nobody knows. altered: whether what `record` gives has changed since
    that was set to False."""

    def __init__(self, layout: Layout, start: Moment) -> None:
        self._layout = layout
        self._covers: list[_Cover] = []
        self._of_source: dict[int, list[_Cover]] = defaultdict(list)
        self._of_line: dict[str, list[tuple[_Cover, Validity]]] = defaultdict(list)
        self._other: dict[str, _Cover] = {}
        self._ending: dict[_Cover, None] = {}
        self._tokens: dict[int, tuple[str, ...]] = {}
        self.states: dict[str, str | None] = {line.name: None for line in layout.lines}
        self.next_due: Moment = NEVER
        self.altered = False
        for suppressor in layout.suppressors:
            rows = tuple(layout.rows[target] for target in suppressor.targets)
            cover = self._add(f"{suppressor.cause}:{suppressor.name}", rows, suppressor.hold)
            for source in suppressor.sources:
                self._of_source[layout.rows[source]].append(cover)
        by_validity: dict[Validity, list[int]] = defaultdict(list)
        for row, rule in enumerate(layout.rules):
            if rule.validity is not None:
                by_validity[rule.validity].append(row)
        for validity, rows_of in by_validity.items():
            self._add_validity(validity, tuple(rows_of), start)

    def of(self, row: int) -> tuple[str, ...]:
        """What hides a rule by design, as texts; sorted, each once, though several covers may have one name."""
        tokens = self._tokens.get(row, ())
        return tokens if len(tokens) < 2 else tuple(dict.fromkeys(tokens))

    def ends_of(self, row: int) -> dict[str, Moment]:
        """When covers of a rule end whose reason is over already, by their texts; of several of one name the last."""
        ends: dict[str, Moment] = {}
        for cover in self._ending:
            if row in cover.hidden:
                ends[cover.token] = max(cover.ends_at, ends.get(cover.token, cover.ends_at))
        return ends

    def explains(self, row: int) -> bool:
        """Whether an alarm hides others while it is active."""
        return row in self._of_source

    # --- what happens ---------------------------------------------------------------------------------------------

    def alarm_turned(self, row: int, *, active: bool, now: Moment) -> Iterator[Turned]:
        for cover in self._of_source.get(row, ()):
            cover.active += 1 if active else -1
            yield from self._follow(cover, now)

    def line_turned(self, line: str, state: str | None, now: Moment) -> Iterator[Turned]:
        self.states[line] = state
        self.altered = True
        for cover, validity in self._of_line[line]:
            yield from self._judge(cover, validity, now)

    def lapse(self, now: Moment) -> Iterator[Turned]:
        """Timers that are due by now."""
        for cover in self._covers:
            if cover.turns_at <= now and cover.validity is not None and cover.validity.times is not None:
                cover.turns_at = _or_never(cover.validity.times.next_change(now))
                yield from self._judge(cover, cover.validity, now)
            if cover.ends_at <= now:
                yield from self._turn_off(cover)
        self._plan()

    # --- covers from elsewhere -------------------------------------------------------------------------------------

    def hide(self, token: str, rows: Iterable[int]) -> list[Turned]:
        """Lay a cover of another sort on some rules; one of that token is replaced."""
        cover = _Cover(token, token, tuple(rows), 0)
        turned = self.show(token)
        self._other[token] = cover
        return [*turned, *self._turn_on(cover)]

    def show(self, token: str) -> list[Turned]:
        """Take it off again; nothing where there is none."""
        cover = self._other.pop(token, None)
        return [] if cover is None else self._turn_off(cover)

    # --- restart --------------------------------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """What does not follow from alarms and the time, as plain JSON."""
        ending = {cover.key: cover.ends_at for cover in self._covers if cover.ends_at != NEVER}
        rules = self._layout.rules
        spared = {cover.key: [rules[row].id for row in sorted(cover.spared)] for cover in self._covers if cover.spared}
        return {"states": dict(self.states), "ending": ending, **({"spared": spared} if spared else {})}

    def restore(
        self, record: Mapping[str, Any], active: Sequence[int], now: Moment, known: frozenset[int] | None = None
    ) -> None:
        """Take up a record. active: the rows of the alarms that are. known: after an outage, the rows of those that people know
        of; None where there was none."""
        for line, state in record.get("states", {}).items():
            if line in self.states:
                list(self.line_turned(line, state, now))
        for row in active:
            list(self.alarm_turned(row, active=True, now=now))
        ending, spared = record.get("ending", {}), record.get("spared", {})
        for cover in self._covers:
            ends_at = ending.get(cover.key)
            if ends_at is not None and not cover.active:
                cover.spared = frozenset(
                    self._layout.rows[each] for each in spared.get(cover.key, ()) if each in self._layout.rows
                )
                self._turn_on(cover)
                cover.ends_at = ends_at
                self._ending[cover] = None
            if known is not None and cover.validity is not None:
                self._settle_anew(cover, known, now)
        self._plan()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _add(self, token: str, rows: tuple[int, ...], after: Span) -> _Cover:
        """Of two covers of one name, the first rule that they hide tells which is which, also in another layout."""
        first = self._layout.rules[rows[0]].id if rows else ""
        cover = _Cover(f"{token} {first}", token, rows, after)
        self._covers.append(cover)
        return cover

    def _add_validity(self, validity: Validity, rows: tuple[int, ...], start: Moment) -> None:
        cause = Cause.MACHINE_STATE if validity.states else Cause.TIME
        cover = self._add(str(cause), rows, validity.settle)
        cover.validity = validity
        if validity.line:
            self._of_line[validity.line].append((cover, validity))
        if validity.times is not None:
            cover.turns_at = _or_never(validity.times.next_change(start))
        list(self._judge(cover, validity, start))
        self._plan()

    def _judge(self, cover: _Cover, validity: Validity, now: Moment) -> Iterator[Turned]:
        """Whether the rules of a cover matter now."""
        state = self.states.get(validity.line)
        in_state = not validity.states or state is None or state in validity.states
        in_time = validity.times is None or validity.times.contains(now)
        cover.active = 0 if in_state and in_time else 1
        yield from self._follow(cover, now)

    def _settle_anew(self, cover: _Cover, known: frozenset[int], now: Moment) -> None:
        if cover.on or not cover.after:
            return
        cover.spared = known.intersection(cover.rows)
        self._turn_on(cover)
        self._end_at(cover, now + cover.after)

    def _follow(self, cover: _Cover, now: Moment) -> Iterator[Turned]:
        if cover.active:
            self._end_at(cover, NEVER)
            if not cover.on:
                yield from self._turn_on(cover)
            elif cover.spared:
                spared, cover.spared = cover.spared, frozenset()
                yield from self._lay(cover, sorted(spared))
        elif cover.on and cover.ends_at == NEVER:
            self._end_at(cover, now + cover.after)
            if cover.after == 0:
                yield from self._turn_off(cover)
        self._plan()

    def _end_at(self, cover: _Cover, moment: Moment) -> None:
        self.altered |= cover.ends_at != moment
        cover.ends_at = moment
        if moment == NEVER:
            self._ending.pop(cover, None)
        else:
            self._ending[cover] = None

    def _turn_on(self, cover: _Cover) -> list[Turned]:
        cover.on = True
        return self._lay(cover, cover.hidden)

    def _lay(self, cover: _Cover, rows: Iterable[int]) -> list[Turned]:
        turned = []
        for row in rows:
            before = self._tokens.get(row, ())
            after = tuple(sorted((*before, cover.token)))
            self._tokens[row] = after
            turned.append(Turned(row, before, after, None))
        return turned

    def _turn_off(self, cover: _Cover) -> list[Turned]:
        cover.on = False
        self._end_at(cover, NEVER)
        turned, hidden, cover.spared = [], cover.hidden, frozenset()
        for row in hidden:
            before = self._tokens[row]
            left = list(before)
            left.remove(cover.token)
            after = tuple(left)
            if after:
                self._tokens[row] = after
            else:
                del self._tokens[row]
            turned.append(Turned(row, before, after, cover.token))
        return turned

    def _plan(self) -> None:
        self.next_due = min((min(cover.ends_at, cover.turns_at) for cover in self._covers), default=NEVER)


def _or_never(moment: Moment | None) -> Moment:
    return NEVER if moment is None else moment
