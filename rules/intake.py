"""The intake: what people do to samples before any rule sees them. Values they enter come in here, and forced ones replace what
devices say.

It stands before everything that reads samples: derived tags, rules, image and history see the same. Pure, and as the engine's,
its result does not depend on how samples are cut into steps: a command works between the samples that arrived before and after
it, and what falls due comes before the samples of its instant.

    devices ─ batch ─▶ intake ─ batch ─▶ engine, image, history
    commands ─────────▶  └─ events, record ─▶ transaction A

A forced tag has the samples of its device kept out; the last of them is remembered (`actual`) and comes back when the force
ends. When nobody knows it, or it is too old by then, the tag is bad: rather no value than the forced one without its mark. What
comes back is as old as it was: while the device stays silent, the tag is bad when it would have been stale without the force.

Not here: what may be entered (entering.py) or forced (forcing.py).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge.model.command import EnterValue, ForceValue, InboxRow, Rejection, ReleaseValue, body_kind
from edge.model.event import Event, Stream
from edge.model.moment import NEVER, Moment, to_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.derived import sources_of
from rules.entering import Entered, Refused, enter, value_for
from rules.forcing import Forced, refuse_force, repeat_every, safety_tags
from rules.layout import Layout

#: Under this key its durable record stands among those of the engine.
INTAKE = "/intake"
NOTHING_MORE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Taken:
    """batch: what everybody else gets to see. record: what is to be made durable with the events; None: nothing changed.
    consumed: sequences of the commands answered. next_due: when to take again though nothing comes; None: never."""

    batch: Batch
    events: tuple[Event, ...] = ()
    record: Mapping[str, Any] | None = None
    consumed: tuple[int, ...] = ()
    next_due: Moment | None = None


class Intake:
    """Call `restore` before the first `take`. latest: the newest sample that readers know of a tag."""

    def __init__(self, layout: Layout, start: Moment, latest: Callable[[str], Sample | None]) -> None:
        self._tags = {tag.name: tag for tag in layout.tags}
        self._slots = layout.slots
        self._longest = {layout.slots[tag.name]: tag.stale_after for tag in layout.tags}
        self._safety = safety_tags(layout.tags, layout.rules)
        self._sources = sources_of(layout.tags)
        self._latest = latest
        self._time = start
        self._forced: dict[int, Forced] = {}
        #: What came back, as the device said it, until the device speaks or it is too old.
        self._back: dict[int, Sample] = {}
        #: Of the present step: what has ended since it began.
        self._ended: list[Forced] = []
        self._entered: dict[str, Entered] = {}
        self._owed: list[Sample] = []
        self._gone: list[Forced] = []
        self._altered = False

    # --- for readers ----------------------------------------------------------------------------------------------

    def forced(self) -> Sequence[Forced]:
        """What is forced now, the eldest first."""
        return sorted(self._forced.values(), key=lambda each: (each.since, each.tag))

    def forced_at(self, tag: str, moment: Moment) -> bool:
        """Of a moment of the last `take`, or after it; of a derived tag, whether anything is that it follows from."""
        if not self._forced and not self._ended:
            return False
        names = {tag, *self._sources.get(tag, ())}
        spans = (*self._forced.values(), *self._ended)
        return any(each.tag in names and each.since <= moment < each.until for each in spans)

    def entered(self) -> Mapping[str, Entered]:
        """The newest value of each tag that has one from a person."""
        return self._entered

    # --- what is durable ------------------------------------------------------------------------------------------

    def record(self) -> dict[str, Any]:
        """As plain JSON."""
        entered = {name: each.record() for name, each in sorted(self._entered.items())}
        return {"forced": [each.record() for each in self.forced()], "entered": entered}

    def restore(self, record: Mapping[str, Any], now: Moment) -> None:
        """What has ended meanwhile is told by the first `take`."""
        self._time = max(self._time, now)
        for written in record.get("forced", ()):
            forced = Forced.of(written, self._time)
            if forced.tag in self._tags:
                self._forced[self._slots[forced.tag]] = forced
            else:
                self._gone.append(forced)
        for name, written in record.get("entered", {}).items():
            if name in self._tags and self._tags[name].entry is not None:
                self._entered[name] = Entered.of(written)
                # Known already, and no news: the next is due when it was.
                self._owed.append(self._entered_sample(name, Mark.INITIAL))
        self._owed.sort(key=lambda each: each.received_time)

    # --- the step -------------------------------------------------------------------------------------------------

    def take(self, now: Moment, batch: Batch, commands: Sequence[InboxRow]) -> Taken:
        """commands: whose bodies are SampleCommands."""
        self._ended = []
        if not (commands or self._forced or self._back or self._owed or self._gone):
            self._time = max(self._time, now)
            return Taken(batch)
        arrival = np.maximum.accumulate(np.maximum(batch.received_time, self._time))
        events = [_force_ended(each, "tag_gone", self._time) for each in self._gone]
        parts = [self._without_forced(Batch.of(self._owed))]
        # Else the next restart would tell it again.
        self._altered = self._altered or bool(self._gone)
        self._owed, self._gone = [], []
        waiting = deque(commands)
        done = 0
        while (happening := self._next(now, waiting)) is not None:
            moment, command = happening
            upto = max(done, int(np.searchsorted(arrival, moment, side="left" if command is None else "right")))
            parts.append(self._without_forced(batch.cut(done, upto)))
            done, self._time = upto, moment
            if command is None:
                parts += self._lapse(moment, events)
            else:
                waiting.popleft()
                parts.append(self._obey(command, Batch.join(parts), events))
        parts.append(self._without_forced(batch.cut(done, len(batch))))
        self._time = max(self._time, now, int(arrival[-1]) if len(arrival) else now)
        record = self.record() if self._altered else None
        self._altered = False
        due = self._due()
        return Taken(
            batch=replace(Batch.join(parts), tickets=batch.tickets),
            events=tuple(events),
            record=record,
            consumed=tuple(row.sequence for row in commands),
            next_due=None if due == NEVER else due,
        )

    def _next(self, now: Moment, waiting: Sequence[InboxRow]) -> tuple[Moment, InboxRow | None] | None:
        """What happens next by `now`, and when; no command: something falls due, which comes first of one instant."""
        due = self._due()
        asked = max(self._time, min(waiting[0].received_at, now)) if waiting else NEVER
        if min(due, asked) > now:
            return None
        return (max(due, self._time), None) if due <= asked else (asked, waiting[0])

    # --- what falls due -------------------------------------------------------------------------------------------

    def _due(self) -> Moment:
        ends = min((each.due for each in self._forced.values()), default=NEVER)
        return min(ends, min(map(self._too_old_at, self._back.values()), default=NEVER))

    def _lapse(self, now: Moment, events: list[Event]) -> Iterator[Batch]:
        for forced in sorted((each for each in self._forced.values() if each.due <= now), key=lambda each: each.tag):
            if forced.until <= now:
                events.append(_force_ended(forced, "expired", now))
                yield self._set_free(forced, now)
            else:
                again = forced.again(now, repeat_every(self._tags[forced.tag]))
                self._forced[self._slots[forced.tag]] = again
                yield self._shown(again)
        for slot, actual in sorted(self._back.items()):
            if self._too_old_at(actual) <= now:
                del self._back[slot]
                yield self._shown_again(actual, now)

    def _set_free(self, forced: Forced, now: Moment) -> Batch:
        """What the device said last is back."""
        slot, actual = self._slots[forced.tag], forced.actual
        del self._forced[slot]
        self._ended.append(replace(forced, until=now))
        self._altered = True
        if actual is None:
            return Batch.of([Sample(slot, math.nan, Quality.BAD, now, now, Mark.RECEIVED_TIME_USED)])
        if actual.quality is not Quality.BAD and now < self._too_old_at(actual) < NEVER:
            self._back[slot] = actual
        return self._shown_again(actual, now)

    def _shown_again(self, actual: Sample, now: Moment) -> Batch:
        """On our own clock, as the forced value before it was: readers must not take it for one that came late."""
        mark = (actual.mark | Mark.RECEIVED_TIME_USED) & ~Mark.INITIAL
        quality = Quality.BAD if self._too_old_at(actual) <= now else actual.quality
        return Batch.of([replace(actual, quality=quality, source_time=now, received_time=now, mark=mark)])

    def _too_old_at(self, actual: Sample) -> Moment:
        """Counted from when the device says that it took it, but never from later than it came."""
        longest = self._longest[actual.slot]
        return NEVER if longest is None else min(actual.source_time, actual.received_time) + longest + 1

    def _shown(self, forced: Forced) -> Batch:
        """A forced value, on our own clock."""
        mark = Mark.FORCED | Mark.RECEIVED_TIME_USED
        slot, now = self._slots[forced.tag], self._time
        return Batch.of([Sample(slot, forced.value, Quality.GOOD, now, now, mark, forced.text)])

    def _without_forced(self, batch: Batch) -> Batch:
        """The samples of tags that are not forced; of the others the last is remembered."""
        if not len(batch) or not (self._forced or self._back):
            return batch
        if self._back:
            spoke = np.isin(batch.slot, np.fromiter(self._back, dtype=np.int32))
            for slot in set(batch.slot[spoke].tolist()):
                del self._back[slot]
        held = np.isin(batch.slot, np.fromiter(self._forced, dtype=np.int32))
        if not held.any():
            return batch
        for sample in batch.pick(np.flatnonzero(held)).samples():
            self._forced[sample.slot] = replace(self._forced[sample.slot], actual=sample)
        return batch.pick(np.flatnonzero(~held))

    # --- commands -------------------------------------------------------------------------------------------------

    def _obey(self, command: InboxRow, before: Batch, events: list[Event]) -> Batch:
        """before: the samples of this step until now."""
        body = command.body
        match body:
            case EnterValue():
                return self._enter(command, body, events)
            case ForceValue():
                return self._force(command, body, before, events)
            case ReleaseValue():
                return self._release(command, body, events)
        raise TypeError(f"{body_kind(body)}: not about samples")

    def _enter(self, command: InboxRow, body: EnterValue, events: list[Event]) -> Batch:
        verdict = enter(body, self._tags.get(body.tag), self._entered.get(body.tag), command.actor, self._time)
        if isinstance(verdict, Refused):
            events.append(_rejected(command, body.tag, verdict.reason, self._time, verdict.data))
            return Batch.empty()
        self._entered[body.tag] = verdict
        self._altered = True
        said = {"value": _plain(verdict), "measured_at": to_iso(verdict.measured_at), "confirmed": body.confirmed}
        events.append(_answer(command, "entered", body.tag, said, self._time))
        return self._without_forced(Batch.of([self._entered_sample(body.tag, Mark.NONE)]))

    def _force(self, command: InboxRow, body: ForceValue, before: Batch, events: list[Event]) -> Batch:
        tag, now = self._tags.get(body.tag), self._time
        old = self._forced.get(self._slots[body.tag]) if tag is not None else None
        refused = refuse_force(body, tag, self._safety, len(self._forced) - (old is not None))
        known = None if tag is None else value_for(tag, body.value)
        if tag is None or known is None or refused is not None:
            events.append(_rejected(command, body.tag, refused or Rejection.VALUE_FORM, now))
            return Batch.empty()
        slot = self._slots[tag.name]
        if old is not None:
            self._ended.append(replace(old, until=now))
        back = self._back.pop(slot, None)
        actual = old.actual if old is not None else back or self._last(tag.name, before)
        until = now + body.duration
        forced = Forced(tag.name, *known, now, until, command.actor, body.reason, now + repeat_every(tag), actual)
        self._forced[slot] = forced
        self._altered = True
        said = {"value": _plain(forced), "until": to_iso(until), "reason": body.reason, "again": old is not None}
        events.append(_answer(command, "forced", tag.name, said, now))
        return self._shown(forced)

    def _release(self, command: InboxRow, body: ReleaseValue, events: list[Event]) -> Batch:
        slot = self._slots.get(body.tag)
        forced = None if slot is None else self._forced.get(slot)
        if forced is None:
            reason = Rejection.UNKNOWN_TAG if slot is None else Rejection.NOT_FORCED
            events.append(_rejected(command, body.tag, reason, self._time))
            return Batch.empty()
        events.append(_answer(command, "force_ended", body.tag, {"cause": "person", "forced_by": forced.by}, self._time))
        return self._set_free(forced, self._time)

    def _last(self, tag: str, before: Batch) -> Sample | None:
        """The newest sample of a tag that nobody has forced so far."""
        rows = np.flatnonzero(before.slot == self._slots[tag])
        return before.pick(rows[-1:]).samples()[0] if len(rows) else self._latest(tag)

    def _entered_sample(self, tag: str, mark: Mark) -> Sample:
        entered = self._entered[tag]
        heard = min(entered.entered_at, self._time)
        return Sample(self._slots[tag], entered.value, Quality.GOOD, entered.measured_at, heard, mark, entered.text)


def _plain(known: Entered | Forced) -> float | str:
    return known.value if known.text is None else known.text


def _force_ended(forced: Forced, cause: str, now: Moment) -> Event:
    return Event(Stream.PLANT, "force_ended", forced.tag, now, {"cause": cause, "forced_by": forced.by})


def _rejected(command: InboxRow, subject: str, reason: Rejection, now: Moment, more: Mapping[str, Any] = NOTHING_MORE) -> Event:
    data = {"command": body_kind(command.body), "reason": str(reason), **more}
    return _answer(command, "rejected", subject, data, now)


def _answer(command: InboxRow, kind: str, subject: str, data: Mapping[str, Any], now: Moment) -> Event:
    named = {"by": command.actor, "via": command.source, **data}
    return Event(Stream.PLANT, kind, subject, now, named, (command.source, command.message_id))
