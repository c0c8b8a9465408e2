"""What happens to persons in the organisation: they leave and come back, log in, decide approvals.

What they do with chats and cards is in `handsets`, with what rings and what is to be done in `answers`.
"""

from __future__ import annotations

from simulators.dingtalk.approval_calls import ApprovalCalls
from simulators.dingtalk.approvals import ApprovalBook, Result
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.events import Tell
from simulators.dingtalk.ledger import Direction, Effect, Ledger
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.presses import Hindrance, PersonError
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.tokens import UserTokens


class People:
    def __init__(
        self,
        directory: Directory,
        timeline: Timeline,
        users: UserTokens,
        approvals: ApprovalBook,
        approval_calls: ApprovalCalls,
        ledger: Ledger,
        tell: Tell,
    ) -> None:
        self._directory = directory
        self._timeline = timeline
        self._users = users
        self._approvals = approvals
        self._approval_calls = approval_calls
        self._ledger = ledger
        self._tell = tell

    def leave(self, user_id: str, now_us: int) -> None:
        """The person leaves the organisation: no group, call, code or token knows that person any more. Raises
        PersonError."""
        person = self._present(user_id)
        for group in self._directory.leave(user_id):
            self._timeline.put_group(group)
        self._timeline.changed()
        self._note(person, "leave", Effect.PERSON_LEFT, user_id, now_us)
        self._tell("user_leave_org", {"userId": [user_id], "timeStamp": now_us // 1_000}, now_us)

    def come_back(self, user_id: str, now_us: int) -> None:
        """Into the organisation, and into no group. Raises PersonError for a person who was never in it."""
        if self._directory.known(user_id) is None:
            raise PersonError(Hindrance.NO_SUCH_PERSON, user_id)
        self._directory.come_back(user_id)
        self._timeline.changed()
        self._tell("user_add_org", {"userId": [user_id], "timeStamp": now_us // 1_000}, now_us)

    def issue_code(self, user_id: str, now_us: int) -> str:
        """What the person's phone hands to a page inside DingTalk. Raises PersonError."""
        person = self._present(user_id)
        code = self._users.issue_code(user_id, now_us)
        self._note(person, "log in", Effect.CODE_ISSUED, user_id, now_us)
        return code

    def decide(self, user_id: str, instance_id: str, *, agree: bool, remark: str, now_us: int) -> None:
        """The person decides what an approval asks of that person. Raises PersonError when it asks nothing."""
        person = self._present(user_id)
        instance = self._approvals.find(instance_id)
        task = instance.find_task(user_id) if instance else None
        if instance is None or task is None:
            raise PersonError(Hindrance.NOTHING_WAITS, instance_id)
        result = Result.AGREE if agree else Result.REFUSE
        self._note(person, str(result), Effect.APPROVAL_CHANGED, instance_id, now_us)
        self._approval_calls.decide(instance, task, result, remark, now_us)

    def _present(self, user_id: str) -> Person:
        person = self._directory.person(user_id)
        if person is None:
            raise PersonError(Hindrance.NO_SUCH_PERSON, user_id)
        return person

    def _note(self, person: Person, name: str, effect: Effect, subject: str, now_us: int) -> None:
        self._ledger.add(now_us, Direction.PERSON, name, effect, subject=subject, summary={"userId": person.user_id})
