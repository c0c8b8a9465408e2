"""What a receipt changes for the recipient it is about."""

from __future__ import annotations

from dataclasses import replace

from edge.model.command import Receipt
from edge.model.intent import Purpose
from edge.response.identity import IntentName
from edge.response.occurrence import RINGING, Recipient
from edge.response.told import Outcome, Told, after_receipt


def settle(recipient: Recipient, name: IntentName, receipt: Receipt) -> Recipient:
    """The recipient after the receipt of the intent `name`.

    A raise of an earlier round no longer has the card, but who got it knows of the alarm. The next reminder counts from the
    attempt that this receipt ended, not from the plan.
    """
    outcome = Outcome(receipt.outcome)
    recipient = replace(
        recipient,
        open=tuple(intent for intent in recipient.open if intent.key != receipt.intent),
        earlier=tuple(intent for intent in recipient.earlier if intent.key != receipt.intent),
    )
    if name.purpose is Purpose.RAISED:
        if name.round == recipient.round:
            recipient = replace(recipient, told=after_receipt(recipient.told, outcome))
        elif outcome in (Outcome.DELIVERED, Outcome.UNKNOWN):
            recipient = replace(recipient, got_before=True)
    if recipient.told is Told.NOT_TOLD:
        return replace(recipient, reminder_due=None)
    if name.purpose in RINGING and recipient.reminder_due is not None and recipient.repeat_every is not None:
        return replace(recipient, reminder_due=receipt.at + recipient.repeat_every)
    return recipient
