"""Chattering by its three definitions, the chatter index, and fleeting alarms; the published vectors."""

from __future__ import annotations

import pytest

from edge.model.event import Event
from rules.kpi import Excluded, Kpi, Verdict
from rules.kpi.chatter import chatter_index
from rules.kpi.flapping import SLOTS, episodes, flap_value, flaps
from tests.unit.kpi.plant_journal import (
    FLOW,
    HOT,
    acknowledged,
    at,
    figure,
    parts,
    question,
    raised,
    returned,
    sequences,
    shelved,
    train,
    uncovered,
    value,
)

# --- three within a minute --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "alarms"),
    [([0, 30, 60], 1), ([0, 30, 60.001], 0), ([0, 10], 0), ([0, 100, 130, 160], 1)],
)
def test_three_activations_within_sixty_seconds_are_chattering(times: list[float], alarms: int) -> None:
    assert value(Kpi.CHATTERING_ALARMS, train(times)) == alarms


@pytest.mark.parametrize("act", [acknowledged(15), shelved(15), acknowledged(10)])
def test_what_a_person_does_in_between_interrupts_it(act: Event) -> None:
    assert value(Kpi.CHATTERING_ALARMS, [*train([0, 10, 20]), act]) == 0


def test_what_the_system_does_in_between_does_not() -> None:
    assert value(Kpi.CHATTERING_ALARMS, [*train([0, 10, 20]), acknowledged(15, by="system")]) == 1


def test_three_of_different_alarms_are_not_chattering() -> None:
    assert value(Kpi.CHATTERING_ALARMS, [*train([0, 10]), *train([5, 15], FLOW)]) == 0


def test_the_figure_counts_alarms_and_its_parts_their_episodes() -> None:
    """It goes on at 40 and 60, begins anew after a pause of more than a minute, and after somebody looked."""
    events = [*train([0, 20, 40, 60, 200, 210, 220, 230, 240, 250]), acknowledged(225, number=7), *train([5], FLOW)]
    found = figure(Kpi.CHATTERING_ALARMS, events)
    assert (found.value, parts(found), found.counted, found.verdict) == (1, {HOT: 3}, 11, Verdict.OVER_TARGET)
    assert found.rows.total == 10


# --- more than five turns in five minutes -----------------------------------------------------------------------------


@pytest.mark.parametrize(("last_return", "bursts"), [(300, 1), (300.001, 0)])
def test_more_than_five_turns_within_five_minutes(last_return: float, bursts: int) -> None:
    """Raised and returned three times: six turns."""
    events = [raised(0), returned(10), raised(100, 2), returned(110, 2), raised(200, 3), returned(last_return, 3)]
    assert value(Kpi.CHATTERING_BY_TURNS, events) == bursts
    assert value(Kpi.CHATTERING_ALARMS, events) == 0


def test_an_alarm_that_alarms_anew_has_not_turned() -> None:
    assert value(Kpi.CHATTERING_BY_TURNS, [raised(10 * k, k + 1, realarm=k > 0) for k in range(12)]) == 0


def test_a_turn_before_the_period_is_not_of_it() -> None:
    events = [raised(-10, suppressed=["shelved"]), uncovered("unshelved", 1), returned(2), *train_from(2, [10, 20])]
    assert value(Kpi.CHATTERING_BY_TURNS, events) == 0
    assert value(Kpi.CHATTERING_BY_TURNS, events, question(start=-60)) == 1


def train_from(number: int, times: list[float]) -> list[Event]:
    return [event for k, time in enumerate(times) for event in (raised(time, number + k), returned(time + 1, number + k))]


# --- the flap value of Icinga -----------------------------------------------------------------------------------------

PUBLISHED = (2, 3, 4, 5, 9, 13, 16, 19)


def test_the_published_flap_value_is_39_1_percent() -> None:
    """Changed slots at weights 0.84 + 0.86 + 0.88 + 0.90 + 0.98 + 1.06 + 1.12 + 1.18."""
    assert flap_value([place in PUBLISHED for place in range(SLOTS)]) == pytest.approx(39.1)


