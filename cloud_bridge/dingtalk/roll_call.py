"""The roll call: everybody in people.yaml is looked up in the organisation, so that who has left loses access within 15 min,
also when no event of it came. Contact calls cost no quota (dingtalk-api 0.5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import structlog

from cloud_bridge.base import Take
from cloud_bridge.dingtalk.bodies.contacts import User
from cloud_bridge.dingtalk.leavers import Look, changes, is_doubtful
from cloud_bridge.dingtalk.verdicts import Nobody
from edge.model.command import InboxRow, PersonLeft, PersonReturned
from edge.model.errors import StoreError
from edge.model.intent import Refused, Retry
from edge.model.moment import MINUTE, Span
from edge.model.person import Directory
from edge.ports import Clock

log = structlog.get_logger()

#: Two looks in a row decide: within 15 min, with time to ask many.
EVERY: Span = 6 * MINUTE
#: After a start there is more urgent work.
FIRST_AFTER: Span = 1 * MINUTE
#: So many calls that fail in a row are the cloud's fault, or the app's, and not those persons': the next would fail, too.
FAILED_MAX = 3
#: Of many who cannot be looked up, so many are named in the log.
TOLD_MAX = 20


class LookedUp(Protocol):
    """What of `People` is used here."""

    async def user(self, user_id: str) -> User | Nobody | Retry | Refused: ...


class RollCall:
    """leavers: ids of those who are known to have left."""

    def __init__(self, directory: Directory, clock: Clock, people: LookedUp, leavers: Callable[[], Collection[str]]) -> None:
        self._people = people
        self._clock = clock
        self._leavers = leavers
        self._user_ids = {
            each.id: str(each.addresses["dingtalk"]["user_id"])
            for each in directory.persons.values()
            if each.addresses.get("dingtalk", {}).get("user_id")
        }
        self._is_blind = False
        self._is_doubtful = False

    async def run(self, take: Take) -> None:
        """For ever."""
        last = Look()
        await self._clock.sleep_until(self._clock.now() + FIRST_AFTER)
        while True:
            due = self._clock.now() + EVERY
            try:
                last = await self._call(last, take)
            except StoreError as error:
                log.error("who has left is not on record yet", channel="dingtalk", reason=str(error))
            except Exception:  # the rim of a roll call: a mistake here must not end the way back
                log.exception("roll call failed", task="listen dingtalk")
            await self._clock.sleep_until(due)

    async def _call(self, last: Look, take: Take) -> Look:
        look, known_left = await self._look(), frozenset(self._leavers())
        doubtful = is_doubtful(look, known_left)
        if doubtful and not self._is_doubtful:
            log.error(
                "most people are not in the organisation, so nobody is taken out: are these its credentials?",
                channel="dingtalk",
                missed=len(look.missed),
            )
        self._is_doubtful = doubtful
        changed = changes(last, look, known_left)
        now = self._clock.now()
        for person in changed.left:
            log.warning("a person has left the organisation", channel="dingtalk", person=person)
            await take(InboxRow("dingtalk", f"left-{person}-{now}", "system", PersonLeft(person, "dingtalk"), now))
        for person in changed.returned:
            log.warning("a person is in the organisation again", channel="dingtalk", person=person)
            await take(InboxRow("dingtalk", f"returned-{person}-{now}", "system", PersonReturned(person, "dingtalk"), now))
        return look

    async def _look(self) -> Look:
        present, missed, unknown = set[str](), set[str](), dict[str, str]()
        failed = 0
        for person, user_id in self._user_ids.items():
            found = await self._people.user(user_id)
            failed = failed + 1 if isinstance(found, Retry) else 0
            match found:
                case User():
                    present.add(person)
                case Nobody():
                    missed.add(person)
                case Retry(reason=reason) | Refused(reason):
                    unknown[person] = reason
            if failed == FAILED_MAX:
                break
        self._tell_blind(unknown)
        return Look(frozenset(present), frozenset(missed))

    def _tell_blind(self, unknown: Mapping[str, str]) -> None:
        """Once, and once more when everybody can be looked up again."""
        if unknown and not self._is_blind:
            persons = list(unknown)[:TOLD_MAX]
            log.warning("whether people have left cannot be seen", persons=persons, reason=next(iter(unknown.values())))
        if self._is_blind and not unknown:
            log.warning("it can be seen again whether people have left")
        self._is_blind = bool(unknown)
