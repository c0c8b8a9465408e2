"""The addresses this stand-in answers, and what each asks before it is executed (reference 0.2, 0.5, 16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from simulators.dingtalk.wire import Host, OldFamilyError, Request


class CallName(StrEnum):
    """The names of calls in the ledger and in faults: their paths, with the method where two share one."""

    GETTOKEN = "gettoken"
    ACCESS_TOKEN = "v1.0/oauth2/accessToken"
    CORP_TOKEN = "v1.0/oauth2/{corpId}/token"
    WEBHOOK_SEND = "robot/send"
    SESSION_SEND = "robot/sendBySession"
    USER_GET = "topapi/v2/user/get"
    ROBOT_TO_PERSONS = "v1.0/robot/oToMessages/batchSend"
    ROBOT_TO_GROUP = "v1.0/robot/groupMessages/send"
    CARD_CREATE = "v1.0/card/instances"
    CARD_UPDATE = "PUT v1.0/card/instances"
    CARD_DELIVER = "v1.0/card/instances/deliver"
    CARD_CREATE_AND_DELIVER = "v1.0/card/instances/createAndDeliver"
    GATEWAY_OPEN = "v1.0/gateway/connections/open"
    CALLBACK_REGISTER = "v1.0/card/callbacks/register"
    IOT_BIND = "v1.0/diot/systems/bind"
    IOT_REGISTER = "v1.0/diot/devices/register"
    IOT_DEVICES = "GET v1.0/diot/devices"
    IOT_PUSH_EVENT = "v1.0/diot/events/push"
    IOT_QUERY_EVENTS = "v1.0/diot/events/query"
    DEVICE_REGISTER = "v1.0/devicemng/customers/devices/registerAndActivate"
    DEVICE_UPLOAD_EVENT = "v1.0/devicemng/suppliers/events/upload"
    DING_SEND = "v1.0/robot/ding/send"
    DING_RECALL = "v1.0/robot/ding/recall"
    DING_READ_STATUS = "v1.0/robot/ding/readStatuses/query"
    TODO_CREATE = "v1.0/todo/users/{unionId}/tasks"
    TODO_UPDATE = "PUT v1.0/todo/users/{unionId}/tasks/{taskId}"
    TODO_DELETE = "DELETE v1.0/todo/users/{unionId}/tasks/{taskId}"
    TODO_EXECUTOR_STATUS = "PUT v1.0/todo/users/{unionId}/tasks/{taskId}/executorStatus"
    TODO_BY_SOURCE = "GET v1.0/todo/users/{unionId}/tasks/sources/{sourceId}"
    TODO_LIST = "v1.0/todo/users/{unionId}/org/tasks/query"
    TODO_PERSONAL = "v1.0/todo/users/me/personalTasks"
    SCENE_GROUP_CREATE = "v1.0/im/sceneGroup/create"
    SCENE_GROUP_CREATE_CAMEL = "v1.0/im/sceneGroups"
    SCENE_GROUP_UPDATE = "v1.0/im/sceneGroup/update"
    SCENE_GROUP_ADD = "v1.0/im/sceneGroup/member/add"
    SCENE_GROUP_DELETE = "v1.0/im/sceneGroup/member/delete"
    SCENE_GROUP_DISBAND = "v1.0/im/chat/scenegroup/disband"
    SCENE_GROUP_QUERY = "v1.0/im/sceneGroups/query"
    SCENE_GROUP_MEMBERS = "v1.0/im/sceneGroups/members/batchQuery"
    SCENE_GROUP_SUB_ADMINS = "PUT v1.0/im/sceneGroups/subAdmins"
    GROUP_ROBOTS = "v1.0/robot/groups/robots/query"
    USER_TOKEN = "v1.0/oauth2/userAccessToken"
    USER_BY_CODE = "topapi/v2/user/getuserinfo"
    USER_BY_MOBILE = "topapi/v2/user/getbymobile"
    USER_BY_UNION_ID = "topapi/user/getbyunionid"
    DEPARTMENT_USERS = "topapi/user/listid"
    DEPARTMENT_SUBS = "topapi/v2/department/listsub"
    DEPARTMENT_SUB_IDS = "topapi/v2/department/listsubid"
    SCHEDULE_BY_USERS = "topapi/attendance/schedule/listbyusers"
    LEAVE_STATUS = "topapi/attendance/getleavestatus"
    NOTICE_SEND = "topapi/message/corpconversation/asyncsend_v2"
    NOTICE_PROGRESS = "topapi/message/corpconversation/getsendprogress"
    NOTICE_RESULT = "topapi/message/corpconversation/getsendresult"
    NOTICE_RECALL = "topapi/message/corpconversation/recall"
    NOTICE_STATUS_BAR = "topapi/message/corpconversation/status_bar/update"
    CONFERENCE_CREATE = "v1.0/conference/videoConferences"
    CONFERENCE_INVITE = "v1.0/conference/videoConferences/{conferenceId}/users/invite"
    CONFERENCE_CLOSE = "DELETE v1.0/conference/videoConferences/{conferenceId}"
    CONFERENCE_GET = "GET v1.0/conference/videoConferences/{conferenceId}"
    CONFERENCE_MEMBERS = "GET v1.0/conference/videoConferences/{conferenceId}/members"
    CONFERENCE_QUERY = "v1.0/conference/videoConferences/query"
    CONFERENCE_KICK = "v1.0/conference/videoConferences/{conferenceId}/members/kick"
    CONFERENCE_OF_USER = "GET v1.0/conference/users/lists"
    ROWS_INSERT = "v1.0/notable/bases/{baseId}/sheets/{sheet}/records"
    ROWS_UPDATE = "PUT v1.0/notable/bases/{baseId}/sheets/{sheet}/records"
    ROWS_LIST = "v1.0/notable/bases/{baseId}/sheets/{sheet}/records/list"
    DOCUMENT_CREATE = "v1.0/doc/workspaces/{workspaceId}/docs"
    DOCUMENT_OVERWRITE = "v1.0/doc/suites/documents/{docKey}/overwriteContent"
    APPROVAL_START = "v1.0/workflow/processInstances"
    APPROVAL_GET = "GET v1.0/workflow/processInstances"
    APPROVAL_TERMINATE = "v1.0/workflow/processInstances/terminate"
    APPROVAL_COMMENT = "v1.0/workflow/processInstances/comments"
    APPROVAL_EXECUTE = "v1.0/workflow/processInstances/execute"
    APPROVAL_IDS = "v1.0/workflow/processes/instanceIds/query"
    PERSONS_READ = "GET v1.0/robot/oToMessages/readStatus"
    GROUP_READ = "v1.0/robot/groupMessages/query"
    PERSONS_RECALL = "v1.0/robot/otoMessages/batchRecall"
    GROUP_RECALL = "v1.0/robot/groupMessages/recall"
    USE_INFOS = "v1.0/meter/resources/useInfos/query"
    FAILED_EVENTS_OLD = "call_back/get_call_back_failed_result"
    FAILED_EVENTS = "GET v1.0/event/callbacks/failedResults"
    CONTACT_ME = "GET v1.0/contact/users/{unionId}"


class Access(StrEnum):
    """How a call shows who it is."""

    OWN = "own"
    """By what it carries: a secret, a webhook token, a session."""
    TOKEN = "token"
    """By the app's access token: in the query for the old family, in a header for the new one."""
    PERSON = "person"
    """By the token of a person who logged in, in the header; the app's own is let through and refused by the call."""


