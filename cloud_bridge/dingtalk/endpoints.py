"""Every call of DingTalk's that we make, as a table: where it goes, which scope it needs, and what a repeat of it does. Pure.

Judgement (`errors`), our own pace and the doctor read it. A call's body is written in `payloads` and `bodies/`. Webhooks, the
token and the opening of Stream mode are not here: they carry secrets of their own and need no scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any
from urllib.parse import quote


class Host(Enum):
    API = "api"
    """New family: the token in a header, a real HTTP status (dingtalk-api 0.2)."""
    OAPI = "oapi"
    """Old family: the token in the query, HTTP 200 always."""


class Scope(StrEnum):
    """Permissions by the names they have in the developer console (dingtalk-api 16)."""

    BASE = "qyapi_base"
    ROBOT = "qyapi_robot_sendmsg"
    CARD = "Card.Instance.Write"
    DING = "Premium.Ding.Write"
    GROUP = "qyapi_chat_manage"
    CONFERENCE = "VideoConference.Conference.Write"
    CONFERENCE_READ = "VideoConference.Conference.Read"
    TODO = "Todo.Todo.Write"
    TODO_READ = "Todo.Todo.Read"
    APPROVAL = "Workflow.Instance.Write"
    APPROVAL_READ = "Workflow.Instance.Read"
    TABLE = "Notable.Base.Write.All"
    WIKI = "Document.WorkspaceDocument.Write"
    WIKI_CONTENT = "Storage.File.Write"
    MEMBER = "qyapi_get_member"
    MEMBER_BY_MOBILE = "qyapi_get_member_by_mobile"
    DEPARTMENT = "qyapi_get_department_list"
    SHIFTS = "qyapi_attendance_group_read"
    LEAVES = "qyapi_get_attendance_data"
    DEVICE = "Manufacture.DeviceData.Write"
    NONE = ""
    """It needs none, or none that the reference knows."""


class Repeat(Enum):
    """What happens when a call whose outcome is unknown is made again (dingtalk-api 17)."""

    SHOWN_ONCE = "shown once"
    """The call carries a key, and DingTalk knows the repeat for one."""
    SAME_STATE = "same state"
    """It sets a state, and sets it once more; or it only reads."""
    LOOK_FIRST = "look first"
    """It has no key, but what it made can be found: that is done before it is repeated."""
    TWICE = "twice"
    """It has no key, and nothing can be found: the repeat is a second message."""
    NEVER = "never"
    """A repeat rings a person again and costs again: it is not made."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """path: names in braces stand for one part each. counted: it uses up one call of the organisation's monthly quota; contact
    calls do not (dingtalk-api 0.5)."""

    name: str
    method: str
    path: str
    scope: Scope
    repeat: Repeat
    host: Host = Host.API
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A call with all it carries but the token. parts: what stands for the names in the path; query: beside the token."""

    endpoint: Endpoint
    body: Mapping[str, Any] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.endpoint.path.format_map({name: quote(part, safe="") for name, part in self.parts.items()})


def _old(name: str, path: str, scope: Scope, repeat: Repeat = Repeat.SAME_STATE, *, counted: bool = False) -> Endpoint:
    return Endpoint(name, "POST", path, scope, repeat, Host.OAPI, counted)


_ONCE, _SAME, _LOOK, _TWICE, _NEVER = Repeat.SHOWN_ONCE, Repeat.SAME_STATE, Repeat.LOOK_FIRST, Repeat.TWICE, Repeat.NEVER

