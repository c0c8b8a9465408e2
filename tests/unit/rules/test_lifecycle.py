"""The life cycle's table, row by row, and what holds on every walk through it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.command import Rejection
from rules.annunciator import Annunciator
from rules.board import Board
from rules.happening import Edge, Reading
from rules.layout import build_layout
from rules.lifecycle import TRANSITIONS, Action, Input, act, outcome
from rules.order import SAMPLE, Order
from tests.unit.rules.plant import START, at, rule, tag

NORM, UNACK, ACKED = AlarmState.NORM, AlarmState.UNACK, AlarmState.ACKED
RTNUN, LATUN, LATAK = AlarmState.RTNUN, AlarmState.LATUN, AlarmState.LATAK
PROCESS_STATES = (NORM, UNACK, ACKED, RTNUN, LATUN, LATAK)

FACTS = {
    NORM: AlarmFacts(occurrence=1),
    UNACK: AlarmFacts(active=True, acked=False, occurrence=1),
    ACKED: AlarmFacts(active=True, acked=True, occurrence=1),
    RTNUN: AlarmFacts(active=False, acked=False, occurrence=1),
    LATUN: AlarmFacts(active=False, acked=False, latched=True, occurrence=1),
    LATAK: AlarmFacts(active=False, acked=True, latched=True, occurrence=1),
}
PLAIN, LATCHING = rule(), rule(latching=True)
BY_ITSELF = replace(PLAIN, ack_on_return=True)
NO_ACK, NO_ACK_LATCHING = rule(ack_required=False), rule(ack_required=False, latching=True)

#: state, input, rule, next state or why it is refused: the reference's transition table, one line each.
REFERENCE = [
    (NORM, Input.ACTIVATE, PLAIN, UNACK),
    (NORM, Input.ACTIVATE, LATCHING, UNACK),
    (NORM, Input.ACTIVATE, NO_ACK, ACKED),
    (NORM, Input.CLEAR, PLAIN, NORM),
    (NORM, Input.ACKNOWLEDGE, PLAIN, Rejection.NOT_UNACKNOWLEDGED),
    (NORM, Input.RESET, PLAIN, Rejection.NOT_LATCHED),
    (UNACK, Input.ACTIVATE, PLAIN, UNACK),
    (UNACK, Input.CLEAR, PLAIN, RTNUN),
    (UNACK, Input.CLEAR, LATCHING, LATUN),
    (UNACK, Input.ACKNOWLEDGE, PLAIN, ACKED),
    (UNACK, Input.RESET, LATCHING, Rejection.STILL_ACTIVE),
    (UNACK, Input.RELEASE, PLAIN, UNACK),
    (ACKED, Input.ACKNOWLEDGE, PLAIN, Rejection.ALREADY_ACKNOWLEDGED),
    (ACKED, Input.CLEAR, PLAIN, NORM),
    (ACKED, Input.CLEAR, LATCHING, LATAK),
    (ACKED, Input.CLEAR, NO_ACK, NORM),
    (ACKED, Input.CLEAR, NO_ACK_LATCHING, LATAK),
    (ACKED, Input.RESET, LATCHING, Rejection.STILL_ACTIVE),
    (ACKED, Input.RELEASE, PLAIN, UNACK),
    (ACKED, Input.RELEASE, NO_ACK, ACKED),
    (ACKED, Input.COME, PLAIN, ACKED),
    (RTNUN, Input.ACKNOWLEDGE, PLAIN, NORM),
    (RTNUN, Input.COME, PLAIN, NORM),
    (RTNUN, Input.ACTIVATE, PLAIN, UNACK),
    (RTNUN, Input.RESET, PLAIN, Rejection.NOT_LATCHED),
    (RTNUN, Input.RELEASE, PLAIN, RTNUN),
    (LATUN, Input.ACKNOWLEDGE, LATCHING, LATAK),
    (LATUN, Input.RESET, LATCHING, Rejection.ACKNOWLEDGE_FIRST),
    (LATUN, Input.ACTIVATE, LATCHING, UNACK),
    (LATUN, Input.RELEASE, LATCHING, LATUN),
    (UNACK, Input.CLEAR, BY_ITSELF, NORM),
    (UNACK, Input.UNACKNOWLEDGE, PLAIN, Rejection.NOT_ACKNOWLEDGED),
    (ACKED, Input.UNACKNOWLEDGE, PLAIN, UNACK),
    (LATAK, Input.UNACKNOWLEDGE, LATCHING, LATUN),
    (NORM, Input.UNACKNOWLEDGE, PLAIN, Rejection.NOT_ACKNOWLEDGED),
    (UNACK, Input.CONFIRM, PLAIN, Rejection.ACKNOWLEDGE_FIRST),
    (ACKED, Input.CONFIRM, PLAIN, ACKED),
    (NORM, Input.CONFIRM, PLAIN, NORM),
    (LATAK, Input.CONFIRM, LATCHING, LATAK),
    (UNACK, Input.REALARM, PLAIN, UNACK),
    (ACKED, Input.REALARM, PLAIN, UNACK),
    (RTNUN, Input.REALARM, PLAIN, RTNUN),
    (UNACK, Input.SEVERER, PLAIN, UNACK),
    (ACKED, Input.SEVERER, PLAIN, UNACK),
    (NORM, Input.SEVERER, PLAIN, NORM),
    (LATAK, Input.RESET, LATCHING, NORM),
    (LATAK, Input.ACTIVATE, LATCHING, UNACK),
    (LATAK, Input.ACKNOWLEDGE, LATCHING, Rejection.ALREADY_ACKNOWLEDGED),
]


@pytest.mark.parametrize(("state", "given_input", "option", "expected"), REFERENCE)
def test_the_table_is_the_references(state: AlarmState, given_input: Input, option: object, expected: object) -> None:
    facts = FACTS[state]
    if option in (LATCHING, NO_ACK_LATCHING):
        facts = replace(facts, latched=state is not NORM)
    found = outcome(facts, given_input)
    assert (found if isinstance(found, Rejection) else act(facts, found, option).process_state) == expected


def test_p1_every_state_and_input_has_a_row() -> None:
    assert set(TRANSITIONS) == {(state, given_input) for state in PROCESS_STATES for given_input in Input}


def test_p2_every_combination_of_facts_has_exactly_one_name_and_a_shelf_hides_it() -> None:
    for state, facts in FACTS.items():
        assert facts.process_state is state
        assert facts.state is state
        assert replace(facts, shelved_until=1).state is AlarmState.SHLVD
        assert replace(facts, shelved_until=1).process_state is state


@given(st.lists(st.sampled_from(list(Input))), st.booleans(), st.booleans())
def test_on_every_walk_a_new_occurrence_is_counted_by_activation_and_by_nothing_else(
    walk: list[Input], latching: bool, ack_required: bool
) -> None:
    option = rule(latching=latching, ack_required=ack_required)
    facts = AlarmFacts()
    for given_input in walk:
        found = outcome(facts, given_input)
        before = facts
        if isinstance(found, Action):
            facts = act(facts, found, option)
        assert facts.occurrence - before.occurrence == (found is Action.RAISE)
        assert (found is Action.RAISE) == _begins_anew(given_input, before)
        assert not (facts.latched and not before.latched) or given_input in (Input.ACTIVATE, Input.REALARM)
        assert not (before.latched and not facts.latched) or given_input is Input.RESET
        assert not (facts.acked and not before.acked) or given_input in (Input.ACKNOWLEDGE, Input.COME, Input.ACTIVATE)


def _begins_anew(given_input: Input, before: AlarmFacts) -> bool:
    """An activation, or one that was acknowledged and has stayed active for too long."""
    if given_input is Input.REALARM:
        return before.active and before.acked
    return given_input is Input.ACTIVATE and not before.active


@pytest.mark.parametrize("active", [False, True])
def test_an_edge_that_repeats_what_is_so_changes_nothing(active: bool) -> None:
    board = Board(build_layout(1, [tag()], [rule()]), START)
    annunciator = Annunciator(board)
    edge = Edge(0, active, at(5), at(5), Reading(85.0, "good"), None, {}, None)
    begun = [(Order(at(4), SAMPLE, 0, 0), edge._replace(due=at(4)))] if active else []
    assert len(list(annunciator.take(begun, at(4)))) == active
    before = annunciator.alarms[0]
    assert list(annunciator.take([(Order(at(5), SAMPLE, 0, 0), edge)], at(5))) == []
    assert annunciator.alarms[0] is before
