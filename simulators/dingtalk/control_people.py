"""The part of `/standin/` that is about persons and the app's account: leave, log in, decide, balances, whom nothing reaches,
events, its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from simulators.dingtalk.calls import mapping_of, text_of
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.wire import Request


class ControlError(Exception):
    """The request makes no sense; the text says what to send instead."""


#: What an address does: the request, its body, now; what it answers.
Act = Callable[[Request, Mapping[str, Any], int], Any]


def needed(source: Mapping[str, Any], key: str) -> str:
    """The text under a key; raises ControlError without it."""
    value = text_of(source, key)
    if not value:
        raise ControlError(f"{key} is missing")
    return value


class PeopleControl:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def acts(self) -> Mapping[str, Act]:
        return {
            "POST leave": self._leave,
            "POST come-back": self._come_back,
            "POST auth-code": self._auth_code,
            "POST decide": self._decide,
            "POST balance": self._balance,
            "POST unreachable": self._unreachable,
            "POST undelivered": self._undelivered,
            "POST event": self._event,
            "POST source-address": self._source_address,
        }

    def _leave(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.people.leave(needed(body, "user_id"), now_us)
        return {"left": sorted(self._cloud.directory.left)}

    def _come_back(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.people.come_back(needed(body, "user_id"), now_us)
        return {"left": sorted(self._cloud.directory.left)}

    def _auth_code(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        return {"code": self._cloud.people.issue_code(needed(body, "user_id"), now_us)}

    def _decide(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        agree = body.get("agree")
        if not isinstance(agree, bool):
            raise ControlError("agree must be true or false")
        user_id, instance_id = needed(body, "user_id"), needed(body, "instance_id")
        self._cloud.people.decide(user_id, instance_id, agree=agree, remark=text_of(body, "remark"), now_us=now_us)
        return {}

    def _balance(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        for name, left in body.items():
            if name not in self._cloud.balances or isinstance(left, bool) or not isinstance(left, int) or left < 0:
                raise ControlError(f"{' and '.join(self._cloud.balances)} can be set, to a whole number of 0 or more")
        for name, left in body.items():
            self._cloud.balances[name].left = left
        return {name: balance.left for name, balance in self._cloud.balances.items()}

    def _unreachable(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        reasons = {user_id: str(reason) for user_id, reason in mapping_of(body, "reasons").items()}
        self._cloud.ding_calls.unreachable = reasons
        return {"reasons": reasons}

    def _undelivered(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        reasons = {space_id: str(reason) for space_id, reason in mapping_of(body, "reasons").items()}
        self._cloud.card_calls.undelivered = reasons
        return {"reasons": reasons}

    def _source_address(self, _request: Request, body: Mapping[str, Any], _now_us: int) -> Any:
        address = needed(body, "address")
        try:
            self._cloud.directory.source_address = str(ip_address(address))
        except ValueError:
            raise ControlError(f"address must be one such as 203.0.113.7, is {address!r}") from None
        return {"address": address}

    def _event(self, _request: Request, body: Mapping[str, Any], now_us: int) -> Any:
        self._cloud.events.tell(needed(body, "event_type"), mapping_of(body, "data"), now_us)
        return {}
