"""What goes over the wire to and from the stand-in, and the error bodies of DingTalk's two API families.

No socket here: a `Request` is what a shell read, a `Reply` is what it shall write, and `Reply.fate` tells whether it
writes anything at all. The old family (host oapi) answers HTTP 200 with an `errcode`; the new family (host api)
answers with a real status and `code`, `message`, `requestid` (reference 0.2, 0.3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

#: Times are Unix microseconds, so that virtual time and a real clock are the same kind of number.
SECOND_US = 1_000_000

#: Where the new family carries the access token.
TOKEN_HEADER = "x-acs-dingtalk-access-token"

JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json; charset=utf-8"}


class Host(StrEnum):
    """Which of the two hosts a call was meant for."""

    API = "api"
    OAPI = "oapi"


class Fate(StrEnum):
    """What becomes of a reply on its way back."""

    ANSWERED = "answered"
    NEVER_ANSWERED = "never_answered"
    """Executed; the caller waits until its own time-out: the outcome is unknown to it."""
    CLOSED = "closed"
    """Executed; the connection is closed without an answer."""
    REFUSED = "refused"
    """Not executed: no connection could be made."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call. headers: names in lower case. query: already percent-decoded."""

    method: str
    path: str
    host: Host
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a call. delay_us: how long the shell waits before it writes the answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON_HEADERS))
    delay_us: int = 0
    fate: Fate = Fate.ANSWERED

    @property
    def json(self) -> Any:
        """The body as JSON; ValueError when it is something else (the ban page may be)."""
        return json.loads(self.body)

    def with_fate(self, fate: Fate) -> Reply:
        return replace(self, fate=fate)


def json_reply(status: int, body: Any) -> Reply:
    return Reply(status, encode(body))


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class CallError(Exception):
    """A call that is refused and changes nothing.

    CallError
      OldFamilyError   HTTP 200 with errcode, errmsg, request_id
      NewFamilyError   a real status with code, message, requestid
    """

    code: str
    status: int

    def body(self, request_id: str) -> dict[str, Any]:
        raise NotImplementedError


class OldFamilyError(CallError):
    def __init__(self, errcode: int, errmsg: str, *, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.sub_code = sub_code
        self.sub_msg = sub_msg
        self.status = 200
        self.code = f"{errcode}/{sub_code}" if sub_code else str(errcode)

    def body(self, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"errcode": self.errcode, "errmsg": self.errmsg, "request_id": request_id}
        if self.sub_code:
            answer |= {"sub_code": self.sub_code, "sub_msg": self.sub_msg}
        return answer


class NewFamilyError(CallError):
    def __init__(self, status: int, code: str, message: str, *, required_scopes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.required_scopes = required_scopes

    def body(self, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"code": self.code, "message": self.message, "requestid": request_id}
        if self.required_scopes:
            answer["accessdenieddetail"] = {"requiredScopes": list(self.required_scopes)}
        return answer


class Chance(Protocol):
    """Where random choices and identifiers come from: `random.Random(seed)` makes a run repeatable."""

    def getrandbits(self, k: int, /) -> int: ...

    def randrange(self, stop: int, /) -> int: ...


def new_id(chance: Chance) -> str:
    """32 hexadecimal digits, like the tokens, keys and request ids of the real server."""
    return f"{chance.getrandbits(128):032x}"
