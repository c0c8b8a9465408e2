"""The engine once more, as slowly and plainly as possible: one sample after the other, a plain object for each tag and rule.

It shares nothing with `rules` but the nouns, and has no columns, no waves, no tables. Where the two differ, one of them is
wrong. This file lets time pass and takes samples; `naive_tag.py`, `naive_condition.py`, `naive_covers.py`, `naive_alarm.py` and
`naive_people.py` are what it lets happen, and `naive/` has the signals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from edge.model.command import AlarmCommand, InboxRow, LearnAnew, ResetSums
from edge.model.event import Event
from edge.model.moment import NEVER, Moment, Span
from edge.model.sample import Quality, Sample
from rules.definition import Comparison
from rules.layout import Layout
from rules.signals.base import Signal
from tests.unit.rules.naive.twins import NOTHING, TWIN_OF
from tests.unit.rules.naive_alarm import NaiveAlarms
from tests.unit.rules.naive_condition import NaiveCondition
from tests.unit.rules.naive_first_out import WordSaid
from tests.unit.rules.naive_people import NaivePeople
from tests.unit.rules.naive_tag import FOREVER, NaiveTag, SignalTag, is_fault, quality_of


class NaiveSignal:
    """twin: what works it out. missed: by input, whether time passed in which it could not be trusted. wake: when it speaks by
    itself, on our clock."""

    def __init__(self, signal: Signal, inputs: list[NaiveTag], *, on_our_clock: bool, start: Moment) -> None:
        self.signal, self.inputs, self.on_our_clock = signal, inputs, on_our_clock
        self.tag = SignalTag(inputs, on_our_clock=on_our_clock, start=start)
        self.readers: list[NaiveCondition] = []
        self.line: str | None = None
        self.line_states: tuple[str, ...] = ()
        self.groups: list[str] = []
        self.forget()

    def forget(self) -> None:
        self.twin: Any = TWIN_OF[type(self.signal)](self.signal)
        self.missed = [True] * len(self.inputs)
        self.lag = 0
        self.plan()

    def plan(self) -> None:
        self.wake = self.twin.due + self.lag if self.twin.due <= self.tag.fresh_until() and self.twin.due != NEVER else FOREVER


class NaiveEngine:
    def __init__(self, layout: Layout, start: Moment) -> None:
        self.layout, self.now = layout, start
        self.tags = [NaiveTag(tag.stale_after, start) for tag in layout.tags]
        named = {tag.name: self.tags[slot] for slot, tag in enumerate(layout.tags)}
        device = {tag.name: tag.device for tag in layout.tags}
        self.signals: list[NaiveSignal] = []
        for signal in layout.signals:
            clocks = {device[name] for name in signal.inputs}
            inputs = [named[name] for name in signal.inputs]
            self.signals.append(NaiveSignal(signal, inputs, on_our_clock=len(clocks) > 1, start=start))
        of_signal = dict(zip(layout.signals, self.signals, strict=True))
        self.conditions: list[NaiveCondition] = []
        for row, rule in enumerate(layout.rules):
            tag = named[rule.tag] if rule.signal is None else of_signal[rule.signal].tag
            context = {name: named[name] for name in rule.context}
            condition = NaiveCondition(row, rule, tag, context, start)
            self.conditions.append(condition)
            if rule.signal is not None:
                of_signal[rule.signal].readers.append(condition)
            if rule.comparison is Comparison.FAULTY:
                tag.faults_told = True
        for line in layout.lines:
            of_signal[line.signal].line, of_signal[line.signal].line_states = line.name, line.states
        for word in layout.words:
            of_signal[word.signal].groups.append(word.group)
        self.alarms = NaiveAlarms(layout, start)
        self.people = NaivePeople(self.alarms)
        self.turned_lines: list[tuple[str, str] | WordSaid] = []
        self.line_states: dict[str, str] = {}

    @property
    def events(self) -> list[Event]:
        return self.alarms.events

    def run(self, now: Moment, samples: Sequence[Sample], commands: Sequence[InboxRow] = ()) -> list[Event]:
        self.alarms.events = []
        waiting = list(samples)
        for command in commands:
            moment = max(self.now, min(command.received_at, now))
            while waiting and waiting[0].received_time <= moment:
                self.take(waiting.pop(0))
            self.go_on_to(moment)
            self.obey(command)
        for sample in waiting:
            self.take(sample)
        self.go_on_to(now)
        return self.events

    # --- time

    def go_on_to(self, moment: Moment) -> None:
        """Of one instant, delays fire before the alarms' own timers."""
        while True:
            condition_due = max(self.next_timer(), self.now)
            own_due = self.alarms.next_timer()
            if min(condition_due, own_due) > moment:
                break
            if own_due < condition_due:
                self.alarms.fire()
            else:
                self.now = condition_due
                self.fire_all()
                self.let_all_happen()
        self.now = max(self.now, moment)

    def next_timer(self) -> Moment:
        timers = [condition.next_timer() for condition in self.conditions]
        timers += [alarm.shelf_timer for alarm in self.alarms.alarms]
        timers += [signal.wake for signal in self.signals]
        return min(timers, default=FOREVER)

    def fire_all(self) -> None:
        """All timers that are due now; of one rule: silence, delay, shelf. Then signals speak."""
        for condition in self.conditions:
            self.fire(condition)
        for signal in self.signals:
            while signal.wake <= self.now:
                self.speak(signal)

    def fire(self, condition: NaiveCondition) -> None:
        alarm = self.alarms.alarms[condition.row]
        while (due := min(condition.next_timer(), alarm.shelf_timer)) <= self.now:
            if due == condition.next_timer():
                condition.fire(self.now)
            else:
                alarm.shelf_timer = FOREVER
                condition.happened.append((alarm, due, condition.reading(self.now)))

    def let_all_happen(self) -> None:
        """What has happened at this instant becomes what people are told: lines first, then rule by rule."""
        happened: list[Any] = [*self.turned_lines]
        self.turned_lines = []
        for condition in self.conditions:
            happened += condition.happened
            condition.happened = []
        self.alarms.take(happened, self.now)

    # --- samples

    def take(self, sample: Sample) -> None:
        self.go_on_to(max(self.now, sample.received_time))
        tag = self.tags[sample.slot]
        source = tag.time_of(sample)
        if source is None:
            return
        trusted, shown_before = tag.fresh_until(), tag.shown
        readers = [condition for condition in self.conditions if condition.tag is tag]
        for condition in readers:
            condition.before(source, self.now)
        tag.remember(sample, source, self.now)
        quality, fault = quality_of(sample), is_fault(sample)
        for condition in readers:
            condition.apply(sample.value, source, quality, self.now, initial=bool(sample.mark & 1), fault=fault)
        heard = [signal for signal in self.signals if tag in signal.inputs]
        # What a signal says by itself before the sample is of before it, also in its context.
        tag.shown, shown = shown_before, tag.shown
        for signal in heard:
            while not signal.on_our_clock and signal.twin.due <= min(source, signal.tag.fresh_until()):
                self.speak(signal)
        tag.shown = shown
        if quality is not Quality.UNCERTAIN:
            for signal in heard:
                said, said_of = self.hear(signal, tag, sample.value if quality is Quality.GOOD else None, source, trusted)
                tag.shown = shown_before
                self.let_delays_fire(signal, said_of)
                tag.shown = shown
                self.say(signal, said, said_of)
        self.let_all_happen()

    def hear(
        self, signal: NaiveSignal, tag: NaiveTag, value: float | None, source: Moment, trusted: Moment
    ) -> tuple[float | None, Moment]:
        """What it says of a sample, and of which moment."""
        number = signal.inputs.index(tag)
        gap = signal.missed[number] or source > trusted
        signal.missed[number] = value is None
        source = max(self.now if signal.on_our_clock else source, signal.tag.newest)
        said = signal.twin.hear(number, value, source, self.now, gap)
        if said == NOTHING:
            said = signal.tag.value if signal.tag.quality is Quality.GOOD else None
        signal.lag = self.now - source
        return said, source

    def speak(self, signal: NaiveSignal) -> None:
        """A signal says something although nothing came."""
        due = signal.twin.due
        said = signal.twin.wake(due)
        if said == NOTHING:
            signal.tag.trust()
            signal.plan()
        else:
            self.let_delays_fire(signal, due)
            self.say(signal, said, due)

    def let_delays_fire(self, signal: NaiveSignal, source: Moment) -> None:
        """Those of its rules that end before it says something of `source`."""
        for condition in signal.readers:
            self.fire(condition)
            condition.before(source, self.now)

    def say(self, signal: NaiveSignal, said: Any, source: Moment) -> None:
        value = float(said) if said is not None and math.isfinite(said) else None
        signal.tag.say(value, source, self.now)
        signal.plan()
        if value is not None and signal.line is not None:
            state = signal.line_states[int(value)]
            if state != self.line_states.get(signal.line):
                self.line_states[signal.line] = state
                self.turned_lines.append((signal.line, state))
        self.turned_lines += [WordSaid(group, value, source) for group in signal.groups]
        quality = Quality.BAD if value is None else Quality.GOOD
        for condition in signal.readers:
            condition.apply(value or 0.0, source, quality, self.now, initial=False, fault=False)

    # --- people

    def obey(self, command: InboxRow) -> None:
        assert isinstance(command.body, AlarmCommand)
        row = self.layout.rows.get(command.body.alarm)
        alarm = None if row is None else self.alarms.alarms[row]
        condition = None if row is None else self.conditions[row]
        reading = (None, "bad") if condition is None else condition.reading(self.now)
        signal = next((each for each in self.signals if condition in each.readers), None)
        twin = None if signal is None else signal.twin
        accepted = self.people.obey(command, alarm, reading, self.now, signal=twin)
        if accepted and twin is not None and isinstance(command.body, LearnAnew):
            twin.rebaseline(0)
        if accepted and twin is not None and isinstance(command.body, ResetSums):
            twin.reset(0)

    # --- restart

    def restart(self, now: Moment, outage: Span) -> None:
        """Go on from what a record keeps: all of alarms, delays and lines; of tags and signals what rules read."""
        self.now = max(self.now, now)
        read = {id(tag) for signal in self.signals if signal.readers for tag in signal.inputs}
        read |= {id(condition.tag) for condition in self.conditions}
        for tag in self.tags:
            if id(tag) in read:
                tag.wake_up(self.now)
            else:
                tag.forget(self.now)
        for signal in self.signals:
            if not signal.readers:
                signal.forget()
                signal.tag.forget(self.now)
            if outage:
                signal.missed = [True] * len(signal.inputs)
            signal.tag.trust()
            signal.plan()
        for condition in self.conditions:
            condition.wake_up(self.now, outage)
        self.alarms.events = []
        self.alarms.wake_up(self.now, outage)
