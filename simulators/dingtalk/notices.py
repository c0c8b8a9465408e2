"""Work notices: sent under the app's name, accepted always, and dropped without a word beyond their limits (reference 5).

The answer to a send is `errcode` 0 and a task in any case; who got nothing, and why, is known to `getsendresult` alone:

    same content to the same person twice in a day    143106
    more than 500 to one person in a day              143105
    more than 5 000 persons a minute                  143103
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler, text_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, old_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.limits import CHINA
from simulators.dingtalk.organisation import ROOT
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Kind, Timeline, notice_conversation_id
from simulators.dingtalk.wire import SECOND_US, OldFamilyError

USERS_MAX, DEPARTMENTS_MAX = 100, 20
MESSAGE_BYTES_MAX = 2_048
PER_DAY, PER_MINUTE = 500, 5_000
RESULT_KEPT_US = 86_400 * SECOND_US
TASKS_MAX = 5_000
STATUS_BAR_USERS_MAX = 5
#: Of an oa notice's form; more are hidden.
FORM_ROWS_SHOWN = 6
DUPLICATE, DAILY, MINUTE = "143106", "143105", "143103"
THRESHOLDS: Mapping[str, int] = {DUPLICATE: 1, DAILY: PER_DAY, MINUTE: PER_MINUTE}

INVALID = old_family(40035)


@dataclass(slots=True)
class Notice:
    """One send. shown_to: userIds. dropped: by userId, the code. bar: the status bar of an oa notice."""

    task_id: int
    sent_us: int
    message_id: str
    shown_to: tuple[str, ...]
    invalid: tuple[str, ...] = ()
    invalid_departments: tuple[int, ...] = ()
    dropped: dict[str, str] = field(default_factory=dict)
    is_oa: bool = False
    recalled: bool = False


@dataclass(slots=True)
class Day:
    """What one person got on one day: how many, and digests of their contents."""

    day: date
    count: int = 0
    contents: set[str] = field(default_factory=set)


class WorkNotices:
    def __init__(self, directory: Directory, timeline: Timeline) -> None:
        self._directory = directory
        self._timeline = timeline
        self._days: dict[str, Day] = {}
        self._minute: deque[int] = deque()
        self.notices: dict[int, Notice] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.NOTICE_SEND: self.send,
            CallName.NOTICE_PROGRESS: self.progress,
            CallName.NOTICE_RESULT: self.result,
            CallName.NOTICE_RECALL: self.recall,
            CallName.NOTICE_STATUS_BAR: self.update_status_bar,
        }

    def send(self, call: Call) -> Done:
        """`POST topapi/message/corpconversation/asyncsend_v2`."""
        fields = Fields(call.body, INVALID)
        self._check_agent(fields)
        message = fields.parsed("msg")
        raw = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        if len(raw) > MESSAGE_BYTES_MAX:
            raise INVALID(f"msg is oversize: more than {MESSAGE_BYTES_MAX} bytes")
        kind, content = read_notice(message)
        wanted, bad_departments = self._receivers(fields)
        is_oa = text_of(message, "msgtype") == "oa"
        digest = hashlib.sha256(raw).hexdigest()
        persons = {user_id: self._directory.person(user_id) for user_id in wanted}
        known = [user_id for user_id, person in persons.items() if person is not None]
        dropped = {user_id: code for user_id in known if (code := self._drop(user_id, digest, call.now_us))}
        shown = tuple(user_id for user_id in known if user_id not in dropped)
        task_id = 1_000_000 + len(self.notices) + call.now_us // SECOND_US * 1_000
        while task_id in self.notices:
            task_id += 1
        message_id = f"notice{task_id}"
        for user_id in shown:
            conversation_id = notice_conversation_id(user_id)
            name = self._directory.app.name
            self._timeline.open_notices(user_id, name)
            self._timeline.show(call.now_us, conversation_id, kind, content, message_id=message_id, sender_name=name)
        invalid = tuple(user_id for user_id in wanted if persons[user_id] is None)
        self._keep(Notice(task_id, call.now_us, message_id, shown, invalid, bad_departments, dropped, is_oa))
        effect = Effect.NOTICE_SENT if shown else Effect.NOTICE_DROPPED
        notes = tuple(f"{user_id}: silently dropped, {code}" for user_id, code in dropped.items())
        notes += tuple(f"{user_id}: no such userId" for user_id in invalid)
        return Done({"errcode": 0, "errmsg": "ok", "task_id": task_id}, effect, str(task_id), notes + fields.notes())

    def progress(self, call: Call) -> Done:
        """`POST topapi/message/corpconversation/getsendprogress`."""
        fields = Fields(call.body, INVALID)
        kept_us = int(self._directory.behaviour.notice_progress_kept_s * SECOND_US)
        notice = self._of(fields, "task_id", call.now_us, kept_us)
        progress = {"progress_in_percent": 100, "status": 2}
        return Done({"errcode": 0, "errmsg": "ok", "progress": progress}, Effect.LOOKED_UP, str(notice.task_id), fields.notes())

    def result(self, call: Call) -> Done:
        """`POST topapi/message/corpconversation/getsendresult`: for a day."""
        fields = Fields(call.body, INVALID)
        notice = self._of(fields, "task_id", call.now_us)
        read = [user_id for user_id in notice.shown_to if self._has_read(user_id, notice)]
        forbidden = [{"code": code, "count": THRESHOLDS[code], "userid": user_id} for user_id, code in notice.dropped.items()]
        result = {
            "invalid_user_id_list": list(notice.invalid),
            "forbidden_user_id_list": list(notice.dropped),
            "failed_user_id_list": [],
            "read_user_id_list": read,
            "unread_user_id_list": [user_id for user_id in notice.shown_to if user_id not in read],
            "invalid_dept_id_list": list(notice.invalid_departments),
            "forbidden_list": forbidden,
        }
        answer = {"errcode": 0, "errmsg": "ok", "send_result": result}
        return Done(answer, Effect.LOOKED_UP, str(notice.task_id), fields.notes())

    def recall(self, call: Call) -> Done:
        """`POST topapi/message/corpconversation/recall`."""
        fields = Fields(call.body, INVALID)
        notice = self._of(fields, "msg_task_id", call.now_us)
        notice.recalled = True
        for user_id in notice.shown_to:
            self._timeline.recall(notice_conversation_id(user_id), notice.message_id)
        return Done({"errcode": 0, "errmsg": "ok"}, Effect.RECALLED, str(notice.task_id), fields.notes())

    def update_status_bar(self, call: Call) -> Done:
        """`POST topapi/message/corpconversation/status_bar/update`: of an oa notice."""
        fields = Fields(call.body, INVALID)
        value = fields.text("status_value")
        fields.allow("status_bg")
        notice = self._of(fields, "task_id", call.now_us)
        if not notice.is_oa or len(notice.shown_to) > STATUS_BAR_USERS_MAX:
            raise OldFamilyError(41052, "该消息没有状态栏")
        for user_id in notice.shown_to:
            self._timeline.amend(notice_conversation_id(user_id), notice.message_id, {"status": value})
        return Done({"errcode": 0, "errmsg": "ok"}, Effect.NOTICE_SENT, str(notice.task_id), fields.notes())

    def _receivers(self, fields: Fields) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """userIds, and the departments that there are not."""
        user_ids = _listed(fields.text("userid_list", ""))
        listed = _listed(fields.text("dept_id_list", ""))
        to_all = fields.truth("to_all_user")
        if not (user_ids or listed or to_all):
            raise OldFamilyError(1430000, "接收者为空")
        if len(user_ids) > USERS_MAX or len(listed) > DEPARTMENTS_MAX:
            raise INVALID(f"at most {USERS_MAX} users and {DEPARTMENTS_MAX} departments")
        if not all(item.isdecimal() for item in listed):
            raise INVALID("dept_id_list must be numbers")
        known = {ROOT, *(each.department_id for each in self._directory.departments)}
        wanted = {int(item) for item in listed}
        below = self._with_subs(wanted & known)
        members = [person.user_id for person in self._directory.persons if to_all or below & set(person.departments)]
        return tuple(dict.fromkeys((*user_ids, *members))), tuple(wanted - known)

    def _with_subs(self, department_ids: set[int]) -> set[int]:
        found = set(department_ids)
        grown = True
        while grown:
            below = {each.department_id for each in self._directory.departments if each.parent in found} - found
            found |= below
            grown = bool(below)
        return found

    def _drop(self, user_id: str, digest: str, now_us: int) -> str:
        """The code with which it is dropped; empty: it is shown, and counted."""
        today = datetime.fromtimestamp(now_us // SECOND_US, UTC).astimezone(CHINA).date()
        day = self._days.get(user_id)
        if day is None or day.day != today:
            day = self._days[user_id] = Day(today)
        while self._minute and self._minute[0] <= now_us - 60 * SECOND_US:
            self._minute.popleft()
        if digest in day.contents:
            return DUPLICATE
        if day.count >= PER_DAY:
            return DAILY
        if len(self._minute) >= PER_MINUTE:
            return MINUTE
        day.count += 1
        day.contents.add(digest)
        self._minute.append(now_us)
        return ""

    def _keep(self, notice: Notice) -> None:
        self.notices[notice.task_id] = notice
        while len(self.notices) > TASKS_MAX:
            del self.notices[next(iter(self.notices))]

    def _has_read(self, user_id: str, notice: Notice) -> bool:
        return self._timeline.has_read(user_id, notice_conversation_id(user_id), notice.message_id)

    def _check_agent(self, fields: Fields) -> None:
        if fields.number("agent_id") != self._directory.app.agent_id:
            raise OldFamilyError(41030, "企业不存在该微应用")

    def _of(self, fields: Fields, name: str, now_us: int, kept_us: int = RESULT_KEPT_US) -> Notice:
        self._check_agent(fields)
        notice = self.notices.get(fields.number(name))
        if notice is None or notice.recalled or now_us - notice.sent_us > kept_us:
            raise INVALID(f"{name} is none that is still known")
        return notice


def read_notice(message: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """The normalised content of a notice (see `timeline.Kind`); raises OldFamilyError."""
    msgtype = text_of(message, "msgtype")
    raw = message.get(msgtype)
    if not msgtype or not isinstance(raw, Mapping):
        raise INVALID(f"msg.msgtype {msgtype!r} and the object of that name")
    part = Fields(raw, INVALID, f"msg.{msgtype}")
    if msgtype == "text":
        return Kind.TEXT, {"text": part.text("content")}
    if msgtype == "markdown":
        return Kind.MARKDOWN, {"title": part.text("title"), "text": part.text("text", longest=5_000)}
    if msgtype == "link":
        return Kind.LINK, {
            "title": part.text("title"),
            "text": part.text("text"),
            "url": part.text("messageUrl"),
            "picture": part.text("picUrl"),
        }
    if msgtype == "action_card":
        return _action_card(part)
    if msgtype == "oa":
        return _oa(part)
    if msgtype in ("image", "voice", "file"):
        part.text("media_id")
        return Kind.MEDIA, {"type": msgtype, "fields": dict(raw)}
    raise INVALID(f"msg.msgtype {msgtype}")


def _action_card(part: Fields) -> tuple[Kind, Mapping[str, Any]]:
    # One button is `single_title` with `single_url`; several are `btn_json_list` with `btn_orientation`.
    if part.has("single_title"):
        buttons = [{"title": part.text("single_title", longest=20), "url": part.text("single_url", longest=500)}]
    else:
        listed = part.objects("btn_json_list", mandatory=True)
        buttons = [{"title": each.text("title", longest=20), "url": each.text("action_url", longest=700)} for each in listed]
    return Kind.ACTION_CARD, {
        "title": part.text("title", ""),
        "text": part.text("markdown", longest=1_000),
        "buttons": buttons,
        "horizontal": part.text("btn_orientation", "0") == "1",
    }


def _oa(part: Fields) -> tuple[Kind, Mapping[str, Any]]:
    head = Fields(part.object("head"), INVALID, "msg.oa.head").text("text", "")
    body = Fields(part.object("body"), INVALID, "msg.oa.body")
    lines = [f"{row.text('key', '')} {row.text('value', '')}" for row in body.objects("form")[:FORM_ROWS_SHOWN]]
    text = "\n\n".join(line for line in (*lines, body.text("content", ""), body.text("author", "")) if line)
    title = body.text("title", "") or head
    return Kind.ACTION_CARD, {
        "title": title,
        "text": f"### {title}\n\n{text}",
        "buttons": [{"title": head or "查看详情", "url": part.text("message_url")}],
        "horizontal": False,
        "status": Fields(part.object("status_bar"), INVALID, "msg.oa.status_bar").text("status_value", ""),
    }


def _listed(comma_separated: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip() for item in comma_separated.split(",") if item.strip()))
