"""To-dos: an order on a person's list. Pure. dingtalk-api 10.

A work to-do cannot be ticked in the list: a tap opens its page, and we complete it. All ids of people are unionIds. `sourceId`
is the order: DingTalk keeps one to-do for it, and it is found by it when nobody knows what became of its creation.
"""

from __future__ import annotations

import re
from typing import Any

from cloud_bridge.dingtalk.endpoints import TODO_BY_SOURCE, TODO_CREATE, TODO_UPDATE, Request
from cloud_bridge.dingtalk.payloads import is_out_track_id, msg_uuid
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import cut, fold, one_line, size
from cloud_bridge.marks import Marks, mark_texts
from edge.model.act import OpenOrder
from edge.model.alarm import Priority
from edge.model.intent import Intent
from edge.model.moment import MILLISECOND

SUBJECT_BYTES_MAX = 1_024
DESCRIPTION_BYTES_MAX = 4_096
URL_BYTES_MAX = 1_024

_TASK_ID = re.compile(r"task\s?id\W{1,3}([A-Za-z0-9_-]{4,})", re.IGNORECASE)

PRIORITY = {Priority.CRITICAL: 40, Priority.HIGH: 30, Priority.MEDIUM: 20, Priority.LOW: 10, Priority.JOURNAL: 10}


def source_id(order: str) -> str:
    """The order itself where it can stand in an address, else a digest of it."""
    return order if is_out_track_id(order) else msg_uuid(order)


def fits(order: OpenOrder) -> bool:
    """Whether the page's address has room: without it a to-do is refused since 2024."""
    return 0 < size(order.url) <= URL_BYTES_MAX


def create(intent: Intent, order: OpenOrder, *, union: str, creator: str, marks: Marks) -> Request:
    """union: of who shall do it. creator: another person's, or the same: then no DING is sent, and only the message rings."""
    message = intent.message
    subject = " · ".join((one_line(message.headline), *mark_texts(marks, message.language)))
    facts = "\n".join([*(f"{one_line(label)} {one_line(text)}" for label, text in message.lines), one_line(message.guidance)])
    body: dict[str, Any] = {
        "sourceId": source_id(order.order),
        "subject": cut(subject, SUBJECT_BYTES_MAX),
        "description": fold(facts.strip(), DESCRIPTION_BYTES_MAX),
        "creatorId": creator,
        "executorIds": [union],
        "detailUrl": {"appUrl": order.url, "pcUrl": order.url},
        "isOnlyShowExecutor": True,
        "priority": PRIORITY[message.priority],
    }
    if order.due_at is not None:
        body["dueTime"] = order.due_at // MILLISECOND
    return Request(TODO_CREATE, body, {"union": union}, {"operatorId": creator})


def complete(task: str, *, union: str, operator: str) -> Request:
    return Request(TODO_UPDATE, {"done": True}, {"union": union, "task": task}, {"operatorId": operator})


def find(order: str, *, union: str) -> Request:
    return Request(TODO_BY_SOURCE, None, {"union": union, "source": source_id(order)})


def task_in(reason: str) -> str | None:
    """The id of the to-do that a refused second creation names in its words; None when it names none."""
    found = _TASK_ID.search(reason)
    return found[1] if found else None


def task_of(answer: Answer) -> str | None:
    """The id of the to-do that was made or found; None when the answer holds none."""
    task = answer.body.get("id") if isinstance(answer, Accepted) else None
    return str(task) if task else None
