"""The stand-in's own API under `/standin/`: look at the ledger, the phones and the cards, act as a person, ask for faults.

For tests, scenarios and demonstrations; the real server has nothing of the kind. JSON in, JSON out; a mistake answers
HTTP 400 with `{"problem": text}`, an unknown address 404 with the addresses there are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import parse_object, text_of, texts_of
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.control_people import Act, ControlError, PeopleControl, needed
from simulators.dingtalk.control_work import WorkControl
from simulators.dingtalk.faults import ANY, Fault, FaultKind
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import SECOND_US, Reply, Request, json_reply

PREFIX = "/standin/"
LEDGER_PAGE_MAX = 5_000


class Control:
    """Everything under `/standin/`, as one pure call."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._acts: Mapping[str, Act] = {
            "GET state": self._state,
            "GET ledger": self._ledger,
            "GET phone": self._phone,
            "GET card": self._card,
            "GET press": self._find_press,
            "POST press": self._press,
            "POST say": self._say,
            "GET panes": self._panes,
            "POST answer": self._answer,
            "POST fault": self._fault,
            "POST clear": self._clear,
            "POST cut": self._cut,
            "POST mend": self._mend,
            "POST token/expire": self._expire_token,
            "POST quota": self._quota,
            "POST stream/zombie": self._zombie,
            "POST stream/disconnect": self._disconnect,
            "POST stream/duplicate": self._duplicate,
            "POST flow-control": self._flow_control,
            "POST missing-scopes": self._missing_scopes,
            **PeopleControl(cloud).acts(),
            **WorkControl(cloud).acts(),
        }

    def handle(self, request: Request, now_us: int) -> Reply:
        act = self._acts.get(f"{request.method} {request.path.removeprefix(PREFIX)}")
        if act is None:
            known = [f"{method} {PREFIX}{path}" for method, path in (key.split(" ") for key in self._acts)]
            return json_reply(404, {"problem": f"no {request.method} {request.path}", "known": known})
        body = parse_object(request.body) if request.body else {}
        if body is None:
            return json_reply(400, {"problem": "the body must be a JSON object"})
        self._cloud.tick(now_us)
        try:
            return json_reply(200, act(request, body, now_us))
        except (ControlError, PersonError) as error:
            return json_reply(400, {"problem": str(error)})

    # Looking ----------------------------------------------------------------------------------------------------------

    def _state(self, _request: Request, _body: Mapping[str, Any], now_us: int) -> Any:
        cloud = self._cloud
        return {
            "now_us": now_us,
            "is_cut": cloud.faults.is_cut,
            "connections": [
                {
                    "connection_id": connection.connection_id,
                    "topics": sorted(connection.topics),
                    "state": connection.state,
                    "zombie": connection.zombie,
                }
                for connection in cloud.gateway.connections
            ],
            "quota": {
                name: {"limit": quota.limit, "used": quota.used, "spent": quota.is_spent(now_us)}
                for name, quota in (("api_calls", cloud.api_calls), ("pushes", cloud.pushes))
            },
            "faults": [dataclasses.asdict(fault) for fault in cloud.faults.waiting],
            "persons": [dataclasses.asdict(person) for person in cloud.organisation.persons],
            "cards": [card.out_track_id for card in cloud.cards],
            "ledger": {"entries": len(cloud.ledger), "forgotten": cloud.ledger.forgotten},
        }

    def _ledger(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        query = request.query
        entries = self._cloud.ledger.entries(
            after=_whole(query, "after", 0),
            name=query.get("name", ""),
            effect=query.get("effect", ""),
            subject=query.get("subject", ""),
            limit=min(_whole(query, "limit", LEDGER_PAGE_MAX), LEDGER_PAGE_MAX),
        )
        return {"entries": [entry.as_json() for entry in entries], "forgotten": self._cloud.ledger.forgotten}

    def _phone(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        return self._cloud.phone(needed(request.query, "user_id")).as_json()

    def _panes(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        return self._cloud.panes(needed(request.query, "user_id")).as_json()

    def _card(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        card = self._cloud.cards.find(needed(request.query, "out_track_id"))
        if card is None:
            raise ControlError("no such card")
        return {
            "out_track_id": card.out_track_id,
            "params": card.params,
            "private": card.private,
            "revision": card.revision,
            "spaces": [f"{space.type}.{space.id}" for space in card.carriers],
        }

    def _find_press(self, request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        press = self._cloud.find_press(needed(request.query, "press_id"))
        if press is None:
            raise ControlError("no such press")
        return dataclasses.asdict(press)

    # Acting as a person -----------------------------------------------------------------------------------------------

    def _answer(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        user_id, kind, key, does = (needed(body, name) for name in ("user_id", "kind", "key", "does"))
        self._cloud.answer(user_id, kind, key, does, now_us)
        return {}

    def _press(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        choice = text_of(body, "choice")
        press = self._cloud.press(
            needed(body, "user_id"),
            needed(body, "out_track_id"),
            needed(body, "action"),
            {"choice": choice} if choice else {},
            now_us=now_us,
            stale=body.get("stale") is True,
        )
        return dataclasses.asdict(press)

    def _say(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        conversation_id = text_of(body, "conversation_id")
        said = self._cloud.say(needed(body, "user_id"), conversation_id, text_of(body, "text"), now_us)
        return dataclasses.asdict(said)

    # Asking for faults ------------------------------------------------------------------------------------------------

    def _fault(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        kinds, names = [str(kind) for kind in FaultKind], [str(name) for name in CallName]
        kind, call = text_of(body, "kind"), text_of(body, "call") or ANY
        if kind not in kinds:
            raise ControlError(f"kind must be one of {', '.join(kinds)}")
        if call != ANY and call not in names:
            raise ControlError(f"call must be {ANY} or one of {', '.join(names)}")
        default = Fault(FaultKind.FAIL)
        fault = Fault(
            FaultKind(kind),
            call,
            max(1, _whole(body, "times", 1)),
            _whole(body, "status", default.status),
            str(body.get("code", default.code)),
            str(body.get("message", default.message)),
            _microseconds(body, "delay_s") or 0,
        )
        self._cloud.ask_fault(fault, now_us)
        return {"waiting": [dataclasses.asdict(waiting) for waiting in self._cloud.faults.waiting]}

    def _clear(self, _request: Request, _body: Mapping[str, Any], _now_us: int) -> Any:
        self._cloud.faults.clear()
        return {"waiting": []}

    def _cut(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        for_us = _microseconds(body, "for_s")
        self._cloud.cut(now_us, None if for_us is None else now_us + for_us)
        return {"is_cut": True}

    def _mend(self, _request: Request, _body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.mend(now_us)
        return {"is_cut": False}

    def _expire_token(self, _request: Request, _body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.expire_token(now_us)
        return {}

    def _quota(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.spend_quota(now_us, api_calls=body.get("api_calls_spent") is True, pushes=body.get("pushes_spent") is True)
        return {}

    def _zombie(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.turn_zombie(now_us, zombie=body.get("zombie", True) is True)
        return {}

    def _disconnect(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.ask_to_disconnect(now_us, text_of(body, "reason") or "connection is expired")
        return {}

    def _duplicate(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.duplicate_next(now_us, _whole(body, "times", 1))
        return {}

    def _flow_control(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        self._cloud.robot.flow_controlled = frozenset(texts_of(body, "user_ids"))
        return {"user_ids": sorted(self._cloud.robot.flow_controlled)}

    def _missing_scopes(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        self._cloud.admission.missing_scopes = frozenset(texts_of(body, "scopes"))
        return {"scopes": sorted(self._cloud.admission.missing_scopes)}


def _whole(source: Mapping[str, Any], key: str, default: int) -> int:
    value = source.get(key, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ControlError(f"{key} must be a whole number, is {value!r}") from None


def _microseconds(source: Mapping[str, Any], key: str) -> int | None:
    value = source.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise ControlError(f"{key} must be 0 to 86400 seconds, is {value!r}")
    return int(value * SECOND_US)
