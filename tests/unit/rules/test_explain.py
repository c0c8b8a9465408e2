"""Why an alarm is what it is: each term is there when it is so, and only then."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from edge.model.command import Acknowledge, InboxRow, SetStage, Shelve, TakeOutOfService
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, to_iso
from edge.model.sample import Quality
from edge.model.stage import Stage
from rules.definition import Cause, Chatter, Comparison, Kind, Line, Suppressor, Validity
from rules.explain import Term, Why, explain
from rules.expression import Expression, Yields, compile_expression
from rules.layout import build_layout
from rules.signals.aggregate import Aggregate
from rules.signals.baseline import Learned
from rules.signals.deviation import Deviation
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.frozen import Frozen
from rules.signals.machine_state import States
from rules.signals.mismatch import Mismatch
from rules.signals.pulse import Pulse
from rules.signals.trend import Side as TrendSide
from rules.signals.trend import Trend
from rules.signals.window import Window
from tests.unit.rules.plant import HOT, MOTOR, SESSION, TEMP, Story, at, rule, tag


@dataclass(frozen=True)
class Turns:
    """Times that begin and end by turns at these moments."""

    at: tuple[Moment, ...]

    def contains(self, moment: Moment) -> bool:
        return sum(each <= moment for each in self.at) % 2 == 1

    def next_change(self, moment: Moment) -> Moment | None:
        return next((each for each in self.at if each > moment), None)


def why(story: Story, second: float, rule_id: str = HOT) -> dict[Why, Term]:
    story.wait(second)
    return {term.why: term for term in explain(story.engine.view(rule_id), at(second))}


def test_before_anything_came_there_is_no_value_and_no_alarm() -> None:
    assert list(why(Story(rule()), 1)) == [Why.NO_VALUE, Why.NOT_EVALUABLE, Why.NOT_ACTIVE]


def test_a_delay_says_how_long_it_still_has_to_go() -> None:
    story = Story(rule(on=10, deadband=3))
    story.sample(0, 85.0)
    terms = why(story, 4)
    assert list(terms) == [Why.VALUE, Why.OVER_LIMIT, Why.ON_DELAY_RUNS, Why.NOT_ACTIVE]
    assert terms[Why.VALUE].args == {"value": 85.0, "age": 4.0}
    assert terms[Why.OVER_LIMIT].args == {"limit": 80.0, "back": 77.0, "deadband": 3.0}
    assert terms[Why.ON_DELAY_RUNS].args == {"delay": 10.0, "remains": 6.0}


def test_bad_data_holds_the_state_and_pauses_the_delay() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    story.sample(4, 85.0, Quality.BAD)
    terms = why(story, 9)
    assert list(terms) == [Why.VALUE, Why.QUALITY_BAD, Why.NOT_EVALUABLE, Why.ON_DELAY_PAUSED, Why.NOT_ACTIVE]
    assert terms[Why.NOT_EVALUABLE].args == {"holds": True}
    assert terms[Why.ON_DELAY_PAUSED].args == {"delay": 10.0, "remains": 6.0}


def test_inside_the_deadband_the_condition_holds() -> None:
    story = Story(rule(deadband=3, off=5))
    story.samples((0, 85.0), (1, 78.0))
    assert Why.IN_DEADBAND in why(story, 2)
    story.sample(3, 70.0)
    terms = why(story, 4)
    assert list(terms) == [Why.VALUE, Why.WITHIN_LIMIT, Why.OFF_DELAY_RUNS, Why.ACTIVE, Why.UNACKNOWLEDGED]
    assert terms[Why.OFF_DELAY_RUNS].args == {"delay": 5.0, "remains": 4.0}


def test_a_low_limit_is_under_run() -> None:
    story = Story(rule(kind=Kind.LOW, limit=20.0))
    story.sample(0, 15.0)
    assert Why.UNDER_LIMIT in why(story, 1)


def test_silence_is_said_of_a_limit_and_of_the_rule_that_watches_for_it() -> None:
    story = Story(rule(), rule("silent", Kind.STALE, stale_after=5), tags=[tag(TEMP, 5.0)])
    story.sample(0, 70.0)
    assert Why.NOT_SILENT in why(story, 1, f"{MOTOR}/silent")
    assert [Why.STALE in why(story, 9), Why.SILENT in why(story, 9, f"{MOTOR}/silent")] == [True, True]


def test_a_failed_sensor_is_said_by_its_own_rule() -> None:
    wire = f"{MOTOR}/wire"
    story = Story(rule(), rule("wire", Kind.SENSOR_FAULT), rule("bad", Kind.BAD_QUALITY))
    story.sample(0, 70.0)
    assert [Why.SENSOR_WELL in why(story, 1, wire), Why.DATA_GOOD in why(story, 1, f"{MOTOR}/bad")] == [True, True]
    story.fault(2)
    assert [Why.SENSOR_FAILED in why(story, 3, wire), Why.DATA_BAD in why(story, 3, f"{MOTOR}/bad")] == [True, True]


def test_a_state_is_what_the_alarm_waits_for_or_is_not() -> None:
    in_set = replace(rule("mode", Kind.DISCRETE), compare=Comparison.IN_SET, values=(3.0, 4.0))
    story = Story(in_set)
    story.sample(0, 4.0)
    assert why(story, 1, f"{MOTOR}/mode")[Why.IS_ALARM_VALUE].args == {"alarm_value": [3.0, 4.0]}
    story.sample(2, 1.0)
    assert Why.IS_NOT_ALARM_VALUE in why(story, 3, f"{MOTOR}/mode")


def test_off_normal_names_what_is_normal_and_a_signal_what_follows_from_it() -> None:
    off_normal = replace(rule("mode", Kind.DISCRETE, limit=2.0), compare=Comparison.NOT_EQUAL)
    signal = Deviation(TEMP, 70.0)
    equal = replace(rule("same", Kind.DEVIATION), signal=signal, compare=Comparison.EQUAL, limit=0.0)
    story = Story(off_normal, equal)
    story.sample(0, 2.0)
    assert why(story, 1, f"{MOTOR}/mode")[Why.NORMAL].args == {"alarm_value": 2.0}
    assert Why.DOES_NOT_HOLD in why(story, 1, f"{MOTOR}/same")
    story.sample(2, 70.0)
    assert [Why.OFF_NORMAL in why(story, 3, f"{MOTOR}/mode"), Why.HOLDS in why(story, 3, f"{MOTOR}/same")] == [True, True]
    assert why(story, 3, f"{MOTOR}/same")[Why.SIGNAL].args == {
        "value": 0.0,
        "facts": {"value": 70.0, "set_point": 70.0},
    }


def test_uncertain_data_is_said_to_be() -> None:
    story = Story(rule())
    story.sample(0, 70.0)
    story.sample(1, 90.0, Quality.UNCERTAIN)
    assert list(why(story, 2))[:3] == [Why.VALUE, Why.QUALITY_UNCERTAIN, Why.NOT_EVALUABLE]


def test_who_acknowledged_and_what_hides_it_come_last() -> None:
    story = Story(rule(latching=True))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Shelve(HOT, MINUTE, "known"))
    story.command(3, TakeOutOfService(HOT, "new bearing", "WO-4711"))
    assert list(why(story, 4))[2:] == [Why.ACTIVE, Why.ACKNOWLEDGED, Why.OUT_OF_SERVICE, Why.SHELVED]
    story.sample(5, 70.0)
    terms = why(story, 6)
    assert Why.LATCHED in terms
    assert terms[Why.OUT_OF_SERVICE].args == {"by": "fitter.b", "reason": "new bearing", "work_order": "WO-4711"}


def test_one_shot_is_told_apart() -> None:
    story = Story(rule())
    story.command(1, Shelve(HOT, MINUTE, "known", one_shot=True))
    assert Why.SHELVED_ONCE in why(story, 2)


@pytest.mark.parametrize(
    ("option", "expected"),
    [({"ack_required": False}, Why.NEEDS_NO_ACKNOWLEDGEMENT), ({"confirm": True}, Why.UNCONFIRMED)],
)
def test_what_the_rule_asks_of_people_is_said(option: dict[str, bool], expected: Why) -> None:
    story = Story(replace(rule(), **option))
    story.sample(0, 85.0)
    assert expected in why(story, 1)


def test_it_says_that_it_chatters_and_how_often_it_was_raised() -> None:
    story = Story(replace(rule(), chatter=Chatter()))
    for second in (0, 10, 20, 30):
        story.samples((second, 85.0), (second + 5, 70.0))
    assert why(story, 40)[Why.CHATTERING].args == {"count": 4}


def test_it_says_what_hides_it_by_design() -> None:
    power = f"{MOTOR}.power"
    hides = Suppressor(Cause.PARENT, f"{MOTOR}/power", (f"{MOTOR}/power",), (HOT,))
    story = Story(rule(), rule("power", reads=power), tags=[tag(), tag(power)], suppressors=[hides])
    story.sample(0, 85.0, of=power)
    assert why(story, 1)[Why.SUPPRESSED].args == {"cause": "parent", "name": f"{MOTOR}/power"}


def test_of_a_worked_out_number_the_tag_has_its_own_value() -> None:
    story = Story(replace(rule("off", Kind.DEVIATION), signal=Deviation(TEMP, 60.0), limit=5.0))
    story.sample(0, 70.0)
    terms = why(story, 1, f"{MOTOR}/off")
    assert terms[Why.VALUE].args["value"] == 70.0
    assert terms[Why.SIGNAL].args == {"value": 10.0, "facts": {"value": 70.0, "set_point": 60.0}}


def test_why_nothing_can_be_worked_out_yet_is_said_though_the_tag_is_good() -> None:
    mean = Window(tag=TEMP, aggregate=Aggregate.MEAN, span=MINUTE, coverage=0.5)
    chart = Ewma(tag=TEMP, baseline=Learned(20))
    other = Deviation(TEMP, SESSION)
    rules = [replace(rule(f"r{n}", Kind.WINDOW), signal=each, limit=5.0) for n, each in enumerate((mean, chart, other))]
    story = Story(*rules, tags=[tag(), tag(SESSION)])
    story.samples(*((second, 70.0) for second in range(13)))
    learning, covered, inputs = (why(story, 13, f"{MOTOR}/r{n}") for n in (1, 0, 2))
    assert learning[Why.LEARNING].args == {"learned": 13, "to_learn": 20}
    assert covered[Why.TOO_LITTLE_COVERED].args == {"coverage": 0.2, "needed": 0.5}
    assert inputs[Why.INPUTS_UNKNOWN].args == {"inputs": ["set_point"]}
    assert all(Why.VALUE in terms and Why.QUALITY_BAD not in terms for terms in (learning, covered, inputs))


def test_what_is_missing_of_a_signal_is_named() -> None:
    compiled = compile_expression("de_temp > 1 and session > 0")
    assert isinstance(compiled, Expression)
    trend = Trend(tag=TEMP, side=TrendSide.HIGH, limit=90.0, span=MINUTE)
    signals = (trend, Mismatch(SESSION, TEMP, SECOND), ExpressionSignal(compiled, (TEMP, SESSION)))
    rules = [replace(rule(f"r{n}", Kind.WINDOW), signal=each, limit=5.0) for n, each in enumerate(signals)]
    story = Story(*rules, tags=[tag(), tag(SESSION)])
    story.sample(0, 70.0)
    few, command, name = (why(story, 1, f"{MOTOR}/r{n}") for n in range(3))
    assert few[Why.TOO_FEW_SAMPLES].args == {"samples": 1, "needed": 10}
    assert command[Why.INPUTS_UNKNOWN].args == {"inputs": ["command"]}
    assert name[Why.INPUTS_UNKNOWN].args == {"inputs": ["session"]}


def test_a_signal_of_one_tag_that_has_said_nothing_has_no_more_to_name() -> None:
    story = Story(replace(rule("still", Kind.FROZEN), signal=Frozen(TEMP, 0.5), limit=60.0))
    assert Why.SIGNAL_UNKNOWN in why(story, 1, f"{MOTOR}/still")


def test_a_chart_that_was_begun_at_a_standstill_goes_on_learning_and_says_that_nothing_has_varied() -> None:
    chart = Ewma(tag=TEMP, baseline=Learned(20))
    story = Story(replace(rule("r0", Kind.EWMA), signal=chart, limit=1.0))
    story.samples(*((second, 70.0) for second in range(25)))
    terms = why(story, 25, f"{MOTOR}/r0")
    assert terms[Why.LEARNING_AGAIN].args == {"standing": "no_variation", "learned": 5, "to_learn": 20}
    story.samples(*((second, 70.0 + second % 7) for second in range(26, 50)))
    assert Why.SIGNAL in why(story, 50, f"{MOTOR}/r0")


def test_an_event_ends_on_no_lost_data_and_another_number_is_another_occurrence() -> None:
    story = Story(replace(rule("r0", Kind.EVENT), signal=Pulse(TEMP, 5 * SECOND), limit=1.0))
    story.samples((0, 0.0), (1, 3.0), (2, 4.0))
    story.wait(3)
    assert story.engine.view(f"{MOTOR}/r0").facts.occurrence == 2
    story.sample(4, 0.0, Quality.BAD)
    story.wait(30)
    assert story.engine.view(f"{MOTOR}/r0").facts.active
    story.sample(31, 0.0)
    assert not story.engine.view(f"{MOTOR}/r0").facts.active


def test_of_a_changed_delay_the_one_that_runs_is_said() -> None:
    story = Story(rule(on=20))
    story.sample(0, 85.0)
    story.engine.move_to(build_layout(1, [tag()], [rule(on=40)]), at(5))
    assert why(story, 6)[Why.ON_DELAY_RUNS].args == {"delay": 20.0, "remains": 14.0}


def test_of_covers_that_end_an_alarm_has_its_own() -> None:
    rules = [rule(name, reads=f"{MOTOR}.{name}") for name in ("power", "pump", "hot", "flow")]
    covers = [
        Suppressor(Cause.PARENT, a, (f"{MOTOR}/{a}",), (f"{MOTOR}/{b}",), 9 * SECOND)
        for a, b in (("power", "hot"), ("pump", "flow"))
    ]
    story = Story(*rules, tags=[tag(each.tag) for each in rules], suppressors=covers)
    for second, value in ((0, 85.0), (1, 70.0)):
        for name in ("power", "pump"):
            story.sample(second, value, of=f"{MOTOR}.{name}")
    assert story.engine.view(f"{MOTOR}/hot").cover_ends == {"parent:power": at(10)}
    assert story.engine.view(f"{MOTOR}/flow").cover_ends == {"parent:pump": at(10)}


def test_settling_is_no_wrong_state_of_the_line_and_says_how_long() -> None:
    running = replace(rule(), validity=Validity("mill", ("running",), settle=10 * SECOND))
    speed = f"{MOTOR}.speed"
    stands = compile_expression("speed < 1", Yields.CONDITION)
    assert isinstance(stands, Expression)
    states = States("mill", (("stopped", ExpressionSignal(stands, (speed,))),), "running")
    mill = Line("mill", states.names, states)
    story = Story(running, tags=[tag(), tag(speed)], lines=[mill])
    story.sample(0, 0.0, of=speed)
    story.sample(1, 85.0)
    assert why(story, 2)[Why.SUPPRESSED].args["cause"] == Cause.MACHINE_STATE
    story.sample(3, 20.0, of=speed)
    terms = why(story, 7)
    assert Why.SUPPRESSED not in terms
    assert terms[Why.SETTLING].args["remains"] == 6.0


@pytest.mark.parametrize(
    ("second", "next_time"),
    [(4, (10, 20, 6.0)), (20, (30, None, 10.0)), (10, None)],
    ids=["until the next time is over", "for good", "not while it matters"],
)
def test_outside_its_times_it_says_when_it_matters_again(second: int, next_time: tuple[int, int | None, float] | None) -> None:
    story = Story(replace(rule(), validity=Validity(times=Turns((at(10), at(20), at(30))), settle=SECOND)))
    terms = why(story, second)
    assert (Why.SUPPRESSED in terms, Why.SETTLING in terms) == (next_time is not None, next_time is None)
    if next_time is None:
        assert Why.MATTERS_NEXT not in terms
    else:
        begins, until, remains = next_time
        end = None if until is None else to_iso(at(until))
        assert terms[Why.MATTERS_NEXT].args == {"begins": to_iso(at(begins)), "until": end, "remains": remains}


def test_of_times_that_never_come_again_that_is_said() -> None:
    story = Story(replace(rule(), validity=Validity(times=Turns((at(-5), at(2))))))
    assert Why.MATTERS_NO_MORE not in why(story, 1)
    assert list(why(story, 3))[-2:] == [Why.SUPPRESSED, Why.MATTERS_NO_MORE]


def test_of_a_trial_it_is_said_until_when_and_who_alone_is_told() -> None:
    story = Story(rule())
    story.step(0, [], [InboxRow("api", "m1", "lead", SetStage(HOT, Stage.COMMISSIONING, "new", ("person:b",), HOUR), at(0))])
    assert why(story, 1)[Why.ON_TRIAL].args == {"until": to_iso(at(3600)), "only": ["person:b"]}


def test_a_bit_is_set_or_not() -> None:
    story = Story(replace(rule("word", Kind.DISCRETE, limit=3.0), compare=Comparison.BIT))
    story.sample(0, 8.0)
    assert why(story, 1, f"{MOTOR}/word")[Why.BIT_SET].args == {"bit": 3}
    story.sample(2, 3.0)
    assert Why.BIT_NOT_SET in why(story, 3, f"{MOTOR}/word")