def test_seven_more_unchanged_slots_end_the_flapping() -> None:
    value_later = flap_value([place + 7 in PUBLISHED for place in range(SLOTS)])
    assert value_later < 25
    assert not flaps(value_later, before=True)


@pytest.mark.parametrize(
    ("value_now", "before", "after"),
    [(30.0, False, False), (30.1, False, True), (25.0, True, True), (24.9, True, False), (27.0, False, False)],
)
def test_flapping_starts_above_30_and_ends_below_25(value_now: float, before: bool, after: bool) -> None:
    assert flaps(value_now, before=before) is after


def test_an_alarm_that_turns_every_minute_flaps_once_and_again_after_a_rest() -> None:
    """With k turns in the newest slots the value is the sum of the k largest weights / 20: six are 33.9, five 28.5 (not
    enough)."""
    turns = [at(60 * k) for k in range(6)]
    assert episodes(turns) == 1
    assert episodes(turns[:5]) == 0
    assert episodes([*turns, *(each + at(3600) - at(0) for each in turns)]) == 2
    events = train([0, 120, 240], lasts=60)
    assert figure(Kpi.FLAPPING_ALARMS, events).value == 1


# --- the chatter index ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "index", "verdict"), [(20, 0.05, Verdict.OVER_TARGET), (60, 1 / 60, Verdict.ACCEPTABLE)])
def test_the_chatter_index_of_activations_at_equal_distances(gap: int, index: float, verdict: Verdict) -> None:
    """Every 20 s is exactly at the cut-off of three a minute."""
    found = figure(Kpi.CHATTER_INDEX, train(range(0, 40 * gap, gap)))
    assert (found.value, found.verdict) == (index, verdict)


def test_the_chatter_index_is_the_share_of_each_gap_over_its_length() -> None:
    """Gaps of 10, 10, 20 and 100 s: 2/4/10 + 1/4/20 + 1/4/100."""
    assert chatter_index([at(each) for each in (0, 10, 20, 40, 140)]) == pytest.approx(0.05 + 0.0125 + 0.0025)


def test_gaps_are_whole_seconds_and_at_least_one() -> None:
    assert chatter_index([at(0), at(0.2)]) == 1
    assert chatter_index([at(0), at(2.9)]) == 0.5


def test_one_activation_has_no_index() -> None:
    found = figure(Kpi.CHATTER_INDEX, [raised(0)])
    assert (found.value, found.counted, found.excluded) == (None, 0, {Excluded.ONE_ACTIVATION: 1})


def test_the_worst_alarm_is_the_figure_and_each_has_its_part() -> None:
    found = figure(Kpi.CHATTER_INDEX, [*train([0, 100]), *train([0, 5], FLOW)])
    assert (found.value, parts(found), sequences(found)) == (0.2, {FLOW: 0.2, HOT: 0.01}, [5, 7])


# --- fleeting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lasts", "fleeting"), [(9.999, 1), (10, 0)])
def test_active_for_less_than_ten_seconds_is_fleeting(lasts: float, fleeting: int) -> None:
    assert value(Kpi.FLEETING_ALARMS, train([100], lasts=lasts)) == fleeting


@pytest.mark.parametrize(("second", "fleeting"), [(160, 0), (160.001, 2)])
def test_what_comes_twice_within_a_minute_is_not_fleeting(second: float, fleeting: int) -> None:
    assert value(Kpi.FLEETING_ALARMS, train([100, second], lasts=2)) == fleeting


@pytest.mark.parametrize("after", [[], [raised(5, 2, realarm=True)]])
def test_what_has_not_returned_is_not_fleeting(after: list[Event]) -> None:
    assert value(Kpi.FLEETING_ALARMS, [raised(0), *after]) == 0


def test_a_fleeting_alarm_is_named_with_its_row() -> None:
    found = figure(Kpi.FLEETING_ALARMS, [*train([100, 500], lasts=2), *train([300], FLOW, lasts=2)])
    assert (parts(found), sequences(found), found.counted) == ({HOT: 2, FLOW: 1}, [1, 5, 3], 3)
