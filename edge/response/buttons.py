"""The buttons of a card: those that make sense in its state and that its reader may press, and no others.

A person sees what the role allows. A group's card is one for all, and shows what at least one of its members may: who is in a
chat group is not known here, and a card that nobody can take because somebody may only look would be worse than a press that
is refused. Whoever may not press reads so on their own card; the one authority is where presses are taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.model.alarm import AlarmState
from edge.model.intent import Button
from edge.model.permission import Permission, may
from edge.model.person import Directory
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


def may_press(directory: Directory, recipient: str) -> bool:
    """recipient: `person:ID` or `group:ID`. Of a person who is no longer in the directory nothing can be pressed."""
    kind, _, name = recipient.partition(":")
    if kind != "person":
        return True
    person = directory.persons.get(name)
    return person is not None and may(person.role, Permission.ACT)


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
