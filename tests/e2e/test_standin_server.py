"""The stand-in as a process: ports, the cut way, lost answers, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote_plus

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from simulators.dingtalk.webhook import sign
from tests.e2e.standin_process import CLIENT_ID, CLIENT_SECRET, GROUP, HTTP, ROOT, StandIn, eventually, running_standin

BOTH = "v1.0/card/instances/createAndDeliver"


@pytest.fixture(scope="module")
def shared() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture
def standin(shared: StandIn) -> StandIn:
    shared.control("clear", {})
    shared.control("mend", {})
    eventually(lambda: _is_open(shared.port))
    return shared


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_signed_webhook_message_crosses_real_http_with_its_signature_intact(standin):
    timestamp = str(time.time_ns() // 1_000_000)  # noqa: TID251 - the server's clock is the wall's
    signature = quote_plus(sign(timestamp, "SECsample"))
    address = f"{standin.url}/robot/send?access_token=sample-webhook-token&timestamp={timestamp}&sign={signature}"
    reply = HTTP.post(address, json={"msgtype": "text", "text": {"content": "轴承温度高"}})
    assert reply.json() == {"errcode": 0, "errmsg": "ok"}
    assert "轴承温度高" in str(standin.control("phone", user_id="lead.a"))


def test_a_ticket_is_refused_at_the_handshake_when_it_was_used(standin):
    body = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "subscriptions": []}
    address = f"{standin.url}/v1.0/gateway/connections/open"
    opened = HTTP.post(address, json=body, headers={"accept": "application/json"}).json()
    assert opened["endpoint"] == f"ws://127.0.0.1:{standin.port}/connect"
    uri = f"{opened['endpoint']}?ticket={opened['ticket']}"
    with connect(uri):
        pass
    with pytest.raises(InvalidStatus) as refused:
        connect(uri)
    assert refused.value.response.status_code == 403


def test_a_press_is_answered_over_a_real_stream(standin):
    standin.raise_card("press-1")
    with standin.app(lambda _data: {"cardData": {"cardParamMap": {"headline": "done"}}}) as got:
        press = standin.control("press", {"user_id": "lead.a", "out_track_id": "press-1", "action": "acknowledge"})
        eventually(lambda: standin.control("press", press_id=press["press_id"])["status"], lambda status: status == "answered")
    assert [data["userId"] for data in got] == ["lead.a"]
    assert standin.control("card", out_track_id="press-1")["params"] == {"headline": "done"}


def test_a_press_without_an_answer_fails_on_the_phone_after_two_seconds(standin):
    standin.raise_card("silent-1")
    with standin.open_stream():
        press = standin.control("press", {"user_id": "lead.a", "out_track_id": "silent-1", "action": "acknowledge"})
        assert press["status"] == "waiting"
        eventually(lambda: standin.control("press", press_id=press["press_id"])["status"], lambda status: status == "no_answer")
    entries = standin.control("ledger", subject=press["press_id"])["entries"]
    pushed, ended = (entry["time_us"] for entry in entries)
    assert 2_000_000 <= ended - pushed < 3_000_000


def test_while_the_way_is_cut_connections_are_refused_and_the_control_api_is_not(standin):
    stream = standin.open_stream()
    standin.control("cut", {})
    with pytest.raises(ConnectionClosed):
        stream.recv(timeout=5)
    eventually(lambda: not _is_open(standin.port))
    with pytest.raises(httpx.ConnectError):
        standin.token()
    assert HTTP.get(standin.phones_url).status_code == 200
    standin.control("mend", {})
    eventually(lambda: _is_open(standin.port))
    assert standin.raise_card("after-the-cut").status_code == 200


def test_a_cut_asked_for_through_the_way_itself_is_answered_first_and_mends_by_itself(standin):
    assert HTTP.post(f"{standin.url}/standin/cut", json={"for_s": 0.5}).json() == {"is_cut": True}
    eventually(lambda: not _is_open(standin.port))
    eventually(lambda: _is_open(standin.port))


def test_a_port_that_somebody_took_during_the_cut_is_taken_back_when_it_is_free(standin):
    standin.control("cut", {})
    eventually(lambda: not _is_open(standin.port))
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", standin.port))
        thief.listen()
        standin.control("mend", {})
        assert standin.control("state")["is_cut"] is False
    eventually(lambda: _is_open(standin.port))
    assert standin.token()


def test_an_answer_may_never_come_although_the_card_is_there(standin):
    standin.control("fault", {"kind": "never_answer", "call": BOTH})
    with pytest.raises(httpx.ReadTimeout):
        standin.raise_card("unknown-1", timeout_s=0.3)
    assert standin.control("card", out_track_id="unknown-1")["spaces"] == [f"IM_GROUP.{GROUP}"]


def test_the_connection_may_be_closed_instead_of_an_answer(standin):
    standin.control("fault", {"kind": "close", "call": BOTH})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        standin.raise_card("unknown-2")
    assert standin.control("card", out_track_id="unknown-2")["revision"] >= 1


def test_an_answer_may_come_late(standin):
    standin.control("fault", {"kind": "delay", "call": BOTH, "delay_s": 0.4})
    reply = standin.raise_card("late-1")
    assert reply.status_code == 200
    assert reply.elapsed.total_seconds() >= 0.4


def test_a_body_that_is_no_call_at_all_is_refused_by_its_size(standin):
    reply = HTTP.post(f"{standin.url}/robot/send?access_token=x", content=b"x" * (2 << 20))
    assert reply.status_code == 413


def test_a_taken_port_is_told_and_the_next_free_one_is_used():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_standin("--port", str(port)) as standin:
            assert port < standin.port < port + 100
            assert HTTP.get(f"{standin.url}/phones").status_code == 200
            standin.process.terminate()
            standin.process.wait(10)
            assert standin.process.stderr is not None
            told = standin.process.stderr.read()
            assert f"dingtalk: port {port} is taken, using {standin.port} instead\n" in told


def test_sigterm_ends_it_cleanly_with_streams_and_pages_open():
    with running_standin() as standin, standin.open_stream() as stream:
        with HTTP.stream("GET", f"{standin.control_url}/phones/changes") as page:
            assert next(page.iter_lines()) == ": connected"
            standin.process.send_signal(signal.SIGTERM)
            assert standin.process.wait(5) == 0
        with pytest.raises(ConnectionClosed):
            stream.recv(timeout=5)
        assert standin.process.stderr is not None
        assert standin.process.stderr.read() == ""


PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--parent", str(os.getpid())])
child.wait()
"""


def test_it_dies_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        ready = httpx.Response(200, text=parent.stdout.readline()).json()
        assert _is_open(ready["port"])
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    eventually(lambda: not _is_open(ready["port"]))
    assert parent.stdout.read() == "", "the pipe ends with the process that held it"
    parent.stdout.close()


def test_a_wrong_organisation_is_told_and_ends_with_code_2(tmp_path):
    path = tmp_path / "organisation.yaml"
    path.write_text("app: {client_id: a, client_secret: s}\n", encoding="utf-8")
    command = [sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--lang", "en", "--organisation", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == f"dingtalk: the organisation needs mending:\n{path}: app.corp_id: is missing\n"
