"""The chat with the robot: an order is committed, its message answered, the order worked, and the answer said in the chat; who
asks what is open, or how a machine is, is told.

    message ─▶ who? ─▶ what? (`sentences.py`) ─▶ row in the inbox ─▶ acknowledged to DingTalk ─▶ its event ─▶ said in the chat

A message that comes again (DingTalk sends one again after 60 s without an acknowledgement) finds its row in the inbox, and is
carried out once. When it was this process that took it, its answer is under way; after a crash between commit and answer the
repeat says what became of it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any

import structlog

from cloud_bridge.base import ChannelOpening
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.messages import Said, answer_body, read_said
from cloud_bridge.dingtalk.presses import is_emptied
from cloud_bridge.dingtalk.sentences import Mistake, Order, Question, Verb, read_sentence
from cloud_bridge.dingtalk.verdicts import Accepted
from cloud_bridge.marks import in_language
from edge.model.command import Acknowledge, AlarmCommand, Confirm, InboxRow, OnMyWay, Shelve
from edge.model.errors import NotPermitted
from edge.model.event import Event
from edge.model.moment import MINUTE
from edge.model.person import Person
from edge.ports import Clock
from edge.texts import LANGUAGES

log = structlog.get_logger()

LISTED_MAX = 20
#: Answers being worked out and said at once; further ones are dropped, orders never.
SAYING_MAX = 50
#: Messages of this process whose repeats say nothing.
REMEMBERED_MAX = 1_000
COMMENT_MAX = 200


class Chat:
    def __init__(self, opening: ChannelOpening, calls: Calls) -> None:
        self._opening = opening
        self._desk = opening.chat
        self._clock: Clock = opening.clock
        self._calls = calls
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._working: set[asyncio.Task[Event | None]] = set()
        self._saying: set[asyncio.Task[None]] = set()

    async def hear(self, data: Any) -> None:
        """Returns when what it asks for is committed. Raises StoreError when it was not."""
        if is_emptied(data):
            log.error("a message arrived without its text: the month's quota of pushes is spent", channel="dingtalk")
            return
        said = read_said(data)
        if said is None:
            log.warning("a message without a sender or an id", channel="dingtalk")
            return
        person = self._opening.directory.person_at("dingtalk", "user_id", said.user_id)
        if person is None:
            log.warning("a message of somebody who is not in people.yaml", channel="dingtalk", user_id=said.user_id)
            self._spawn(self._say(said, "both", in_language("both", "dingtalk.press.unknown_person")))
            return
        if not self._desk.may_see(person.id):
            log.warning("a message of somebody who may not see alarms, or has left", channel="dingtalk", person=person.id)
            self._spawn(self._say(said, person.language, in_language(person.language, "dingtalk.press.not_permitted")))
            return
        match read_sentence(said.text):
            case Order() as order:
                await self._take(said, person, order)
            case Question.LIST:
                self._spawn(self._say(said, person.language, *self._listing(person.language)))
            case Question.HELP:
                self._spawn(self._say(said, person.language, in_language(person.language, "dingtalk.chat.help")))
            case Mistake() as mistake:
                about = self._desk.about(said.text, person.language) if mistake is Mistake.NOT_UNDERSTOOD else ()
                said_back = about or (in_language(person.language, f"dingtalk.chat.{mistake}"),)
                self._spawn(self._say(said, person.language, *said_back))

    async def close(self) -> None:
        under_way = (*self._saying, *self._working)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _take(self, said: Said, person: Person, order: Order) -> None:
        found = self._desk.coded(order.number)
        if found is None:
            unknown = in_language(person.language, "dingtalk.chat.unknown_number", number=order.number)
            self._spawn(self._say(said, person.language, unknown))
            return
        if said.msg_id in self._taken:
            return
        row = InboxRow("dingtalk", f"msg-{said.msg_id}", person.id, _command_of(order, said, *found), self._clock.now())
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        working = asyncio.ensure_future(self._desk.carry_out(row, lambda: _done(committed)))
        self._working.add(working)
        working.add_done_callback(self._working.discard)
        self._remember(said)
        waits: set[asyncio.Future[Any]] = {working, committed}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        try:
            if working.done():
                working.result()
        except NotPermitted:
            self._spawn(self._say(said, person.language, in_language(person.language, "dingtalk.press.not_permitted")))
        except Exception:
            # Not taken: when it comes again it is as new.
            self._taken.pop(said.msg_id, None)
            raise
        else:
            self._spawn(self._say_what_became(said, person, order, working))

    async def _say_what_became(self, said: Said, person: Person, order: Order, working: asyncio.Task[Event | None]) -> None:
        event = await working
        await self._say(said, person.language, self._became(person, order, event))

    def _became(self, person: Person, order: Order, event: Event | None) -> str:
        if event is None:
            return in_language(person.language, "dingtalk.chat.taken_before", number=order.number)
        if event.kind != "rejected":
            return in_language(person.language, f"dingtalk.chat.{order.verb}", number=order.number, minutes=order.minutes)
        who = self._opening.directory.name_of(str(event.data.get("acknowledged_by", "")))
        why = in_language(person.language, f"response.refusal.{event.data['reason']}", acknowledged_by=who)
        return in_language(person.language, "dingtalk.chat.rejected", number=order.number, why=why)

    def _listing(self, language: str) -> tuple[str, ...]:
        """Who reads both languages reads each alarm in both."""
        languages = (language,) if language in LANGUAGES else LANGUAGES
        listed = [list(self._desk.listed(each, LISTED_MAX + 1)) for each in languages]
        if not listed[0]:
            return (in_language(language, "dingtalk.chat.nothing_open"),)
        lines = [
            (f"{same[0][0]} · " if same[0][0] else "") + " / ".join(f"{headline} · {state}" for _, headline, state in same)
            for same in zip(*listed, strict=True)
        ]
        more = [in_language(language, "dingtalk.chat.more")] if len(lines) > LISTED_MAX else []
        return (*lines[:LISTED_MAX], *more)

    async def _say(self, said: Said, language: str, *lines: str) -> None:
        if not said.session:
            return
        title = in_language(language, "dingtalk.chat.title")
        answer = await self._calls.answer(said.session, answer_body(title, lines))
        if not isinstance(answer, Accepted):
            log.warning("an answer in the chat was not said", channel="dingtalk", reason=answer.reason)

    def _spawn(self, saying: Coroutine[Any, Any, None]) -> None:
        if len(self._saying) >= SAYING_MAX:
            saying.close()
            log.warning("too much is written to the robot at once: an answer is left out", channel="dingtalk")
            return
        task = asyncio.ensure_future(saying)
        self._saying.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._saying.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an answer in the chat failed", channel="dingtalk", exc_info=task.exception())

    def _remember(self, said: Said) -> None:
        self._taken[said.msg_id] = None
        while len(self._taken) > REMEMBERED_MAX:
            self._taken.popitem(last=False)


def _done(committed: asyncio.Future[None]) -> None:
    if not committed.done():
        committed.set_result(None)


def _command_of(order: Order, said: Said, alarm: str, occurrence: int) -> AlarmCommand:
    match order.verb:
        case Verb.ACKNOWLEDGE:
            return Acknowledge(alarm, occurrence, order.said[:COMMENT_MAX])
        case Verb.ON_MY_WAY:
            return OnMyWay(alarm, occurrence)
        case Verb.CONFIRM:
            return Confirm(alarm, occurrence, order.said[:COMMENT_MAX])
        case Verb.SHELVE:
            # Without a reason of its own, what was written is the reason: it stands in the journal word for word.
            reason = (order.said or said.text.strip())[:COMMENT_MAX]
            return Shelve(alarm, order.minutes * MINUTE, reason, occurrence)