@dataclass(frozen=True, slots=True)
class Route:
    """path: names in braces stand for one part each. scope: the permission the app needs. counted: uses up one API call of
    the monthly quota. rate_limited: counts against the calls per second of app and API. bad_body: the code for a body
    that is no JSON object; empty = it is taken as an empty one. sdk_only: in the official SDK, on no documentation page:
    expect it to need a white list. closed: to new apps."""

    name: CallName
    host: Host
    method: str
    path: str
    access: Access = Access.OWN
    scope: str = ""
    counted: bool = False
    bad_body: str = ""
    sdk_only: bool = False
    closed: bool = False

    @property
    def rate_limited(self) -> bool:
        return self.access is not Access.OWN


def _new(name: CallName, scope: str, bad_body: str = "", *, counted: bool = True, sdk_only: bool = False) -> Route:
    """A call of the new family with the app's token: method and path are its name's."""
    method, _, path = name.rpartition(" ")
    method = method or "POST"
    has_body = method in ("POST", "PUT")
    return Route(name, Host.API, method, f"/{path}", Access.TOKEN, scope, counted, bad_body if has_body else "", sdk_only)


def _old(name: CallName, scope: str, *, counted: bool = False) -> Route:
    """A call of the old family with the app's token."""
    return Route(name, Host.OAPI, "POST", f"/{name}", Access.TOKEN, scope, counted)


