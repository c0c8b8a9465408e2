"""Work notices: the second choice where the robot cannot write to a person. Pure. dingtalk-api 5.

DingTalk drops a notice in silence that says what another of the same day said, or that is one too many; it answers "ok" all
the same. So each notice ends in a mark of its own, and of what must not be missed the result is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.endpoints import NOTICE_RESULT, NOTICE_SEND, Request
from cloud_bridge.dingtalk.payloads import TITLE_BYTES_MAX, as_json, markdowns, msg_uuid
from cloud_bridge.dingtalk.verdicts import Accepted
from cloud_bridge.fitting import cut, size
from cloud_bridge.marks import Marks
from edge.model.intent import Delivered, Intent, Outcome, Refused, Retry, Unknown

MESSAGE_BYTES_MAX = 2_048

_DROPPED: Mapping[str, tuple[type[Retry] | type[Refused], str]] = {
    "143103": (Retry, "too many work notices this minute"),
    "143104": (Retry, "too many work notices this minute"),
    "143105": (Refused, "the person had 500 work notices of this app today: no more are shown"),
    "143106": (Refused, "the person had the same work notice today: it is not shown again"),
}


def send(intent: Intent, *, agent_id: int, user: str, marks: Marks, rest: str = "") -> Request:
    """The message as markdown, with as many of its lines as 2048 bytes hold."""
    mark = msg_uuid(intent.key)[:8]
    for title, text in markdowns(intent.message, marks, rest):
        body = _message(cut(title, TITLE_BYTES_MAX), f"{text}\n\n#{mark}")
        if size(as_json(body)) <= MESSAGE_BYTES_MAX:
            break
    else:
        body = _message(cut(title, TITLE_BYTES_MAX), f"{cut(title, TITLE_BYTES_MAX)}\n\n#{mark}")
    return Request(NOTICE_SEND, {"agent_id": agent_id, "userid_list": user, "msg": body})


def result(task: str, *, agent_id: int) -> Request:
    return Request(NOTICE_RESULT, {"agent_id": agent_id, "task_id": int(task)})


def task_of(answer: Accepted) -> str:
    """Empty when the answer holds none."""
    task = str(answer.body.get("task_id") or "")
    return task if task.isascii() and task.isdigit() else ""


def became_of(answer: Accepted, user: str, task: str) -> Outcome:
    """What the result says of the one who was to be told."""
    sent = answer.body.get("send_result")
    if not isinstance(sent, Mapping):
        return Unknown(f"the result of work notice {task} says nothing of it")
    if user in _users(sent, "read_user_id_list") or user in _users(sent, "unread_user_id_list"):
        return Delivered(task)
    if user in _users(sent, "invalid_user_id_list"):
        return Refused(f"user_id {user} names nobody in the organisation")
    for row in _rows(sent.get("forbidden_list")):
        if str(row.get("userid")) == user:
            code = str(row.get("code"))
            kind, said = _DROPPED.get(code, (Refused, "DingTalk does not show the work notice"))
            reason = f"{said} ({code})"
            return Retry(60.0, reason) if kind is Retry else Refused(reason)
    if user in _users(sent, "forbidden_user_id_list") or user in _users(sent, "failed_user_id_list"):
        return Refused(f"DingTalk dropped work notice {task}")
    return Unknown(f"the result of work notice {task} does not name {user}")


def _message(title: str, text: str) -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


def _users(sent: Mapping[str, Any], key: str) -> list[str]:
    users = sent.get(key)
    return [str(user) for user in users] if isinstance(users, list) else []


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
