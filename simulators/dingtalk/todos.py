"""To-dos: the tasks of one app, and the personal ones made with a person's own token.

A work to-do is open until the app says otherwise, for all (`done`) or one executor after the other; when the last executor
is done the task is done. A person can tick a personal to-do only: a tap on a work to-do opens its `detailUrl` (reference 10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TASKS_MAX = 5_000


@dataclass(slots=True)
class Task:
    """All persons are unionIds, all times Unix milliseconds (0 = none). executors: of each, whether it is done for that one.
    source_id: the app's business key; empty = none. personal: the person may tick it."""

    task_id: str
    owner_id: str
    subject: str
    creator_id: str
    created_ms: int
    modified_ms: int
    modifier_id: str
    executors: dict[str, bool]
    participants: tuple[str, ...] = ()
    source_id: str = ""
    description: str = ""
    due_ms: int = 0
    finished_ms: int = 0
    done: bool = False
    only_executors: bool = False
    personal: bool = False
    priority: int = 20
    todo_type: str = "TODO"
    detail_url: dict[str, str] = field(default_factory=dict)
    content_fields: tuple[Mapping[str, Any], ...] = ()
    notify: dict[str, str] = field(default_factory=dict)

    def set_done(self, done: bool, now_ms: int) -> None:
        """For everybody."""
        for executor in self.executors:
            self.executors[executor] = done
        self._finish(done, now_ms)

    def set_executor(self, executor: str, done: bool, now_ms: int) -> None:
        """For one of them."""
        self.executors[executor] = done
        self._finish(all(self.executors.values()), now_ms)

    def _finish(self, done: bool, now_ms: int) -> None:
        if done != self.done:
            self.done, self.finished_ms = done, now_ms if done else 0

    def is_shown_to(self, union_id: str) -> bool:
        if union_id in self.executors:
            return True
        return not self.only_executors and union_id in (self.creator_id, *self.participants)

    def as_answer(self) -> dict[str, Any]:
        """The task as the API answers it."""
        return {
            "id": self.task_id,
            "subject": self.subject,
            "sourceId": self.source_id,
            "description": self.description,
            "source": "isv",
            "done": self.done,
            "startTime": self.created_ms,
            "createdTime": self.created_ms,
            "modifiedTime": self.modified_ms,
            "dueTime": self.due_ms,
            "finishTime": self.finished_ms,
            "creatorId": self.creator_id,
            "modifierId": self.modifier_id,
            "executorIds": list(self.executors),
            "participantIds": list(self.participants),
            "detailUrl": self.detail_url,
            "bizTag": "isv",
            "isOnlyShowExecutor": self.only_executors,
            "priority": self.priority,
            "notifyConfigs": self.notify,
            "contentFieldList": list(self.content_fields),
        }


class TodoBook:
    """All tasks; the oldest are forgotten."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._sources: dict[str, Task] = {}

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def add(self, task: Task) -> None:
        self._tasks[task.task_id] = task
        if task.source_id:
            self._sources[task.source_id] = task
        while len(self._tasks) > TASKS_MAX:
            self.remove(next(iter(self._tasks.values())))

    def remove(self, task: Task) -> None:
        del self._tasks[task.task_id]
        self._sources.pop(task.source_id, None)

    def find(self, task_id: str) -> Task | None:
        return self._tasks.get(task_id)

    def by_source(self, source_id: str) -> Task | None:
        return self._sources.get(source_id)

    def of_person(self, union_id: str) -> tuple[Task, ...]:
        """What the person's list shows: open ones first, then newest first."""
        shown = [task for task in self if task.is_shown_to(union_id)]
        return tuple(sorted(shown, key=lambda task: (task.executors.get(union_id, task.done), -task.created_ms)))
