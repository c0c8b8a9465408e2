"""Approval processes: an instance, the steps of its approvers, and its end.

    RUNNING --the last step agrees--> COMPLETED, agree
            --anybody refuses-------> COMPLETED, refuse
            --terminated------------> TERMINATED

A step is done when all of its approvers agree (AND), or one of them does (OR); the next one begins then. All persons are
userIds. There is no idempotency key: a repeated start is a second instance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INSTANCES_MAX = 2_000


class Status(StrEnum):
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class TaskStatus(StrEnum):
    """NEW: its step has not begun. CANCELED: the step was decided without it."""

    NEW = "NEW"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class Result(StrEnum):
    AGREE = "agree"
    REFUSE = "refuse"


@dataclass(slots=True)
class Task:
    """One approver's part. step: from 0. result: None = not decided."""

    task_id: int
    user_id: str
    step: int
    status: TaskStatus = TaskStatus.NEW
    result: Result | None = None
    created_us: int = 0
    finished_us: int = 0
    remark: str = ""


@dataclass(slots=True)
class Instance:
    """any_of: of each step, whether one of its approvers is enough. values: the form, name by name as it came."""

    instance_id: str
    process_code: str
    title: str
    originator_id: str
    department_id: int
    started_us: int
    business_id: str
    any_of: tuple[bool, ...]
    tasks: list[Task]
    values: tuple[dict[str, Any], ...]
    cc_user_ids: tuple[str, ...] = ()
    status: Status = Status.RUNNING
    result: Result | None = None
    finished_us: int = 0
    comments: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, step: int, now_us: int) -> None:
        """The step's approvers are asked."""
        for task in self._of_step(step):
            task.status, task.created_us = TaskStatus.RUNNING, now_us

    def find_task(self, user_id: str, task_id: int | None = None) -> Task | None:
        """What waits for this person's decision."""
        for task in self.tasks:
            if task.user_id == user_id and task.status is TaskStatus.RUNNING and task_id in (None, task.task_id):
                return task
        return None

    def decide(self, task: Task, result: Result, remark: str, now_us: int) -> None:
        task.status, task.result, task.remark, task.finished_us = TaskStatus.COMPLETED, result, remark, now_us
        if result is Result.REFUSE:
            self._end(Status.COMPLETED, Result.REFUSE, now_us)
            return
        waiting = [each for each in self._of_step(task.step) if each.status is TaskStatus.RUNNING]
        if waiting and not self.any_of[task.step]:
            return
        for each in waiting:
            each.status, each.finished_us = TaskStatus.CANCELED, now_us
        if task.step + 1 < len(self.any_of):
            self.begin(task.step + 1, now_us)
        else:
            self._end(Status.COMPLETED, Result.AGREE, now_us)

    def terminate(self, now_us: int) -> None:
        self._end(Status.TERMINATED, None, now_us)

    def _end(self, status: Status, result: Result | None, now_us: int) -> None:
        self.status, self.result, self.finished_us = status, result, now_us
        for task in self.tasks:
            if task.status in (TaskStatus.NEW, TaskStatus.RUNNING):
                task.status, task.finished_us = TaskStatus.CANCELED, now_us

    def _of_step(self, step: int) -> list[Task]:
        return [task for task in self.tasks if task.step == step]


class ApprovalBook:
    """All instances; the oldest are forgotten."""

    def __init__(self) -> None:
        self._instances: dict[str, Instance] = {}

    def __iter__(self) -> Iterator[Instance]:
        return iter(self._instances.values())

    def add(self, instance: Instance) -> None:
        self._instances[instance.instance_id] = instance
        while len(self._instances) > INSTANCES_MAX:
            del self._instances[next(iter(self._instances))]

    def find(self, instance_id: str) -> Instance | None:
        return self._instances.get(instance_id)

    def of_person(self, user_id: str) -> tuple[Instance, ...]:
        """Those the person started, decides or is told of, newest first."""
        return tuple(
            instance
            for instance in reversed(self._instances.values())
            if user_id in (instance.originator_id, *instance.cc_user_ids, *(task.user_id for task in instance.tasks))
        )
