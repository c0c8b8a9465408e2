"""What an answer of DingTalk means: pure, from the two families' codes to what is done next.

    new family (api host)    a real HTTP status and `code`; judged by `code`, never by `message`, also beside HTTP 200
    old family (oapi host)   HTTP 200 always; judged by `sub_code`, then `errcode`; without `errcode` it is not DingTalk's

An answer is Accepted, one of the outcomes Retry, Refused, Unknown, or something the caller can mend in the same attempt:
TokenRejected (fetch a new one), Exists (update or find it instead), RobotRefused (another way), ClockRejected (sign with the
server's time). HTTP 200 with an errcode other than 0 is a failure, on both hosts, and so is one with `success: false`. What a
success must hold besides, such as the id of what was made, is asked for where the call is known (`acts.delivered`). The codes
are in `codes`: dingtalk-api 0.3, 0.4, and the errors of each section.

    without JSON          what it is                                               means
    2xx, HTML             the page of a ban, or of a portal in DingTalk's place    not carried out
    2xx, anything else    an answer of which a part is missing                     carried out, or not: unknown
    5xx but 503           a gateway failed on the way, or after it                 unknown
    any other             somebody between us and DingTalk let nothing through     not carried out

What costs money and rings is made again only after an answer in JSON that says no, and does not speak of a failure within.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloud_bridge.dingtalk.codes import NEW_FAMILY, OLD_FAMILY
from cloud_bridge.dingtalk.endpoints import Host, Repeat
from cloud_bridge.dingtalk.verdicts import (
    BANNED_AFTER_S,
    BUSY_AFTER_S,
    INTERCEPTED_AFTER_S,
    MEND_AFTER_S,
    Accepted,
    Case,
    Exists,
    Judgement,
    said,
)
from edge.model.intent import Refused, Retry, Unknown
from edge.model.intent import Scope as Reach
from edge.model.moment import Moment
from edge.ports import HttpReply, NoReply

#: A gateway gave up on what is behind it; what happened there nobody knows.
_OUTCOME_UNKNOWN = frozenset({502, 504})
#: Whoever says so did not begin with the call.
_NOT_THERE_NOW = 503
#: Codes of a failure within DingTalk: how far it came it does not say.
_FAILED_WITHIN = ("system.error", "system.busy", "ServiceUnavailable")
#: A shorter secret is in too many words to hide it; DingTalk's own have 30 signs and more.
SECRET_CHARS_MIN = 4


def judge(reply: HttpReply, now: Moment, repeat: Repeat = Repeat.SAME_STATE, host: Host = Host.API) -> Judgement:
    """What an answer means. repeat: what a second call does. host: which was asked; either may answer as the other does."""
    judgement = _judge(reply, now, host)
    if repeat is Repeat.NEVER and isinstance(judgement, Retry) and not _says_no(reply):
        return Unknown(judgement.reason, judgement.scope)
    return judgement


def _says_no(reply: HttpReply) -> bool:
    """Whether DingTalk itself says that the call was not carried out."""
    body = reply.body
    return isinstance(body, Mapping) and reply.status < 500 and _code(body.get("code")) not in _FAILED_WITHIN


def _judge(reply: HttpReply, now: Moment, host: Host) -> Judgement:
    body = reply.body
    if not isinstance(body, Mapping):
        return _without_json(reply)
    if body.get("source") == "x5" or body.get("punish"):
        return Retry(BANNED_AFTER_S, "DingTalk bans this machine's address for five minutes: too many calls", Reach.CHANNEL)
    if reply.status in _OUTCOME_UNKNOWN:
        return Unknown(said(f"HTTP {reply.status}, gave up waiting", body.get("message") or body.get("code")))
    if 200 <= reply.status < 300:
        return _beside_success(reply.status, body, reply.headers, now, host)
    return _new_family(reply.status, body, reply.headers, now)


def judge_silence(no_reply: NoReply) -> Retry | Unknown:
    """What it means that no answer came."""
    return Unknown(str(no_reply)) if no_reply.sent else Retry(0.0, str(no_reply), Reach.CHANNEL)


def results_of(answer: Accepted | Exists) -> tuple[Mapping[str, Any], ...]:
    """What became of a card in each of its spaces. createAndDeliver says so in `result.deliverResults`, deliver in `result`."""
    result = answer.body.get("result") if isinstance(answer, Accepted) else None
    results = result.get("deliverResults") if isinstance(result, Mapping) else result
    return tuple(each for each in results if isinstance(each, Mapping)) if isinstance(results, list) else ()


def judge_delivery(results: Sequence[Mapping[str, Any]]) -> Refused | Retry | Unknown | None:
    """What is wrong in the results of a card call, which answers `success: true` all the same; None: nothing."""
    for result in results:
        if result.get("success") is not True:
            return _not_done(said("card not delivered", result.get("errorMsg")))
    return None if results else Unknown("DingTalk took the card, and does not say that it delivered it")


#: What the cloud says when the same call may work later; they have no codes, only words.
_PASSING = ("busy", "timeout", "time out", "too fast", "limit", "system error", "繁忙", "超时", "频繁", "稍后", "限流")
#: And when a person has to bring the robot into the group.
_NO_MEMBER = "not a member"


def without(text: str, secrets: Iterable[str]) -> str:
    """A text in which no secret stands, for outcomes: the cloud may repeat in its words what we sent."""
    for secret in secrets:
        if len(secret) >= SECRET_CHARS_MIN:
            text = text.replace(secret, "***")
    return text


def _without_json(reply: HttpReply) -> Judgement:
    status = reply.status
    if 200 <= status < 300 and "html" not in reply.headers.get("content-type", ""):
        return Unknown(f"HTTP {status} with half an answer")
    if status >= 500 and status != _NOT_THERE_NOW:
        return Unknown(f"HTTP {status} without an answer of DingTalk's", Reach.CHANNEL)
    reason = f"HTTP {status} and no JSON: a ban page, or a proxy answered in DingTalk's place"
    return Retry(INTERCEPTED_AFTER_S, reason, Reach.CHANNEL)


def _beside_success(status: int, body: Mapping[str, Any], headers: Mapping[str, str], now: Moment, host: Host) -> Judgement:
    """What the body says of a call whose HTTP status says that all went well."""
    if _code(body.get("errcode")):
        return _old_family(body, headers, now)
    if _is_error(body):
        return _new_family(status, body, headers, now)
    if host is Host.OAPI:
        return Unknown(f"HTTP {status} without errcode: this is no answer of DingTalk's")
    return _unless_undone(body)


def _is_error(body: Mapping[str, Any]) -> bool:
    """Whether it has the form of the new family's errors. To end a conference answers `code` 200 and a `cause`."""
    return "message" in body and _code(body.get("code")) not in ("", "0", "200")


