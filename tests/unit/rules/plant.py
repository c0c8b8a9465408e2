"""A small plant for the tests of the engine: rules and samples in a line each, times in seconds after 08:00."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from edge.model.alarm import AlarmState, Priority
from edge.model.command import AlarmCommand, InboxRow
from edge.model.event import Event
from edge.model.moment import SECOND, Moment, Span, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample, value_of_text
from edge.model.tag import Tag
from rules.definition import FirstOutWord, Kind, Line, Rule, Suppressor
from rules.engine import Engine, Step
from rules.layout import Layout, build_layout

START: Moment = from_iso("2026-05-04T08:00:00Z")
MOTOR = "CRM.ST3.MOTOR"
TEMP = f"{MOTOR}.de_temp"
SESSION = f"{MOTOR}.session"
HOT = f"{MOTOR}/de_temp_high"


def at(seconds: float) -> Moment:
    return START + round(seconds * SECOND)


def span(seconds: float) -> Span:
    return round(seconds * SECOND)


def seconds(moment: Moment) -> float:
    return (moment - START) / SECOND


def tag(name: str = TEMP, stale_after: float | None = None, *, is_text: bool = False) -> Tag:
    device, _, key = name.rpartition(".")
    words, age = {"zh": "温度", "en": "temperature"}, None if stale_after is None else span(stale_after)
    return Tag(name, device, key, "°C", words, age, is_text=is_text)


def rule(
    key: str = "de_temp_high",
    kind: Kind = Kind.HIGH,
    *,
    reads: str = TEMP,
    limit: float | None = 80.0,
    deadband: float = 0.0,
    stale_after: float | None = None,
    on: float = 0.0,
    off: float = 0.0,
    priority: Priority = Priority.MEDIUM,
    latching: bool = False,
    ack_required: bool = True,
    context: Sequence[str] = (),
    safety: bool = False,
) -> Rule:
    device = reads.rpartition(".")[0]
    return Rule(
        id=f"{device}/{key}",
        key=key,
        device=device,
        device_type="main_motor",
        area="ST3",
        kind=kind,
        tag=reads,
        priority=priority,
        words={"zh": "轴承温度高", "en": "bearing temperature high"},
        limit=limit if kind in (Kind.HIGH, Kind.LOW, Kind.DISCRETE) else None,
        deadband=deadband,
        stale_after=None if stale_after is None else span(stale_after),
        on_delay=span(on),
        off_delay=span(off),
        safety=safety,
        latching=latching,
        ack_required=ack_required,
        context=tuple(context),
    )


class Story:
    """An engine and the seconds it has lived; `happened` is all events so far, `records` all that was to be made durable."""

    def __init__(
        self,
        *rules: Rule,
        tags: Sequence[Tag] = (),
        lines: Sequence[Line] = (),
        suppressors: Sequence[Suppressor] = (),
        words: Sequence[FirstOutWord] = (),
        records: Mapping[str, Any] | None = None,
        start: float = 0.0,
    ) -> None:
        self.layout: Layout = build_layout(1, tags or [tag()], rules, lines, suppressors, words)
        self.engine = Engine(self.layout, at(start))
        self.happened: list[Event] = []
        self.records: dict[str, Any] = {} if records is None else dict(records)
        self.last: Step | None = None
        self._messages = 0

    def sample(
        self,
        second: float,
        value: float,
        quality: Quality = Quality.GOOD,
        *,
        source: float | None = None,
        of: str = TEMP,
        initial: bool = False,
        own_stamp: bool = False,
        fault: bool = False,
    ) -> list[Event]:
        """A sample that arrives at a second and is taken at once; source: when the device says it was."""
        mark = (Mark.INITIAL if initial else Mark.NONE) | (Mark.RECEIVED_TIME_USED if own_stamp else Mark.NONE)
        mark |= Mark.SENSOR_FAULT if fault else Mark.NONE
        source_time = at(second if source is None else source)
        return self.step(second, [Sample(self.layout.slots[of], value, quality, source_time, at(second), mark)])

    def fault(self, second: float, says: float = 850.0, *, initial: bool = False) -> list[Event]:
        """The device answers that the sensor of TEMP has failed."""
        return self.sample(second, says, Quality.BAD, initial=initial, fault=True)

    def text(self, second: float, text: str, of: str) -> list[Event]:
        sample = Sample(self.layout.slots[of], value_of_text(text), Quality.GOOD, at(second), at(second), text=text)
        return self.step(second, [sample])

    def samples(self, *pairs: tuple[float, float]) -> list[Event]:
        return [event for second, value in pairs for event in self.sample(second, value)]

    def wait(self, second: float) -> list[Event]:
        return self.step(second, [])

    def command(self, second: float, body: AlarmCommand, by: str = "fitter.b") -> Event:
        """A person's command; the event that answers it."""
        self._messages += 1
        row = InboxRow("dingtalk", f"m{self._messages}", by, body, at(second), sequence=self._messages)
        answers = [event for event in self.step(second, [], [row]) if event.command == ("dingtalk", row.message_id)]
        assert len(answers) == 1
        return answers[0]

    def step(self, second: float, samples: Sequence[Sample], commands: Sequence[InboxRow] = ()) -> list[Event]:
        self.last = self.engine.step(at(second), Batch.of(samples), commands)
        assert self.last.consumed == tuple(row.sequence for row in commands)
        for rule_id, record in self.last.changed.items():
            if record is None:
                self.records.pop(rule_id, None)
            else:
                self.records[rule_id] = json.loads(json.dumps(record, allow_nan=False))
        self.happened += self.last.events
        return list(self.last.events)

    def restarted(
        self, second: float, outage: float = 0.0, *rules: Rule, suppressors: Sequence[Suppressor] | None = None
    ) -> Story:
        """A new engine on what was made durable; with `rules` or `suppressors`, on another configuration."""
        tags = [each for each in self.layout.tags if each.key != "session"]
        covers = self.layout.suppressors if suppressors is None else suppressors
        after = Story(
            *(rules or self.layout.rules),
            tags=tags,
            lines=self.layout.lines,
            suppressors=covers,
            words=self.layout.words,
            records=self.records,
            start=second,
        )
        after.engine.restore(self.records, now=at(second), outage=span(outage))
        after._messages = self._messages + 1000
        return after

    def reloaded(self, second: float, *rules: Rule, suppressors: Sequence[Suppressor] | None = None) -> list[Event]:
        """The same engine goes over to another layout; by default to an equal one. What it tells of that."""
        tags = [each for each in self.layout.tags if each.key != "session"]
        covers = self.layout.suppressors if suppressors is None else suppressors
        number = self.layout.number + 1
        self.layout = build_layout(number, tags, rules or self.layout.rules, self.layout.lines, covers, self.layout.words)
        self.engine.move_to(self.layout, at(second))
        return self.wait(second)

    def state(self, rule_id: str = HOT) -> AlarmState:
        return self.engine.view(rule_id).state

    @property
    def told(self) -> list[str]:
        return told(self.happened)


def named(events: Sequence[Event]) -> list[str]:
    """`air raised 15.0`: the rule's key, kind and time in seconds."""
    return [f"{event.subject.rpartition('/')[2]} {event.kind} {seconds(event.time)}" for event in events]


def told(events: Sequence[Event]) -> list[str]:
    """`raised 15.0`: kind and time in seconds, for comparison at a glance."""
    return [f"{event.kind} {seconds(event.time)}" for event in events]


def canonical(events: Sequence[Event]) -> str:
    """The events as the journal would write them, byte for byte."""
    rows = [[event.stream, event.kind, event.subject, event.time, event.data, event.command] for event in events]
    return json.dumps(rows, sort_keys=True, allow_nan=False)
