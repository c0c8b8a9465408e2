"""The DingTalk stand-in as a process, and a small app of its own that is connected to it: for tests over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
DEADLINE_S = 15.0
LOOK_EVERY_S = 0.02
GROUP = "cidMaintenanceShiftA=="
#: One client for all calls, because making one takes longer than a call; no connection is kept, because the way gets cut.
HTTP = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
CLIENT_ID, CLIENT_SECRET = "dingandonsample", "sample-secret"


@dataclass
class StandIn:
    """A running stand-in that plays the sample organisation. url: what a gateway calls. control_url: always reachable."""

    process: subprocess.Popen[str]
    url: str
    control_url: str
    phones_url: str
    port: int

    def control(self, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """A GET without a body, a POST with one."""
        address = f"{self.control_url}/standin/{path}"
        reply = HTTP.get(address, params=query) if body is None else HTTP.post(address, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def token(self) -> str:
        body = {"appKey": CLIENT_ID, "appSecret": CLIENT_SECRET}
        return str(HTTP.post(f"{self.url}/v1.0/oauth2/accessToken", json=body).json()["accessToken"])

    def raise_card(self, out_track_id: str, *, timeout_s: float = 5.0, **params: str) -> httpx.Response:
        buttons = [
            {"action": "acknowledge", "label": "Acknowledge"},
            {"action": "shelve", "label": "Shelve", "choices": [{"id": "parts", "label": "Waiting for parts"}]},
        ]
        shown = {
            "headline": "Critical: stand 3 main motor bearing 86 C",
            "priority": "critical",
            "priority_text": "Critical",
            "state": "unacknowledged",
            "state_text": "Not acknowledged",
            "buttons": json.dumps(buttons),
        }
        body = {
            "cardTemplateId": "andon-alarm-card.schema",
            "outTrackId": out_track_id,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": shown | params},
            "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
            "imGroupOpenSpaceModel": {},
            "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        }
        headers = {"x-acs-dingtalk-access-token": self.token()}
        address = f"{self.url}/v1.0/card/instances/createAndDeliver"
        return HTTP.post(address, json=body, headers=headers, timeout=timeout_s)

    def open_stream(self) -> ClientConnection:
        topics = ("/v1.0/card/instances/callback", "/v1.0/im/bot/messages/get")
        body = {
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "subscriptions": [{"type": "CALLBACK", "topic": topic} for topic in topics],
        }
        address = f"{self.url}/v1.0/gateway/connections/open"
        opened = HTTP.post(address, json=body, headers={"accept": "application/json"}).json()
        return connect(f"{opened['endpoint']}?ticket={quote_plus(opened['ticket'])}")

    @contextmanager
    def app(self, respond: Callable[[Mapping[str, Any]], Any]) -> Iterator[list[Mapping[str, Any]]]:
        """An app that answers each frame with `respond(its data)`; yields the data it got."""
        got: list[Mapping[str, Any]] = []
        stream = self.open_stream()

        def serve() -> None:
            try:
                for text in stream:
                    frame = json.loads(text)
                    data = json.loads(frame["data"])
                    got.append(data)
                    ack = {"headers": {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}}
                    response = json.dumps({"response": respond(data)})
                    stream.send(json.dumps(ack | {"code": 200, "message": "OK", "data": response}))
            except ConnectionClosed:
                return

        thread = threading.Thread(target=serve, name="test app")
        thread.start()
        try:
            yield got
        finally:
            stream.close()
            thread.join(DEADLINE_S)


@contextmanager
def running_standin(*options: str) -> Iterator[StandIn]:
    command = [sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--lang", "en", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        ready = json.loads(line)
        yield StandIn(process, ready["url"], ready["control_url"], ready["phones_url"], ready["port"])
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(DEADLINE_S)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def eventually(look: Callable[[], Any], is_right: Callable[[Any], bool] = bool) -> Any:
    """What `look` sees as soon as it is right; the deadline's failure shows what it was instead."""
    pause = threading.Event()
    for _ in range(int(DEADLINE_S / LOOK_EVERY_S)):
        if is_right(seen := look()):
            return seen
        pause.wait(LOOK_EVERY_S)
    raise AssertionError(f"still {seen!r} after {DEADLINE_S} s")