def _unless_undone(body: Mapping[str, Any]) -> Accepted | Refused | Retry:
    if str(body.get("success", True)).lower() != "false" and body.get("result") is not False:
        return Accepted(body)
    return _not_done(said("DingTalk did not do it", body.get("message") or body.get("result")))


def _not_done(reason: str) -> Refused | Retry:
    """By its words, where there is no code."""
    words = reason.lower()
    if any(word in words for word in _PASSING):
        return Retry(BUSY_AFTER_S, reason)
    return Retry(MEND_AFTER_S, reason) if _NO_MEMBER in words else Refused(reason)


def _old_family(body: Mapping[str, Any], headers: Mapping[str, str], now: Moment) -> Judgement:
    errcode, sub_code = _code(body.get("errcode")), _code(body.get("sub_code"))
    if errcode == "0":
        return _unless_undone(body)
    code = sub_code or errcode
    reason = said("/".join(part for part in (errcode, sub_code) if part), body.get("sub_msg") or body.get("errmsg"))
    if sub_code == "isp.top-remote-connection-timeout":
        code = "15"
    verdict = OLD_FAMILY.get(code)
    return Refused(reason) if verdict is None else verdict(Case(code, reason, body, headers, now))


def _new_family(status: int, body: Mapping[str, Any], headers: Mapping[str, str], now: Moment) -> Judgement:
    code = _code(body.get("code"))
    case = Case(code, said(code or f"HTTP {status}", body.get("message")), body, headers, now)
    for pattern, verdict in NEW_FAMILY:
        if code == pattern or (pattern.startswith(".") and code.endswith(pattern)):
            return verdict(case)
    if status >= 500 or status == 429:
        return Retry(BUSY_AFTER_S, case.said, Reach.ADDRESS if status == 429 else Reach.CHANNEL)
    return Refused(case.said)


def _code(value: Any) -> str:
    """A code as text: old answers carry numbers as texts now and then."""
    return "" if value is None else str(value).strip()
