"""Hang-tags and forced values over the API: who may, what is refused, and that nothing enters twice."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from tests.api_gateway import BEARING_TAG, SmallGateway, Visitor, with_role

DEVICE = BEARING_TAG.rpartition(".")[0]


def hang(**changes: Any) -> dict[str, Any]:
    return {"device": DEVICE, "order": "WO-17", "phone": "5512", "reason": "new bearing"} | changes


def force(**changes: Any) -> dict[str, Any]:
    return {"tag": BEARING_TAG, "value": 52.0, "minutes": 30, "reason": "loop check"} | changes


async def test_a_hang_tag_is_taken_off_by_its_hanger_or_with_a_reason_by_who_may_maintain(app: FastAPI, admin: Visitor) -> None:
    worker, other = await with_role(app, admin, "worker", name="w"), await with_role(app, admin, "worker", name="o")
    tag = (await worker.post("hang-tags", hang())).json()["data"]["tag"]
    assert [each["tag"] for each in (await other.get("hang-tags")).json()] == [tag]
    assert (await other.post("hang-tags/remove", {"tag": tag, "reason": "in the way"})).json()["reason"] == "not_your_hang_tag"
    assert (await admin.post("hang-tags/remove", {"tag": tag})).json()["reason"] == "reason_missing"
    assert (await admin.post("hang-tags/remove", {"tag": tag, "reason": "gone home"})).json()["event"] == "hang_tag_removed"
    assert (await other.get("hang-tags")).json() == []


async def test_who_may_only_look_neither_hangs_nor_forces_and_a_worker_does_not_force(app: FastAPI, admin: Visitor) -> None:
    viewer, worker = await with_role(app, admin, "viewer", name="v"), await with_role(app, admin, "worker", name="w")
    assert (await viewer.post("hang-tags", hang())).status_code == 403
    assert (await viewer.post("hang-tags/remove", {"tag": f"{DEVICE}~1"})).status_code == 403
    assert [(await who.post("forced", force())).status_code for who in (viewer, worker)] == [403, 403]
    assert ((await viewer.get("hang-tags")).json(), (await viewer.get("forced")).json()) == ([], [])


@pytest.mark.parametrize(
    "changes", [{"order": ""}, {"reason": ""}, {"device": ""}, {"order": "W" * 201}, {"phone": 5}, {"more": 1}]
)
async def test_a_hang_tag_that_says_too_little_or_too_much_is_refused(admin: Visitor, changes: Any) -> None:
    assert (await admin.post("hang-tags", hang(**changes))).status_code == 422
    assert (await admin.get("hang-tags")).json() == []


async def test_what_is_not_there_is_said(admin: Visitor) -> None:
    answers = [
        await admin.post("hang-tags", hang(device="CRM.NOTHING")),
        await admin.post("hang-tags/remove", {"tag": f"{DEVICE}~9"}),
        await admin.post("forced", force(tag="CRM.NOTHING.temp")),
        await admin.post("forced/release", {"tag": BEARING_TAG}),
    ]
    reasons = ["unknown_device", "unknown_hang_tag", "unknown_tag", "not_forced"]
    assert [answer.json()["reason"] for answer in answers] == reasons
    assert all(answer.json()["text"] for answer in answers)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "null", '{"a": 1}'])
async def test_what_is_no_value_is_never_forced(admin: Visitor, text: str) -> None:
    body = f'{{"tag": "{BEARING_TAG}", "value": {text}, "minutes": 5, "reason": "r"}}'
    answer = await admin.http.post("/api/v1/forced", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert (await admin.get("forced")).json() == []


@pytest.mark.parametrize("minutes", [0, -1, 481, 1001])
async def test_nothing_is_forced_for_no_time_or_for_more_than_a_shift(admin: Visitor, minutes: float) -> None:
    assert (await admin.post("forced", force(minutes=minutes))).status_code in (409, 422)
    assert (await admin.get("forced")).json() == []


async def test_a_forced_value_is_shown_with_what_the_device_says_until_it_is_released(
    gateway: SmallGateway, admin: Visitor
) -> None:
    gateway.sample(BEARING_TAG, 41.0)
    assert (await admin.post("forced", force())).json()["event"] == "forced"
    gateway.sample(BEARING_TAG, 42.0)
    [shown] = (await admin.get("forced")).json()
    assert (shown["value"], shown["actual"]["value"], shown["reason"]) == (52.0, 42.0, "loop check")
    assert (await admin.post("forced/release", {"tag": BEARING_TAG})).json()["event"] == "force_ended"
    assert (await admin.get("forced")).json() == []


@pytest.mark.parametrize(("path", "body"), [("hang-tags", hang()), ("forced", force())])
async def test_the_same_message_twice_is_taken_once(admin: Visitor, path: str, body: Any) -> None:
    answers = [await admin.http.post(f"/api/v1/{path}", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert len((await admin.get(path)).json()) == 1
