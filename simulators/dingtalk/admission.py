"""What stands before every call with a token: token, permission, calls per second, monthly quota (reference 0.3, 0.5).

Each refusal exists twice, in the words of the old and of the new family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from simulators.dingtalk.calls import form_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import API_CALLS
from simulators.dingtalk.limits import CallRate, Quota
from simulators.dingtalk.routes import Access, CallName, Route
from simulators.dingtalk.tokens import TokenDesk, UserTokens
from simulators.dingtalk.wire import TOKEN_HEADER, CallError, Host, NewFamilyError, OldFamilyError, Request

#: The calls that may be throttled by a limit of their own.
TOKEN_CALLS = frozenset({CallName.GETTOKEN, CallName.ACCESS_TOKEN, CallName.CORP_TOKEN})


class Refusal(StrEnum):
    TOKEN_MISSING = "token missing"
    TOKEN_INVALID = "token invalid"
    SCOPE_MISSING = "scope missing"
    TOO_FAST = "too fast"
    QUOTA_SPENT = "quota spent"
    ADDRESS_UNKNOWN = "address unknown"


@dataclass(frozen=True, slots=True)
class Wording:
    """One refusal in both families. sub_code: non-empty = the old family says 88 and puts it below."""

    status: int
    code: str
    message: str
    errcode: int
    sub_code: str = ""


_PREFIX = "Forbidden.AccessDenied"
_WORDINGS: Mapping[Refusal, Wording] = {
    Refusal.TOKEN_MISSING: Wording(400, "AuthenticationFailed.MissingParameter", f"缺少参数：{TOKEN_HEADER}", 88, "40000"),
    Refusal.TOKEN_INVALID: Wording(400, "InvalidAuthentication", "不合法的access_token", 88, "40014"),
    Refusal.SCOPE_MISSING: Wording(403, f"{_PREFIX}.AccessTokenPermissionDenied", "应用尚未开通所需的权限", 88, "60011"),
    Refusal.TOO_FAST: Wording(403, f"{_PREFIX}.QpsLimitForAppkeyAndApi", "应用调用该接口的QPS超限", 90018),
    Refusal.ADDRESS_UNKNOWN: Wording(403, f"{_PREFIX}.IpNotInWhiteList", "访问ip不在白名单之中", 60020),
    Refusal.QUOTA_SPENT: Wording(403, f"{_PREFIX}.ApiCountLimitForOrg", "本月接口调用量已达上限", 90020),
}


def refusal_error(refusal: Refusal, route: Route) -> CallError:
    wording = _WORDINGS[refusal]
    if route.host is Host.API:
        scopes = (route.scope,) if refusal is Refusal.SCOPE_MISSING and route.scope else ()
        return NewFamilyError(wording.status, wording.code, wording.message, required_scopes=scopes)
    if wording.sub_code:
        errmsg = f"ding talk error[subcode={wording.sub_code},submsg={wording.message}]"
        return OldFamilyError(wording.errcode, errmsg, sub_code=wording.sub_code, sub_msg=wording.message)
    return OldFamilyError(wording.errcode, wording.message)


class Admission:
    """missing_scopes: permissions the app was not granted (settable)."""

    def __init__(self, directory: Directory, tokens: TokenDesk, users: UserTokens, rate: CallRate, api_calls: Quota) -> None:
        self._directory = directory
        self._tokens = tokens
        self._users = users
        self._rate = rate
        self._api_calls = api_calls
        self._behaviour = behaviour = directory.behaviour
        most = behaviour.token_calls_per_second
        self._token_rate = CallRate(most) if most else None
        self.missing_scopes = frozenset(directory.app.missing_scopes)

    def check(self, route: Route, request: Request, now_us: int) -> Mapping[str, int]:
        """Count a call that may go on, and say what it costs; raises CallError when it may not."""
        refusal = self._refusal(route, request, now_us)
        if refusal is not None:
            raise refusal_error(refusal, route)
        return {API_CALLS: 1} if route.counted else {}

    def _refusal(self, route: Route, request: Request, now_us: int) -> Refusal | None:
        stranger = self._stranger(route, request, now_us) if route.access is not Access.OWN else None
        if stranger is not None:
            return stranger
        if route.scope in self.missing_scopes or self._is_shut(route):
            return Refusal.SCOPE_MISSING
        rate = self._rate if route.rate_limited else self._token_rate if route.name in TOKEN_CALLS else None
        if rate is not None and not rate.admit(route.name, now_us):
            return Refusal.TOO_FAST
        if route.counted and not self._api_calls.take(now_us):
            return Refusal.QUOTA_SPENT
        return None

    def _stranger(self, route: Route, request: Request, now_us: int) -> Refusal | None:
        """Why it is not known who calls."""
        # The old family ignores headers, the new one ignores the query.
        carriers = request.headers if route.host is Host.API else request.query
        token = carriers.get(TOKEN_HEADER if route.host is Host.API else "access_token", "")
        if not token and route.host is Host.OAPI:
            # Observed of the real server: a copy in a form does as well.
            token = (form_of(request) or {}).get("access_token", "")
        if not token:
            return Refusal.TOKEN_MISSING
        of_person = route.access is Access.PERSON and self._users.person_of(token, now_us) is not None
        if not of_person and not self._tokens.is_valid(token, now_us):
            return Refusal.TOKEN_INVALID
        return None if self._directory.admits(self._directory.app.addresses) else Refusal.ADDRESS_UNKNOWN

    def _is_shut(self, route: Route) -> bool:
        """A call that this organisation has not: it is refused like one without its permission."""
        sdk_only = route.sdk_only and self._behaviour.sdk_only_calls == "refused"
        return sdk_only or (route.closed and self._behaviour.iot_calls == "closed")
