"""What an answer of DingTalk means: pure tables from the two families' codes to what is done next.

    new family (api host)    a real HTTP status and `code`; judged by `code`, never by `message`
    old family (oapi host)   HTTP 200 always; judged by `sub_code`, then `errcode`

An answer is Accepted, one of the outcomes Retry, Refused, Unknown, or something the caller can mend in the same attempt:
TokenRejected (fetch a new one), CardExists (update it instead), ClockRejected (sign with the server's time). HTTP 200 with an
errcode other than 0 is a failure, on both hosts. Codes: dingtalk-api 0.3, 0.4, 2.3, 3.5, 6.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_bridge.dingtalk.fitting import cut, one_line
from edge.model.intent import Refused, Retry, Unknown
from edge.model.moment import MINUTE, SECOND, Moment
from edge.ports import HttpReply, NoReply

REASON_BYTES_MAX = 400
BUSY_AFTER_S = 1.0
#: A webhook robot that was too fast is blocked for ten minutes; a try within them may prolong the block (2.4).
BLOCKED_AFTER_S = 600.0
#: An address that was too fast is banned for five minutes (0.5).
BANNED_AFTER_S = 300.0
#: An installation that a person has to mend is tried again after this long: late is better than never.
MEND_AFTER_S = 120.0
#: A monthly quota that is spent; it may be raised, or the month end.
QUOTA_AFTER_S = 3600.0
#: Something between us and DingTalk answered in its place: a portal, a proxy.
INTERCEPTED_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Accepted:
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenRejected:
    reason: str


@dataclass(frozen=True, slots=True)
class CardExists:
    reason: str


@dataclass(frozen=True, slots=True)
class ClockRejected:
    """Our time stamp is too far from the server's clock. server_date: its `Date` header."""

    reason: str
    server_date: str | None


Judgement = Accepted | TokenRejected | CardExists | ClockRejected | Retry | Refused | Unknown


@dataclass(frozen=True, slots=True)
class _Case:
    """What a row of a table may look at. code: as text. said: code and message, for people."""

    code: str
    said: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    now: Moment


_Verdict = Callable[[_Case], Judgement]


def _retry(after_s: float) -> _Verdict:
    return lambda case: Retry(after_s, case.said)


def _mend(advice: str, after_s: float = MEND_AFTER_S) -> _Verdict:
    """Our side of the installation is wrong for every message: a person mends it, and then all that waited is told, late."""
    return lambda case: Retry(after_s, f"{advice} ({case.said})")


def _refuse(advice: str) -> _Verdict:
    """This message can never arrive: its recipient is gone, or the call makes no sense."""
    return lambda case: Refused(f"{advice} ({case.said})")


def _unknown(case: _Case) -> Judgement:
    return Unknown(f"DingTalk gave up waiting for itself ({case.said})")


def _token(case: _Case) -> Judgement:
    return TokenRejected(case.said)


def _card_exists(case: _Case) -> Judgement:
    return CardExists(case.said)


def _next_minute(case: _Case) -> Judgement:
    return Retry((MINUTE - case.now % MINUTE) / SECOND, case.said)


def _scope(case: _Case) -> Judgement:
    detail = case.body.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, Mapping) else None
    named = ", ".join(str(scope) for scope in scopes) if isinstance(scopes, list) and scopes else "see the app's console"
    return Retry(MEND_AFTER_S, f"a permission is not granted to the app: {named} ({case.said})")


def _insecure(case: _Case) -> Judgement:
    """310000 has two generations of wording; the phrase inside tells which security mode failed (dingtalk-api 2.1)."""
    if "invalid timestamp" in case.said:
        return ClockRejected(f"this machine's clock is more than an hour off ({case.said})", case.headers.get("date"))
    for phrase, advice in _SECURITY_ADVICE:
        if phrase in case.said:
            return Retry(MEND_AFTER_S, f"{advice} ({case.said})")
    return Retry(MEND_AFTER_S, f"the webhook robot's security settings refuse the message ({case.said})")


_SECURITY_ADVICE = (
    ("sign not match", "the webhook's secret is not the robot's"),
    ("keywords not in content", "none of the robot's keywords is in the message: use its signature mode instead"),
    ("not in whitelist", "this machine's address is not in the robot's IP list"),
)

_CREDENTIALS = _mend("client_id or client_secret is not the app's")
_IP_LIST = _mend("this machine's address is not in the app's IP list")
_QUOTA = _mend("the organisation's monthly quota is spent", QUOTA_AFTER_S)
_OUR_MISTAKE = _refuse("DingTalk does not understand the call")
_NO_SUCH_WEBHOOK = _mend("the webhook's token names no robot")
_BLOCKED = _retry(BLOCKED_AFTER_S)
_BUSY = _retry(BUSY_AFTER_S)

#: By `code`, or by its end after the last dot where a row begins with a dot. The first row that fits counts.
_NEW_FAMILY: tuple[tuple[str, _Verdict], ...] = (
    ("InvalidAuthentication", _token),
    ("AuthenticationFailed.MissingParameter", _OUR_MISTAKE),
    (".AccessTokenPermissionDenied", _scope),
    (".IpNotInWhiteList", _IP_LIST),
    (".QpsLimitForApi", _BUSY),
    (".QpsLimitForAppkeyAndApi", _BUSY),
    (".QpmLimitForAppkeyAndApi", _next_minute),
    (".ApiCountLimitForOrg", _QUOTA),
    ("invalidClientIdOrSecret", _CREDENTIALS),
    ("authFailed", _CREDENTIALS),
    ("param.cardAlreadyExist", _card_exists),
    ("param.templateNotExist", _mend("card_template_id names no template of this app")),
    ("param.templateUnpublished", _mend("the card template is not published")),
    ("param.cardNotExist", _refuse("there is no such card to update")),
    ("param.userIdNotExist", _refuse("user_id names nobody in the organisation")),
    ("staffId.notExisted", _refuse("user_id names nobody in the organisation")),
    ("invalidParameter.robotCode.notExsit", _mend("robot_code names no robot of this app")),
    ("invalid.openConversationId", _refuse("conversation_id names no group")),
    ("group.disbanded", _refuse("the group was dissolved")),
    ("send.too.fast", _retry(60.0)),
    ("send.byToken.tooFast", _retry(60.0)),
    ("system.error", _BUSY),
    ("system.busy", _BUSY),
    ("ServiceUnavailable", _BUSY),
)

