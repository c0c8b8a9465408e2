"""The DingTalk channel: an intent becomes one call, or two, and the answer an outcome.

Which call it is says `ways`, its body `payloads`, what the answer means `errors`, how it is made `calls`. What is more than
telling does the `performer`. The way back is `stream`.
"""

from __future__ import annotations

import asyncio

import structlog

from cloud_bridge.base import Channel, ChannelOpening, Take
from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.dingtalk import acts, reading
from cloud_bridge.dingtalk.callbacks import Callbacks
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.cards import Cards
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.counting import cost_of_intent
from cloud_bridge.dingtalk.endpoints import ROBOT_TO_GROUP, ROBOT_TO_PERSON, Request
from cloud_bridge.dingtalk.inbound import Inbound
from cloud_bridge.dingtalk.payloads import msg_uuid, robot_markdown, webhook_markdown
from cloud_bridge.dingtalk.people import People, Shifts
from cloud_bridge.dingtalk.performer import Performer
from cloud_bridge.dingtalk.roll_call import RollCall
from cloud_bridge.dingtalk.stream import Stream
from cloud_bridge.dingtalk.verdicts import Accepted, Answer, RobotRefused
from cloud_bridge.dingtalk.ways import (
    NoCard,
    RaiseCard,
    SendByRobot,
    SendByWebhook,
    Space,
    UpdateCard,
    Way,
    is_keyed,
    pace_of,
    way_of,
)
from cloud_bridge.log_in import NoLogIn
from cloud_bridge.marks import Marks, marks_of
from cloud_bridge.pace import Pace
from edge.model.act import Act, Tell
from edge.model.intent import NO_CARD, Claim, Delivered, Intent, Outcome, Refused, Retry
from edge.model.moment import Moment
from edge.model.quota import Cost

log = structlog.get_logger()

#: A person whom the platform holds back for now gets the message later (dingtalk-api 3.2).
FLOW_CONTROLLED_AFTER_S = 60.0


def open_channel(opening: ChannelOpening) -> Channel:
    """The factory named in `cloud_bridge/catalog.py`."""
    return DingTalkChannel(opening)


