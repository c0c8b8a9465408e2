"""Random plants, and random inputs for them: everything a driver may yield, and people who press buttons at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from edge.model.alarm import Priority
from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    Confirm,
    InboxRow,
    LearnAnew,
    OnMyWay,
    Reset,
    ResetSums,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
)
from edge.model.moment import HOUR, SECOND, Moment
from edge.model.sample import Mark, Quality, Sample, value_of_text
from edge.model.tag import Tag
from rules.definition import USUALLY_SHELVED, FirstOutWord, Kind, Line, Rule, Suppressor
from rules.layout import Layout, build_layout
from tests.unit.rules.behaviour import LINE, behaving, suppressors, words
from tests.unit.rules.drawing import pick
from tests.unit.rules.naive_alarm import NaiveAlarm
from tests.unit.rules.naive_engine import NaiveEngine
from tests.unit.rules.naive_tag import FOREVER
from tests.unit.rules.plant import MOTOR, SESSION, START, TEMP, rule, span, tag
from tests.unit.rules.plant import at as moment_at

FLOW = f"{MOTOR}.oil_flow"
COIL = f"{MOTOR}.coil"
SPEED = f"{MOTOR}.speed"
TAGS = (TEMP, FLOW)
#: Read by no rule; the coil is a text.
CONTEXT = (COIL, SPEED)
#: Those of every plant: of what its tags are worth, and of how samples arrive.
PLAIN = (Kind.HIGH, Kind.HIGH, Kind.LOW, Kind.DISCRETE)
WATCHING = (Kind.COMM_LOSS, Kind.STALE, Kind.SENSOR_FAULT)
COILS = ["C0511-07", "C0511-08", "C0511-09"]

#: On, beside and inside the band of a limit of 80 with a deadband of 3, and not numbers at all.
ANY_VALUE = [0.0, 1.0, 70.0, 76.9, 77.0, 78.0, 79.9, 80.0, 80.1, 85.0, 95.0, float("nan"), float("inf")]
#: What the values of one run are drawn from: also runs in which little or nothing happens.
PALETTES = st.sampled_from([ANY_VALUE, ANY_VALUE, [70.0, 78.0, 85.0], [70.0] * 9 + [85.0], [85.0] * 9 + [70.0, 95.0]])
ANY_QUALITY = [Quality.GOOD] * 8 + [Quality.UNCERTAIN, Quality.BAD, Quality.BAD]
DELAYS = st.sampled_from([0.0, 0.0, 0.5, 2.0, 5.0, 12.0])
#: Seconds between two inputs: often none, seldom so long that tags go stale.
GAPS = st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.5, 0.5, 1.0, 2.0, 2.0, 7.0])
#: Seconds that a device's stamp lies before the arrival: its clock, the network, now and then a late sample.
LAGS = st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.3, 3.0, -1.0])


@dataclass(frozen=True)
class Plant:
    tags: tuple[Tag, ...]
    rules: tuple[Rule, ...]
    lines: tuple[Line, ...] = ()
    suppressors: tuple[Suppressor, ...] = ()
    words: tuple[FirstOutWord, ...] = ()

    @property
    def layout(self) -> Layout:
        return build_layout(1, self.tags, self.rules, self.lines, self.suppressors, self.words)


@dataclass(frozen=True)
class Press:
    """A command at a moment."""

    row: InboxRow

    @property
    def moment(self) -> Moment:
        return self.row.received_at


Input = Sample | Press
#: When all is over.
END = START + 10_000 * SECOND


def moment_of(given: Input) -> Moment:
    return given.moment if isinstance(given, Press) else given.received_time


def in_order(given_inputs: Sequence[Input]) -> list[Input]:
    """Of one instant, samples go before commands, as a step has it."""
    return sorted(given_inputs, key=lambda each: (moment_of(each), isinstance(each, Press)))


@st.composite
def plants(draw: st.DrawFn, *, stale: bool = True, context: bool = True, rich: bool = False, realarm: bool = True) -> Plant:
    """Some rules on two tags and a session. stale: tags may go stale, and rules watch for it. context: there are two more tags,
    and some rules have those, or the tags that rules read, as context. rich: some rules suppress others, belong to a line,
    chatter, are alarmed again and whatever else an alarm can do."""
    ages = st.sampled_from([None, 2.0, 10.0] if stale else [None])
    tags = [tag(name, draw(ages)) for name in TAGS]
    context = context and draw(st.booleans())
    if context:
        tags += [tag(name, is_text=name == COIL) for name in CONTEXT]
    rules = [_any_rule(draw, f"r{n}", pick(draw, TAGS)) for n in range(3)]
    lost, silent, wire = WATCHING
    rules.append(rule("lost", lost, reads=SESSION, on=draw(DELAYS)))
    if stale:
        rules.append(rule("silent", silent, reads=TEMP, stale_after=pick(draw, [1.0, 6.0]), on=draw(DELAYS)))
    if draw(st.booleans()):
        rules.append(rule("wire", wire, reads=TEMP, on=draw(DELAYS), off=draw(DELAYS)))
    if context:
        named = st.lists(st.sampled_from([*CONTEXT, *TAGS]), max_size=3, unique=True)
        rules = [replace(each, context=tuple(draw(named))) for each in rules]
    if not rich or draw(st.integers(0, 3)) == 0:
        return Plant(tuple(tags), tuple(rules))
    rules = [draw(behaving(each, realarm=realarm)) for each in rules]
    return Plant(tuple(tags), tuple(rules), (LINE,), draw(suppressors(rules)), draw(words(rules)))


def _any_rule(draw: st.DrawFn, key: str, reads: str) -> Rule:
    kind = pick(draw, PLAIN)
    any_rule = rule(
        key,
        kind,
        reads=reads,
        limit=80.0,
        deadband=pick(draw, [0.0, 3.0]),
        on=draw(DELAYS),
        off=draw(DELAYS),
        priority=pick(draw, [Priority.LOW, Priority.MEDIUM, Priority.HIGH]),
        latching=draw(st.booleans()),
        ack_required=pick(draw, [True, True, True, False]),
    )
    return replace(any_rule, shelved=pick(draw, [USUALLY_SHELVED, frozenset({Priority.LOW, Priority.HIGH})]))


@st.composite
def inputs(draw: st.DrawFn, plant: Plant, *, size: int = 40, presses: bool = True, tidy: bool = False) -> list[Input]:
    """Samples and commands in the order of their arrival. tidy: all samples are good, in time and stamped by the device. Who
    presses sees, by the naive engine, how the alarm stands."""
    now = 0.0
    seen = NaiveEngine(plant.layout, START)
    given: list[Input] = []
    values = draw(PALETTES)
    slots = [0, 0, 0, 0, 1, 2] if len(plant.tags) == len(TAGS) else [0, 0, 0, 0, 1, 2, 2, 3, 3, 4]
    rough = not tidy and draw(st.booleans())
    pressed = draw(st.lists(st.sampled_from([rule.id for rule in plant.rules]), min_size=1, max_size=2))
    for number in range(draw(st.integers(1, size))):
        now += draw(GAPS)
        if presses and draw(st.integers(0, 3)) == 0:
            press = _press(draw, seen, pressed, now, number)
            given.append(press)
            seen.run(moment_at(now), [], [press.row])
        else:
            slot = pick(draw, slots)
            coil = pick(draw, COILS) if slot < len(plant.tags) and plant.tags[slot].is_text else None
            value = pick(draw, values if slot < len(TAGS) else [0.0, 1.0])
            sample = _sample(draw, now, slot, value_of_text(coil) if coil else value, coil, rough=rough)
            given.append(sample)
            if presses:
                seen.run(moment_at(now), [sample])
    return given


def _sample(draw: st.DrawFn, now: float, slot: int, value: float, text: str | None, *, rough: bool) -> Sample:
    if not rough:
        return Sample(slot, value, Quality.GOOD, moment_at(now), moment_at(now), text=text)
    mark = pick(draw, [Mark.NONE] * 6 + [Mark.INITIAL, Mark.RECEIVED_TIME_USED])
    lag = 0.0 if mark & Mark.RECEIVED_TIME_USED else draw(LAGS)
    quality = pick(draw, ANY_QUALITY)
    if quality is Quality.BAD and draw(st.booleans()):
        mark |= Mark.SENSOR_FAULT
    return Sample(slot, value, quality, moment_at(now - lag), moment_at(now), mark, text)


def _press(draw: st.DrawFn, seen: NaiveEngine, pressed: list[str], now: float, number: int) -> Press:
    actor = pick(draw, ["fitter.b", "operator.a"])
    listed = [alarm for alarm in seen.alarms.alarms if alarm.listed and alarm.rule.id in pressed]
    alarm = pick(draw, listed or [alarm for alarm in seen.alarms.alarms if alarm.rule.id in pressed])
    body = _body(draw, alarm)
    return Press(InboxRow("api", f"m{number}", actor, body, moment_at(now), number))


def _body(draw: st.DrawFn, standing: NaiveAlarm) -> AlarmCommand:
    """Mostly what makes sense, as the alarm stands."""
    alarm, occurrence = standing.rule.id, standing.occurrence
    seen = occurrence - (draw(st.integers(0, 9)) == 0)
    once = draw(st.booleans())
    commands: list[tuple[AlarmCommand, bool]] = [
        (Acknowledge(alarm, seen, "seen"), not standing.acked),
        (OnMyWay(alarm, seen), standing.active or standing.latched),
        (Unacknowledge(alarm, seen, "called away"), standing.acked and (standing.active or standing.latched)),
        (Confirm(alarm, seen), standing.acked and not standing.confirmed),
        (Reset(alarm), standing.latched and not standing.active and standing.acked),
        (Shelve(alarm, span(pick(draw, [1.0, 4.0, 9.0])), "known", one_shot=once), once != standing.one_shot),
        (Unshelve(alarm), standing.shelf != FOREVER),
        (TakeOutOfService(alarm, "bearing is changed", "WO-17"), not standing.out),
        (ReturnToService(alarm), standing.out),
        (Comment(alarm, "bearing greased"), True),
    ]
    sort = draw(st.integers(0, 9))
    if sort == 0:
        return _nonsense(draw, alarm)
    return pick(draw, [command for command, fits in commands if fits or sort == 1])


def _nonsense(draw: st.DrawFn, alarm: str) -> AlarmCommand:
    occurrence = pick(draw, [0, 1, 1, 9])
    duration = pick(draw, [span(1.0), 0, 9 * HOUR])
    text = pick(draw, ["", " ", "x" * 501])
    commands: list[AlarmCommand] = [
        Acknowledge(alarm, occurrence, text),
        Comment(alarm, text),
        Confirm(alarm, occurrence, text),
        Unacknowledge(alarm, occurrence, text),
        Shelve(alarm, duration, pick(draw, ["known", text]), occurrence),
        TakeOutOfService(alarm, pick(draw, ["known", text]), text),
        LearnAnew(alarm, "roll changed"),
        ResetSums(alarm, pick(draw, ["bearing changed", text])),
        Acknowledge("CRM.ST3.MOTOR/nowhere", 1),
    ]
    return pick(draw, commands)
