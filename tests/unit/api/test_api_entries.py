"""Values that people enter over the API: what is due, what is taken, and what is refused with which reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from edge.config.plant import Plant
from edge.model.moment import HOUR, MINUTE, to_iso
from tests.api_gateway import T0, SmallGateway, Visitor, app_of, first_admin, with_role
from tests.unit.config.folders import boiler_house, plant_of

ACID, COLOUR, LEVEL = "BATH.acid", "BATH.colour", "BATH.level"
DEVICES = """\
types:
  bath:
    words: {zh: 酸洗槽, en: bath}
    driver: manual
    tags:
      acid: {words: {zh: 酸浓度, en: acid}, unit: g/L, every: 8h, between: [80, 260], anyway: true}
      level: {words: {zh: 液位, en: level}, unit: m, between: [0, 3]}
      colour: {words: {zh: 颜色, en: colour}, type: text}
devices:
  BATH: {type: bath, area: boiler_1, words: {zh: 槽, en: bath}}
"""


@pytest.fixture(scope="module")
def baths(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    return plant_of(boiler_house(tmp_path_factory.mktemp("baths"), devices__baths=DEVICES))


@pytest.fixture
def gateway(baths: Plant) -> Iterator[SmallGateway]:
    gateway = SmallGateway(baths)
    yield gateway
    gateway.store.close()


@pytest.fixture
def app(gateway: SmallGateway) -> FastAPI:
    return app_of(gateway)


@pytest.fixture
async def admin(app: FastAPI) -> Visitor:
    return await first_admin(app)


async def listed(visitor: Visitor) -> dict[str, Any]:
    return {each["tag"]: each for each in (await visitor.get("entries")).json()}


async def test_what_is_due_stands_first_until_it_is_entered_and_comes_back_when_its_time_is_over(
    gateway: SmallGateway, admin: Visitor
) -> None:
    entries = await listed(admin)
    assert [(name, each["is_due"], each["value"]) for name, each in entries.items()] == [
        (ACID, True, None),
        (COLOUR, False, None),
        (LEVEL, False, None),
    ]
    answer = await admin.post("entries", {"tag": ACID, "value": 150})
    assert (answer.status_code, answer.json()["event"], answer.json()["data"]["value"]) == (200, "entered", 150.0)
    entry = (await listed(admin))[ACID]
    assert (entry["value"], entry["by"], entry["is_due"], entry["due_at"]) == (
        150.0,
        "user:admin",
        False,
        to_iso(T0 + 8 * HOUR),
    )
    gateway.clock.moment += 8 * HOUR
    assert (await listed(admin))[ACID]["is_due"]


async def test_a_value_counts_from_when_it_was_measured_and_an_older_one_is_not_put_behind_it(admin: Visitor) -> None:
    before = to_iso(T0 - 20 * MINUTE)
    assert (await admin.post("entries", {"tag": ACID, "value": 150, "measured_at": before})).status_code == 200
    assert (await listed(admin))[ACID]["measured_at"] == before
    answer = await admin.post("entries", {"tag": ACID, "value": 140, "measured_at": to_iso(T0 - HOUR)})
    assert (answer.status_code, answer.json()["reason"]) == (409, "newer_value_stands")
    assert (await listed(admin))[ACID]["value"] == 150.0


async def test_a_text_is_entered_as_it_is(admin: Visitor) -> None:
    assert (await admin.post("entries", {"tag": COLOUR, "value": "黄绿"})).status_code == 200
    entry = (await listed(admin))[COLOUR]
    assert (entry["value"], entry["text"], entry["due_at"]) == (None, "黄绿", None)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"tag": "BATH.nothing", "value": 5}, "unknown_tag"),
        ({"tag": "BOILER.1.steam_pressure", "value": 5}, "not_entered_by_hand"),
        ({"tag": ACID, "value": "much"}, "value_form"),
        ({"tag": LEVEL, "value": 3.1}, "implausible"),
        ({"tag": LEVEL, "value": 3.1, "confirmed": True}, "implausible"),
        ({"tag": ACID, "value": 60}, "confirm_implausible"),
        ({"tag": ACID, "value": 150, "measured_at": to_iso(T0 + HOUR)}, "moment_impossible"),
        ({"tag": ACID, "value": 150, "measured_at": to_iso(T0 - 8 * 24 * HOUR)}, "moment_impossible"),
    ],
)
async def test_what_cannot_be_entered_says_why_and_changes_nothing(admin: Visitor, asked: Any, reason: str) -> None:
    answer = await admin.post("entries", asked)
    assert (answer.json()["reason"], bool(answer.json()["text"])) == (reason, True)
    assert 400 <= answer.status_code < 500
    assert all(each["value"] is None for each in (await listed(admin)).values())


async def test_what_is_implausible_and_right_is_entered_when_it_is_confirmed(admin: Visitor) -> None:
    refused = await admin.post("entries", {"tag": ACID, "value": 60})
    assert "80 to 260 g/L" in refused.json()["text"]
    taken = await admin.post("entries", {"tag": ACID, "value": 60, "confirmed": True})
    assert (taken.status_code, taken.json()["data"]["confirmed"]) == (200, True)
    assert (await listed(admin))[ACID]["value"] == 60.0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "null", '{"a": 1}'])
async def test_what_is_no_value_is_never_entered(admin: Visitor, text: str) -> None:
    body = f'{{"tag": "{LEVEL}", "value": {text}}}'
    answer = await admin.http.post("/api/v1/entries", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert (await listed(admin))[LEVEL]["value"] is None


@pytest.mark.parametrize("measured_at", ["yesterday", "2026-05-04T08:00:00", "9" * 41])
async def test_a_moment_that_is_none_is_refused(admin: Visitor, measured_at: str) -> None:
    answer = await admin.post("entries", {"tag": LEVEL, "value": 1, "measured_at": measured_at})
    assert answer.status_code == 422


async def test_who_may_only_look_enters_nothing_and_the_same_message_twice_is_taken_once(app: FastAPI, admin: Visitor) -> None:
    viewer, worker = await with_role(app, admin, "viewer"), await with_role(app, admin, "worker")
    assert (await viewer.post("entries", {"tag": LEVEL, "value": 1})).status_code == 403
    key = {"Idempotency-Key": "k1"}
    answers = [await worker.http.post("/api/v1/entries", json={"tag": LEVEL, "value": v}, headers=key) for v in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert (await listed(viewer))[LEVEL]["value"] == 1.0
