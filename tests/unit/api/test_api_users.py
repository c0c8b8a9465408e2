"""Accounts, as an administrator keeps them."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI

from tests.api_gateway import PASSWORD, SmallGateway, Visitor, log_in, with_role

NEW = {"name": "worker_2", "password": PASSWORD, "role": "worker"}


async def test_an_account_is_added_and_listed_without_its_password(admin: Visitor) -> None:
    answer = await admin.post("users", NEW | {"person": "shift_fitter_a"})
    assert answer.status_code == 201
    listed = (await admin.get("users")).json()
    assert listed[1] == {"name": "worker_2", "role": "worker", "person": "shift_fitter_a", "disabled": False}
    assert "password" not in listed[0]


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"name": "admin"}, 409, "name_taken"),
        ({"person": "nobody"}, 422, "person_unknown"),
        ({"name": ""}, 422, "invalid"),
        ({"name": "a b"}, 422, "invalid"),
        ({"name": "<script>"}, 422, "invalid"),
        ({"name": "../admin"}, 422, "invalid"),
        ({"name": "x" * 65}, 422, "invalid"),
        ({"password": "short"}, 422, "invalid"),
        ({"password": "x" * 201}, 422, "invalid"),
        ({"role": "superuser"}, 422, "invalid"),
        ({"disabled": False}, 422, "invalid"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(change: dict[str, object], status: int, error: str, admin: Visitor) -> None:
    answer = await admin.post("users", NEW | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert len((await admin.get("users")).json()) == 1


async def test_a_name_in_chinese_is_a_name(app: FastAPI, admin: Visitor) -> None:
    assert (await admin.post("users", NEW | {"name": "值班员"})).status_code == 201
    assert (await admin.patch("users/值班员", {"role": "engineer"})).json()["role"] == "engineer"
    assert (await log_in(app, "值班员")).token


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"disabled": True}])
async def test_the_last_administrator_stays(change: dict[str, object], admin: Visitor) -> None:
    answer = await admin.patch("users/admin", change)
    assert (answer.status_code, answer.json()["error"]) == (409, "last_admin")
    assert (await admin.get("users")).status_code == 200


async def test_two_administrators_cannot_remove_each_other_at_once(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    other = await with_role(app, admin, "admin", name="other")
    answers = await asyncio.gather(
        admin.patch("users/other", {"disabled": True}), other.patch("users/admin", {"disabled": True})
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])
    rows = [(await visitor.get("users")).status_code for visitor in (admin, other)]
    assert sorted(rows) == [200, 401]


async def test_a_disabled_administrator_does_not_count_as_one(app: FastAPI, admin: Visitor) -> None:
    await with_role(app, admin, "admin", name="other")
    await admin.patch("users/other", {"disabled": True})
    assert (await admin.patch("users/admin", {"role": "viewer"})).json()["error"] == "last_admin"


async def test_a_new_password_counts_at_once_and_ends_the_sessions(app: FastAPI, admin: Visitor, stranger: Visitor) -> None:
    worker = await with_role(app, admin, "worker")
    await admin.patch("users/worker", {"password": "another long password"})
    assert (await worker.get("alarms")).status_code == 401
    assert (await stranger.post("sessions", {"name": "worker", "password": PASSWORD})).status_code == 401
    assert (await log_in(app, "worker", "another long password")).token


async def test_a_disabled_account_comes_back_when_it_is_enabled(app: FastAPI, admin: Visitor) -> None:
    await with_role(app, admin, "worker")
    await admin.patch("users/worker", {"disabled": True})
    await admin.patch("users/worker", {"disabled": False})
    assert (await log_in(app, "worker")).token


async def test_who_is_not_there_cannot_be_changed(admin: Visitor) -> None:
    assert (await admin.patch("users/nobody", {"role": "viewer"})).status_code == 404


@pytest.mark.parametrize("change", [{"name": "root"}, {"person": "shift_lead_a"}, {"created_at": 0}])
async def test_what_may_not_be_changed_is_refused(change: dict[str, object], admin: Visitor) -> None:
    assert (await admin.patch("users/admin", change)).status_code == 422