class DingTalkChannel:
    name = "dingtalk"

    def __init__(self, opening: ChannelOpening) -> None:
        if not isinstance(opening.config, DingTalkConfig):
            raise TypeError(f"the DingTalk channel wants a DingTalkConfig, not a {type(opening.config).__name__}")
        self._config = opening.config
        self._clock = opening.clock
        self._late_after = opening.late_after
        self._directory = opening.directory
        self._calls = Calls(opening.config, opening.transport, opening.clock, opening.secret, opening.meter)
        self._inbound = Inbound(opening, self._calls)
        self.people = People(self._calls, opening.clock)
        shifts = opening.config.shifts
        #: Who is on shift by the organisation's own schedule; None: cloud.yaml names nobody who may see it.
        self.shifts = None if shifts is None else Shifts(shifts, self._calls, opening.clock)
        self._roll_call = RollCall(opening.directory, opening.clock, self.people, opening.leavers)
        self._cards = Cards(opening.config, self._calls, opening.directory)
        self._performer = Performer(
            opening.config, self._calls, self.people, opening.directory, opening.clock, opening.find_receipt, self._cards
        )
        own = opening.config.callbacks
        self._callbacks = None if own is None else Callbacks(opening, opening.config, own, self._calls, self._inbound)
        self._way_back = self._callbacks or Stream(opening, opening.config, self._calls, self._inbound)

    def cost(self, intent: Intent) -> Cost:
        return cost_of_intent(intent, way_of(intent, self._config))

    def pace(self, intent: Intent) -> Pace | None:
        return pace_of(intent, self._config)

    def is_keyed(self, intent: Intent) -> bool:
        if isinstance(intent.act, Tell):
            return is_keyed(way_of(intent, self._config))
        return acts.is_keyed(intent.act, self._config)

    def can(self, act: type[Act]) -> bool:
        return acts.can(act, self._config)

    async def deliver(self, claim: Claim) -> Outcome:
        if isinstance(claim.intent.act, Tell):
            return await self._tell(claim)
        may_be_repeated = not self.is_keyed(claim.intent)
        marks = marks_of(claim, self._clock.now(), self._late_after, may_be_repeated=may_be_repeated)
        return await self._performer.perform(claim, marks)

    async def _tell(self, claim: Claim) -> Outcome:
        intent = claim.intent
        way = way_of(intent, self._config)
        marks = self._marks(claim, way)
        match way:
            case RaiseCard() as card:
                return await self._cards.make(claim, card, marks)
            case UpdateCard():
                return await self._cards.update(intent, marks)
            case NoCard():
                return Delivered(NO_CARD)
            case SendByWebhook(hook):
                body = webhook_markdown(intent, marks=marks, mention=self._cards.mention(intent), rest=self._rest(intent))
                return acts.delivered(await self._calls.webhook(hook, body), msg_uuid(intent.key))
            case SendByRobot(space):
                return await self._send_by_robot(intent, space, marks)
            case None:
                return Refused(f"{intent.recipient} has no address that cloud.yaml knows: mend people.yaml or dingtalk.groups")

    async def listen(self, take: Take) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._way_back.run(take), name="way back")
            tasks.create_task(self._roll_call.run(take), name="roll call")

    async def called_back(self, callback: Callback) -> CallbackReply | None:
        return None if self._callbacks is None else await self._callbacks.answer(callback)

    async def person_of_code(self, code: str) -> str | NoLogIn:
        """code: what `dd.requestAuthCode` gives to a page that is opened inside DingTalk."""
        user_id = await self.people.user_id_of_code(code)
        match user_id:
            case str():
                person = self._directory.person_at(self.name, "user_id", user_id)
                return NoLogIn.UNKNOWN_PERSON if person is None else person.id
            case Retry(_, reason):
                log.warning("nobody can log in by a code now", channel=self.name, reason=reason)
                return NoLogIn.NOT_NOW
        log.info("a code that DingTalk does not know", channel=self.name, reason=user_id.reason)
        return NoLogIn.UNKNOWN_CODE

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        request = reading.question(intent, receipt, self._config)
        told = None if request is None else await self._calls.make(request)
        user = acts.user_of(intent)
        return reading.answer(told.body, user) if isinstance(told, Accepted) and user is not None else None

    @property
    def unheard_since(self) -> Moment | None:
        return self._way_back.down_since

    async def close(self) -> None:
        await self._inbound.close()
        await self._calls.close()

    def _marks(self, claim: Claim, way: Way | None) -> Marks:
        """How late it leaves, and whether it may have been told before.

        A card cannot be told twice: its id is the key. A webhook message can, when its key is older than DingTalk's memory of
        keys, which is of unknown length; so its repeats are marked as those of unkeyed calls are.
        """
        may_be_repeated = isinstance(way, SendByWebhook | SendByRobot)
        return marks_of(claim, self._clock.now(), self._late_after, may_be_repeated=may_be_repeated)

    def _rest(self, intent: Intent) -> str:
        return acts.link_of(intent, self._config)

    async def _send_by_robot(self, intent: Intent, space: Space, marks: Marks) -> Outcome:
        body = robot_markdown(intent, robot_code=self._config.robot, marks=marks, rest=self._rest(intent))
        space_type, space_id = space
        if space_type == "IM_GROUP":
            answer = await self._calls.make(Request(ROBOT_TO_GROUP, body | {"openConversationId": space_id}))
            return acts.delivered(answer, _query_key(answer))
        answer = await self._calls.make(Request(ROBOT_TO_PERSON, body | {"userIds": [space_id]}))
        if isinstance(answer, RobotRefused) and self._config.agent_id is not None:
            return await self._performer.notify(intent, space_id, self._config.agent_id, marks)
        if isinstance(answer, Accepted):
            # HTTP 200 with the only receiver in one of these lists: nobody was told (dingtalk-api 3.2).
            if space_id in _names(answer, "invalidStaffIdList"):
                return Refused(f"user_id {space_id} names nobody in the organisation")
            if space_id in _names(answer, "flowControlledStaffIdList"):
                return Retry(FLOW_CONTROLLED_AFTER_S, f"DingTalk holds messages to {space_id} back for now")
        return acts.delivered(answer, _query_key(answer))


def _query_key(answer: Answer) -> str | None:
    """By which a robot message is asked about later."""
    key = answer.body.get("processQueryKey") if isinstance(answer, Accepted) else None
    return key if isinstance(key, str) else None


def _names(answer: Accepted, key: str) -> list[str]:
    names = answer.body.get(key)
    return [str(name) for name in names] if isinstance(names, list) else []