_SEND, _SEND_BODY = "qyapi_robot_sendmsg", "invalidParameter.param.invalid"
_CARD, _CARD_BODY = "Card.Instance.Write", "param.invalid"
_DING = "Premium.Ding.Write"
_DEVICES = "Manufacture.DeviceData.Write"
_GROUP_MANAGE, _GROUP_READ, _GROUP_BODY = "qyapi_chat_manage", "qyapi_chat_read", "parameter.invalid"
_CONFERENCE_WRITE, _CONFERENCE_READ = "VideoConference.Conference.Write", "VideoConference.Conference.Read"
_ARGUMENTS = "invalidRequest.inputArgs.invalid"
_APPROVAL_WRITE, _APPROVAL_READ, _APPROVAL_BODY = (
    "Workflow.Instance.Write",
    "Workflow.Instance.Read",
    "processInstanceInvalidParameter",
)
_TODO_WRITE, _TODO_READ = "Todo.Todo.Write", "Todo.Todo.Read"

ROUTES: tuple[Route, ...] = (
    Route(CallName.GETTOKEN, Host.OAPI, "GET", "/gettoken"),
    # Sent with a body, it misses its parameters rather than the right method (reference 0.3).
    Route(CallName.GETTOKEN, Host.OAPI, "POST", "/gettoken"),
    Route(CallName.WEBHOOK_SEND, Host.OAPI, "POST", "/robot/send"),
    Route(CallName.SESSION_SEND, Host.OAPI, "POST", "/robot/sendBySession"),
    Route(CallName.ACCESS_TOKEN, Host.API, "POST", "/v1.0/oauth2/accessToken"),
    Route(CallName.CORP_TOKEN, Host.API, "POST", "/v1.0/oauth2/{corpId}/token"),
    Route(CallName.GATEWAY_OPEN, Host.API, "POST", "/v1.0/gateway/connections/open"),
    _old(CallName.USER_GET, "qyapi_get_member"),
    _new(CallName.ROBOT_TO_PERSONS, _SEND, _SEND_BODY),
    _new(CallName.ROBOT_TO_GROUP, _SEND, _SEND_BODY),
    _new(CallName.CARD_CREATE, _CARD, _CARD_BODY),
    _new(CallName.CARD_UPDATE, _CARD, _CARD_BODY),
    _new(CallName.CARD_DELIVER, _CARD, _CARD_BODY),
    _new(CallName.CARD_CREATE_AND_DELIVER, _CARD, _CARD_BODY),
    _new(CallName.CALLBACK_REGISTER, _CARD, _CARD_BODY),
    *(
        replace(_new(name, scope, "parameter.error"), closed=True)
        for name, scope in (
            (CallName.IOT_BIND, ""),
            (CallName.IOT_REGISTER, ""),
            (CallName.IOT_DEVICES, ""),
            (CallName.IOT_PUSH_EVENT, ""),
            (CallName.IOT_QUERY_EVENTS, ""),
            (CallName.DEVICE_REGISTER, _DEVICES),
            (CallName.DEVICE_UPLOAD_EVENT, _DEVICES),
        )
    ),
    _new(CallName.DING_SEND, _DING, _SEND_BODY),
    _new(CallName.DING_RECALL, _DING, "recall.ding.exception"),
    _new(CallName.DING_READ_STATUS, _DING, _SEND_BODY, sdk_only=True),
    _new(CallName.TODO_CREATE, _TODO_WRITE, "todo.taskCreate.paramError"),
    _new(CallName.TODO_UPDATE, _TODO_WRITE, "todo.taskUpdate.paramError"),
    _new(CallName.TODO_DELETE, _TODO_WRITE),
    _new(CallName.TODO_EXECUTOR_STATUS, _TODO_WRITE, "todo.taskExecutorStatusUpdate.paramError"),
    _new(CallName.TODO_BY_SOURCE, _TODO_READ, sdk_only=True),
    _new(CallName.TODO_LIST, _TODO_READ, "todo.paramError"),
    replace(_new(CallName.TODO_PERSONAL, "Todo.PersonalTodo.Write", "todo.taskCreate.paramError"), access=Access.PERSON),
    _new(CallName.SCENE_GROUP_CREATE, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_CREATE_CAMEL, _GROUP_MANAGE, _GROUP_BODY, sdk_only=True),
    _new(CallName.SCENE_GROUP_UPDATE, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_ADD, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_DELETE, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_DISBAND, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_QUERY, _GROUP_READ, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_MEMBERS, _GROUP_READ, _GROUP_BODY),
    _new(CallName.SCENE_GROUP_SUB_ADMINS, _GROUP_MANAGE, _GROUP_BODY),
    _new(CallName.GROUP_ROBOTS, _GROUP_MANAGE, _GROUP_BODY),
    Route(CallName.USER_TOKEN, Host.API, "POST", "/v1.0/oauth2/userAccessToken"),
    _old(CallName.USER_BY_CODE, "qyapi_base"),
    _old(CallName.USER_BY_MOBILE, "qyapi_get_member_by_mobile"),
    _old(CallName.USER_BY_UNION_ID, "qyapi_get_member"),
    _old(CallName.DEPARTMENT_USERS, "qyapi_get_member"),
    _old(CallName.DEPARTMENT_SUBS, "qyapi_get_department_list"),
    _old(CallName.DEPARTMENT_SUB_IDS, "qyapi_get_department_list"),
    _old(CallName.SCHEDULE_BY_USERS, "qyapi_attendance_group_read", counted=True),
    _old(CallName.LEAVE_STATUS, "qyapi_get_attendance_data", counted=True),
    _old(CallName.NOTICE_SEND, "qyapi_base", counted=True),
    _old(CallName.NOTICE_PROGRESS, "qyapi_base", counted=True),
    _old(CallName.NOTICE_RESULT, "qyapi_base", counted=True),
    _old(CallName.NOTICE_RECALL, "qyapi_base", counted=True),
    _old(CallName.NOTICE_STATUS_BAR, "qyapi_base", counted=True),
    _new(CallName.CONFERENCE_CREATE, _CONFERENCE_WRITE, "paramsError"),
    _new(CallName.CONFERENCE_INVITE, _CONFERENCE_WRITE, "paramsError"),
    _new(CallName.CONFERENCE_CLOSE, _CONFERENCE_WRITE),
    _new(CallName.CONFERENCE_GET, _CONFERENCE_READ),
    _new(CallName.CONFERENCE_MEMBERS, _CONFERENCE_READ),
    _new(CallName.CONFERENCE_QUERY, _CONFERENCE_READ, "paramsError"),
    _new(CallName.CONFERENCE_KICK, _CONFERENCE_WRITE, "paramsError"),
    _new(CallName.CONFERENCE_OF_USER, _CONFERENCE_READ),
    _new(CallName.ROWS_INSERT, "Notable.Base.Write.All", _ARGUMENTS),
    _new(CallName.ROWS_UPDATE, "Notable.Base.Write.All", _ARGUMENTS),
    _new(CallName.ROWS_LIST, "Notable.Base.Read.All", _ARGUMENTS),
    _new(CallName.DOCUMENT_CREATE, "Document.WorkspaceDocument.Write", _ARGUMENTS),
    _new(CallName.DOCUMENT_OVERWRITE, "Storage.File.Write", _ARGUMENTS),
    _new(CallName.APPROVAL_START, _APPROVAL_WRITE, _APPROVAL_BODY),
    _new(CallName.APPROVAL_GET, _APPROVAL_READ),
    _new(CallName.APPROVAL_TERMINATE, _APPROVAL_WRITE, _APPROVAL_BODY),
    _new(CallName.APPROVAL_COMMENT, _APPROVAL_WRITE, _APPROVAL_BODY),
    _new(CallName.APPROVAL_EXECUTE, _APPROVAL_WRITE, _APPROVAL_BODY),
    _new(CallName.APPROVAL_IDS, _APPROVAL_READ, _APPROVAL_BODY),
    _new(CallName.PERSONS_READ, _SEND),
    _new(CallName.GROUP_READ, _SEND, _SEND_BODY),
    _new(CallName.PERSONS_RECALL, _SEND, _SEND_BODY),
    _new(CallName.GROUP_RECALL, _SEND, _SEND_BODY),
    _new(CallName.USE_INFOS, "", "invalidParameter", counted=False, sdk_only=True),
    replace(_old(CallName.FAILED_EVENTS_OLD, "qyapi_base"), method="GET"),
    _new(CallName.FAILED_EVENTS, "", counted=False, sdk_only=True),
    replace(_new(CallName.CONTACT_ME, "Contact.User.Read", counted=False), access=Access.PERSON),
)

