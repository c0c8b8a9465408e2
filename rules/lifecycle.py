"""The life cycle of an alarm (ISA-18.2 / IEC 62682): what an input does in each state.

Theory of operation. The truth are independent facts (`AlarmFacts`: active, acked, confirmed, latched, occurrence); the state
is only the name that follows from them. An input finds its row by the state's name, the row says which action is taken
on the facts, and the next state is again the name of what results:

    action         effect on the facts                                           next state
    RAISE          occurrence + 1; active; latched if the rule latches; acked    UNACK; ACKED when the rule asks for no
                   only if the rule asks for no acknowledgement; not confirmed   acknowledgement
                   if the rule asks for that
    RETURN         not active; acked if the rule acknowledges by itself          RTNUN or NORM; latched: LATUN or LATAK
    ACKNOWLEDGE    acked                                                         ACKED, NORM or LATAK
    NOTE           none: somebody comes, and somebody had acknowledged before    the same
    UNACKNOWLEDGE  as far as the rule asks for it, not acked and not confirmed   UNACK or LATUN
    CONFIRM        confirmed                                                     the same
    UNLATCH        not latched                                                   NORM
    REMIND         none: nobody has acknowledged, and is told again              the same
    ANNOUNCE       as far as the rule asks for it, not acked and not confirmed   UNACK (or ACKED)
    NONE           none                                                          the same

Every pair of state and input has a row: an action, or the reason why a command is refused, which changes nothing.

Inputs of the process (ACTIVATE, CLEAR) come from the debounced condition; those of people (ACKNOWLEDGE, COME, UNACKNOWLEDGE,
CONFIRM, RESET) from commands; REALARM from a timer; SEVERER when the rule of an active alarm has become more urgent. RELEASE is
the end of the last of its covers (shelf, suppression by design, out of service): what is still active is announced afresh, even
if it had been acknowledged, because people have not seen it while it was hidden. A cover hides an alarm from people only; the
machine below runs on, so covers have no rows of their own.

An acknowledgement means one occurrence. That is checked before the table (`commands.py`), as is whom a second press is
told about. An alarm that was acknowledged and asks to be alarmed again (REALARM) becomes a new occurrence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, StrEnum
from functools import lru_cache
from typing import assert_never

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.command import Rejection
from rules.definition import Rule


class Input(StrEnum):
    ACTIVATE = "activate"
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    COME = "come"
    UNACKNOWLEDGE = "unacknowledge"
    CONFIRM = "confirm"
    RESET = "reset"
    RELEASE = "release"
    REALARM = "realarm"
    SEVERER = "severer"


class Action(Enum):
    RAISE = "raise"
    RETURN = "return"
    ACKNOWLEDGE = "acknowledge"
    NOTE = "note"
    UNACKNOWLEDGE = "unacknowledge"
    CONFIRM = "confirm"
    REMIND = "remind"
    UNLATCH = "unlatch"
    ANNOUNCE = "announce"
    NONE = "none"


TRANSITIONS: Mapping[tuple[AlarmState, Input], Action | Rejection] = {
    (AlarmState.NORM, Input.ACTIVATE): Action.RAISE,
    (AlarmState.NORM, Input.CLEAR): Action.NONE,
    (AlarmState.NORM, Input.ACKNOWLEDGE): Rejection.NOT_UNACKNOWLEDGED,
    (AlarmState.NORM, Input.COME): Rejection.NOT_UNACKNOWLEDGED,
    (AlarmState.NORM, Input.UNACKNOWLEDGE): Rejection.NOT_ACKNOWLEDGED,
    (AlarmState.NORM, Input.CONFIRM): Action.CONFIRM,
    (AlarmState.NORM, Input.RESET): Rejection.NOT_LATCHED,
    (AlarmState.NORM, Input.RELEASE): Action.NONE,
    (AlarmState.NORM, Input.REALARM): Action.NONE,
    (AlarmState.NORM, Input.SEVERER): Action.NONE,
    (AlarmState.UNACK, Input.ACTIVATE): Action.NONE,
    (AlarmState.UNACK, Input.CLEAR): Action.RETURN,
    (AlarmState.UNACK, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.UNACK, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.UNACK, Input.UNACKNOWLEDGE): Rejection.NOT_ACKNOWLEDGED,
    (AlarmState.UNACK, Input.CONFIRM): Rejection.ACKNOWLEDGE_FIRST,
    (AlarmState.UNACK, Input.RESET): Rejection.STILL_ACTIVE,
    (AlarmState.UNACK, Input.RELEASE): Action.ANNOUNCE,
    (AlarmState.UNACK, Input.REALARM): Action.REMIND,
    (AlarmState.UNACK, Input.SEVERER): Action.ANNOUNCE,
    (AlarmState.ACKED, Input.ACTIVATE): Action.NONE,
    (AlarmState.ACKED, Input.CLEAR): Action.RETURN,
    (AlarmState.ACKED, Input.ACKNOWLEDGE): Rejection.ALREADY_ACKNOWLEDGED,
    (AlarmState.ACKED, Input.COME): Action.NOTE,
    (AlarmState.ACKED, Input.UNACKNOWLEDGE): Action.UNACKNOWLEDGE,
    (AlarmState.ACKED, Input.CONFIRM): Action.CONFIRM,
    (AlarmState.ACKED, Input.RESET): Rejection.STILL_ACTIVE,
    (AlarmState.ACKED, Input.RELEASE): Action.ANNOUNCE,
    (AlarmState.ACKED, Input.REALARM): Action.RAISE,
    (AlarmState.ACKED, Input.SEVERER): Action.ANNOUNCE,
    (AlarmState.RTNUN, Input.ACTIVATE): Action.RAISE,
    (AlarmState.RTNUN, Input.CLEAR): Action.NONE,
    (AlarmState.RTNUN, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.RTNUN, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.RTNUN, Input.UNACKNOWLEDGE): Rejection.NOT_ACKNOWLEDGED,
    (AlarmState.RTNUN, Input.CONFIRM): Rejection.ACKNOWLEDGE_FIRST,
    (AlarmState.RTNUN, Input.RESET): Rejection.NOT_LATCHED,
    (AlarmState.RTNUN, Input.RELEASE): Action.NONE,
    (AlarmState.RTNUN, Input.REALARM): Action.NONE,
    (AlarmState.RTNUN, Input.SEVERER): Action.NONE,
    (AlarmState.LATUN, Input.ACTIVATE): Action.RAISE,
    (AlarmState.LATUN, Input.CLEAR): Action.NONE,
    (AlarmState.LATUN, Input.ACKNOWLEDGE): Action.ACKNOWLEDGE,
    (AlarmState.LATUN, Input.COME): Action.ACKNOWLEDGE,
    (AlarmState.LATUN, Input.UNACKNOWLEDGE): Rejection.NOT_ACKNOWLEDGED,
    (AlarmState.LATUN, Input.CONFIRM): Rejection.ACKNOWLEDGE_FIRST,
    (AlarmState.LATUN, Input.RESET): Rejection.ACKNOWLEDGE_FIRST,
    (AlarmState.LATUN, Input.RELEASE): Action.NONE,
    (AlarmState.LATUN, Input.REALARM): Action.NONE,
    (AlarmState.LATUN, Input.SEVERER): Action.NONE,
    (AlarmState.LATAK, Input.ACTIVATE): Action.RAISE,
    (AlarmState.LATAK, Input.CLEAR): Action.NONE,
    (AlarmState.LATAK, Input.ACKNOWLEDGE): Rejection.ALREADY_ACKNOWLEDGED,
    (AlarmState.LATAK, Input.COME): Action.NOTE,
    (AlarmState.LATAK, Input.UNACKNOWLEDGE): Action.UNACKNOWLEDGE,
    (AlarmState.LATAK, Input.CONFIRM): Action.CONFIRM,
    (AlarmState.LATAK, Input.RESET): Action.UNLATCH,
    (AlarmState.LATAK, Input.RELEASE): Action.NONE,
    (AlarmState.LATAK, Input.REALARM): Action.NONE,
    (AlarmState.LATAK, Input.SEVERER): Action.NONE,
}


def outcome(facts: AlarmFacts, given: Input) -> Action | Rejection:
    """The row for a state and an input; the state is that under any shelf."""
    return TRANSITIONS[facts.process_state, given]


def act(facts: AlarmFacts, action: Action, rule: Rule) -> AlarmFacts:
    """The facts after an action; see the table above."""
    match action:
        case Action.RAISE:
            after = _raised(facts, rule.ack_required, rule.confirm, rule.latching)
        case Action.RETURN:
            after = replace(facts, active=False, acked=facts.acked or rule.ack_on_return)
        case Action.ACKNOWLEDGE:
            after = replace(facts, acked=True)
        case Action.CONFIRM:
            after = replace(facts, confirmed=True)
        case Action.UNLATCH:
            after = replace(facts, latched=False)
        case Action.UNACKNOWLEDGE | Action.ANNOUNCE:
            after = replace(facts, acked=not rule.ack_required, confirmed=not rule.confirm)
        case Action.NOTE | Action.REMIND | Action.NONE:
            after = facts
        case _ as never:
            assert_never(never)
    return after


@lru_cache(maxsize=1_024)
def _raised(facts: AlarmFacts, ack_required: bool, confirm: bool, latching: bool) -> AlarmFacts:
    """Remembered, because the alarms of a flood were all alike before it, and so may share what they become."""
    return replace(
        facts,
        active=True,
        acked=not ack_required,
        confirmed=not confirm,
        latched=facts.latched or latching,
        occurrence=facts.occurrence + 1,
    )
