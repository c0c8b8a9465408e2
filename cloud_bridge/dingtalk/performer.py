"""Acts carried out: each an order of calls, and what their answers come to.

What may be done at all says `acts`, what is sent and what answers hold `bodies`, what answers mean `errors`. An attempt makes
few calls, all within `PERFORM_WITHIN`; where the time is over in the middle of them, the outcome is unknown.
"""

from __future__ import annotations

from cloud_bridge.base import FindReceipt
from cloud_bridge.delivery.waiting import before
from cloud_bridge.dingtalk.acts import delivered, handle_of, link_of, problem, user_of
from cloud_bridge.dingtalk.bodies import ding, notices, todo
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.cards import Cards
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.gatherings import Gatherings
from cloud_bridge.dingtalk.paperwork import Paperwork
from cloud_bridge.dingtalk.people import People
from cloud_bridge.dingtalk.verdicts import Accepted, Exists, ended
from cloud_bridge.marks import Marks
from edge.model.act import (
    AskApproval,
    Call,
    CloseConference,
    CloseGroup,
    CloseOrder,
    OpenConference,
    OpenGroup,
    OpenOrder,
    Tell,
    WriteRow,
)
from edge.model.alarm import Priority
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry, Unknown
from edge.model.moment import SECOND, Span
from edge.model.person import Directory
from edge.ports import Clock

#: Under the 30 s that a channel may take.
PERFORM_WITHIN: Span = 27 * SECOND
#: DingTalk sends a work notice some time after it took it; its result is read so long after that.
NOTICE_RESULT_AFTER: Span = 3 * SECOND
#: Whose work notices are followed up: of others a silent drop costs little.
FOLLOWED_UP = frozenset({Priority.CRITICAL, Priority.HIGH})


class Performer:
    """find_receipt: what this channel delivered first for a card."""

    def __init__(
        self,
        config: DingTalkConfig,
        calls: Calls,
        people: People,
        directory: Directory,
        clock: Clock,
        find_receipt: FindReceipt,
        cards: Cards,
    ) -> None:
        self._config = config
        self._calls = calls
        self._people = people
        self._clock = clock
        self._find_receipt = find_receipt
        self._gatherings = Gatherings(config, calls, people, directory, find_receipt, cards)
        self._paperwork = Paperwork(config, calls, people, find_receipt)

    async def perform(self, claim: Claim, marks: Marks) -> Outcome:
        """An intent whose act is not Tell."""
        if (refusal := problem(claim, self._config)) is not None:
            return refusal
        try:
            return await before(self._clock.now() + PERFORM_WITHIN, self._clock, self._perform(claim, marks))
        except TimeoutError:
            return Unknown("DingTalk took too long for all the calls of it")

    async def _perform(self, claim: Claim, marks: Marks) -> Outcome:
        intent, act = claim.intent, claim.intent.act
        user = user_of(intent) or ""
        match act:
            case Call():
                outcome = self._call(intent, act, user, marks)
            case OpenOrder() | CloseOrder():
                outcome = self._order(intent, act, user, marks)
            case OpenGroup():
                outcome = self._gatherings.open_group(claim, act, user, marks)
            case CloseGroup():
                outcome = self._gatherings.close_group(intent, act)
            case OpenConference() | CloseConference():
                outcome = self._gatherings.conference(claim, act, user)
            case WriteRow():
                outcome = self._paperwork.write_row(intent, act)
            case AskApproval():
                outcome = self._paperwork.ask_approval(claim, act, user)
            case Tell():
                raise TypeError("what is only told is not performed")
        return await outcome

    # --- a person is rung ---------------------------------------------------------------------------------------------

    async def _call(self, intent: Intent, act: Call, user: str, marks: Marks) -> Outcome:
        config = self._config
        request = ding.send(
            intent,
            act.medium,
            [user],
            robot_code=config.robot,
            voice=config.voice,
            marks=marks,
            link=link_of(intent, config),
        )
        return ding.outcome(await self._calls.make(request))

    async def notify(self, intent: Intent, user: str, agent_id: int, marks: Marks) -> Outcome:
        """A work notice in place of a robot message. DingTalk answers "ok" also to what it drops; of what is urgent the result
        is read, and where that says nothing yet, the notice counts as delivered."""
        rest = link_of(intent, self._config)
        answer = await self._calls.make(notices.send(intent, agent_id=agent_id, user=user, marks=marks, rest=rest))
        if not isinstance(answer, Accepted):
            return ended(answer)
        task = notices.task_of(answer)
        if not task:
            return delivered(answer, None)
        if intent.priority in FOLLOWED_UP:
            await self._clock.sleep_until(self._clock.now() + NOTICE_RESULT_AFTER)
            result = await self._calls.read(notices.result(task, agent_id=agent_id))
            if isinstance(result, Accepted):
                outcome = notices.became_of(result, user, task)
                return Delivered(task) if isinstance(outcome, Unknown) else outcome
        return Delivered(task)

    # --- orders -------------------------------------------------------------------------------------------------------

    async def _order(self, intent: Intent, act: OpenOrder | CloseOrder, user: str, marks: Marks) -> Outcome:
        union = await self._people.union_id(user)
        if not isinstance(union, str):
            return ended(union)
        if isinstance(act, CloseOrder):
            return await self._close_order(intent, act, union)
        if not todo.fits(act):
            return Refused(f"the address of order {act.order}'s page is empty or longer than {todo.URL_BYTES_MAX} bytes")
        answer = await self._calls.make(todo.create(intent, act, union=union, creator=union, marks=marks))
        if isinstance(answer, Exists):
            return await self._order_made_before(act, union, answer)
        return delivered(answer, todo.task_of(answer))

    async def _order_made_before(self, act: OpenOrder, union: str, refusal: Exists) -> Outcome:
        """DingTalk refuses a second to-do of an order as it refuses a wrong parameter. Its words name the first one; where
        they do not, a look tells which it was."""
        task = todo.task_in(refusal.reason) or await self._find_order(act.order, union)
        if isinstance(task, Retry):
            return task
        return Refused(refusal.reason) if task is None else Delivered(task)

    async def _close_order(self, intent: Intent, act: CloseOrder, union: str) -> Outcome:
        task = handle_of(await self._find_receipt(intent.card)) or await self._find_order(act.order, union)
        if isinstance(task, Retry):
            return task
        if task is None:
            return Refused(f"no to-do of order {act.order} is known")
        return delivered(await self._calls.make(todo.complete(task, union=union, operator=union)), task)

    async def _find_order(self, order: str, union: str) -> str | Retry | None:
        """The to-do's id; None when there is none, or looking is not allowed."""
        found = await self._calls.read(todo.find(order, union=union))
        if isinstance(found, Retry):
            return found
        return todo.task_of(found) if isinstance(found, Accepted) else None
