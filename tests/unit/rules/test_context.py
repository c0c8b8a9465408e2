"""What else was so when an alarm began, was raised and returned: the newest value of each context tag at that very instant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from edge.model.event import Event
from edge.model.sample import Batch, Quality, Sample, value_of_text
from edge.model.tag import Tag
from rules.definition import Kind, Rule
from rules.engine import Engine
from rules.layout import build_layout
from rules.signals.counter import CounterStop
from tests.unit.rules.plant import HOT, MOTOR, START, TEMP, Story, at, rule, seconds, span, tag
from tests.unit.rules.test_new_layout import move

COIL, SPEED = f"{MOTOR}.coil", f"{MOTOR}.speed"
TAGS = (tag(), tag(COIL, is_text=True), tag(SPEED))
T, C, S = range(3)


def hot(on: float = 10.0, off: float = 0.0, context: tuple[str, ...] = (COIL, SPEED)) -> Rule:
    return rule(on=on, off=off, context=context)


def good(slot: int, second: float, value: float | str) -> Sample:
    if isinstance(value, str):
        return Sample(slot, value_of_text(value), Quality.GOOD, at(second), at(second), text=value)
    return Sample(slot, value, Quality.GOOD, at(second), at(second))


def contexts(events: list[Event]) -> list[tuple[str, Any, Any]]:
    return [
        (event.kind, event.data.get("context_began"), event.data["context"])
        for event in events
        if event.kind in ("raised", "returned")
    ]


def in_one_step(layout_rules: list[Rule], samples: list[Sample], until: float = 1_000) -> list[Event]:
    return list(Engine(build_layout(1, TAGS, layout_rules), START).step(at(until), Batch.of(samples), ()).events)


def test_begin_raise_and_return_have_their_own_values() -> None:
    story = Story(hot(), tags=TAGS)
    story.text(0, "C0511-07", COIL)
    story.sample(0, 812.0, of=SPEED)
    story.sample(1, 85.0)
    story.sample(5, 950.0, of=SPEED)
    story.sample(12, 85.0)
    story.text(15, "C0511-08", COIL)
    story.sample(16, 60.0)
    assert contexts(story.happened) == [
        ("raised", {COIL: "C0511-07", SPEED: 812.0}, {COIL: "C0511-07", SPEED: 950.0}),
        ("returned", None, {COIL: "C0511-08", SPEED: 950.0}),
    ]


def test_a_timer_sees_what_had_arrived_before_it_and_a_sample_what_stands_before_it_in_the_batch() -> None:
    samples = [
        good(S, 0, 100.0), good(T, 1, 85.0), good(S, 1, 101.0), good(S, 10, 110.0), good(S, 11, 111.0),
        good(S, 12, 112.0), good(S, 20, 120.0), good(T, 20, 60.0), good(S, 20, 121.0),
    ]  # fmt: skip
    assert contexts(in_one_step([hot(context=(SPEED,))], samples)) == [
        ("raised", {SPEED: 100.0}, {SPEED: 110.0}),
        ("returned", None, {SPEED: 120.0}),
    ]


def test_a_delay_that_a_later_sample_outran_does_not_see_that_sample() -> None:
    """The rule's own tag as context: what completes before a sample applies shows what the tag was until then."""
    story = Story(hot(context=(TEMP,)), tags=TAGS)
    story.sample(0, 85.0)
    story.sample(5, 86.0)
    story.sample(9, 60.0, source=11)
    assert contexts(story.happened) == [("raised", {TEMP: 85.0}, {TEMP: 86.0}), ("returned", None, {TEMP: 60.0})]


def test_a_sample_ahead_of_what_a_signal_says_by_itself_is_not_in_the_context_of_that() -> None:
    """The count stands from 3 on, for 12 s: the sample of 30 comes when neither has been said yet."""
    stands = replace(rule("stands", Kind.COUNTER_STOP, on=12.0, context=(TEMP,)), signal=CounterStop(TEMP, span(3)), limit=3.0)
    story = Story(stands)
    story.sample(0, 7.0)
    story.sample(1, 9.0, source=30)
    raised = next(event for event in story.happened if event.kind == "raised")
    assert (seconds(raised.time), raised.data["context_began"], raised.data["context"]) == (15, {TEMP: 7.0}, {TEMP: 7.0})


def test_samples_of_a_fast_context_tag_are_all_seen_though_only_the_last_is_taken() -> None:
    fast = [good(S, n / 100, float(n)) for n in range(3_000)]
    samples = sorted([*fast, good(T, 1.005, 85.0), good(T, 20.505, 60.0)], key=lambda each: each.received_time)
    assert contexts(in_one_step([hot(context=(SPEED,))], samples)) == [
        ("raised", {SPEED: 100.0}, {SPEED: 1100.0}),
        ("returned", None, {SPEED: 2050.0}),
    ]


