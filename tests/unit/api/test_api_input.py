"""What comes in wrong: refused in words, with nothing changed."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from edge.api.app import BODY_MAX
from edge.model.errors import StoreError
from tests.api_gateway import BEARING, PASSWORD, SmallGateway, Visitor

COMMENT = {"alarm": BEARING, "text": "seen"}


async def test_a_body_above_the_limit_is_refused_whether_it_says_its_length_or_not(admin: Visitor) -> None:
    body = json.dumps(COMMENT | {"text": "x" * BODY_MAX}).encode()

    async def pieces():  # type: ignore[no-untyped-def]
        for start in range(0, len(body), 4_096):
            yield body[start : start + 4_096]

    for content in (body, pieces()):
        answer = await admin.http.post("/api/v1/alarms/comment", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_json_that_says_it_is_something_else_is_refused(kind: str, admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    headers = {"Content-Type": kind} if kind else {}
    answer = await admin.http.post("/api/v1/alarms/comment", content=json.dumps(COMMENT), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (415, "not_json")
    assert "commented" not in [row.event.kind for row in await gateway.journal(0, 100)]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 30_000, b'{"alarm": "a", "alarm": 1}']
)
async def test_a_body_that_is_not_what_is_asked_for_is_refused(content: bytes, admin: Visitor) -> None:
    answer = await admin.http.post("/api/v1/alarms/comment", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["text"]


@pytest.mark.parametrize("more", [{"role": "admin"}, {"by": "somebody else"}, {"received_at": 0}])
async def test_fields_that_nobody_asked_for_are_refused(more: dict[str, object], admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    answer = await admin.post("alarms/comment", COMMENT | more)
    assert answer.status_code == 422
    assert next(iter(more)) in answer.json()["text"]


@pytest.mark.parametrize("minutes", ["NaN", "Infinity", "-1", "0", "1e-7", "481", "1e300", '"ten"', "null"])
async def test_a_shelf_of_no_possible_length_is_refused(minutes: str, admin: Visitor) -> None:
    content = f'{{"alarm": "{BEARING}", "minutes": {minutes}, "reason": "x"}}'
    answer = await admin.http.post("/api/v1/alarms/shelve", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["fields"]) == (422, "minutes")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a\x00b", "' or 1=1--", "\u202egnp.exe", "{by} {0.__class__}", "报警"]
)
async def test_a_comment_is_kept_as_it_was_written(text: str, admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    assert (await admin.post("alarms/comment", {"alarm": BEARING, "text": text})).status_code == 200
    row = (await gateway.journal(0, 100))[-1]
    assert row.event.data["text"] == text
    assert (await admin.get(f"journal?after={row.sequence - 1}")).json()[0]["data"]["text"] == text


async def test_half_a_character_is_refused(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    content = f'{{"alarm": "{BEARING}", "text": "\\ud800"}}'
    answer = await admin.http.post("/api/v1/alarms/comment", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["limit=1000000000", "limit=-1", "limit=0", "after=-1", "after=x", "limit=NaN"])
async def test_a_page_that_cannot_be_is_refused(query: str, admin: Visitor) -> None:
    assert (await admin.get(f"journal?{query}")).status_code == 422


async def test_a_cursor_beyond_everything_gives_an_empty_page(admin: Visitor) -> None:
    answer = await admin.get(f"journal?after={10**30}")
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "nothing", 404), ("PUT", "alarms", 405), ("GET", "../../etc/passwd", 404)]
)
async def test_what_is_not_there_is_said_in_words(method: str, path: str, status: int, admin: Visitor) -> None:
    answer = await admin.http.request(method, f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["text"]


@pytest.mark.parametrize(
    ("language", "text"), [("zh-CN,zh;q=0.9,en;q=0.5", "请先登录。"), ("de, zh", "Log in first."), ("", "Log in first.")]
)
async def test_refusals_are_in_the_language_that_was_wished_first(language: str, text: str, stranger: Visitor) -> None:
    answer = await stranger.get("alarms", headers={"Accept-Language": language})
    assert answer.json()["text"] == text


async def test_a_store_that_refuses_is_said_to_have_done_nothing(admin: Visitor, gateway: SmallGateway) -> None:
    async def refuse(_work: object) -> object:
        raise StoreError("the disk is full: /var/lib/andon")

    gateway.run_in_store = refuse  # type: ignore[method-assign, assignment]  # the disk fills up
    answer = await admin.get("alarms")
    assert (answer.status_code, answer.json()["error"]) == (503, "store")
    assert "/var/lib" not in answer.text


async def test_a_mistake_of_ours_shows_no_inside(admin: Visitor, gateway: SmallGateway) -> None:
    async def break_down(_work: object) -> object:
        raise RuntimeError(f"secret {PASSWORD}")

    gateway.run_in_store = break_down  # type: ignore[method-assign, assignment]  # a mistake
    with capture_logs() as logged:
        answer = await admin.get("alarms")
    assert (answer.status_code, answer.json()["error"]) == (500, "mistake")
    assert PASSWORD not in answer.text
    assert [(entry["log_level"], entry["path"]) for entry in logged] == [("error", "/api/v1/alarms")]