# --- cards and messages (3, 5, 6) -------------------------------------------------------------------------------------
CARD_CREATE = Endpoint("card create", "POST", "/v1.0/card/instances/createAndDeliver", Scope.CARD, _ONCE)
CARD_DELIVER = Endpoint("card deliver", "POST", "/v1.0/card/instances/deliver", Scope.CARD, _ONCE)
CARD_CALLBACK = Endpoint("card callback", "POST", "/v1.0/card/callbacks/register", Scope.CARD, _SAME)
CARD_UPDATE = Endpoint("card update", "PUT", "/v1.0/card/instances", Scope.CARD, _SAME)
CARD_MAKE = Endpoint("card make", "POST", "/v1.0/card/instances", Scope.CARD, _ONCE)
ROBOT_TO_GROUP = Endpoint("robot to group", "POST", "/v1.0/robot/groupMessages/send", Scope.ROBOT, _TWICE)
ROBOT_TO_PERSON = Endpoint("robot to person", "POST", "/v1.0/robot/oToMessages/batchSend", Scope.ROBOT, _TWICE)
ROBOT_READ = Endpoint("robot read by person", "GET", "/v1.0/robot/oToMessages/readStatus", Scope.ROBOT, _SAME)
NOTICE_SEND = _old("notice send", "/topapi/message/corpconversation/asyncsend_v2", Scope.BASE, _ONCE, counted=True)
NOTICE_RESULT = _old("notice result", "/topapi/message/corpconversation/getsendresult", Scope.BASE, counted=True)
# --- DING (4) ---------------------------------------------------------------------------------------------------------
DING_APP = Endpoint("ding app", "POST", "/v1.0/robot/ding/send", Scope.DING, _TWICE)
DING_PAID = Endpoint("ding sms or phone", "POST", "/v1.0/robot/ding/send", Scope.DING, _NEVER)
DING_RECALL = Endpoint("ding recall", "POST", "/v1.0/robot/ding/recall", Scope.DING, _SAME)
DING_READ = Endpoint("ding read", "POST", "/v1.0/robot/ding/readStatuses/query", Scope.DING, _SAME)
# --- scene groups (8) -------------------------------------------------------------------------------------------------
GROUP_CREATE = Endpoint("group create", "POST", "/v1.0/im/sceneGroup/create", Scope.GROUP, _ONCE)
GROUP_UPDATE = Endpoint("group update", "POST", "/v1.0/im/sceneGroup/update", Scope.GROUP, _SAME)
GROUP_ADD = Endpoint("group member add", "POST", "/v1.0/im/sceneGroup/member/add", Scope.GROUP, _SAME)
GROUP_DISBAND = Endpoint("group disband", "POST", "/v1.0/im/chat/scenegroup/disband", Scope.GROUP, _SAME)
ROBOTS_OF_GROUP = Endpoint("robots of a group", "POST", "/v1.0/robot/groups/robots/query", Scope.GROUP, _SAME)
# --- conferences (9) --------------------------------------------------------------------------------------------------
_CONFERENCES = "/v1.0/conference/videoConferences"
CONFERENCE_CREATE = Endpoint("conference create", "POST", _CONFERENCES, Scope.CONFERENCE, _LOOK)
CONFERENCE_INVITE = Endpoint(
    "conference invite", "POST", f"{_CONFERENCES}/{{conference}}/users/invite", Scope.CONFERENCE, _SAME
)
CONFERENCE_CLOSE = Endpoint("conference close", "DELETE", f"{_CONFERENCES}/{{conference}}", Scope.CONFERENCE, _SAME)
CONFERENCE_GET = Endpoint("conference get", "GET", f"{_CONFERENCES}/{{conference}}", Scope.CONFERENCE_READ, _SAME)
CONFERENCES_OF_USER = Endpoint("conferences of a user", "GET", "/v1.0/conference/users/lists", Scope.CONFERENCE_READ, _SAME)
# --- to-do (10) -------------------------------------------------------------------------------------------------------
TODO_CREATE = Endpoint("to-do create", "POST", "/v1.0/todo/users/{union}/tasks", Scope.TODO, _ONCE)
TODO_UPDATE = Endpoint("to-do update", "PUT", "/v1.0/todo/users/{union}/tasks/{task}", Scope.TODO, _SAME)
TODO_BY_SOURCE = Endpoint("to-do by source", "GET", "/v1.0/todo/users/{union}/tasks/sources/{source}", Scope.TODO_READ, _SAME)
# --- approvals (11.2) -------------------------------------------------------------------------------------------------
_INSTANCES = "/v1.0/workflow/processInstances"
APPROVAL_START = Endpoint("approval start", "POST", _INSTANCES, Scope.APPROVAL, _LOOK)
APPROVAL_GET = Endpoint("approval get", "GET", _INSTANCES, Scope.APPROVAL_READ, _SAME)
APPROVAL_LIST = Endpoint("approval list", "POST", "/v1.0/workflow/processes/instanceIds/query", Scope.APPROVAL_READ, _SAME)
# --- rows: AI table (11.6), document (13.2) ---------------------------------------------------------------------------
_RECORDS = "/v1.0/notable/bases/{base}/sheets/{sheet}/records"
ROW_INSERT = Endpoint("row insert", "POST", _RECORDS, Scope.TABLE, _ONCE)
ROW_UPDATE = Endpoint("row update", "PUT", _RECORDS, Scope.TABLE, _SAME)
ROW_LIST = Endpoint("row list", "POST", f"{_RECORDS}/list", Scope.TABLE, _SAME)
DOCUMENT_CREATE = Endpoint("document create", "POST", "/v1.0/doc/workspaces/{workspace}/docs", Scope.WIKI, _ONCE)
DOCUMENT_WRITE = Endpoint(
    "document write", "POST", "/v1.0/doc/suites/documents/{document}/overwriteContent", Scope.WIKI_CONTENT, _SAME
)
# --- IoT (15), closed to new apps -------------------------------------------------------------------------------------
IOT_EVENT = Endpoint("iot event", "POST", "/v1.0/diot/events/push", Scope.NONE, _ONCE)
DEVICE_EVENT = Endpoint("device event", "POST", "/v1.0/devicemng/suppliers/events/upload", Scope.DEVICE, _TWICE)
# --- people and shifts (12), log-in -----------------------------------------------------------------------------------
USER_GET = _old("user get", "/topapi/v2/user/get", Scope.MEMBER)
USER_BY_MOBILE = _old("user by mobile", "/topapi/v2/user/getbymobile", Scope.MEMBER_BY_MOBILE)
USER_BY_CODE = _old("user by code", "/topapi/v2/user/getuserinfo", Scope.BASE, Repeat.TWICE)
USERS_OF_DEPARTMENT = _old("users of a department", "/topapi/user/listid", Scope.MEMBER)
SUB_DEPARTMENTS = _old("sub-departments", "/topapi/v2/department/listsub", Scope.DEPARTMENT)
SHIFTS_OF_USERS = _old("shifts of users", "/topapi/attendance/schedule/listbyusers", Scope.SHIFTS, counted=True)
LEAVES_OF_USERS = _old("leaves of users", "/topapi/attendance/getleavestatus", Scope.LEAVES, counted=True)

