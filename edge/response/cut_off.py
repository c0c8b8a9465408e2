"""Cut off: a raise of which nothing is heard for a while tells that its recipient is not reached just now.

Theory of operation. A raise that is still without a receipt `cut_off_after` after it was intended is overdue. Of an alarm that
has ended by then, raise and return say nothing that anybody could act on: both are taken back, together with all that waits
between them, and the alarm goes into the recipient's digest (`missed.py`). An alarm that still stands keeps its raise, which
leaves late and says so. What was being sent when it was taken back may arrive all the same: then the card shows the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.draft import Because, Draft
from edge.response.identity import IntentName, intent_key, missed_key, missed_name
from edge.response.missed import AGAIN_AFTER, CameAndWent, Missed, came_and_went, decode_missed, encode_missed, made, settled
from edge.response.missed_digest import IsOpen, compose_missed
from edge.response.occurrence import Occurrence, Recipient
from edge.response.policy import Policy
from edge.response.routing import Addressee
from edge.response.told import Told


class CutOff:
    """The queues of all recipients, by the id of their record."""

    def __init__(self, policy: Policy, scope: str, agent: str) -> None:
        self._policy = policy
        self._scope = scope
        self._agent = agent
        self._queues: dict[str, Missed] = {}
        self._changed: set[str] = set()

    def load(self, name: str, data: Mapping[str, Any]) -> None:
        self._queues[name] = decode_missed(data)

    def take_back(self, draft: Draft, occurrence: Occurrence) -> Occurrence:
        """The record after what is overdue of an alarm that has ended was taken back."""
        if not occurrence.has_ended:
            return occurrence
        missed = [each for each in occurrence.recipients.values() if (at := each.overdue_at) is not None and at <= draft.now]
        noted: list[str] = []
        for recipient in missed:
            quiet = draft.withdraw_all(occurrence, recipient, Because("missed", draft.now))
            if not _knows(occurrence, recipient):
                noted.append(recipient.who)
                self._note(draft, occurrence, recipient)
            occurrence = occurrence.with_recipient(replace(quiet, told=Told.MISSED, reminder_due=None, ways=()))
        if noted:
            draft.journal_missed(occurrence, noted)
        return occurrence

    def hear_receipt(self, draft: Draft, name: IntentName) -> None:
        """A digest has come to its end: what it said was told, or can never be. One that would say it again is replaced."""
        queue = self._queues.get(name.recipient)
        after = None if queue is None else settled(queue, name.count)
        if queue is None or after is None or after == queue:
            return
        if after.digests:
            self._withdraw(draft, name.recipient, after)
            after = replace(after, told_at=draft.now - AGAIN_AFTER)
        self._put(name.recipient, after)

    def tell(self, draft: Draft, is_open: IsOpen) -> None:
        """Make the digests that are due."""
        for name, queue in sorted(self._queues.items()):
            if queue.due is None or queue.due > draft.now:
                continue
            self._withdraw(draft, name, queue)
            if queue.count:
                self._put(name, made(queue, draft.now))
                self._tell(draft, name, is_open)
            else:
                self._put(name, replace(queue, is_due=False))

    @property
    def next_due(self) -> Moment | None:
        return min((due for queue in self._queues.values() if (due := queue.due) is not None), default=None)

    def take_changes(self) -> Mapping[str, Mapping[str, Any]]:
        changed, self._changed = self._changed, set()
        return {missed_key(name): encode_missed(self._queues[name]) for name in sorted(changed)}

    # --- inside -----------------------------------------------------------------------------------------------------

    def _put(self, name: str, queue: Missed) -> None:
        self._queues[name] = queue
        self._changed.add(name)

    def _note(self, draft: Draft, occurrence: Occurrence, recipient: Recipient) -> None:
        ended = occurrence.returned.at if occurrence.returned is not None else draft.now
        entry = CameAndWent(occurrence.alarm, occurrence.facts.occurrence, occurrence.priority, occurrence.raised, ended)
        known = self._queues.get(recipient.id) or Missed(recipient.who, recipient.language, recipient.address)
        queue = replace(known, language=recipient.language, address=recipient.address, channel=recipient.channel)
        self._put(recipient.id, came_and_went(queue, [entry]))

    def _tell(self, draft: Draft, name: str, is_open: IsOpen) -> None:
        digest = self._queues[name]
        addressee = Addressee(name, digest.language, digest.address, None, 0, channel=digest.channel)
        message = compose_missed(self._policy, self._agent, digest, digest.language, is_open)
        wanted_at = min((each.raised for each in digest.entries), default=draft.now)
        about = _digest_name(name, digest.number)
        draft.tell_plainly(about, addressee, message.priority, message, wanted_at=wanted_at, who=digest.who)

    def _withdraw(self, draft: Draft, name: str, queue: Missed) -> None:
        """The newest digest without a receipt; those before it were taken back already."""
        if queue.digests:
            number, _ = queue.digests[-1]
            about = _digest_name(name, number)
            draft.withdraw_plainly(
                intent_key(self._scope, about), replace(about, recipient=queue.who), Because("missed", draft.now)
            )


def _knows(occurrence: Occurrence, recipient: Recipient) -> bool:
    """They are told of it by another channel, or will be: by its raise and return, or by the digest there."""
    others = (each for each in occurrence.recipients.values() if each.who == recipient.who and each.id != recipient.id)
    return any(each.told in (Told.TOLD, Told.PERHAPS, Told.MISSED) for each in others)


def _digest_name(recipient: str, number: int) -> IntentName:
    return IntentName(missed_name(recipient), 0, recipient, Purpose.MISSED, 1, number)
