"""The layout numbers tags and rules, and refuses what the configuration must never let through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rules.definition import Comparison, Kind, Rule
from rules.layout import build_layout
from rules.signals.deviation import Deviation
from tests.unit.rules.plant import HOT, MOTOR, SESSION, TEMP, rule, tag


def test_slots_and_rows_follow_the_order_given() -> None:
    layout = build_layout(7, [tag(TEMP), tag(f"{MOTOR}.oil_flow")], [rule("a"), rule("b", reads=f"{MOTOR}.oil_flow")])
    assert layout.number == 7
    assert (layout.slots[TEMP], layout.slots[f"{MOTOR}.oil_flow"]) == (0, 1)
    assert (layout.rows[f"{MOTOR}/a"], layout.rows[f"{MOTOR}/b"]) == (0, 1)
    assert layout.slot_of.tolist() == [0, 1]


def test_every_device_has_a_session_tag_once() -> None:
    assert SESSION in build_layout(1, [tag(TEMP)], []).slots
    assert len(build_layout(1, [tag(TEMP), tag(SESSION)], []).slots) == 2


def test_a_rule_has_its_place_within_the_bank_of_its_kind() -> None:
    layout = build_layout(1, [tag()], [rule("a"), rule("b", Kind.LOW), rule("c"), rule("d", Kind.LOW)])
    assert layout.members[Comparison.HIGH].tolist() == [0, 2]
    assert layout.members[Comparison.LOW].tolist() == [1, 3]
    assert layout.place.tolist() == [0, 0, 1, 1]


def test_readers_lists_the_rows_of_each_slot_with_their_position() -> None:
    flow = f"{MOTOR}.oil_flow"
    layout = build_layout(1, [tag(TEMP), tag(flow)], [rule("a"), rule("b", reads=flow), rule("c")])
    rows, positions = layout.readers.of(np.array([1, 0, 2]))
    assert rows.tolist() == [1, 0, 2]
    assert positions.tolist() == [0, 1, 1]


def test_a_layout_cannot_be_changed() -> None:
    layout = build_layout(1, [tag()], [rule()])
    with pytest.raises(ValueError, match="read-only"):
        layout.slot_of[0] = 5


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ([rule("a"), rule("a")], "two rules of one id"),
        ([rule(reads="CRM.ST3.MOTOR.nowhere")], "no tag of this layout"),
        ([rule(context=("CRM.ST3.MOTOR.nowhere",))], "as context, which is no tag of this layout"),
        ([rule(limit=None)], "needs a limit"),
        ([rule(kind=Kind.STALE)], "needs stale_after"),
        ([rule(kind=Kind.STALE, stale_after=0)], "needs stale_after"),
        ([rule(on=-1.0)], "must not be negative"),
        ([replace(rule(), signal=Deviation(f"{MOTOR}.nowhere", 75.0))], "its signal reads CRM.ST3.MOTOR.nowhere"),
        ([replace(rule(kind=Kind.DISCRETE), compare=Comparison.IN_SET)], "needs the values of its set"),
    ],
)
def test_what_the_configuration_should_have_refused_is_refused(rules: list[Rule], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        build_layout(1, [tag()], rules)


def test_a_plant_without_rules_has_a_layout() -> None:
    assert HOT not in build_layout(1, [], []).rows
