"""From the rows of the journal to the record: what is an activation, and what becomes of it (reference: alarms 3.1).

An *activation* is an occurrence that was presented to a person, counted once: with its raise, or, when that was hidden, with
the row that announces it (`unshelved`, `released`, `returned_to_service`). Every other row of the period is excluded, with one
reason. Rows are taken by source time; what is dated at or after the end of the period is as if it had not happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from edge.model.alarm import Priority
from edge.model.event import Event, Stream
from edge.model.moment import Moment, from_iso
from rules.alarm import SYSTEM
from rules.kpi.occurrence import HIDDEN, Activation, Ending, Excluded, Occurrence, is_first_out, why_left_out
from rules.kpi.question import NOTHING_UNREAD, Entry, Question, RowId, Unread
from rules.kpi.record import Cover, Hidden, Record, Shelf

#: What people do when they have seen an alarm: it interrupts chattering.
_SEEN = frozenset({"acknowledged", "on_my_way", "commented", "confirmed", "shelved"})
#: What shows that somebody did more than acknowledge. Shelving hides, it mends nothing.
_ACTED = frozenset({"on_my_way", "commented", "confirmed", "reset", "taken_out_of_service"})
#: What is read of a row's data.
KEYS = frozenset({
    "occurrence", "priority", "suppressed", "stage", "realarm", "first_out", "chattering", "raised", "acknowledged", "announce",
    "active", "by", "reason", "until", "work_order", "coming", "comment",
})  # fmt: skip
#: The rows of the alarm stream that tell of an alarm's life. Any other may be left unread, and is then only counted.
KINDS = (
    frozenset({"raised", "returned", "retired", "realarmed", "unshelved", "released", "returned_to_service"}) | _SEEN | _ACTED
)


def read(entries: Iterable[Entry], question: Question, unread: Unread = NOTHING_UNREAD) -> Record:
    """Give also the rows before the period: what stands, is shelved or hidden at its start follows from them. Their order does
    not matter, and a row that comes twice counts once."""
    unique = {entry.row: entry for entry in entries if entry.event.time < question.end}
    reader = _Reader(question)
    reader.pass_over(unread.within)
    for entry in sorted(unique.values(), key=lambda each: (each.event.time, each.row)):
        reader.take(entry)
    return reader.record(known=bool(unique) or unread.known)


class _Reader:
    """Follows every alarm through its rows."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._occurrences: dict[tuple[str, int], Occurrence] = {}
        self._newest: dict[str, int] = {}
        self._presented: list[tuple[str, int]] = []
        self._excluded: dict[str | None, Counter[Excluded]] = defaultdict(Counter)
        self._hidden: list[Hidden] = []
        self._open: dict[str, Shelf] = {}
        self._shelves: list[Shelf] = []
        self._covers: list[Cover] = []
        self._seen: dict[str, list[Moment]] = defaultdict(list)

    def pass_over(self, unread: Mapping[str, int]) -> None:
        for subject, count in unread.items():
            self._excluded[self._question.position_of(subject)][Excluded.OTHER_ROW] += count

    def take(self, entry: Entry) -> None:
        row, event = entry
        reason: Excluded | None = Excluded.OTHER_ROW
        if event.stream is Stream.ALARM:
            reason = self._take_alarm(row, event)
        if event.time >= self._question.start and reason is not None:
            position = self._question.position_of(event.subject)
            self._excluded[position][reason] += 1
            if event.kind == "raised" and reason in HIDDEN:
                self._hidden.append(Hidden(row, event.subject, position, reason))

    def record(self, *, known: bool) -> Record:
        presented = (self._occurrences[key] for key in self._presented)
        activations = [
            Activation(each.told, each.told_row, each)
            for each in presented
            if each.told is not None and each.told_row is not None and each.told >= self._question.start
        ]
        return Record(
            known,
            tuple(activations),
            tuple(sorted(self._occurrences.values(), key=lambda each: (each.raised, each.row))),
            dict(sum(self._excluded.values(), Counter())),
            tuple(self._hidden),
            tuple(sorted((*self._shelves, *self._open.values()), key=lambda each: (each.began, each.row))),
            tuple(self._covers),
            {alarm: tuple(moments) for alarm, moments in self._seen.items()},
            {position: dict(reasons) for position, reasons in self._excluded.items()},
        )

    # --- one row ----------------------------------------------------------------------------------------------------

    def _take_alarm(self, row: RowId, event: Event) -> Excluded | None:
        """Why the row is no activation; None: it is one."""
        if event.data.get("by", SYSTEM) != SYSTEM:
            self._person(event)
        match event.kind:
            case "raised":
                return self._raise(row, event)
            case "unshelved" | "released" | "returned_to_service":
                if event.kind == "unshelved":
                    self._end_shelf(event)
                return self._uncover(row, event)
            case "returned":
                self._return(row, event)
            case "retired":
                self._end(event, Ending.RETIRED)
                self._end_shelf(event)
            case "realarmed":
                self._change(event, reminders=1)
            case "reset":
                self._change(event, reset=event.time)
            case "shelved" | "taken_out_of_service":
                self._cover(row, event)
        return Excluded.OTHER_ROW

    def _raise(self, row: RowId, event: Event) -> Excluded | None:
        alarm, data = event.subject, event.data
        key = (alarm, data["occurrence"])
        if key in self._occurrences:
            return Excluded.REPEATED
        before = self._newest_of(alarm)
        if before is not None and before.ended is None:
            self._put(replace(before, ended=event.time, ending=Ending.RAISED_AGAIN))
        self._newest[alarm] = data["occurrence"]
        position, priority = self._question.position_of(alarm), self._priority(event)
        raised = Occurrence(
            alarm,
            data["occurrence"],
            position,
            priority,
            row,
            event.time,
            again=bool(data.get("realarm")),
            first_out=is_first_out(data),
            chattering=bool(data.get("chattering")),
        )
        return self._present(raised, row, event.time, self._why_left_out(data, priority, position))

    def _uncover(self, row: RowId, event: Event) -> Excluded | None:
        """A cover is off: an activation, if the alarm is announced that nobody was told of."""
        data = event.data
        announces = data.get("announce", data.get("active") and not data.get("suppressed"))
        if not announces:
            return Excluded.OTHER_ROW
        alarm, position, priority = event.subject, self._question.position_of(event.subject), self._priority(event)
        found = self._occurrences.get((alarm, data["occurrence"]))
        if found is not None and found.told is not None:
            return Excluded.REPEATED
        if found is None:
            found = Occurrence(alarm, data["occurrence"], position, priority, row, event.time)
            self._newest[alarm] = found.number
        stage = {"stage": found.left_out, **data}
        return self._present(found, row, event.time, self._why_left_out(stage, priority, position))

    def _present(self, occurrence: Occurrence, row: RowId, time: Moment, reason: Excluded | None) -> Excluded | None:
        if reason is None:
            self._presented.append((occurrence.alarm, occurrence.number))
            self._put(replace(occurrence, told=time, told_row=row, left_out=None))
        else:
            self._put(replace(occurrence, left_out=reason))
        return reason

    def _return(self, row: RowId, event: Event) -> None:
        data, key = event.data, (event.subject, event.data["occurrence"])
        since = data.get("raised")
        if key not in self._occurrences and since is not None and (raised := from_iso(since)) < self._question.start:
            # Its raise is older than the rows given: it stood all the same.
            position, priority = self._question.position_of(event.subject), self._priority(event)
            self._newest[event.subject] = data["occurrence"]
            reason = self._why_left_out(data, priority, position)
            told = None if reason is not None else raised
            self._put(Occurrence(*key, position, priority, row, raised, told=told, left_out=reason))
        self._end(event, Ending.RETURNED)

    def _end(self, event: Event, ending: Ending) -> None:
        found = self._found(event)
        if found is not None and found.ended is None:
            seen = ending is Ending.RETURNED and bool(event.data.get("acknowledged"))
            self._put(replace(found, ended=event.time, ending=ending, acknowledged_at_return=seen))

    def _person(self, event: Event) -> None:
        if event.kind in _SEEN:
            self._seen[event.subject].append(event.time)
        found = self._found(event)
        if found is None:
            return
        if event.kind == "acknowledged" and found.acknowledged is None:
            coming = bool(event.data.get("coming")) or bool(event.data.get("comment"))
            self._put(replace(found, acknowledged=event.time, acted=found.acted or coming))
        elif event.kind in _ACTED and not found.acted:
            self._put(replace(found, acted=True))

    def _change(self, event: Event, *, reminders: int = 0, reset: Moment | None = None) -> None:
        found = self._found(event)
        if found is not None:
            self._put(replace(found, reminders=found.reminders + reminders, reset=found.reset or reset))

    def _cover(self, row: RowId, event: Event) -> None:
        alarm, data, position = event.subject, event.data, self._question.position_of(event.subject)
        if event.kind == "shelved":
            self._open.setdefault(alarm, Shelf(row, alarm, position, event.time))
            needed = ("by", "reason", "until")
        else:
            needed = ("by", "reason", "work_order")
        if event.time >= self._question.start:
            self._covers.append(Cover(row, alarm, position, all(_stated(data, each) for each in needed)))

    def _end_shelf(self, event: Event) -> None:
        if (shelf := self._open.pop(event.subject, None)) is not None:
            self._shelves.append(replace(shelf, ended=event.time))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _found(self, event: Event) -> Occurrence | None:
        """The occurrence a row is about: the one it names, else the newest."""
        return self._occurrences.get((event.subject, event.data.get("occurrence", self._newest.get(event.subject, 0))))

    def _newest_of(self, alarm: str) -> Occurrence | None:
        return self._occurrences.get((alarm, self._newest.get(alarm, 0)))

    def _put(self, occurrence: Occurrence) -> None:
        self._occurrences[occurrence.alarm, occurrence.number] = occurrence

    def _priority(self, event: Event) -> Priority:
        """As it was then; the rule's of today for rows that do not say."""
        if (said := event.data.get("priority")) is not None:
            return Priority(said)
        rule = self._question.rules.get(event.subject)
        return Priority.LOW if rule is None else rule.priority

    def _why_left_out(self, data: Mapping[str, Any], priority: Priority, position: str | None) -> Excluded | None:
        staffed = position is None or self._question.positions[position]
        return why_left_out(data, priority, staffed=staffed)


def _stated(data: Mapping[str, Any], key: str) -> bool:
    return bool(str(data.get(key) or "").strip())
