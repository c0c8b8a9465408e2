"""The life cycle of an alarm (ISA-18.2 / IEC 62682): what an input does in each state.

Theory of operation. The truth are four independent facts (`AlarmFacts`: active, acked, latched, occurrence); the state
is only the name that follows from them. An input finds its row by the state's name, the row says which action is taken
on the facts, and the next state is again the name of what results:

    action       effect on the facts                                             next state
    RAISE        occurrence + 1; active; latched if the rule latches;            UNACK; ACKED when the rule asks for no
                 acked only if the rule asks for no acknowledgement              acknowledgement
    RETURN       not active                                                      RTNUN or NORM; latched: LATUN or LATAK
    ACKNOWLEDGE  acked                                                           ACKED, NORM or LATAK
    NOTE         none: somebody comes, and somebody had acknowledged before      the same
    UNLATCH      not latched                                                     NORM
    ANNOUNCE     as far as the rule asks for acknowledgement, not acked          UNACK (or ACKED)
    NONE         none                                                            the same

Every pair of state and input has a row: an action, or the reason why a command is refused, which changes nothing.

Inputs of the process (ACTIVATE, CLEAR) come from the debounced condition, those of people (ACKNOWLEDGE, COME, RESET)
from commands. RELEASE is the end of a shelf: what is still active is announced afresh, even if it had been
acknowledged, because people have not seen it while it was hidden. A shelf hides an alarm from people only; the machine
below runs on, so it has no rows of its own.

An acknowledgement means one occurrence. That is checked before the table (`commands.py`), as is whom a second press is
told about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.command import Rejection
from rules.definition import Rule


class Input(Enum):
    ACTIVATE = "activate"
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    COME = "come"
    RESET = "reset"
    RELEASE = "release"


class Action(Enum):
    RAISE = "raise"
    RETURN = "return"
    ACKNOWLEDGE = "acknowledge"
    NOTE = "note"
    UNLATCH = "unlatch"
    ANNOUNCE = "announce"
    NONE = "none"


TRANSITIONS: Mapping[tuple[AlarmState, Input], Action | Rejection] = {
    (AlarmState.NORM, Input.ACTIVATE): Action.RAISE,
    (AlarmState.NORM, Input.CLEAR): Action.NONE,
    (AlarmState.NORM, Input.ACKNOWLEDGE): Rejection.NOT_UNACKNOWLEDGED,
    (AlarmState.NORM, Input.COME): Rejection.NOT_UNACKNOWLEDGED,
    (AlarmState.NORM, Input.RESET): Rejection.NOT_LATCHED,
    (AlarmState.NORM, Input.RELEASE): Action.NONE,
    (AlarmState.UNACK, Input.ACTIVATE): Action.NONE,
    (AlarmState.UNACK, Input.CLEAR): Action.RETURN,
    (AlarmState.UNACK, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.UNACK, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.UNACK, Input.RESET): Rejection.STILL_ACTIVE,
    (AlarmState.UNACK, Input.RELEASE): Action.ANNOUNCE,
    (AlarmState.ACKED, Input.ACTIVATE): Action.NONE,
    (AlarmState.ACKED, Input.CLEAR): Action.RETURN,
    (AlarmState.ACKED, Input.ACKNOWLEDGE): Rejection.ALREADY_ACKNOWLEDGED,
    (AlarmState.ACKED, Input.COME): Action.NOTE,
    (AlarmState.ACKED, Input.RESET): Rejection.STILL_ACTIVE,
    (AlarmState.ACKED, Input.RELEASE): Action.ANNOUNCE,
    (AlarmState.RTNUN, Input.ACTIVATE): Action.RAISE,
    (AlarmState.RTNUN, Input.CLEAR): Action.NONE,
    (AlarmState.RTNUN, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.RTNUN, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.RTNUN, Input.RESET): Rejection.NOT_LATCHED,
    (AlarmState.RTNUN, Input.RELEASE): Action.NONE,
    (AlarmState.LATUN, Input.ACTIVATE): Action.RAISE,
    (AlarmState.LATUN, Input.CLEAR): Action.NONE,
    (AlarmState.LATUN, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.LATUN, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.LATUN, Input.RESET): Rejection.ACKNOWLEDGE_FIRST,
    (AlarmState.LATUN, Input.RELEASE): Action.NONE,
    (AlarmState.LATAK, Input.ACTIVATE): Action.RAISE,
    (AlarmState.LATAK, Input.CLEAR): Action.NONE,
    (AlarmState.LATAK, Input.ACKNOWLEDGE): Rejection.ALREADY_ACKNOWLEDGED,
    (AlarmState.LATAK, Input.COME): Action.NOTE,
    (AlarmState.LATAK, Input.RESET): Action.UNLATCH,
    (AlarmState.LATAK, Input.RELEASE): Action.NONE,
}


def outcome(facts: AlarmFacts, given: Input) -> Action | Rejection:
    """The row for a state and an input; the state is that under any shelf."""
    return TRANSITIONS[facts.process_state, given]


def act(facts: AlarmFacts, action: Action, rule: Rule) -> AlarmFacts:
    """The facts after an action; see the table above."""
    match action:
        case Action.RAISE:
            return replace(
                facts,
                active=True,
                acked=not rule.ack_required,
                latched=facts.latched or rule.latching,
                occurrence=facts.occurrence + 1,
            )
        case Action.RETURN:
            return replace(facts, active=False)
        case Action.ACKNOWLEDGE:
            return replace(facts, acked=True)
        case Action.UNLATCH:
            return replace(facts, latched=False)
        case Action.ANNOUNCE:
            return replace(facts, acked=not rule.ack_required)
        case Action.NOTE | Action.NONE:
            return facts