_BY_ADDRESS = {(route.host, route.method, route.path): route for route in ROUTES if "{" not in route.path}
_OLD_PATHS = frozenset(route.path for route in ROUTES if route.host is Host.OAPI)


def _pattern(path: str) -> re.Pattern[str]:
    parts = (f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return re.compile("/".join(parts))


_WITH_PARTS = tuple((_pattern(route.path), route) for route in ROUTES if "{" in route.path)


def find_route(request: Request) -> tuple[Route, Mapping[str, str]]:
    """The route of a request, and the parts of its path that have names; raises OldFamilyError when there is none: even
    the new host answers HTTP 200 then."""
    route = _BY_ADDRESS.get((request.host, request.method, request.path))
    if route is not None:
        return route, {}
    for pattern, route in _WITH_PARTS:
        found = pattern.fullmatch(request.path)
        if found and route.method == request.method and route.host is request.host:
            return route, found.groupdict()
    if request.host is Host.OAPI and request.path in _OLD_PATHS:
        raise OldFamilyError(43002, "请使用 POST 方法" if request.method == "GET" else "请使用 GET 方法")
    if request.host is Host.OAPI and request.path.startswith("/topapi/"):
        raise OldFamilyError(22, f"Invalid method {request.path}")
    raise OldFamilyError(404, "请求的URI地址不存在")


def host_of(path: str, host_header: str = "") -> Host:
    """Which host a call on a shared address was meant for: by the Host header if it says so, else by the path."""
    if host_header.startswith("oapi."):
        return Host.OAPI
    if host_header.startswith("api."):
        return Host.API
    return Host.API if path.startswith(("/v1.0/", "/v2.0/")) else Host.OAPI
