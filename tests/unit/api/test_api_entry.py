"""First start, log-in, log-out: who gets a token, and what a token is worth."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from fastapi import FastAPI

from edge.api.authorise import IDLE_MAX, SESSION_MAX
from edge.api.passwords import Passwords
from edge.api.throttle import DELAY_MAX, FREE, NAMES_MAX, Throttle
from edge.model.moment import HOUR, SECOND
from edge.store.accounts import list_accounts
from tests.api_gateway import CODE, PASSWORD, T0, SmallGateway, Visitor, log_in, with_role

FIRST = {"code": CODE, "name": "admin", "password": PASSWORD}


async def test_nobody_can_do_anything_before_the_first_account_is_made(stranger: Visitor) -> None:
    assert (await stranger.get("setup")).json() == {"needed": True}
    assert (await stranger.post("sessions", {"name": "admin", "password": "admin"})).status_code == 401
    assert (await stranger.get("alarms")).status_code == 401


@pytest.mark.parametrize("password", ["", "short", "123456789"])
async def test_the_first_account_cannot_have_a_short_password(password: str, stranger: Visitor) -> None:
    answer = await stranger.post("setup", FIRST | {"password": password})
    assert answer.status_code == 422
    assert "password" in answer.json()["text"]
    assert (await stranger.get("setup")).json() == {"needed": True}


async def test_the_code_is_needed_and_guessing_it_gets_slower(stranger: Visitor, gateway: SmallGateway) -> None:
    for _ in range(FREE):
        answer = await stranger.post("setup", FIRST | {"code": "guess"})
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_code")
    answer = await stranger.post("setup", FIRST)
    assert answer.status_code == 429
    gateway.clock.moment += int(answer.headers["retry-after"]) * SECOND
    assert (await stranger.post("setup", FIRST)).status_code == 201


async def test_first_start_is_over_once_the_account_is_made(stranger: Visitor, gateway: SmallGateway) -> None:
    assert (await stranger.post("setup", FIRST)).status_code == 201
    assert (await stranger.get("setup")).json() == {"needed": False}
    again = await stranger.post("setup", FIRST | {"name": "intruder"})
    assert (again.status_code, again.json()["error"]) == (409, "set_up_already")
    assert [account.name for account in list_accounts(gateway.store)] == ["admin"]


async def test_two_first_accounts_at_once_are_one(stranger: Visitor, gateway: SmallGateway) -> None:
    answers = await asyncio.gather(*(stranger.post("setup", FIRST | {"name": name}) for name in ("one", "other")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(list_accounts(gateway.store)) == 1


async def test_a_password_is_stored_as_argon2id_and_a_token_as_a_digest(admin: Visitor, gateway: SmallGateway) -> None:
    assert list_accounts(gateway.store)[0].password.startswith("$argon2id$")
    dump = "\n".join(gateway.store.database.connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert admin.token is not None
    assert hashlib.sha256(admin.token.encode()).hexdigest() in dump
    assert admin.token not in dump
    assert PASSWORD not in dump


async def test_a_guess_costs_what_rfc_9106_recommends() -> None:
    known = await Passwords().hash(PASSWORD)
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await Passwords().fits(PASSWORD, known)
    assert not await Passwords().fits("not this one", known)
    assert not await Passwords().fits(PASSWORD, None)


async def test_an_unknown_name_and_a_wrong_password_are_answered_alike(admin: Visitor, stranger: Visitor) -> None:
    wrong = await stranger.post("sessions", {"name": "admin", "password": "not this one"})
    unknown = await stranger.post("sessions", {"name": "nobody", "password": "not this one"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_a_disabled_account_is_answered_like_a_wrong_password(app: FastAPI, admin: Visitor, stranger: Visitor) -> None:
    worker = await with_role(app, admin, "worker")
    await admin.patch("users/worker", {"disabled": True})
    assert (await worker.get("alarms")).status_code == 401
    answer = await stranger.post("sessions", {"name": "worker", "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]) == (401, "wrong_log_in")


async def test_twenty_wrong_passwords_are_slowed_down_and_nobody_else_is(
    app: FastAPI, admin: Visitor, stranger: Visitor
) -> None:
    await with_role(app, admin, "worker")
    wrong = {"name": "admin", "password": "not this one"}
    statuses = [(await stranger.post("sessions", wrong)).status_code for _ in range(20)]
    assert statuses == [401] * FREE + [429] * (20 - FREE)
    assert (await stranger.post("sessions", {"name": "admin", "password": PASSWORD})).status_code == 429
    assert (await stranger.post("sessions", {"name": "worker", "password": PASSWORD})).status_code == 201


async def test_twenty_wrong_passwords_at_once_are_no_quicker(admin: Visitor, stranger: Visitor) -> None:
    wrong = {"name": "admin", "password": "not this one"}
    answers = await asyncio.gather(*(stranger.post("sessions", wrong) for _ in range(20)))
    assert sum(answer.status_code == 401 for answer in answers) == FREE


async def test_who_waits_as_told_gets_in(admin: Visitor, stranger: Visitor, gateway: SmallGateway) -> None:
    for _ in range(FREE):
        await stranger.post("sessions", {"name": "admin", "password": "not this one"})
    refused = await stranger.post("sessions", {"name": "admin", "password": PASSWORD})
    gateway.clock.moment += int(refused.headers["retry-after"]) * SECOND
    assert (await stranger.post("sessions", {"name": "admin", "password": PASSWORD})).status_code == 201


def test_each_failure_after_the_free_ones_doubles_the_wait_up_to_five_minutes() -> None:
    throttle, waits = Throttle(), []
    for _ in range(FREE + 12):
        throttle.failed("admin", T0)
        waits.append(throttle.wait("admin", T0) // SECOND)
    assert waits[: FREE + 3] == [0] * (FREE - 1) + [1, 2, 4, 8]
    assert waits[-1] == DELAY_MAX // SECOND


def test_a_success_forgets_the_failures() -> None:
    throttle = Throttle()
    for _ in range(FREE + 3):
        throttle.failed("admin", T0)
    throttle.succeeded("admin")
    assert throttle.wait("admin", T0) == 0


def test_the_throttle_remembers_only_so_many_names() -> None:
    throttle = Throttle()
    for number in range(NAMES_MAX + 50):
        throttle.failed(f"name {number}", T0)
    assert len(throttle._failures) == NAMES_MAX


async def test_a_log_in_gives_a_new_token_each_time(app: FastAPI, admin: Visitor) -> None:
    tokens = {(await log_in(app, "admin")).token for _ in range(3)} | {admin.token}
    assert len(tokens) == 4


async def test_a_token_is_worth_nothing_after_log_out(admin: Visitor) -> None:
    assert (await admin.delete("sessions/me")).status_code == 204
    assert (await admin.get("alarms")).status_code == 401


async def test_logging_out_ends_one_session_and_everywhere_ends_all(app: FastAPI, admin: Visitor) -> None:
    other, third = await log_in(app, "admin"), await log_in(app, "admin")
    await other.delete("sessions/me")
    assert (await third.get("alarms")).status_code == 200
    await third.delete("sessions/me?everywhere=true")
    assert (await admin.get("alarms")).status_code == 401


async def test_a_token_in_the_address_or_a_cookie_is_ignored(admin: Visitor, stranger: Visitor) -> None:
    for name in ("token", "access_token", "authorization"):
        assert (await stranger.get(f"alarms?{name}={admin.token}")).status_code == 401
    cookie = {"Cookie": f"token={admin.token}; session={admin.token}"}
    assert (await stranger.get("alarms", headers=cookie)).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "Bearer eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_of_ours_is_refused(header: str, admin: Visitor, stranger: Visitor) -> None:
    assert (await stranger.get("alarms", headers={"Authorization": header})).status_code == 401


async def test_a_session_that_is_not_used_ends(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.clock.moment += IDLE_MAX
    assert (await admin.get("alarms")).status_code == 200
    gateway.clock.moment += IDLE_MAX + SECOND
    assert (await admin.get("alarms")).status_code == 401


async def test_a_session_ends_after_a_week_however_much_it_is_used(admin: Visitor, gateway: SmallGateway) -> None:
    for _ in range(SESSION_MAX // (6 * HOUR) - 1):
        gateway.clock.moment += 6 * HOUR
        assert (await admin.get("alarms")).status_code == 200
    gateway.clock.moment += 6 * HOUR
    assert (await admin.get("alarms")).status_code == 401


async def test_who_am_i_says_account_role_and_what_it_may(admin: Visitor) -> None:
    assert (await admin.get("sessions/me")).json() == {
        "account": "admin",
        "role": "admin",
        "actor": "user:admin",
        "permissions": ["act", "administer", "maintain", "see"],
    }
