"""A bench for the stand-in: one small organisation, a cloud on virtual time, and short ways to call it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.files import bundled_template
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation_file import load
from simulators.dingtalk.wire import SECOND_US, Host, Reply, Request, encode

#: The timestamp of the reference's signature vectors, 1 700 000 000 000 ms.
START_US = 1_700_000_000_000_000

GROUP = "cidShiftA=="
TEMPLATE = "andon-alarm-card.schema"

ORGANISATION: Mapping[str, Any] = {
    "app": {"client_id": "dingapp", "client_secret": "app-secret", "corp_id": "dingcorp", "name": "Andon"},
    "persons": [
        {"user_id": "lead", "union_id": "union-lead", "name": "Lead", "mobile": "13800000001"},
        {"user_id": "fitter", "union_id": "union-fitter", "name": "Fitter", "departments": [3], "job_number": "1001"},
        {"user_id": "engineer", "union_id": "union-engineer", "name": "Engineer", "language": "en"},
    ],
    "departments": [{"id": 2, "name": "Maintenance"}, {"id": 3, "name": "Fitters", "parent": 2}],
    "shifts": [
        {"id": 7, "name": "Day", "start": "08:00", "end": "20:00", "people": ["lead"], "weekdays": [1, 2, 3]},
        {"id": 8, "name": "Night", "start": "20:00", "end": "08:00", "people": ["fitter"]},
    ],
    "leaves": [{"user_id": "lead", "start": "2023-11-15T08:00:00+08:00", "end": "2023-11-16T08:00:00+08:00"}],
    "groups": [
        {
            "conversation_id": GROUP,
            "title": "Shift A",
            "members": ["lead", "fitter"],
            "webhook": {"token": "signed", "secret": "SECdeadbeef", "name": "Line robot"},
        },
        {
            "conversation_id": "cidOpen==",
            "title": "Keywords",
            "members": ["lead", "engineer"],
            "robot_is_member": False,
            "webhook": {"token": "worded", "keywords": ["alarm"]},
        },
        {"conversation_id": "cidGone==", "title": "Gone", "members": ["lead"], "disbanded": True, "webhook": {"token": "gone"}},
        {
            "conversation_id": "cidQuiet==",
            "title": "Quiet",
            "members": ["lead"],
            "webhook": {"token": "disabled", "enabled": False},
        },
    ],
}

BUTTONS = [
    {"action": "acknowledge", "label": "Acknowledge"},
    {"action": "shelve", "label": "Shelve", "choices": [{"id": "parts", "label": "Waiting for parts"}]},
]


class Bench:
    """A cloud and the hand that holds its clock. `now` is moved by `advance` only."""

    group, template = GROUP, TEMPLATE

    def __init__(self, behaviour: Mapping[str, Any], seed: int = 7, groups: Any = ORGANISATION["groups"], **app: Any) -> None:
        played = {**ORGANISATION, "app": {**ORGANISATION["app"], **app}, "behaviour": behaviour, "groups": groups}
        self.cloud = Cloud(load(played), random.Random(seed), [bundled_template()])
        self.now = START_US
        credentials = {"appKey": "dingapp", "appSecret": played["app"]["client_secret"]}
        self.token = self.api("v1.0/oauth2/accessToken", credentials).json["accessToken"]

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * SECOND_US)
        self.cloud.tick(self.now)

    def send(
        self,
        host: Host,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        raw = body if isinstance(body, bytes) else encode(body) if body is not None else b""
        sent = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
        return self.cloud.handle(Request(method, f"/{path}", host, query or {}, sent, raw), self.now)

    def api(self, path: str, body: Any = None, *, method: str = "POST", token: str | None = None) -> Reply:
        """A call of the new family, with the app's token unless another one is given."""
        token = getattr(self, "token", "") if token is None else token
        headers = {"x-acs-dingtalk-access-token": token} if token else {}
        path, _, query = path.partition("?")
        return self.send(Host.API, method, path, body, query=dict(parse_qsl(query)), headers=headers)

    def oapi(self, path: str, body: Any = None, *, method: str = "POST", **query: str) -> Reply:
        """A call of the old family."""
        return self.send(Host.OAPI, method, path, body, query=query)

    def card_body(self, out_track_id: str = "card-1", **changes: Any) -> dict[str, Any]:
        params = {
            "headline": "HIGH bearing 86 C",
            "priority": "high",
            "priority_text": "High",
            "state": "unacknowledged",
            "state_text": "Not acknowledged",
            "lines": json.dumps([{"label": "Value", "text": "86 C"}]),
            "buttons": json.dumps(BUTTONS),
        }
        body = {
            "cardTemplateId": TEMPLATE,
            "outTrackId": out_track_id,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": params},
            "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": {"robotCode": "dingapp"},
        }
        return body | changes

    def raise_card(self, out_track_id: str = "card-1", **changes: Any) -> Reply:
        return self.api("v1.0/card/instances/createAndDeliver", self.card_body(out_track_id, **changes))

    def ticket(self, *topics: str) -> str:
        wanted = topics or (Topic.CARD_ACTION, Topic.ROBOT_MESSAGE)
        body = {
            "clientId": "dingapp",
            "clientSecret": "app-secret",
            "subscriptions": [{"type": "EVENT" if topic == Topic.EVENT else "CALLBACK", "topic": topic} for topic in wanted],
        }
        return str(self.api("v1.0/gateway/connections/open", body, token="").json["ticket"])

    def connect(self, *topics: str) -> Connection:
        return self.cloud.connect(self.ticket(*topics), self.now)

    def answer(self, connection: Connection, frame: Mapping[str, Any], response: Any = None, code: int = 200) -> None:
        """Acknowledge a frame as an app does."""
        ack = {
            "code": code,
            "message": "OK",
            "headers": {"messageId": frame["headers"]["messageId"], "contentType": "application/json"},
            "data": json.dumps({"response": response}),
        }
        connection.receive(json.dumps(ack), self.now)

    def effects(self, name: str = "") -> list[Effect]:
        return [entry.effect for entry in self.cloud.ledger if not name or entry.name == name]

    def texts(self, user_id: str, conversation_id: str = GROUP) -> list[str]:
        """What the person reads in a chat, oldest first; a card as its outTrackId."""
        chat = self.cloud.phone(user_id).chat(conversation_id)
        assert chat is not None
        return [message.card.out_track_id if message.card else message.text for message in chat.messages]


@pytest.fixture
def bench() -> Bench:
    return Bench({})


@pytest.fixture
def bench_with() -> Callable[..., Bench]:
    """A bench whose cloud behaves otherwise: `bench_with(repeated_out_track_id="refused")`."""
    return lambda **behaviour: Bench(behaviour)


@pytest.fixture
def bench_of() -> Callable[..., Bench]:
    """A bench with another app: `bench_of(message_url="https://gw.example")`."""
    return lambda **app: Bench({}, **app)