def test_bad_and_unknown_values_are_null_and_late_ones_are_not_taken() -> None:
    story = Story(hot(on=0), tags=TAGS)
    story.sample(1, 85.0)
    story.sample(2, 900.0, of=SPEED)
    story.sample(3, 700.0, of=SPEED, source=1)
    story.sample(4, 60.0)
    story.sample(5, 900.0, Quality.BAD, of=SPEED)
    story.sample(6, 85.0)
    assert [shown for _, _, shown in contexts(story.happened)] == [
        {COIL: None, SPEED: None},
        {COIL: None, SPEED: 900.0},
        {COIL: None, SPEED: None},
    ]


def test_a_rule_without_context_says_nothing_of_it() -> None:
    story = Story(rule(), rule("warm", limit=65.0, on=30, context=(SPEED,)), tags=TAGS)
    story.samples((0, 85.0), (1, 60.0))
    assert "context" not in story.happened[0].data
    assert "context_began" not in story.happened[0].data


def test_silence_and_a_failed_sensor_have_their_context_too() -> None:
    rules = [
        rule("silent", Kind.STALE, stale_after=5, on=2, context=(SPEED,)),
        rule("wire", Kind.SENSOR_FAULT, on=2, context=(SPEED,)),
    ]
    story = Story(*rules, tags=TAGS)
    story.sample(0, 100.0, of=SPEED)
    story.fault(1)
    story.sample(2, 102.0, of=SPEED)
    story.sample(6.5, 106.5, of=SPEED)
    story.wait(60)
    assert contexts(story.happened) == [
        ("raised", {SPEED: 100.0}, {SPEED: 102.0}),
        ("raised", {SPEED: 102.0}, {SPEED: 106.5}),
    ]


def test_the_context_of_the_begin_survives_a_restart_and_the_present_one_is_unknown_until_it_speaks() -> None:
    story = Story(hot(), tags=TAGS)
    story.text(0, "C0511-07", COIL)
    story.sample(0, 812.0, of=SPEED)
    story.sample(1, 85.0)
    after = story.restarted(5)
    after.sample(6, 300.0, of=SPEED)
    after.wait(60)
    assert contexts(after.happened) == [("raised", {COIL: "C0511-07", SPEED: 812.0}, {COIL: None, SPEED: 300.0})]


def test_a_new_layout_keeps_what_was_and_what_is() -> None:
    story = Story(hot(), tags=TAGS)
    story.text(0, "C0511-07", COIL)
    story.sample(0, 812.0, of=SPEED)
    story.sample(1, 85.0)
    turned: list[Tag] = [TAGS[2], TAGS[1], TAGS[0]]
    move(story, 5, [hot()], turned)
    story.wait(60)
    coil_and_speed = {COIL: "C0511-07", SPEED: 812.0}
    assert contexts(story.happened) == [("raised", coil_and_speed, coil_and_speed)]


def test_a_condition_that_a_new_layout_finds_has_the_context_of_that_moment() -> None:
    story = Story(hot(), tags=TAGS)
    story.sample(0, 812.0, of=SPEED)
    story.sample(1, 70.0)
    assert move(story, 5, [rule("warm", limit=65.0, context=(SPEED,)), hot()], TAGS)
    assert contexts(story.happened) == [("raised", {SPEED: 812.0}, {SPEED: 812.0})]


def test_a_record_of_before_there_was_context_still_raises() -> None:
    story = Story(hot(), tags=TAGS)
    story.sample(1, 85.0)
    del story.records[HOT]["pending"]["context_began"]
    for key in ("faulty", "fault_value"):
        del story.records[HOT]["seen"][key]
    after = story.restarted(5)
    after.wait(60)
    assert contexts(after.happened) == [("raised", {}, {COIL: None, SPEED: None})]


def test_what_is_written_down_is_plain_json_in_the_order_of_the_rule() -> None:
    story = Story(hot(on=0, context=(SPEED, COIL)), tags=TAGS)
    story.text(0, "卷 7", COIL)
    story.sample(1, 85.0)
    data = story.happened[0].data
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert list(data["context"]) == [SPEED, COIL]


def test_a_timer_that_waited_for_the_tag_to_be_trusted_fires_with_the_sample_that_shows_it() -> None:
    """Its due lies behind by then; what happened in between stands before it, however the samples are cut into steps."""
    rules = [rule(on=10, context=(SPEED,)), rule("fast", reads=SPEED, limit=500.0)]
    tags = [tag(stale_after=5), TAGS[1], TAGS[2]]
    late = [(0, 0, 85.0), (4, 4.9, 85.0), (4.5, 9.8, 85.0)]
    samples = [Sample(T, value, Quality.GOOD, at(source), at(arrival)) for source, arrival, value in late]
    samples += [good(S, 11, 600.0), Sample(T, 85.0, Quality.GOOD, at(9), at(12)), good(S, 12, 700.0)]

    def lived(pieces: list[list[Sample]]) -> list[tuple[str, Any]]:
        engine = Engine(build_layout(1, tags, rules), START)
        events = [event for piece in pieces for event in engine.step(piece[-1].received_time, Batch.of(piece), ()).events]
        return [(event.subject.partition("/")[2], event.data.get("context")) for event in events]

    one_by_one = lived([[each] for each in samples])
    assert one_by_one == [("fast", None), ("de_temp_high", {SPEED: 600.0})]
    assert lived([samples]) == one_by_one
