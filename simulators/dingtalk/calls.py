"""The shape every API call has inside the stand-in: what comes in, what comes out, and how fields are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import TOKEN_HEADER, Request


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has passed token, limits and quota. body: the parsed JSON object; empty when the call has none. parts: what
    stands in the path where its route has a name in braces."""

    request: Request
    body: Mapping[str, Any]
    now_us: int
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The access token of a call of the new family."""
        return self.request.headers.get(TOKEN_HEADER, "")


@dataclass(frozen=True, slots=True)
class Done:
    """An executed call. answer: the JSON body. notes: surprises worth a line in the ledger. cost: what it used up beside
    the API call itself, by the name of the balance or quota."""

    answer: Mapping[str, Any]
    effect: Effect
    subject: str = ""
    notes: tuple[str, ...] = ()
    cost: Mapping[str, int] = field(default_factory=dict)


#: What executes a call. It raises OldFamilyError or NewFamilyError when it refuses, and has changed nothing then.
Handler = Callable[[Call], Done]


def text_of(body: Mapping[str, Any], key: str) -> str:
    """The text under a key; empty when it is absent or no text."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def mapping_of(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under a key; empty when it is absent or no object."""
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}


def texts_of(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The texts of the list under a key; items that are no text are left out."""
    value = body.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def form_of(request: Request) -> Mapping[str, str] | None:
    """The fields of a form, which the old family takes as well as JSON; None when the body is something else."""
    if "form" not in request.headers.get("content-type", ""):
        return None
    return dict(parse_qsl(request.body.decode(errors="replace")))


def parse_object(text: str | bytes) -> Mapping[str, Any] | None:
    """The JSON object in a text; None when it is something else, or nested deeper than Python follows."""
    try:
        value = json.loads(text)
        # An escaped lone surrogate is valid JSON and no text: it could be neither stored nor answered.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