#: All of them.
ENDPOINTS = (
    CARD_CREATE,
    CARD_DELIVER,
    CARD_UPDATE,
    CARD_CALLBACK,
    CARD_MAKE,
    ROBOT_TO_GROUP,
    ROBOT_TO_PERSON,
    ROBOT_READ,
    NOTICE_SEND,
    NOTICE_RESULT,
    DING_APP,
    DING_PAID,
    DING_RECALL,
    DING_READ,
    GROUP_CREATE,
    GROUP_UPDATE,
    GROUP_ADD,
    GROUP_DISBAND,
    ROBOTS_OF_GROUP,
    CONFERENCE_CREATE,
    CONFERENCE_INVITE,
    CONFERENCE_CLOSE,
    CONFERENCE_GET,
    CONFERENCES_OF_USER,
    TODO_CREATE,
    TODO_UPDATE,
    TODO_BY_SOURCE,
    APPROVAL_START,
    APPROVAL_GET,
    APPROVAL_LIST,
    ROW_INSERT,
    ROW_UPDATE,
    ROW_LIST,
    DOCUMENT_CREATE,
    DOCUMENT_WRITE,
    IOT_EVENT,
    DEVICE_EVENT,
    USER_GET,
    USER_BY_MOBILE,
    USER_BY_CODE,
    USERS_OF_DEPARTMENT,
    SUB_DEPARTMENTS,
    SHIFTS_OF_USERS,
    LEAVES_OF_USERS,
)
