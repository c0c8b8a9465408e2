"""What DingTalk counts of a call, and what an answer says about it (dingtalk-api 0.5, 4). Pure.

Counted is what `endpoints` says, and every message of a webhook robot. Rejected for throttling, or never sent, a call is not
counted; any other refusal may be [U], so it is. When the month's quota is spent the answer says so; the code that webhooks then
get is not documented [U], and taken to be the same. What comes in is counted as pushes, presses on cards too [U].
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud_bridge.dingtalk.endpoints import DING_PAID, Request
from cloud_bridge.dingtalk.ways import NoCard, SendByWebhook, Way
from edge.model.act import Call, CallMedium, Tell
from edge.model.intent import Intent
from edge.model.quota import Cost, Kind
from edge.ports import HttpReply

FREE: Cost = {}
PUSHED: Cost = {Kind.PUSH: 1}
ONE_CALL: Cost = {Kind.API: 1}

#: `remindType` of a DING that costs money for each receiver.
_PAID = {2: Kind.SMS, 3: Kind.CALL}

#: What is told another way than by one call.
_OF_WAY: Mapping[type, Cost] = {NoCard: FREE, type(None): FREE, SendByWebhook: PUSHED}

_SPENT = ("90020", ".ApiCountLimitForOrg")
_EMPTY_BALANCE = "ding.serverquota.insufficient"
_THROTTLED = (
    "90002",
    "90018",
    ".QpsLimitForApi",
    ".QpsLimitForAppkeyAndApi",
    ".QpmLimitForAppkeyAndApi",
    "130101",
    "410100",
    "660026",
)


def cost_of(request: Request) -> Cost:
    """What a call uses."""
    if request.endpoint is DING_PAID and request.body is not None:
        kind = _PAID.get(request.body.get("remindType", 0))
        if kind is not None:
            return {Kind.API: 1, kind: len(request.body.get("receiverUserIdList", ()))}
    return ONE_CALL if request.endpoint.counted else FREE


def cost_of_intent(intent: Intent, way: Way | None) -> Cost:
    """What an attempt at an intent will use, by the way that it travels. A second call, where the first finds a card that is
    there already or a new group gets its card, is not foreseen."""
    match intent.act:
        case Call(CallMedium.SMS):
            return {Kind.API: 1, Kind.SMS: 1}
        case Call(CallMedium.PHONE):
            return {Kind.API: 1, Kind.CALL: 1}
        case Tell():
            return _OF_WAY.get(type(way), ONE_CALL)
        case _:
            return ONE_CALL


def is_counted(reply: HttpReply) -> bool:
    """Whether a call that was answered so counts."""
    body = reply.body
    if isinstance(body, Mapping) and (body.get("source") == "x5" or body.get("punish")):
        return False
    return not any(_is(code, (*_THROTTLED, *_SPENT)) for code in _codes(body))


def spent_kind(reply: HttpReply, cost: Cost) -> Kind | None:
    """Of which kind the answer says that none is left; None: it says nothing of that."""
    for code in _codes(reply.body):
        if _is(code, _SPENT):
            return Kind.PUSH if Kind.PUSH in cost else Kind.API
        if _is(code, (_EMPTY_BALANCE,)):
            return next((kind for kind in _PAID.values() if kind in cost), None)
    return None


def _codes(body: object) -> tuple[str, ...]:
    """Old answers carry `sub_code` and `errcode`, new ones `code`; numbers as texts now and then."""
    if not isinstance(body, Mapping):
        return ()
    return tuple(str(body[name]).strip() for name in ("sub_code", "errcode", "code") if body.get(name) is not None)


def _is(code: str, patterns: tuple[str, ...]) -> bool:
    return any(code == pattern or (pattern.startswith(".") and code.endswith(pattern)) for pattern in patterns)
