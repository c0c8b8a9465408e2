"""One call after the other: admitted, executed, written to the ledger, answered.

A call passes, in this order: the way (may be cut), the rate of its source, its address, faults on request, token, permission,
calls per second, monthly quota, its own checks. Then it is executed, written down, and answered, unless a fault loses the
answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulators.dingtalk.admission import Admission
from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.calls import Call, Done, Handler, form_of, parse_object
from simulators.dingtalk.faults import BACKEND_TIMEOUT_US, BAN_PAGE, Fault, FaultKind, Faults
from simulators.dingtalk.ledger import Direction, Effect, Ledger, summarise
from simulators.dingtalk.limits import AddressRate
from simulators.dingtalk.routes import CallName, Route, find_route
from simulators.dingtalk.wire import (
    JSON_HEADERS,
    CallError,
    Chance,
    Fate,
    Host,
    NewFamilyError,
    OldFamilyError,
    Reply,
    Request,
    encode,
    json_reply,
    new_id,
)

LOSING = {FaultKind.NEVER_ANSWER: Fate.NEVER_ANSWERED, FaultKind.CLOSE: Fate.CLOSED}


class CallDesk:
    """handlers: what executes each call."""

    def __init__(
        self,
        *,
        handlers: Mapping[CallName, Handler],
        admission: Admission,
        faults: Faults,
        ledger: Ledger,
        behaviour: Behaviour,
        chance: Chance,
    ) -> None:
        self._handlers = handlers
        self._admission = admission
        self._faults = faults
        self._ledger = ledger
        self._behaviour = behaviour
        self._chance = chance
        self._address_rate = AddressRate.of(behaviour)

    def handle(self, request: Request, now_us: int) -> Reply:
        if self._faults.is_cut:
            return Reply(0, b"", fate=Fate.REFUSED)
        request_id = new_id(self._chance)
        if not self._address_rate.admit(now_us):
            self._note_call(request.path, request, now_us, error=NewFamilyError(200, "1111", "banned address"))
            return json_reply(200, BAN_PAGE)
        try:
            route, parts = find_route(request)
        except CallError as error:
            self._note_call(request.path, request, now_us, error=error)
            return json_reply(error.status, self._typed(request.host, error.body(request_id)))
        fault = self._faults.meet(route.name)
        if fault is not None and fault.kind is FaultKind.BAN:
            self._note_call(route.name, request, now_us, error=NewFamilyError(200, "1111", "banned address"), fault=fault)
            return json_reply(200, BAN_PAGE)
        cost: Mapping[str, int] = {}
        try:
            if fault is not None and fault.kind is FaultKind.FAIL:
                raise _asked_error(fault, route)
            cost = self._admission.check(route, request, now_us)
            done = self._handlers[route.name](Call(request, _body(route, request), now_us, parts))
        except CallError as error:
            self._note_call(route.name, request, now_us, error=error, fault=fault, cost=cost, parts=parts)
            reply = json_reply(error.status, self._typed(route.host, error.body(request_id)))
        else:
            self._note_call(route.name, request, now_us, done=done, fault=fault, cost={**cost, **done.cost}, parts=parts)
            reply = self._answer(route, request, done.answer)
        return _after_fault(reply, fault, route, request_id)

    def _answer(self, route: Route, request: Request, answer: Mapping[str, object]) -> Reply:
        wants_json = "application/json" in request.headers.get("accept", "")
        if route.name is CallName.GATEWAY_OPEN and self._behaviour.xml_without_json_accept and not wants_json:
            tags = "".join(f"<{key}>{value}</{key}>" for key, value in answer.items())
            xml = f'<?xml version="1.0"?><OpenConnectionResponse>{tags}</OpenConnectionResponse>'
            return Reply(200, xml.encode(), {"content-type": "application/xml"})
        return json_reply(200, self._typed(route.host, answer))

    def _typed(self, host: Host, answer: Mapping[str, object]) -> Mapping[str, object]:
        if host is Host.OAPI and self._behaviour.errcode_as_text:
            return {**answer, "errcode": str(answer["errcode"])}
        return answer

    def _note_call(
        self,
        name: str,
        request: Request,
        now_us: int,
        *,
        done: Done | None = None,
        error: CallError | None = None,
        fault: Fault | None = None,
        cost: Mapping[str, int] | None = None,
        parts: Mapping[str, str] | None = None,
    ) -> None:
        body = form_of(request) or parse_object(request.body) or {}
        self._ledger.add(
            now_us,
            Direction.CALL,
            str(name),
            done.effect if done else Effect.REFUSED,
            subject=done.subject if done else str(body.get("outTrackId", "")),
            status=error.status if error else 200,
            code=error.code if error else "",
            fate=str(fault.kind) if fault else str(Fate.ANSWERED),
            summary=summarise(parts or {}, request.query, body),
            notes=done.notes if done else (str(error),),
            cost=cost,
        )


def _body(route: Route, request: Request) -> Mapping[str, object]:
    """The body as an object. Webhook calls read theirs themselves, because its size comes before its form."""
    if route.name in (CallName.WEBHOOK_SEND, CallName.SESSION_SEND):
        if "json" not in request.headers.get("content-type", ""):
            raise OldFamilyError(43004, "无效的HTTP HEADER Content-Type")
        return {}
    form = form_of(request) if route.host is Host.OAPI else None
    if form is not None:
        return {name: text for name, text in form.items() if name != "access_token"}
    body = parse_object(request.body)
    if body is None and route.bad_body:
        raise NewFamilyError(400, route.bad_body, "请求体不是 JSON 对象")
    return body or {}


def _asked_error(fault: Fault, route: Route) -> CallError:
    if route.host is Host.OAPI:
        errcode = int(fault.code) if fault.code.lstrip("-").isdecimal() else -1
        return OldFamilyError(errcode, fault.message)
    return NewFamilyError(fault.status, fault.code, fault.message)


def _after_fault(reply: Reply, fault: Fault | None, route: Route, request_id: str) -> Reply:
    """What the caller gets of the reply to an executed call."""
    if fault is None:
        return reply
    if fault.kind in LOSING:
        return reply.with_fate(LOSING[fault.kind])
    if fault.kind is FaultKind.HALF:
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if fault.kind is FaultKind.DELAY:
        return Reply(reply.status, reply.body, reply.headers, fault.delay_us)
    if fault.kind is FaultKind.BACKEND_TIMEOUT:
        error: CallError = NewFamilyError(504, "gateway.timeout", "后端服务超时")
        if route.host is Host.OAPI:
            sub_code = "isp.top-remote-connection-timeout"
            error = OldFamilyError(15, "Remote service error", sub_code=sub_code, sub_msg="后端服务超时")
        return Reply(error.status, encode(error.body(request_id)), JSON_HEADERS, BACKEND_TIMEOUT_US)
    return reply
