"""The roll call: everybody in people.yaml is looked up in the organisation, so that who has left loses access within 15 min,
also when no event of it came. Contact calls cost no quota (dingtalk-api 0.5)."""

from __future__ import annotations

from collections.abc import Callable, Collection

import structlog

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.dingtalk.bodies.contacts import User
from cloud_bridge.dingtalk.leavers import Look, changes
from cloud_bridge.dingtalk.people import People
from cloud_bridge.dingtalk.verdicts import Nobody
from edge.model.command import InboxRow, PersonLeft, PersonReturned
from edge.model.errors import StoreError
from edge.model.moment import MINUTE, Span

log = structlog.get_logger()

#: Two looks in a row decide: within 15 min, with time to ask many.
EVERY: Span = 6 * MINUTE
#: After a start there is more urgent work.
FIRST_AFTER: Span = 1 * MINUTE


class RollCall:
    """leavers: ids of those who are known to have left."""

    def __init__(self, opening: ChannelOpening, people: People, leavers: Callable[[], Collection[str]]) -> None:
        self._people = people
        self._clock = opening.clock
        self._leavers = leavers
        persons = opening.directory.persons.values()
        self._user_ids = {
            each.id: str(each.addresses["dingtalk"]["user_id"])
            for each in persons
            if each.addresses.get("dingtalk", {}).get("user_id")
        }
        self._unknown = ""

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
        look = await self._look()
        if not look.is_plausible:
            log.error(
                "most people are not in the organisation, so nobody is taken out: are these its credentials?",
                channel="dingtalk",
                missed=len(look.missed),
            )
        changed = changes(last, look, frozenset(self._leavers()))
        now = self._clock.now()
        for person in changed.left:
            log.warning("a person has left the organisation", channel="dingtalk", person=person)
            await take(InboxRow("dingtalk", f"left-{person}-{now}", "system", PersonLeft(person, "dingtalk"), now))
        for person in changed.returned:
            log.warning("a person is in the organisation again", channel="dingtalk", person=person)
            await take(InboxRow("dingtalk", f"returned-{person}-{now}", "system", PersonReturned(person, "dingtalk"), now))
        return look

    async def _look(self) -> Look:
        present, missed, unknown = set[str](), set[str](), ""
        for person, user_id in self._user_ids.items():
            found = await self._people.user(user_id)
            if isinstance(found, User):
                present.add(person)
            elif isinstance(found, Nobody):
                missed.add(person)
            else:
                unknown = found.reason
                # What is wrong with one call is wrong with the next.
                break
        if bool(unknown) != bool(self._unknown):
            log.warning("whether people have left cannot be seen" if unknown else "it can be seen again", reason=unknown)
        self._unknown = unknown
        return Look(frozenset(present), frozenset(missed))
