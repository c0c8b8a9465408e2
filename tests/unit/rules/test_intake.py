"""What people enter and force is seen by everybody alike, comes back from a restart, and ends when it should."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Acknowledge, EnterValue, ForceValue, InboxRow, ReleaseValue, SampleCommand
from edge.model.event import Event
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import Entry, Tag
from rules.definition import Rule
from rules.intake import Intake
from rules.layout import build_layout
from tests.unit.rules.plant import TEMP, at, rule, seconds, span

ACID, RECIPE, SAFE = "LAB.acid", "LAB.recipe", "GAS.ppm"
WORDS = {"zh": "酸", "en": "acid"}


Asked = tuple[tuple[float, SampleCommand], ...]


def tags() -> list[Tag]:
    acid = Tag(ACID, "LAB", "acid", "g/L", WORDS, span(8 * 3600), object(), entry=Entry(span(8 * 3600), (80, 260), anyway=True))
    strict = Tag("LAB.ph", "LAB", "ph", "", WORDS, None, object(), entry=Entry(None, (0, 14)))
    recipe = Tag(RECIPE, "LAB", "recipe", "", WORDS, None, object(), is_text=True, entry=Entry())
    temp = Tag(TEMP, *TEMP.rsplit(".", 1), "°C", WORDS, span(60), object())
    return [temp, acid, strict, recipe, Tag(SAFE, "GAS", "ppm", "ppm", WORDS, None, object())]


def rules() -> list[Rule]:
    return [rule(), rule("gas", reads=SAFE, safety=True)]


class Desk:
    """An intake, and everything that came out of it; a restart keeps only the record. gone: tags that the plant has no more."""

    def __init__(self, record: dict[str, Any] | None = None, start: float = 0, gone: frozenset[str] = frozenset()) -> None:
        here = [tag for tag in tags() if tag.name not in gone]
        self.layout = build_layout(1, here, [each for each in rules() if each.tag not in gone])
        self.known: dict[str, Sample] = {}
        self.intake = Intake(self.layout, at(start), self.known.get)
        self.record = record or {}
        if record is not None:
            self.intake.restore(json.loads(json.dumps(record)), at(start))
        self.out: list[Sample] = []
        self.events: list[Event] = []
        self.due: float | None = None
        self._asked = 0

    def step(self, second: float, *samples: Sample, asked: Asked = (), by: str = "ann") -> None:
        rows = []
        for moment, body in asked:
            self._asked += 1
            rows.append(InboxRow("api", f"m{self._asked}", by, body, at(moment), self._asked))
        taken = self.intake.take(at(second), Batch.of(samples), rows)
        assert len(taken.consumed) == len(rows)
        self.out += taken.batch.samples()
        names = {slot: name for name, slot in self.layout.slots.items()}
        self.known.update({names[each.slot]: each for each in taken.batch.samples()})
        self.events += taken.events
        self.record = dict(taken.record) if taken.record is not None else self.record
        self.due = None if taken.next_due is None else seconds(taken.next_due)

    def ask(self, second: float, body: SampleCommand, by: str = "ann") -> str:
        before = len(self.events)
        self.step(second, asked=((second, body),), by=by)
        event = self.events[before:][-1]
        return str(event.data["reason"]) if event.kind == "rejected" else event.kind

    def temp(self, second: float, value: float) -> Sample:
        return Sample(self.layout.slots[TEMP], value, Quality.GOOD, at(second), at(second))

    def shown(self, name: str = TEMP) -> list[float | str]:
        return [each.text or each.value for each in self.out if each.slot == self.layout.slots[name]]


# --- entered --------------------------------------------------------------------------------------------------------


def test_an_entered_value_is_a_sample_of_the_time_it_was_measured() -> None:
    desk = Desk()
    assert desk.ask(3600, EnterValue(ACID, 150, at(1800)), by="lee") == "entered"
    (sample,) = desk.out
    assert (sample.value, seconds(sample.source_time), seconds(sample.received_time)) == (150, 1800, 3600)
    assert (sample.quality, sample.mark) == (Quality.GOOD, Mark.NONE)
    assert (desk.events[0].subject, desk.events[0].data["by"], desk.events[0].command) == (ACID, "lee", ("api", "m1"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (EnterValue("LAB.none", 1, at(0)), "unknown_tag"),
        (EnterValue(TEMP, 1, at(0)), "not_entered_by_hand"),
        (EnterValue(ACID, "high", at(0)), "value_form"),
        (EnterValue(ACID, math.nan, at(0)), "value_form"),
        (EnterValue(RECIPE, " ", at(0)), "value_form"),
        (EnterValue(RECIPE, 5.0, at(0)), "value_form"),
        (EnterValue(ACID, 15, at(0)), "confirm_implausible"),
        (EnterValue("LAB.ph", 15, at(0), confirmed=True), "implausible"),
        (EnterValue(ACID, 150, at(300)), "moment_impossible"),
        (EnterValue(ACID, 150, at(-8 * 24 * 3600)), "moment_impossible"),
    ],
)
def test_what_cannot_be_is_refused_and_shown_to_nobody(body: EnterValue, reason: str) -> None:
    desk = Desk()
    assert desk.ask(10, body) == reason
    assert (desk.out, desk.record) == ([], {})


def test_who_is_sure_enters_an_implausible_value_anyway() -> None:
    desk = Desk()
    assert desk.ask(10, EnterValue(ACID, 15, at(10))) == "confirm_implausible"
    assert (desk.events[-1].data["low"], desk.events[-1].data["high"]) == (80, 260)
    assert desk.ask(20, EnterValue(ACID, 15, at(10), confirmed=True)) == "entered"
    assert desk.shown(ACID) == [15]


def test_an_older_value_is_not_put_behind_a_newer_one() -> None:
    desk = Desk()
    assert desk.ask(100, EnterValue(ACID, 150, at(90))) == "entered"
    assert desk.ask(110, EnterValue(ACID, 140, at(80))) == "newer_value_stands"
    assert desk.ask(120, EnterValue(ACID, 145, at(90))) == "entered"  # a slip of the pen is put right


def test_what_was_entered_is_known_after_a_restart_and_no_news() -> None:
    desk = Desk()
    desk.ask(100, EnterValue(ACID, 150, at(90)))
    desk.ask(100, EnterValue(RECIPE, "S355", at(95)))
    after = Desk(desk.record, start=500)
    after.step(500)
    assert (after.shown(ACID), after.shown(RECIPE)) == ([150], ["S355"])
    assert {(each.mark, seconds(each.source_time)) for each in after.out} == {(Mark.INITIAL, 90), (Mark.INITIAL, 95)}
    assert [seconds(each.received_time) for each in after.out] == [100, 100]  # a restart makes nothing fresh


def test_the_newest_value_of_each_tag_that_people_enter_is_known() -> None:
    desk = Desk()
    desk.ask(100, EnterValue(ACID, 150, at(90)), by="lee")
    desk.ask(110, EnterValue(ACID, 145, at(95)))
    desk.ask(120, EnterValue(RECIPE, "S355", at(120)))
    known = {name: (each.text or each.value, each.by) for name, each in desk.intake.entered().items()}
    assert known == {ACID: (145, "ann"), RECIPE: ("S355", "ann")}


def test_what_was_entered_of_a_tag_that_is_gone_comes_to_nobody_and_is_forgotten_with_the_next_record() -> None:
    desk = Desk()
    desk.ask(100, EnterValue(ACID, 150, at(90)))
    desk.ask(100, EnterValue(RECIPE, "S355", at(95)))
    after = Desk(desk.record, start=500, gone=frozenset({ACID}))
    after.step(500)
    assert [each.text for each in after.out] == ["S355"]
    after.ask(510, EnterValue(RECIPE, "S235", at(510)))
    assert set(after.record["entered"]) == {RECIPE}


def test_a_command_about_something_else_is_a_mistake_of_who_hands_it_over() -> None:
    row = InboxRow("api", "m1", "ann", Acknowledge("M1/hot", 1), at(1), 1)
    with pytest.raises(TypeError, match="not about samples"):
        Desk().intake.take(at(1), Batch.empty(), [row])


# --- forced ---------------------------------------------------------------------------------------------------------


def force(value: float | str = 95.0, lasts: float = 60, of: str = TEMP, reason: str = "loop check") -> ForceValue:
    return ForceValue(of, value, span(lasts), reason)


def test_a_forced_value_replaces_the_device_until_its_end_and_the_device_is_back() -> None:
    desk = Desk()
    desk.step(1, desk.temp(1, 40))
    assert desk.ask(2, force(lasts=3)) == "forced"
    desk.step(3, desk.temp(2.5, 41))
    desk.step(4, desk.temp(3.5, 42))
    assert set(desk.shown()[1:]) == {95.0}
    assert desk.intake.forced()[0].actual == desk.temp(3.5, 42)
    desk.step(6)
    assert (desk.shown()[-1], desk.events[-1].data["cause"], seconds(desk.events[-1].time)) == (42, "expired", 5)
    assert desk.out[-1].mark == Mark.RECEIVED_TIME_USED
    desk.step(7, desk.temp(7, 43))
    assert (desk.shown()[-1], desk.due) == (43, None)


def test_each_forced_sample_is_marked_and_none_of_the_device_gets_by() -> None:
    desk = Desk()
    desk.ask(0, force(lasts=10))
    for second in range(1, 10):
        desk.step(second, desk.temp(second - 0.5, second))
    assert {each.value: bool(each.mark & Mark.FORCED) for each in desk.out} == {95.0: True}


def test_without_a_device_the_tag_is_bad_when_the_force_ends() -> None:
    desk = Desk()
    desk.ask(0, force(lasts=3))
    desk.step(5)
    assert (desk.out[-1].quality, math.isnan(desk.out[-1].value)) == (Quality.BAD, True)


def test_a_device_that_fell_silent_meanwhile_is_not_taken_for_fresh() -> None:
    desk = Desk()
    desk.step(1, desk.temp(1, 40))
    desk.ask(2, force(lasts=100))
    desk.step(150)
    assert (desk.out[-1].quality, desk.out[-1].value) == (Quality.BAD, 40)


def test_what_a_silent_device_said_gets_no_younger_by_being_forced_and_released() -> None:
    desk = Desk()
    desk.step(0, desk.temp(0, 70))
    for begins in (1, 20, 40):
        desk.ask(begins, force())
        assert desk.ask(begins + 15, ReleaseValue(TEMP)) == "force_ended"
        assert (desk.out[-1].value, desk.out[-1].quality, desk.due) == (70, Quality.GOOD, 60.000001)
    desk.step(60)
    assert desk.out[-1].quality is Quality.GOOD
    desk.step(61)
    assert (desk.out[-1].value, desk.out[-1].quality, desk.due) == (70, Quality.BAD, None)
    desk.ask(62, force())
    desk.ask(63, ReleaseValue(TEMP))
    assert (desk.out[-1].value, desk.out[-1].quality) == (70, Quality.BAD)
    desk.step(64, desk.temp(64, 71))
    desk.step(200)
    assert (desk.out[-1].value, desk.out[-1].quality) == (71, Quality.GOOD)


def test_a_device_that_speaks_after_the_force_is_as_fresh_as_it_says() -> None:
    desk = Desk()
    desk.step(0, desk.temp(0, 70))
    desk.ask(1, force())
    desk.ask(2, ReleaseValue(TEMP))
    desk.step(3, desk.temp(3, 71))
    assert desk.due is None
    desk.step(70)
    assert (desk.out[-1].value, desk.out[-1].quality) == (71, Quality.GOOD)


def test_it_is_released_by_a_person_before_its_end() -> None:
    desk = Desk()
    desk.step(1, desk.temp(1, 40))
    desk.ask(2, force())
    assert desk.ask(3, ReleaseValue(TEMP), by="bob") == "force_ended"
    assert (desk.events[-1].data["by"], desk.events[-1].data["forced_by"], desk.shown()[-1]) == ("bob", "ann", 40)
    assert desk.ask(4, ReleaseValue(TEMP)) == "not_forced"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (force(of="LAB.none"), "unknown_tag"),
        (force(of=SAFE), "safety_never_forced"),
        (force(of="GAS.session"), "not_forcible"),
        (force(lasts=0), "duration_out_of_range"),
        (force(lasts=8 * 3600 + 1), "duration_out_of_range"),
        (force(reason=" "), "reason_missing"),
        (force("hot"), "value_form"),
    ],
)
def test_what_cannot_be_forced(body: ForceValue, reason: str) -> None:
    desk = Desk()
    assert desk.ask(1, body) == reason
    assert (desk.out, list(desk.intake.forced())) == ([], [])


def test_a_force_outlives_a_restart_and_its_end_comes_in_time() -> None:
    desk = Desk()
    desk.ask(0, force(lasts=60))
    after = Desk(desk.record, start=30)
    after.step(30)
    assert after.shown() == [95.0]
    late = Desk(desk.record, start=100)
    late.step(100)
    assert (late.events[-1].kind, late.events[-1].data["cause"], list(late.intake.forced())) == ("force_ended", "expired", [])
    assert late.record["forced"] == []


def test_a_force_on_a_tag_that_is_gone_ends_and_that_is_told_once() -> None:
    desk = Desk()
    desk.ask(0, force(lasts=600))
    after = Desk(desk.record, start=30, gone=frozenset({TEMP}))
    after.step(30)
    assert [(each.kind, each.subject, each.data) for each in after.events] == [
        ("force_ended", TEMP, {"cause": "tag_gone", "forced_by": "ann"})
    ]
    later = Desk(after.record, start=40, gone=frozenset({TEMP}))
    later.step(40)
    assert (later.events, later.out, list(later.intake.forced())) == ([], [], [])


def test_where_nobody_forces_anything_nothing_is_forced_at_any_moment() -> None:
    desk = Desk()
    desk.step(10, desk.temp(10, 70))
    assert not desk.intake.forced_at(TEMP, at(10))


def test_forced_anew_the_older_end_counts_no_more() -> None:
    desk = Desk()
    desk.ask(0, force(95, lasts=10))
    desk.ask(5, force(96, lasts=10))
    desk.step(12)
    assert desk.shown()[-1] == 96
    assert desk.intake.forced_at(TEMP, at(14.9)) and not desk.intake.forced_at(TEMP, at(15))


SECONDS = st.integers(0, 40)
ASKED = st.one_of(
    st.builds(lambda value, lasts: force(float(value), lasts), st.integers(90, 99), st.integers(1, 12)),
    st.just(ReleaseValue(TEMP)),
)


@settings(max_examples=300, deadline=None)
@given(
    samples=st.lists(SECONDS, max_size=12).map(sorted),
    asked=st.lists(st.tuples(SECONDS, ASKED), max_size=5).map(lambda each: sorted(each, key=lambda one: one[0])),
    cuts=st.sets(SECONDS, max_size=6),
)
def test_however_the_same_is_cut_into_steps_the_same_comes_out(
    samples: list[int], asked: list[tuple[int, SampleCommand]], cuts: set[int]
) -> None:
    def run(ends: list[int]) -> Desk:
        desk, begin = Desk(), -1
        for end in ends:
            mine = [desk.temp(each + 0.25, each) for each in samples if begin < each <= end]
            desk.step(end + 0.5, *mine, asked=tuple((moment, body) for moment, body in asked if begin < moment <= end))
            begin = end
        return desk

    whole, parts = run([110]), run(sorted({*cuts, 110}))  # what came back is too old by then
    assert list(map(repr, parts.out)) == list(map(repr, whole.out))  # a number that is none equals nothing
    assert [(e.kind, e.time, e.data) for e in parts.events] == [(e.kind, e.time, e.data) for e in whole.events]
    assert parts.record == whole.record
    forced_until = max((each.until for each in whole.intake.forced()), default=at(100))
    assert all(each.received_time < forced_until for each in whole.out if each.mark & Mark.FORCED)
