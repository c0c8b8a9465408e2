"""Card actions over HTTP callbacks, from a real stand-in to a real web server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.e2e.standin_process import CLIENT_ID, GROUP, HTTP, eventually, running_standin


@contextmanager
def callback_server(got: list[dict[str, Any]]) -> Iterator[str]:
    """A web server that answers every press by acknowledging the card; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            got.append({"signature": self.headers["x-ddpaas-signature"], **body})
            answer = {
                "cardUpdateOptions": {"updateCardDataByKey": True},
                "cardData": {"cardParamMap": {"state": "acknowledged"}},
            }
            raw = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_words: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="callback server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/card"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_press_is_posted_and_its_answer_is_on_the_card() -> None:
    got: list[dict[str, Any]] = []
    with running_standin() as standin, callback_server(got) as url:
        headers = {"x-acs-dingtalk-access-token": standin.token()}
        route = {"callbackRouteKey": "andon", "callbackUrl": url, "apiSecret": "secret"}
        assert HTTP.post(f"{standin.url}/v1.0/card/callbacks/register", json=route, headers=headers).status_code == 200
        card = {
            "cardTemplateId": "andon-alarm-card.schema",
            "outTrackId": "card-1",
            "callbackType": "HTTP",
            "callbackRouteKey": "andon",
            "cardData": {"cardParamMap": {"state": "unacknowledged", "buttons": '[{"action":"acknowledge","label":"OK"}]'}},
            "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
            "imGroupOpenSpaceModel": {},
            "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
        }
        HTTP.post(f"{standin.url}/v1.0/card/instances/createAndDeliver", json=card, headers=headers)
        press = {"user_id": "lead.a", "out_track_id": "card-1", "action": "acknowledge"}
        press_id = standin.control("press", press)["press_id"]
        eventually(lambda: standin.control("press", press_id=press_id)["status"], lambda status: status == "answered")
        assert standin.control("card", out_track_id="card-1")["params"]["state"] == "acknowledged"
    assert [each["userId"] for each in got] == ["lead.a"]
    assert got[0]["signature"]
