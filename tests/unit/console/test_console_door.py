"""What stands before every page of the console, and how a browser gets its ticket."""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from starlette.middleware.sessions import SessionMiddleware

from edge.console.door import SameOrigin
from edge.console.forms import FORM_MAX, entry_forms
from edge.console.process import PORTS_TRIED, NoPort, claim_port
from edge.console.visits import VISITS_MAX, Visits
from edge.console.words import Words
from tests.api_gateway import CODE, PASSWORD, load_mill
from tests.console_process import WITHIN_S, ServedGateway, read_line, served

COOKIE = "andon_console"
EN = Words("en")


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill()) as gateway:
        httpx.post(
            f"http://127.0.0.1:{gateway.port}/api/v1/setup",
            json={"code": CODE, "name": "admin", "password": PASSWORD},
            trust_env=False,
        ).raise_for_status()
        yield gateway


class Entrance:
    """The forms of a console and a browser before them."""

    def __init__(self, api: str) -> None:
        self.visits = Visits(api)
        app = FastAPI()
        app.include_router(entry_forms(self.visits))
        app.add_middleware(SessionMiddleware, secret_key="of this test", session_cookie=COOKIE)
        app.add_middleware(SameOrigin)
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://console:8481")

    async def post(self, path: str, origin: str | None = "http://console:8481", **fields: str) -> httpx.Response:
        return await self.browser.post(path, data=fields, headers={} if origin is None else {"Origin": origin})

    def cookie(self) -> dict[str, Any]:
        """What the browser holds; signed, not secret."""
        held = self.browser.cookies.get(COOKIE)
        if held is None:
            return {}
        content: dict[str, Any] = json.loads(base64.b64decode(held.partition(".")[0] + "=="))
        return content


@pytest.fixture
def entrance(gateway: ServedGateway) -> Entrance:
    return Entrance(f"http://127.0.0.1:{gateway.port}")


async def test_a_log_in_gives_a_ticket_and_the_token_stays_in_the_process(entrance: Entrance) -> None:
    answer = await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    visit = entrance.visits.find(entrance.cookie()["ticket"])
    assert visit is not None
    assert (visit.account, visit.permissions) == ("admin", {"see", "act", "maintain", "administer"})
    assert visit.token not in json.dumps(entrance.cookie())
    assert PASSWORD not in json.dumps(entrance.cookie())


async def test_each_log_in_has_another_ticket_and_the_one_before_is_worth_nothing(entrance: Entrance) -> None:
    await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    first = entrance.cookie()["ticket"]
    await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    assert entrance.cookie()["ticket"] != first
    assert entrance.visits.find(first) is None


async def test_a_ticket_that_was_brought_along_is_not_kept(entrance: Entrance) -> None:
    entrance.browser.cookies.set(COOKIE, "eyJ0aWNrZXQiOiAicGxhbnRlZCJ9.AAAA.forged")
    await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    assert entrance.visits.find("planted") is None


async def test_a_wrong_password_gives_no_ticket_and_says_so_on_the_next_page(entrance: Entrance) -> None:
    answer = await entrance.post("/zh/log-in", name="admin", password="not this one")
    assert (answer.status_code, answer.headers["location"]) == (303, "/zh")
    assert entrance.cookie() == {"told": "用户名或密码错误。", "name": "admin"}


async def test_logging_out_ends_the_visit_here_and_the_token_there(entrance: Entrance) -> None:
    await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    visit = entrance.visits.find(entrance.cookie()["ticket"])
    assert visit is not None
    await entrance.post("/en/log-out")
    assert "ticket" not in entrance.cookie()
    async with httpx.AsyncClient(trust_env=False) as http:
        asked = await http.get(f"{entrance.visits.api}/api/v1/alarms", headers={"Authorization": f"Bearer {visit.token}"})
    assert asked.status_code == 401


async def test_an_agent_that_does_not_answer_is_said(entrance: Entrance) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        entrance.visits.api = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        await entrance.post("/en/log-in", name="admin", password=PASSWORD)
    assert entrance.cookie()["told"] == EN("entry.no_answer")


async def test_a_form_that_nobody_typed_is_refused(entrance: Entrance) -> None:
    await entrance.post("/en/log-in", name="admin", password="x" * FORM_MAX)
    assert entrance.cookie()["told"] == EN("entry.too_long")


@pytest.mark.parametrize("origin", ["http://evil.example", "https://console:8481.evil.example", "null", "http://console:9999"])
async def test_a_form_of_another_site_is_refused(origin: str, entrance: Entrance) -> None:
    answer = await entrance.post("/en/log-in", origin, name="admin", password=PASSWORD)
    assert answer.status_code == 403
    assert entrance.cookie() == {}


@pytest.mark.parametrize("language", ["xx", "..", "%2F%2Fevil.example"])
async def test_the_answer_never_leads_elsewhere(language: str, entrance: Entrance) -> None:
    answer = await entrance.post(f"/{language}/log-out")
    assert answer.status_code == 404 or answer.headers["location"] == "/"


async def test_every_answer_is_closed_to_frames_and_to_other_hosts() -> None:
    app = SameOrigin(PlainTextResponse("fine"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://console") as browser:
        answer = await browser.get("/")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("origin", "reached"), [("http://console:8481", True), ("http://evil.example", False), (None, True)])
async def test_a_web_socket_of_another_site_is_refused(origin: str | None, reached: bool) -> None:
    seen: list[str] = []
    sent: list[dict[str, Any]] = []

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"console:8481")] + ([(b"origin", origin.encode())] if origin else [])
    await SameOrigin(pages)({"type": "websocket", "path": "/live", "headers": headers}, receive, send)
    assert seen == (["/live"] if reached else [])
    assert sent == ([] if reached else [{"type": "websocket.close", "code": 1008}])


async def test_the_eldest_visit_makes_room() -> None:
    visits = Visits("http://127.0.0.1:1")
    tickets = [visits.begin("admin", "user:admin", frozenset(), "token") for _ in range(VISITS_MAX + 1)]
    assert visits.find(tickets[0]) is None
    assert visits.find(tickets[1]) is not None
    assert visits.find(tickets[-1]) is not None


def test_a_taken_port_gives_the_next_free_one_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with claim_port("127.0.0.1", 0, EN) as taken:
        port = taken.getsockname()[1]
        with claim_port("127.0.0.1", port, EN) as claimed:
            instead = claimed.getsockname()[1]
    assert instead > port
    assert f"port {port} is taken, using {instead} instead" in capsys.readouterr().err


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(NoPort, match=r"cannot listen at 192\.0\.2\.1:8481"):
        claim_port("192.0.2.1", 8481, EN)


def test_when_there_is_no_port_left_the_range_is_said() -> None:
    with claim_port("127.0.0.1", 65_535, EN), pytest.raises(NoPort, match=f"65535 to {65_535 + PORTS_TRIED - 1}"):
        claim_port("127.0.0.1", 65_535, EN)


def test_the_console_does_not_outlive_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'edge.console', '--port', '0', '--parent'])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        console = int(read_line(parent))
        assert json.loads(read_line(parent))["port"] > 0
        handle = os.pidfd_open(console)
        parent.kill()
        # Its standard output is ours: it is closed when the console has ended.
        ended = wait_readable(handle)
        os.close(handle)
    assert ended


def wait_readable(handle: int) -> bool:
    """A pidfd is readable once its process has ended."""
    return bool(select.select([handle], [], [], WITHIN_S)[0])
