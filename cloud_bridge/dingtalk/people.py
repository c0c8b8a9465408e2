"""The organisation's people, asked once and remembered: who has which unionId, who is still there, who is on shift.

A userId keeps its unionId for ever, so that is never asked twice. Contact calls cost no quota; the schedule does, so it is
asked at a change of shift and not at each alarm (dingtalk-api 12).

The channel itself asks for `user`, `union_id` and `user_id_of_code`. Mobile numbers, departments and `Shifts` are there for who
plans who is told (rosters, `channel.people` and `channel.shifts`); nothing of this version's response asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from cloud_bridge.dingtalk.bodies import attendance, contacts
from cloud_bridge.dingtalk.bodies.contacts import ROOT_DEPARTMENT, Department, User
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import ShiftsConfig
from cloud_bridge.dingtalk.endpoints import Request
from cloud_bridge.dingtalk.verdicts import Accepted, Nobody
from edge.model.intent import Refused, Retry
from edge.model.moment import HOUR, MINUTE, Moment, Span
from edge.ports import Clock

#: A plant has fewer people; above it the eldest answers are forgotten.
REMEMBERED_MAX = 10_000
#: An organisation's departments, and the people in one, may be this old.
DEPARTMENTS_GOOD_FOR: Span = 15 * MINUTE
DEPARTMENTS_MAX = 500
#: The schedule is asked again at the next change of shift, and as often as this: people swap shifts.
SCHEDULE_GOOD_FOR: Span = 4 * HOUR
#: Of fifty people within two days.
LEAVES_MAX = 200


class People:
    """Answers are what was asked for, Nobody when there is no such person (any more), or why it cannot be told now."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._unions: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._departments: tuple[Moment, tuple[Department, ...]] | None = None

    async def user(self, user_id: str) -> User | Nobody | Retry | Refused:
        """As the organisation has the person now; never from memory."""
        answer = await self._read(contacts.user(user_id))
        if not isinstance(answer, Accepted):
            return answer
        user = contacts.read_user(answer)
        if user is None:
            return Refused(f"the answer for user_id {user_id} holds no person")
        _remember(self._unions, user_id, user.union_id)
        return user

    async def union_id(self, user_id: str) -> str | Nobody | Retry | Refused:
        if user_id in self._unions:
            return self._unions[user_id]
        user = await self.user(user_id)
        return user.union_id if isinstance(user, User) else user

    async def user_id_of_mobile(self, mobile: str) -> str | Nobody | Retry | Refused:
        if mobile in self._users:
            return self._users[mobile]
        answer = await self._user_id(contacts.by_mobile(mobile))
        if isinstance(answer, str):
            _remember(self._users, mobile, answer)
        return answer

    async def user_id_of_code(self, code: str) -> str | Nobody | Retry | Refused:
        """Who opened our page inside DingTalk. A code is good once: whoever gets no answer asks the client for a new one."""
        return await self._user_id(contacts.by_code(code))

    async def departments(self) -> tuple[Department, ...] | Retry | Refused:
        """All below the root, eldest first; at most 500."""
        now = self._clock.now()
        if self._departments is not None and now - self._departments[0] < DEPARTMENTS_GOOD_FOR:
            return self._departments[1]
        found: dict[int, Department] = {}
        waiting = [ROOT_DEPARTMENT]
        while waiting and len(found) < DEPARTMENTS_MAX:
            answer = await self._read(contacts.sub_departments(waiting.pop(0)))
            if isinstance(answer, Nobody):
                return Refused(answer.reason)
            if not isinstance(answer, Accepted):
                return answer
            new = [each for each in contacts.read_departments(answer) if each.id not in found]
            found.update((each.id, each) for each in new)
            waiting += [each.id for each in new]
        self._departments = (now, tuple(found.values()))
        return self._departments[1]

    async def users_of(self, department: int) -> tuple[str, ...] | Retry | Refused:
        """Their user ids; not of departments below it."""
        answer = await self._read(contacts.of_department(department))
        if isinstance(answer, Nobody):
            return Refused(answer.reason)
        return contacts.read_user_ids(answer) if isinstance(answer, Accepted) else answer

    async def _user_id(self, request: Request) -> str | Nobody | Retry | Refused:
        answer = await self._read(request)
        if not isinstance(answer, Accepted):
            return answer
        return contacts.read_user_id(answer) or Retry(0.0, f"the answer to {request.endpoint.name} holds no person")

    async def _read(self, request: Request) -> Accepted | Nobody | Retry | Refused:
        return await self._calls.read(request)


class Shifts:
    """Who is on shift, by the organisation's attendance schedule, and not on leave."""

    def __init__(self, config: ShiftsConfig, calls: Calls, clock: Clock) -> None:
        self._operator = config.operator
        self._calls = calls
        self._clock = clock
        self._users: frozenset[str] = frozenset()
        self._shifts: tuple[attendance.Shift, ...] = ()
        self._leaves: tuple[attendance.Leave, ...] = ()
        self._good_until: Moment = 0

    async def on_shift(self, users: Iterable[str]) -> frozenset[str] | Retry | Refused:
        """Those of the users (user ids) whose planned shift it is now."""
        wanted = frozenset(users)
        now = self._clock.now()
        if now >= self._good_until or not wanted <= self._users:
            problem = await self._ask(sorted(wanted | self._users), now)
            if problem is not None:
                return problem
        return attendance.on_shift(self._shifts, self._leaves, now) & wanted

    async def _ask(self, users: list[str], now: Moment) -> Retry | Refused | None:
        shifts: list[attendance.Shift] = []
        leaves: list[attendance.Leave] = []
        for start in range(0, len(users), attendance.USERS_MAX):
            some = users[start : start + attendance.USERS_MAX]
            answer = await self._read(attendance.schedule(some, now, operator=self._operator))
            if not isinstance(answer, Accepted):
                return answer
            shifts += attendance.read_shifts(answer)
            has_more, offset = True, 0
            while has_more and offset < LEAVES_MAX:
                answer = await self._read(attendance.leaves(some, now, offset=offset))
                if not isinstance(answer, Accepted):
                    return answer
                page, has_more = attendance.read_leaves(answer)
                leaves += page
                offset += attendance.LEAVES_PER_PAGE
        self._users, self._shifts, self._leaves = frozenset(users), tuple(shifts), tuple(leaves)
        change = attendance.next_change(shifts, now)
        self._good_until = min(now + SCHEDULE_GOOD_FOR, now + SCHEDULE_GOOD_FOR if change is None else change)
        return None

    async def _read(self, request: Request) -> Accepted | Retry | Refused:
        answer = await self._calls.read(request)
        return Refused(f"the schedule cannot be read: {answer.reason}") if isinstance(answer, Nobody) else answer


def _remember(memory: dict[str, str], key: str, value: str) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED_MAX:
        memory.pop(next(iter(memory)))
