"""What persons do beside cards and chats: pick up or refuse a call, read a DING, join or leave a conference, tick a to-do."""

from __future__ import annotations

from collections.abc import Callable

from simulators.dingtalk.conferences import Conference, ConferenceBook, Step
from simulators.dingtalk.dings import DingBook, Touch
from simulators.dingtalk.ledger import Direction, Effect, Ledger
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.presses import Hindrance, PersonError
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.todos import TodoBook

#: What a person may do of their own accord.
OF_DINGS = frozenset({Touch.READ, Touch.ANSWER, Touch.DECLINE})
OF_CONFERENCES = frozenset({Step.JOIN, Step.REFUSE, Step.LEAVE})


class Answers:
    """report: tells phones and the app that a conference changed (`ConferenceCalls.report`)."""

    def __init__(
        self,
        dings: DingBook,
        todos: TodoBook,
        conferences: ConferenceBook,
        timeline: Timeline,
        ledger: Ledger,
        report: Callable[[Conference, int, str], None],
    ) -> None:
        self._dings = dings
        self._todos = todos
        self._conferences = conferences
        self._timeline = timeline
        self._ledger = ledger
        self._report = report

    def answer(self, person: Person, kind: str, key: str, does: str, now_us: int) -> None:
        """kind: `ding`, `conference` or `todo`. does: a `Touch`, a `Step`, or `tick`. Raises PersonError."""
        if kind == "ding" and does in OF_DINGS:
            self.ding(person, key, Touch(does), now_us)
        elif kind == "conference" and does in OF_CONFERENCES:
            self.conference(person, key, Step(does), now_us)
        elif (kind, does) == ("todo", "tick"):
            self.tick(person, key, now_us)
        else:
            raise PersonError(Hindrance.NOTHING_WAITS, f"{kind} {does}")

    def ding(self, person: Person, ding_id: str, touch: Touch, now_us: int) -> None:
        """Raises PersonError for a DING that is not on this phone, or waits for nothing of the kind."""
        ding = self._dings.find(ding_id)
        if ding is None or not ding.touch(person.user_id, touch, now_us):
            raise PersonError(Hindrance.NOTHING_WAITS, ding_id)
        self._timeline.changed()
        self._note(person, Effect.DING_ENDED, ding_id, touch, now_us)

    def conference(self, person: Person, conference_id: str, step: Step, now_us: int) -> None:
        """Raises PersonError for a conference that is over, or whose participant this person is not."""
        conference = self._conferences.find(conference_id)
        if conference is None or not conference.step(person.union_id, step, now_us):
            raise PersonError(Hindrance.NOTHING_WAITS, conference_id)
        self._report(conference, now_us, str(step))
        self._note(person, Effect.CONFERENCE_CHANGED, conference_id, step, now_us)

    def tick(self, person: Person, task_id: str, now_us: int) -> None:
        """Raises PersonError for a work to-do, which the app completes, and for one that is not this person's."""
        task = self._todos.find(task_id)
        if task is None or person.union_id not in task.executors:
            raise PersonError(Hindrance.NOTHING_WAITS, task_id)
        if not task.personal:
            raise PersonError(Hindrance.WORK_TODO, task_id)
        task.set_executor(person.union_id, not task.executors[person.union_id], now_us // 1_000)
        self._timeline.changed()
        self._note(person, Effect.TODO_UPDATED, task.source_id or task_id, "tick", now_us)

    def _note(self, person: Person, effect: Effect, subject: str, act: str, now_us: int) -> None:
        summary = {"userId": person.user_id, "action": str(act)}
        self._ledger.add(now_us, Direction.PERSON, "answer", effect, subject=subject, summary=summary)
