"""DingTalk's own stream client works against the stand-in, unchanged but for the address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.standin_process import CLIENT_ID, CLIENT_SECRET, GROUP, StandIn, eventually, running_standin

SCRIPT = Path(__file__).parent / "standin_official_client.py"
ACTED = {"press", "said", "event"}


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture
def official_client(standin: StandIn) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"DINGTALK_OPENAPI_ENDPOINT": standin.url}
    command = [sys.executable, str(SCRIPT), CLIENT_ID, CLIENT_SECRET]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        eventually(lambda: standin.control("state")["connections"])
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def heard(process: subprocess.Popen[str]) -> dict[str, object]:
    """The next thing the client told of, apart from its own log lines."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            told = json.loads(line)
            if ACTED & told.keys():
                return told
    raise AssertionError("the client ended")


def test_presses_messages_cards_tokens_and_pings_of_the_official_client(standin, official_client):
    # A press arrives, and the client's answer is on every phone.
    assert standin.raise_card("card-1").status_code == 200
    standin.control("press", {"user_id": "lead.a", "out_track_id": "card-1", "action": "acknowledge"})
    assert heard(official_client) == {"press": ["acknowledge"], "user": "lead.a", "card": "card-1"}
    card = eventually(lambda: standin.control("card", out_track_id="card-1"), lambda card: card["revision"] > 2)
    assert card["params"]["state_text"] == "lead.a has it"
    assert card["params"]["headline"].startswith("Critical"), "updated by key: the rest stays"

    # A message arrives; the client creates, delivers and updates a card with a token of its own, and answers by session.
    standin.control("say", {"user_id": "fitter.a", "text": "status"})
    told = heard(official_client)
    assert told["said"] == "status"
    assert told["token"] == standin.token()
    chat = standin.control("phone", user_id="fitter.a")["chats"][0]
    kinds = [message["kind"] for message in chat["messages"]]
    assert kinds == ["text", "card", "text"]
    assert chat["messages"][1]["card"]["params"]["footer"] == "updated"
    assert chat["messages"][2]["content"]["text"] == "heard"

    # In the group the same, with the robot mentioned.
    standin.control("say", {"user_id": "fitter.a", "conversation_id": GROUP, "text": "@安灯 Andon 几条报警"})
    assert heard(official_client)["said"] == "几条报警"

    # Asked to disconnect, the client comes back by itself with a new ticket.
    before = standin.control("state")["connections"][0]["connection_id"]
    standin.control("stream/disconnect", {})
    eventually(
        lambda: standin.control("state")["connections"],
        lambda connections: [c for c in connections if c["connection_id"] != before],
    )
    standin.control("press", {"user_id": "fitter.a", "out_track_id": "card-1", "action": "acknowledge"})
    assert heard(official_client)["user"] == "fitter.a"
    assert standin.control("ledger", effect="lost")["entries"] == []


def test_events_reach_the_official_client_and_are_acknowledged_by_it(standin, official_client):
    standin.control("leave", {"user_id": "engineer.a"})
    told = heard(official_client)
    assert (told["event"], told["data"]["userId"]) == ("user_leave_org", ["engineer.a"])
    entries = eventually(lambda: standin.control("ledger", name="event user_leave_org", effect="acknowledged")["entries"])
    assert len(entries) == 1
    assert standin.control("ledger", name="event user_leave_org", effect="redelivered")["entries"] == []
