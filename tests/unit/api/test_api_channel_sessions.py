"""Logging in by a channel's code: mapped to the person, with the role of people.yaml, and gone for who has left."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI

from cloud_bridge.log_in import NoLogIn
from edge.store.accounts import find_account, list_accounts
from tests.api_gateway import SmallGateway, Visitor, with_role

BY_CODE = "sessions/by/dingtalk"


async def log_in(app: FastAPI, gateway: SmallGateway, person: str) -> Visitor:
    gateway.codes["code-1"] = person
    answer = await Visitor(app).post(BY_CODE, {"code": "code-1"})
    assert answer.status_code == 201, answer.text
    return Visitor(app, answer.json()["token"])


async def test_who_has_no_account_gets_one_with_the_role_of_people_yaml(app: FastAPI, gateway: SmallGateway) -> None:
    visitor = await log_in(app, gateway, "shift_fitter_a")
    me = (await visitor.get("sessions/me")).json()
    assert (me["account"], me["actor"], me["role"]) == ("shift_fitter_a", "shift_fitter_a", "worker")
    again = await log_in(app, gateway, "shift_fitter_a")
    assert (await again.get("sessions/me")).status_code == 200
    assert [account.name for account in list_accounts(gateway.store)] == ["shift_fitter_a"]


async def test_no_password_opens_such_an_account(app: FastAPI, gateway: SmallGateway) -> None:
    await log_in(app, gateway, "shift_fitter_a")
    for password in ("", "x" * 12):
        answer = await Visitor(app).post("sessions", {"name": "shift_fitter_a", "password": password})
        assert answer.status_code == 401


async def test_who_has_an_account_is_logged_in_to_it_and_keeps_its_role(
    app: FastAPI, gateway: SmallGateway, admin: Visitor
) -> None:
    await with_role(app, admin, "engineer", name="chief", person="shift_fitter_a")
    me = (await (await log_in(app, gateway, "shift_fitter_a")).get("sessions/me")).json()
    assert (me["account"], me["role"]) == ("chief", "engineer")


async def test_a_name_that_is_taken_by_another_is_left_to_them(app: FastAPI, gateway: SmallGateway, admin: Visitor) -> None:
    await with_role(app, admin, "viewer", name="shift_fitter_a")
    me = (await (await log_in(app, gateway, "shift_fitter_a")).get("sessions/me")).json()
    assert (me["account"], me["actor"]) == ("shift_fitter_a@dingtalk", "shift_fitter_a")


async def test_a_disabled_account_is_not_opened(app: FastAPI, gateway: SmallGateway, admin: Visitor) -> None:
    await log_in(app, gateway, "shift_fitter_a")
    assert (await admin.patch("users/shift_fitter_a", {"disabled": True})).status_code == 200
    assert (await Visitor(app).post(BY_CODE, {"code": "code-1"})).status_code == 401


@pytest.mark.parametrize(
    ("found", "status", "error"),
    [
        (NoLogIn.UNKNOWN_CODE, 401, "wrong_code_of_channel"),
        (NoLogIn.UNKNOWN_PERSON, 403, "not_in_people"),
        (NoLogIn.NOT_NOW, 503, "channel_silent"),
    ],
)
async def test_who_is_not_logged_in_is_told_why(
    app: FastAPI, gateway: SmallGateway, found: NoLogIn, status: int, error: str
) -> None:
    gateway.codes["code-1"] = found
    answer = await Visitor(app).post(BY_CODE, {"code": "code-1"})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["text"]
    assert list_accounts(gateway.store) == []


async def test_a_channel_that_nobody_logs_in_by_is_not_found(app: FastAPI) -> None:
    assert (await Visitor(app).post("sessions/by/mail", {"code": "x"})).status_code == 404
    assert (await Visitor(app).post(BY_CODE, {"code": ""})).status_code == 422
    assert (await Visitor(app).post(BY_CODE, {"code": "x" * 201})).status_code == 422


async def test_who_has_left_loses_the_sessions_there_are_and_gets_no_new_one(app: FastAPI, gateway: SmallGateway) -> None:
    visitor = await log_in(app, gateway, "shift_fitter_a")
    gateway.left.add("shift_fitter_a")
    assert (await visitor.get("alarms")).status_code == 401
    refused = await Visitor(app).post(BY_CODE, {"code": "code-1"})
    assert (refused.status_code, refused.json()["error"]) == (403, "has_left")
    gateway.left.clear()
    assert (await visitor.get("alarms")).status_code == 401, "the session is over, not only asleep"
    assert (await log_in(app, gateway, "shift_fitter_a")) is not None


async def test_who_has_left_loses_a_session_by_password_too(app: FastAPI, gateway: SmallGateway, admin: Visitor) -> None:
    visitor = await with_role(app, admin, "worker", name="chen", person="shift_fitter_a")
    gateway.left.add("shift_fitter_a")
    assert (await visitor.get("alarms")).status_code == 401
    assert (await admin.get("alarms")).status_code == 200


async def test_a_role_that_changes_in_people_yaml_counts_from_the_next_log_in(app: FastAPI, gateway: SmallGateway) -> None:
    await log_in(app, gateway, "shift_fitter_a")
    with gateway.store.database.transaction("account") as connection:
        connection.exec_driver_sql("UPDATE accounts SET role = 'viewer'")
    await log_in(app, gateway, "shift_fitter_a")
    account = find_account(gateway.store, "shift_fitter_a")
    assert account is not None
    assert account.role == "worker"


async def test_a_flood_of_codes_is_held_back(app: FastAPI, gateway: SmallGateway) -> None:
    gate = asyncio.Event()

    async def slow(_channel: str, _code: str) -> NoLogIn:
        await gate.wait()
        return NoLogIn.UNKNOWN_CODE

    gateway.ask_person = slow
    asking = [asyncio.create_task(Visitor(app).post(BY_CODE, {"code": f"c{number}"})) for number in range(12)]
    done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    statuses = [answer.status_code for answer in await asyncio.gather(*asking)]
    assert {task.result().status_code for task in done} == {429}
    assert (statuses.count(429), statuses.count(401)) == (4, 8)