_OLD_FAMILY: Mapping[str, _Verdict] = {
    "-1": _BUSY,
    "15": _unknown,
    "88": _unknown,
    "404": _mend("there is no such call: is api_base right?"),
    "40000": _OUR_MISTAKE,
    "40001": _token,
    "40014": _token,
    "42001": _token,
    "40035": _OUR_MISTAKE,
    "41001": _OUR_MISTAKE,
    "43002": _OUR_MISTAKE,
    "43004": _OUR_MISTAKE,
    "60011": _scope,
    "60020": _IP_LIST,
    "90002": _BUSY,
    "90018": _BUSY,
    "90020": _QUOTA,
    "130101": _BLOCKED,
    "410100": _BLOCKED,
    "660026": _BLOCKED,
    "310000": _insecure,
    "400013": _refuse("the group was dissolved"),
    "400101": _NO_SUCH_WEBHOOK,
    "300005": _NO_SUCH_WEBHOOK,
    "400102": _mend("the webhook robot is switched off"),
    "400106": _mend("the robot is not in the group"),
    "460101": _OUR_MISTAKE,
}

#: A gateway gave up on what is behind it; what happened there nobody knows.
_OUTCOME_UNKNOWN = frozenset({502, 504})


def judge(reply: HttpReply, now: Moment) -> Judgement:
    """What an answer of either host means."""
    body = reply.body
    if not isinstance(body, Mapping):
        return _without_json(reply.status)
    if body.get("source") == "x5" or body.get("punish"):
        return Retry(BANNED_AFTER_S, "DingTalk bans this machine's address for five minutes: too many calls")
    if reply.status in _OUTCOME_UNKNOWN:
        return Unknown(_said(f"HTTP {reply.status}, gave up waiting", body.get("message") or body.get("code")))
    if "errcode" in body and 200 <= reply.status < 300:
        return _old_family(body, reply.headers, now)
    if 200 <= reply.status < 300:
        return Accepted(body)
    return _new_family(reply.status, body, reply.headers, now)


def judge_silence(no_reply: NoReply) -> Retry | Unknown:
    """What it means that no answer came."""
    return Unknown(str(no_reply)) if no_reply.sent else Retry(0.0, str(no_reply))


def judge_delivery(results: Any) -> Refused | Retry | None:
    """What is wrong in the `deliverResults` of a card call, which answers `success: true` all the same; None: nothing."""
    for result in results if isinstance(results, list) else ():
        if isinstance(result, Mapping) and result.get("success") is not True:
            said = _said("card not delivered", result.get("errorMsg"))
            passing = any(word in said.lower() for word in _PASSING)
            return Retry(BUSY_AFTER_S, said) if passing else Refused(said)
    return None


#: What deliverResults say when the same call may work later; they have no codes, only words.
_PASSING = ("busy", "timeout", "time out", "too fast", "limit", "system error", "繁忙", "超时", "频繁", "稍后", "限流")


def without(text: str, secrets: Iterable[str]) -> str:
    """A text in which no secret stands, for outcomes: the cloud may repeat in its words what we sent."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def _without_json(status: int) -> Judgement:
    if status in _OUTCOME_UNKNOWN:
        return Unknown(f"HTTP {status} without an answer of DingTalk's")
    return Retry(INTERCEPTED_AFTER_S, f"HTTP {status} and no JSON: a ban page, or a proxy answered in DingTalk's place")


def _old_family(body: Mapping[str, Any], headers: Mapping[str, str], now: Moment) -> Judgement:
    errcode, sub_code = _code(body.get("errcode")), _code(body.get("sub_code"))
    if errcode == "0":
        return Accepted(body)
    code = sub_code or errcode
    said = _said("/".join(part for part in (errcode, sub_code) if part), body.get("sub_msg") or body.get("errmsg"))
    if sub_code == "isp.top-remote-connection-timeout":
        code = "15"
    verdict = _OLD_FAMILY.get(code)
    return Refused(said) if verdict is None else verdict(_Case(code, said, body, headers, now))


def _new_family(status: int, body: Mapping[str, Any], headers: Mapping[str, str], now: Moment) -> Judgement:
    code = _code(body.get("code"))
    case = _Case(code, _said(code or f"HTTP {status}", body.get("message")), body, headers, now)
    for pattern, verdict in _NEW_FAMILY:
        if code == pattern or (pattern.startswith(".") and code.endswith(pattern)):
            return verdict(case)
    if status >= 500 or status == 429:
        return Retry(BUSY_AFTER_S, case.said)
    return Refused(case.said)


def _code(value: Any) -> str:
    """A code as text: old answers carry numbers as texts now and then."""
    return "" if value is None else str(value).strip()


def _said(code: Any, message: Any) -> str:
    return cut(one_line(": ".join(str(part) for part in (code, message) if part)), REASON_BYTES_MAX)
