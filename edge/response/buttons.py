"""The buttons of a card: those that make sense in its state, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from edge.model.alarm import AlarmState
from edge.model.intent import Button
from edge.response.occurrence import Occurrence
from edge.response.policy import Policy
from edge.response.wording import Wording

ACKNOWLEDGE, ON_MY_WAY, CONFIRM, SHELVE = "acknowledge", "on_my_way", "confirm", "shelve"

#: What can be asked for in a state; a state that is not here has no buttons.
BUTTONS: Mapping[AlarmState, tuple[str, ...]] = {
    AlarmState.UNACK: (ACKNOWLEDGE, ON_MY_WAY, SHELVE),
    AlarmState.ACKED: (ON_MY_WAY, CONFIRM, SHELVE),
    AlarmState.RTNUN: (ACKNOWLEDGE,),
    AlarmState.LATUN: (ACKNOWLEDGE,),
    AlarmState.LATAK: (CONFIRM,),
    AlarmState.NORM: (CONFIRM,),
}


def card_buttons(policy: Policy, occurrence: Occurrence, wording: Wording) -> tuple[Button, ...]:
    """In the order they are shown. On my way is gone once somebody goes; confirm is there while the rule asks for it; shelve
    asks for one of the preset reasons and is absent where the rule may not be shelved."""
    rule = policy.rules.get(occurrence.alarm)
    buttons = []
    for action in BUTTONS.get(occurrence.state, ()):
        if action == SHELVE:
            if rule is not None and rule.shelvable and policy.shelve_reasons:
                choices = tuple((reason, wording.words(words, reason)) for reason, words in policy.shelve_reasons)
                span = wording.duration(policy.shelve_for)
                buttons.append(Button(SHELVE, wording.say("button.shelve", span=span), choices))
        elif _is_wanted(action, occurrence):
            buttons.append(Button(action, wording.say(f"button.{action}")))
    return tuple(buttons)


def _is_wanted(action: str, occurrence: Occurrence) -> bool:
    if action == ON_MY_WAY:
        return occurrence.coming is None
    return action != CONFIRM or occurrence.waits_for_confirmation
