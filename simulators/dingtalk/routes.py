"""The addresses this stand-in answers, and what each asks before it is executed (reference 0.2, 0.5, 16)."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


class Access(StrEnum):
    """How a call shows who it is."""

    OWN = "own"
    """By what it carries: a secret, a webhook token, a session."""
    TOKEN = "token"
    """By the app's access token: in the query for the old family, in a header for the new one."""


@dataclass(frozen=True, slots=True)
class Route:
    """scope: the permission the app needs. counted: uses up one API call of the monthly quota. rate_limited: counts
    against the calls per second of app and API. bad_body: the code for a body that is no JSON object; empty = it is
    taken as an empty one."""

    name: CallName
    host: Host
    method: str
    path: str
    access: Access = Access.OWN
    scope: str = ""
    counted: bool = False
    bad_body: str = ""

    @property
    def rate_limited(self) -> bool:
        return self.access is Access.TOKEN


def _robot(name: CallName) -> Route:
    scope, bad_body = "qyapi_robot_sendmsg", "invalidParameter.param.invalid"
    return Route(name, Host.API, "POST", f"/{name}", Access.TOKEN, scope, counted=True, bad_body=bad_body)


def _card(name: CallName, method: str = "POST", path: str = "") -> Route:
    scope, bad_body = "Card.Instance.Write", "param.invalid"
    return Route(name, Host.API, method, path or f"/{name}", Access.TOKEN, scope, counted=True, bad_body=bad_body)


ROUTES: tuple[Route, ...] = (
    Route(CallName.GETTOKEN, Host.OAPI, "GET", "/gettoken"),
    Route(CallName.WEBHOOK_SEND, Host.OAPI, "POST", "/robot/send"),
    Route(CallName.SESSION_SEND, Host.OAPI, "POST", "/robot/sendBySession"),
    Route(CallName.USER_GET, Host.OAPI, "POST", "/topapi/v2/user/get", Access.TOKEN, "qyapi_get_member"),
    Route(CallName.ACCESS_TOKEN, Host.API, "POST", "/v1.0/oauth2/accessToken"),
    Route(CallName.CORP_TOKEN, Host.API, "POST", "/v1.0/oauth2/{corpId}/token"),
    Route(CallName.GATEWAY_OPEN, Host.API, "POST", "/v1.0/gateway/connections/open"),
    _robot(CallName.ROBOT_TO_PERSONS),
    _robot(CallName.ROBOT_TO_GROUP),
    _card(CallName.CARD_CREATE),
    _card(CallName.CARD_UPDATE, "PUT", "/v1.0/card/instances"),
    _card(CallName.CARD_DELIVER),
    _card(CallName.CARD_CREATE_AND_DELIVER),
)

_CORP_TOKEN_PATH = re.compile(r"/v1\.0/oauth2/[^/]+/token")
_BY_ADDRESS = {(route.host, route.method, route.path): route for route in ROUTES}
_OLD_PATHS = frozenset(route.path for route in ROUTES if route.host is Host.OAPI)


def find_route(request: Request) -> Route:
    """The route of a request; raises OldFamilyError when there is none: even the new host answers HTTP 200 then."""
    path = "/v1.0/oauth2/{corpId}/token" if _CORP_TOKEN_PATH.fullmatch(request.path) else request.path
    route = _BY_ADDRESS.get((request.host, request.method, path))
    if route is not None:
        return route
    if request.host is Host.OAPI and path in _OLD_PATHS:
        raise OldFamilyError(43002, "请使用 POST 方法" if path != "/gettoken" else "请使用 GET 方法")
    if request.host is Host.OAPI and path.startswith("/topapi/"):
        raise OldFamilyError(22, f"Invalid method {path}")
    raise OldFamilyError(404, "请求的URI地址不存在")


def corp_id_of(path: str) -> str:
    """The corpId in a path of `v1.0/oauth2/{corpId}/token`."""
    return path.split("/")[3]


def host_of(path: str, host_header: str = "") -> Host:
    """Which host a call on a shared address was meant for: by the Host header if it says so, else by the path."""
    if host_header.startswith("oapi."):
        return Host.OAPI
    if host_header.startswith("api."):
        return Host.API
    return Host.API if path.startswith("/v1.0/") else Host.OAPI
