"""Short numbers of alarms: short, stable, unique among what is open, and not given again for a day."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.model.intent import Purpose
from edge.model.moment import HOUR, MINUTE
from edge.response.codes import Codes
from edge.response.policy import Route
from tests.unit.response.conftest import Shift, mill

DAY = 24 * HOUR


class Alarms:
    """Which occurrences are open, and the numbers over them."""

    def __init__(self) -> None:
        self.open: set[tuple[str, int]] = set()
        self.records: dict[str, Any] = {}
        self.codes = Codes(lambda alarm, occurrence: (alarm, occurrence) in self.open)

    def number(self, alarm: str, occurrence: int, now: int) -> int:
        self.open.add((alarm, occurrence))
        given_number = self.codes.of(alarm, occurrence, now)
        for key, record in self.codes.take_changes().items():
            if record is None:
                del self.records[key]
            else:
                self.records[key] = json.loads(json.dumps(record))
        return given_number

    def restart(self) -> None:
        self.codes = Codes(lambda alarm, occurrence: (alarm, occurrence) in self.open)
        for key, record in self.records.items():
            self.codes.load(key.partition("#")[0], record)


def test_the_first_alarm_is_1_and_stays_it_over_a_restart() -> None:
    alarms = Alarms()
    assert [alarms.number("A", 1, 0), alarms.number("B", 1, 0), alarms.number("A", 1, 0)] == [1, 2, 1]
    alarms.restart()
    assert alarms.number("B", 1, 5) == 2
    assert alarms.number("C", 9, 5) == 3


def test_a_number_rests_for_a_day_after_its_alarm_is_over() -> None:
    alarms = Alarms()
    alarms.number("A", 1, 0)
    alarms.open.clear()
    assert alarms.number("B", 1, 2 * MINUTE) == 2
    assert alarms.number("C", 1, DAY) == 3
    assert alarms.number("D", 1, 2 * MINUTE + DAY) == 1
    assert [record["alarm"] for record in alarms.records.values()] == ["D", "B", "C"]


def test_what_a_resting_number_stood_for_is_still_known_and_not_listed() -> None:
    alarms = Alarms()
    alarms.number("A", 1, 0)
    alarms.number("B", 1, 0)
    alarms.open.discard(("A", 1))
    assert (found := alarms.codes.find(1)) is not None
    assert found.alarm == "A"
    assert [number for number, _ in alarms.codes.open()] == [2]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 30)), max_size=60))
def test_numbers_are_unique_among_what_is_open_and_rest_for_a_day(steps: list[tuple[int, bool, int]]) -> None:
    alarms, now, ended = Alarms(), 0, dict[int, int]()
    numbers: dict[tuple[str, int], int] = {}
    counts = [0] * 5
    for which, begins, hours in steps:
        now += hours * HOUR
        name = f"A{which}"
        if begins:
            counts[which] += 1
            number = alarms.number(name, counts[which], now)
            numbers[name, counts[which]] = number
            assert now - ended.get(number, -DAY) >= DAY
            shown = [numbers[each] for each in alarms.open]
            assert len(set(shown)) == len(shown)
            assert number <= len(numbers)
        else:
            for each in [each for each in alarms.open if each[0] == name]:
                alarms.open.discard(each)
                ended[numbers[each]] = now


# --- in messages ------------------------------------------------------------------------------------------------------

BY_CHAT = (Route("all", ("person:li", "person:ann"), repeat_every=5 * MINUTE, repeat_max=3),)


def test_a_message_names_the_number_of_its_alarm_also_when_it_reminds_and_after_a_restart() -> None:
    shift = Shift(mill(BY_CHAT, has_codes=True))
    raised = [*shift.hear("raised"), *shift.hear("raised", "oil_low")]
    assert [intent.message.code for intent in raised] == [1, 1, 2, 2]
    for intent in raised:
        shift.receive(intent)
    shift.restart()
    (reminder, *_) = [intent for intent in shift.at(301).step() if intent.purpose is Purpose.REMINDER]
    assert reminder.message.code == 1
    assert shift.response.chat.coded(1) == ("CRM.ST3.MOTOR/bearing_hot", 17)
    assert shift.response.chat.coded(9) is None


def test_a_plant_whose_cards_have_buttons_needs_no_numbers() -> None:
    shift = Shift()
    assert [intent.message.code for intent in shift.hear("raised")] == [0]
    assert not [key for key in shift.records if key.endswith("#code")]


def test_what_is_open_is_listed_with_its_first_line_and_state() -> None:
    shift = Shift(mill(BY_CHAT, has_codes=True))
    for intent in [*shift.hear("raised"), *shift.hear("raised", "oil_low")]:
        shift.receive(intent)
    shift.hear("acknowledged", "oil_low")
    listed = shift.response.chat.listed("en", 20)
    assert [(number, state) for number, _, state in listed] == [(1, "Unacknowledged"), (2, "Acknowledged")]
    assert "main motor bearing hot" in listed[0][1]
    shift.hear("acknowledged")
    shift.hear("returned")
    assert [number for number, _, _ in shift.response.chat.listed("zh", 20)] == [2]


def test_where_people_press_cards_what_is_open_is_listed_without_numbers() -> None:
    shift = Shift(mill())
    shift.hear("raised")
    ((number, headline, state),) = shift.response.chat.listed("en", 20)
    assert (number, state) == (0, "Unacknowledged")
    assert headline.startswith("[HIGH] main motor bearing hot")
