"""What the work on a machine leaves open, in the order in which somebody should see to it."""

from __future__ import annotations

from dataclasses import replace

from edge.model.alarm import AlarmFacts, Priority
from rules.alarm import Alarm
from rules.definition import Kind, Rule
from rules.left_open import left_open
from tests.unit.rules.plant import rule

RULES = (
    replace(rule("a_low"), priority=Priority.LOW),
    replace(rule("b_shelved"), priority=Priority.LOW),
    replace(rule("c_high"), priority=Priority.HIGH),
    replace(rule("d_quiet"), priority=Priority.LOW),
    replace(rule("e_lost", Kind.COMM_LOSS), priority=Priority.HIGH),
    replace(rule("f_stale", Kind.STALE), priority=Priority.LOW),
)
ACTIVE, SHELVED = Alarm(AlarmFacts(active=True)), Alarm(AlarmFacts(shelved_until=9))


def left(*alarms: Alarm, bad: str = "", rules: tuple[Rule, ...] = RULES) -> dict[str, list[str]]:
    found = left_open(range(len(rules)), rules, alarms, lambda row: rules[row].key not in bad.split())
    return {key: [each.rpartition("/")[2] for each in ids] for key, ids in found.items()}


def test_active_alarms_come_by_urgency_and_what_is_shelved_apart() -> None:
    now = left(ACTIVE, SHELVED, ACTIVE, Alarm(), Alarm(), Alarm())
    assert now == {"open": ["c_high", "a_low"], "shelved": ["b_shelved"], "silent": []}


def test_a_device_that_says_nothing_stands_for_all_that_follows_from_it() -> None:
    bad = "a_low b_shelved c_high d_quiet f_stale"
    offline = left(Alarm(), Alarm(), ACTIVE, Alarm(), ACTIVE, ACTIVE, bad=bad)
    assert offline == {"open": ["c_high"], "shelved": [], "silent": ["CRM.ST3.MOTOR"]}


def test_one_tag_without_a_good_value_is_named_by_its_alarm() -> None:
    blind = left(Alarm(), Alarm(), Alarm(), Alarm(), Alarm(), Alarm(), bad="d_quiet")
    assert blind == {"open": [], "shelved": [], "silent": ["d_quiet"]}
