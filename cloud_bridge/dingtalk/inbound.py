"""What the cloud pushes, by whichever way it came: committed first, then answered, then worked.

Theory of operation. A push is turned into a row of the inbox and handed to `take`; only when that has returned, the row is
durable and the push is answered. DingTalk waits for 2 s (a card) or 3 s (an event): what takes longer is answered as a failure
in time, and the commit goes on behind it, which is harmless, because a command that comes again changes nothing.

    push             row                                        answered with
    press            the command of its button                  nothing, or a line that only the presser sees
    foreign card     ForeignPress, once a minute                that line
    robot message    what it asks for (`chat.py`)               nothing; the reply follows in the chat. When it was not
                                                                taken: not at all, and it is sent again after 60 s
    event            PersonLeft, of who has left                SUCCESS; LATER, so that it comes again, when it was not taken

Not here: sockets (`stream.py`), signatures of HTTP callbacks (`callbacks.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.chat import Chat
from cloud_bridge.dingtalk.counting import PUSHED
from cloud_bridge.dingtalk.frames import (
    EVENT_LATER,
    EVENT_TAKEN,
    MESSAGE_RESPONSE,
    CardCallback,
    Code,
    OrgEvent,
    Pushed,
    RobotMessage,
    card_response,
)
from cloud_bridge.dingtalk.leavers import leavers_of
from cloud_bridge.dingtalk.presses import Press, command_of, is_emptied, read_press
from cloud_bridge.marks import in_language
from edge.model.command import Acknowledge, ForeignPress, InboxRow, PersonLeft
from edge.model.errors import NotPermitted, StoreError
from edge.model.moment import MILLISECOND, MINUTE, Moment, Span
from edge.model.quota import Kind
from edge.ports import Clock

log = structlog.get_logger()

#: A little less than DingTalk waits (dingtalk-api 7.4), for the way back.
CARD_ANSWERED_WITHIN: Span = 1_800 * MILLISECOND
OTHERS_ANSWERED_WITHIN: Span = 2_700 * MILLISECOND
#: One press on a foreign card a minute says as much as ten.
FOREIGN_EVERY: Span = MINUTE


@dataclass(frozen=True, slots=True)
class Answer:
    """data: JSON inside a text."""

    code: Code
    data: str = "{}"


class Inbound:
    def __init__(self, opening: ChannelOpening, calls: Calls) -> None:
        self._opening = opening
        self._chat = Chat(opening, calls)
        self._clock: Clock = opening.clock
        self._foreign_at: Moment | None = None
        #: Commits that DingTalk has stopped waiting for.
        self._behind: set[asyncio.Task[Answer]] = set()

    async def hear(self, pushed: Pushed, take: Take, *, within: Span = OTHERS_ANSWERED_WITHIN) -> Answer | None:
        """Take it, and answer in time whatever happens; None: by silence, so that it comes again. Never raises. within: so long
        DingTalk waits for the answer to anything but a press."""
        if is_emptied(pushed.data):
            self._opening.meter.refused(Kind.PUSH)
        match pushed:
            case CardCallback():
                return await self._in_time(self._take_press(pushed, take), CARD_ANSWERED_WITHIN, Answer(Code.FAILED))
            case RobotMessage():
                return await self._in_time(self._take_message(pushed), within, None)
            case OrgEvent():
                later = Answer(Code.OK, EVENT_LATER)
                return await self._in_time(self._take_event(pushed, take), within, later)

    async def close(self) -> None:
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)
        await self._chat.close()

    async def _in_time(self, work: Coroutine[Any, Any, Answer], within: Span, otherwise: Answer | None) -> Answer | None:
        """What comes of the work; `otherwise` when it fails or takes too long. It is not cut off: a commit goes on."""
        task = asyncio.ensure_future(work)
        timer = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + within))
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if not task.done():
            log.error("a push was not taken in time", channel="dingtalk", within_s=within / 1_000_000)
            return otherwise
        try:
            return task.result()
        except StoreError as error:
            log.error("a push was not taken", channel="dingtalk", reason=str(error))
        except Exception:  # the rim of a push: a mistake here must not end the way back
            log.exception("a push failed", task="listen dingtalk")
        return otherwise

    # --- presses --------------------------------------------------------------------------------------------------

    async def _take_press(self, pushed: CardCallback, take: Take) -> Answer:
        await self._opening.meter.using(PUSHED)
        if is_emptied(pushed.data):
            log.error("a press arrived without its content: the month's quota of pushes is spent", channel="dingtalk")
            return Answer(Code.FAILED)
        press = read_press(pushed.data)
        if press is None:
            return Answer(Code.MALFORMED)
        found = await self._opening.find_card(press.out_track_id)
        if found is None:
            return await self._tell_foreign(pushed, press, take)
        return await self._take_command(pushed, press, found, take)

    async def _take_command(self, pushed: CardCallback, press: Press, found: tuple[str, int], take: Take) -> Answer:
        person = self._opening.directory.person_at("dingtalk", "user_id", press.user_id)
        if person is None:
            # No row: a command needs a person who is responsible for it. Whoever pressed is told.
            log.warning("press by somebody who is not in people.yaml", channel="dingtalk", user_id=press.user_id)
            return _privately("both", "unknown_person")
        command = command_of(press, *found, self._opening.shelve_for)
        if command is None:
            log.warning("press on a button that is not ours", channel="dingtalk", card=press.out_track_id)
            return Answer(Code.NO_HANDLER)
        taken_by = self._opening.taken_by(*found) if isinstance(command, Acknowledge) else None
        try:
            await take(InboxRow("dingtalk", pushed.message_id, person.id, command, self._clock.now()))
        except NotPermitted:
            return _privately(person.language, "not_permitted")
        if self._opening.is_over(*found):
            return _privately(person.language, "over")
        if taken_by not in (None, person.id):
            # On record all the same: the journal says who pressed when.
            return _privately(person.language, "taken", who=self._opening.directory.name_of(str(taken_by)))
        return Answer(Code.OK, card_response())

    async def _tell_foreign(self, pushed: CardCallback, press: Press, take: Take) -> Answer:
        now = self._clock.now()
        person = self._opening.directory.person_at("dingtalk", "user_id", press.user_id)
        if self._foreign_at is None or now - self._foreign_at >= FOREIGN_EVERY:
            log.error(
                "press on a card that this gateway never made: another one uses this application, or the database was replaced",
                channel="dingtalk",
                card=press.out_track_id,
            )
            news = ForeignPress("dingtalk", press.out_track_id, "" if person is None else person.id)
            await take(InboxRow("dingtalk", pushed.message_id, "system", news, now))
            self._foreign_at = now
        return _privately("both" if person is None else person.language, "foreign_card")

    async def _take_message(self, pushed: RobotMessage) -> Answer:
        await self._opening.meter.using(PUSHED)
        await self._chat.hear(pushed.data)
        return Answer(Code.OK, MESSAGE_RESPONSE)

    # --- events of the organisation -------------------------------------------------------------------------------

    async def _take_event(self, pushed: OrgEvent, take: Take) -> Answer:
        if is_emptied(pushed.data):
            # Who has left is found by the next look into the directory.
            log.error("an event arrived without its content: the month's quota of pushes is spent", channel="dingtalk")
            return Answer(Code.OK, EVENT_TAKEN)
        for user_id in leavers_of(pushed):
            person = self._opening.directory.person_at("dingtalk", "user_id", user_id)
            if person is not None:
                news = PersonLeft(person.id, "dingtalk")
                await take(InboxRow("dingtalk", f"{pushed.event_id}/{person.id}", "system", news, self._clock.now()))
        return Answer(Code.OK, EVENT_TAKEN)


def _privately(language: str, said: str, **arguments: str) -> Answer:
    """A line on the card of the presser, and of nobody else."""
    return Answer(Code.OK, card_response(in_language(language, f"dingtalk.press.{said}", **arguments)))
