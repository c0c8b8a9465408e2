"""What an answer of DingTalk's says to somebody who only asks, or why none came. Pure.

`errors` judges answers by what the channel does next; here it matters what a person mends, so that reasons are told apart
which for the channel are one: "tried again every two minutes".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_bridge.dingtalk.doctor.findings import Reason
from cloud_bridge.dingtalk.verdicts import said
from edge.ports import HttpReply, NoReply

#: What any call may be answered, before it is looked at (dingtalk-api 0.3, 0.4): a whole code, or its end behind a dot.
_BEFORE_THE_CALL: tuple[tuple[str, Reason], ...] = (
    (".AccessTokenPermissionDenied", Reason.MISSING),
    ("60011", Reason.MISSING),
    (".IpNotInWhiteList", Reason.ADDRESS_NOT_LISTED),
    ("60020", Reason.ADDRESS_NOT_LISTED),
    ("invalidClientIdOrSecret", Reason.CREDENTIALS_WRONG),
    ("authFailed", Reason.CREDENTIALS_WRONG),
    (".ApiCountLimitForOrg", Reason.QUOTA_SPENT),
    ("90020", Reason.QUOTA_SPENT),
    (".QpsLimitForApi", Reason.BUSY),
    (".QpsLimitForAppkeyAndApi", Reason.BUSY),
    (".QpmLimitForAppkeyAndApi", Reason.BUSY),
    ("90002", Reason.BUSY),
    ("90018", Reason.BUSY),
    ("InvalidAuthentication", Reason.BUSY),
    ("40014", Reason.BUSY),
    ("system.error", Reason.BUSY),
    ("system.busy", Reason.BUSY),
    ("-1", Reason.BUSY),
    ("15", Reason.BUSY),
)

#: What the network's own words tell; the first that is in them counts.
_SILENCES: tuple[tuple[str, Reason], ...] = (
    ("certificate", Reason.NOT_TRUSTED),
    ("ssl", Reason.NOT_TRUSTED),
    ("proxy", Reason.PROXY_REFUSES),
    ("name or service not known", Reason.NAME_UNKNOWN),
    ("name resolution", Reason.NAME_UNKNOWN),
    ("getaddrinfo", Reason.NAME_UNKNOWN),
    ("nodename", Reason.NAME_UNKNOWN),
    ("no address associated", Reason.NAME_UNKNOWN),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """reason: what stood before the call; None: the call itself was looked at. code: of its refusal, empty when it was
    accepted. words: DingTalk's or the network's own. scopes: the permissions that are missing, where the answer names them."""

    reason: Reason | None
    code: str = ""
    words: str = ""
    scopes: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None

    @property
    def is_accepted(self) -> bool:
        return self.reason is None and not self.code


def heard(came: HttpReply | NoReply) -> Heard:
    if isinstance(came, NoReply):
        words = str(came)
        reason = next((reason for phrase, reason in _SILENCES if phrase in words.lower()), Reason.NO_WAY)
        return Heard(reason, words=said("", words))
    body = came.body
    if not isinstance(body, Mapping):
        # DingTalk answers in JSON, always: this came from something on the way.
        return Heard(Reason.INTERCEPTED, words=f"HTTP {came.status}")
    if body.get("source") == "x5" or body.get("punish"):
        return Heard(Reason.BANNED, words=f"HTTP {came.status}")
    code = _code(came.status, body)
    words = said(code, body.get("sub_msg") or body.get("errmsg") or body.get("message"))
    return Heard(_before(code, came.status), code, words if code else "", _scopes(body), body)


def _code(status: int, body: Mapping[str, Any]) -> str:
    """Empty for an accepted call. Old answers carry `sub_code` and `errcode`, and numbers as texts now and then."""
    if "errcode" in body:
        code = str(body.get("sub_code") or body["errcode"]).strip()
        return "" if code == "0" else code
    return "" if 200 <= status < 300 else str(body.get("code") or f"HTTP {status}").strip()


def _before(code: str, status: int) -> Reason | None:
    for pattern, reason in _BEFORE_THE_CALL:
        if code == pattern or (pattern.startswith(".") and code.endswith(pattern)):
            return reason
    return Reason.BUSY if status >= 500 else None


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    detail = body.get("accessdenieddetail")
    named = detail.get("requiredScopes") if isinstance(detail, Mapping) else None
    return tuple(str(each) for each in named) if isinstance(named, list) else ()
