"""Writes over the API: who may, what is refused with which status, and what the list says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from edge.config.plant import Plant
from edge.model.moment import MINUTE
from edge.model.person import Role
from edge.response.grants import Grant, Grants
from edge.response.judgement import STORM
from tests.api_gateway import BEARING_TAG, PUMPS_TAG, SmallGateway, Visitor, app_of, first_admin, with_role

GRANTS = {
    BEARING_TAG: Grant(BEARING_TAG, range=(0.0, 100.0), step=5.0, role=Role.ENGINEER),
    PUMPS_TAG: Grant(PUMPS_TAG, allowed=(0.0, 1.0), role=Role.WORKER, two_step=2 * MINUTE),
}


@pytest.fixture
def gateway(mill: Plant) -> Iterator[SmallGateway]:
    gateway = SmallGateway(replace(mill, policy=replace(mill.policy, grants=Grants(GRANTS))))
    gateway.samples({BEARING_TAG: 50.0, PUMPS_TAG: 0.0})
    yield gateway
    gateway.store.close()


@pytest.fixture
def app(gateway: SmallGateway) -> FastAPI:
    return app_of(gateway)


@pytest.fixture
async def admin(app: FastAPI) -> Visitor:
    return await first_admin(app)


def asked(**changes: Any) -> dict[str, Any]:
    return {"tag": BEARING_TAG, "value": 52.0, "reason": "test bench"} | changes


async def point_of(visitor: Visitor, tag: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in (await visitor.get("writes")).json()["points"] if each["tag"] == tag)
    return found


async def test_what_is_taken_waits_for_its_device_and_the_list_says_so(admin: Visitor) -> None:
    answer = await admin.post("writes", asked())
    assert (answer.status_code, answer.json()["event"]) == (200, "asked")
    [write] = (await point_of(admin, BEARING_TAG))["writes"]
    assert (write["write"], write["state"], write["value"]) == (answer.json()["data"]["write"], "intended", 52.0)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"tag": "CRM.ST3.MOTOR.nothing"}, 403, "not_granted"),
        ({"value": 101.0}, 422, "out_of_range"),
        ({"value": "52"}, 422, "not_a_value"),
        ({"value": 60.0}, 422, "step_too_large"),
    ],
)
async def test_what_is_not_granted_is_forbidden_and_what_does_not_fit_is_refused(
    admin: Visitor, changes: Any, status: int, reason: str
) -> None:
    answer = await admin.post("writes", asked(**changes))
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.json()["text"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": 60.0}, ["60", "50", "at most 5", "mm/s"]),
        ({"value": 101.0}, ["101", "0 to 100", "mm/s"]),
        ({"tag": PUMPS_TAG, "value": 7.0}, ["7", "0, 1"]),
    ],
)
async def test_who_asks_for_too_much_is_told_what_would_be_allowed(
    admin: Visitor, mill: Plant, changes: dict[str, Any], said: list[str]
) -> None:
    answer = await admin.post("writes", asked(**changes))
    tag = mill.policy.tag(asked(**changes)["tag"])
    assert tag is not None
    wanted = [tag.unit if part == "mm/s" else part for part in said]
    assert [part for part in wanted if part not in answer.json()["text"]] == []


async def test_what_is_no_number_is_refused_before_anybody_is_asked(admin: Visitor) -> None:
    for text in ("NaN", "Infinity", "1e999"):
        body = f'{{"tag": "{BEARING_TAG}", "value": {text}, "reason": "r"}}'
        answer = await admin.http.post("/api/v1/writes", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422
    assert (await point_of(admin, BEARING_TAG))["writes"] == []


async def test_a_storm_is_slowed_down_and_then_locked(admin: Visitor) -> None:
    await admin.post("writes", asked())
    answers = [await admin.post("writes", asked(value=200.0)) for _ in range(STORM)]
    assert {answer.status_code for answer in answers} == {422}
    locked = await admin.post("writes", asked())
    assert (locked.status_code, locked.json()["reason"]) == (429, "point_locked")
    assert (await point_of(admin, BEARING_TAG))["locked_until"] is not None


async def test_the_role_of_the_grant_counts_and_viewers_never_write(app: FastAPI, admin: Visitor) -> None:
    worker, viewer = await with_role(app, admin, "worker", name="w"), await with_role(app, admin, "viewer", name="v")
    assert (await viewer.post("writes", asked())).status_code == 403
    refused = await worker.post("writes", asked())
    assert (refused.status_code, refused.json()["reason"]) == (403, "wrong_role")


async def test_two_steps_take_two_people(app: FastAPI, admin: Visitor) -> None:
    worker = await with_role(app, admin, "worker", name="w")
    proposed = (await worker.post("writes", asked(tag=PUMPS_TAG, value=1))).json()["data"]
    assert "confirm_until" in proposed
    name = {"write": proposed["write"]}
    assert (await worker.post("writes/confirm", name)).json()["reason"] == "same_person"
    assert (await admin.post("writes/confirm", name)).json()["event"] == "confirmed"
    assert (await admin.post("writes/confirm", {"write": f"{PUMPS_TAG}~9"})).status_code == 404
    [write] = (await point_of(admin, PUMPS_TAG))["writes"]
    assert (write["state"], write["by"], write["confirmed_by"]) == ("intended", "user:w", "user:admin")


async def test_the_same_message_twice_is_one_write(admin: Visitor) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await admin.http.post("/api/v1/writes", json=asked(), headers=headers)
    second = await admin.http.post("/api/v1/writes", json=asked(), headers=headers)
    assert (first.status_code, second.status_code) == (200, 409)
    assert len((await point_of(admin, BEARING_TAG))["writes"]) == 1
