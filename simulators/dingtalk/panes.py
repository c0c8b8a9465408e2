"""What a person's phone shows beside chats: what rings, DINGs, to-dos and conferences, as plain values.

A view is a snapshot for assertions, for JSON and for the phone page; looking at one marks nothing as read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from simulators.dingtalk.conferences import Attendance, Conference, ConferenceBook
from simulators.dingtalk.dings import Ding, DingBook, Medium, Receipt
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.todos import Task, TodoBook

#: Of each kind the phone shows so many, the newest.
SHOWN_MAX = 50


class RingKind(StrEnum):
    DING = "ding"
    """A phone call that is read aloud once it is picked up."""
    CONFERENCE = "conference"


@dataclass(frozen=True, slots=True)
class RingView:
    """A phone that rings now. key: of the DING or conference. text: what is read aloud, or the title."""

    kind: RingKind
    key: str
    caller: str
    text: str
    since_us: int


@dataclass(frozen=True, slots=True)
class DingView:
    """ended_us: when it was read, picked up, refused ...; 0 = it still waits."""

    key: str
    medium: str
    text: str
    sender: str
    sent_us: int
    receipt: Receipt
    ended_us: int

    @property
    def is_new(self) -> bool:
        return self.receipt is Receipt.DELIVERED


@dataclass(frozen=True, slots=True)
class TodoView:
    """due_us: 0 = none. done: for this person. may_tick: a personal to-do; a work to-do is completed by the app alone."""

    key: str
    subject: str
    description: str
    fields: tuple[tuple[str, str], ...]
    link: str
    created_us: int
    due_us: int
    done: bool
    may_tick: bool


@dataclass(frozen=True, slots=True)
class ConferenceView:
    """mine: this person's attendance. persons: (name, attendance)."""

    key: str
    title: str
    room_code: str
    started_us: int
    ended_us: int
    mine: Attendance
    persons: tuple[tuple[str, Attendance], ...]


@dataclass(frozen=True, slots=True)
class Panes:
    """Newest first; to-dos that are open before those that are done."""

    rings: tuple[RingView, ...]
    dings: tuple[DingView, ...]
    todos: tuple[TodoView, ...]
    conferences: tuple[ConferenceView, ...]

    @property
    def new_dings(self) -> int:
        return sum(ding.is_new for ding in self.dings)

    @property
    def open_todos(self) -> int:
        return sum(not todo.done for todo in self.todos)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def view_panes(person: Person, dings: DingBook, todos: TodoBook, conferences: ConferenceBook) -> Panes:
    reached, called = dings.of_person(person.user_id), conferences.of_person(person.union_id)
    return Panes(
        tuple(_rings(person, reached, called)),
        tuple(_ding(ding, person.user_id) for ding in reached[:SHOWN_MAX]),
        tuple(_todo(task, person.union_id) for task in todos.of_person(person.union_id)[:SHOWN_MAX]),
        tuple(_conference(conference, person.union_id) for conference in called[:SHOWN_MAX]),
    )


def _rings(person: Person, dings: tuple[Ding, ...], conferences: tuple[Conference, ...]) -> Iterator[RingView]:
    for ding in dings:
        if ding.receipts[person.user_id] is Receipt.RINGING:
            yield RingView(RingKind.DING, ding.ding_id, ding.sender_name, ding.content, ding.sent_us)
    for conference in conferences:
        me = conference.participants[person.union_id]
        if me.status is Attendance.RINGING:
            host = conference.participants[conference.host_id].name
            yield RingView(RingKind.CONFERENCE, conference.conference_id, host, conference.title, me.called_us)


def _ding(ding: Ding, user_id: str) -> DingView:
    medium = Medium(ding.medium).name.lower()
    ended_us = ding.ended_us.get(user_id, 0)
    return DingView(ding.ding_id, medium, ding.content, ding.sender_name, ding.sent_us, ding.receipts[user_id], ended_us)


def _todo(task: Task, union_id: str) -> TodoView:
    fields: tuple[Mapping[str, Any], ...] = task.content_fields
    return TodoView(
        task.task_id,
        task.subject,
        task.description,
        tuple((str(field.get("fieldKey", "")), str(field.get("fieldValue", ""))) for field in fields),
        task.detail_url.get("appUrl") or task.detail_url.get("pcUrl") or "",
        task.created_ms * 1_000,
        task.due_ms * 1_000,
        task.executors.get(union_id, task.done),
        task.personal,
    )


def _conference(conference: Conference, union_id: str) -> ConferenceView:
    return ConferenceView(
        conference.conference_id,
        conference.title,
        conference.room_code,
        conference.started_us,
        conference.ended_us,
        conference.participants[union_id].status,
        tuple((each.name, each.status) for each in conference.participants.values()),
    )
