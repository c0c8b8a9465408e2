"""Every route names who may use it, and each role may do what the table says and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from edge.api import (
    alarms,
    callbacks,
    channel_sessions,
    commands,
    deliveries,
    drivers,
    entries,
    explanation,
    forced,
    hang_tags,
    health,
    journal,
    live,
    maintenance,
    proof,
    quarantine,
    quota,
    reports,
    sessions,
    setup,
    site,
    stages,
    tags,
    trends,
    users,
    writes,
)
from edge.api.authorise import PUBLIC
from edge.model.permission import Permission, may
from edge.model.person import Role
from tests.api_gateway import BEARING, PASSWORD, SmallGateway, Visitor, with_role

PARTS = (
    alarms, callbacks, channel_sessions, commands, deliveries, drivers, entries, explanation, forced, hang_tags, health,
    journal, live, maintenance, proof, reports, sessions, setup, site, stages, tags, trends, users, writes, quarantine, quota,
)  # fmt: skip


def permissions_of(dependant: Dependant) -> Iterator[Permission]:
    for needed in dependant.dependencies:
        permission = getattr(needed.call, "permission", None)
        if permission is not None:
            yield permission
        yield from permissions_of(needed)


def routes() -> list[tuple[str, set[str], list[Permission]]]:
    found = []
    for part in PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute | APIWebSocketRoute), route
            methods = set(route.methods) if isinstance(route, APIRoute) else {"WEBSOCKET"}
            found.append((route.path, methods, list(permissions_of(route.dependant))))
    return found


def test_every_route_of_the_application_is_looked_at_here(app: FastAPI) -> None:
    looked_at = {path.replace(":path}", "}") for path, methods, _ in routes() if methods != {"WEBSOCKET"}}
    assert set(app.openapi()["paths"]) == looked_at


def test_every_route_names_a_permission_or_is_public() -> None:
    open_without = [(path, methods) for path, methods, permissions in routes() if not permissions and path not in PUBLIC]
    assert open_without == []


def test_public_is_only_what_no_log_in_can_come_before() -> None:
    public = {(path, method) for path, methods, permissions in routes() if not permissions for method in methods}
    assert public == {
        ("/api/v1/setup", "GET"),
        ("/api/v1/setup", "POST"),
        ("/api/v1/sessions", "POST"),
        ("/api/v1/sessions/by/{channel}", "POST"),
        ("/api/v1/callbacks/{channel}/{kind}", "POST"),
        ("/api/v1/site", "GET"),
        ("/livez", "GET"),
        ("/readyz", "GET"),
        ("/metrics", "GET"),
    }


def test_every_route_that_changes_something_needs_more_than_to_see() -> None:
    weak = [
        (path, methods)
        for path, methods, permissions in routes()
        if methods & {"POST", "PUT", "PATCH", "DELETE"} and permissions == [Permission.SEE]
    ]
    assert weak == [("/api/v1/sessions/me", {"DELETE"})]


async def test_whoever_is_not_logged_in_is_told_to_on_every_other_route(stranger: Visitor) -> None:
    for path, methods, permissions in routes():
        if permissions and methods != {"WEBSOCKET"}:
            answer = await stranger.http.request(next(iter(methods)), re.sub("{[a-z:]+}", "admin", path), json={})
            assert (answer.status_code, answer.json()["error"]) == (401, "log_in"), path


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_do_what_the_table_says(role: Role, app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    visitor = await with_role(app, admin, role.value, name="somebody")
    asked: dict[Permission, Any] = {
        Permission.SEE: lambda: visitor.get("alarms"),
        Permission.ACT: lambda: visitor.post("alarms/comment", {"alarm": BEARING, "text": "seen"}),
        Permission.MAINTAIN: lambda: visitor.post(
            "alarms/take-out-of-service", {"alarm": BEARING, "reason": "new bearing", "work_order": "WO-1"}
        ),
        Permission.ADMINISTER: lambda: visitor.get("users"),
    }
    for permission, ask in asked.items():
        answer = await ask()
        expected = 200 if may(role, permission) else 403
        assert answer.status_code == expected, permission


async def test_a_viewer_is_told_which_permission_is_missing_and_nothing_changes(
    app: FastAPI, admin: Visitor, gateway: SmallGateway
) -> None:
    gateway.raise_bearing()
    viewer = await with_role(app, admin, "viewer")
    answer = await viewer.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    assert answer.status_code == 403
    assert answer.json()["text"] == 'Your role (viewer) may not do this: it needs the permission "act".'
    assert (await admin.get("alarms")).json()[0]["state"] == "unacknowledged"


async def test_a_token_from_before_a_change_of_role_has_ended(app: FastAPI, admin: Visitor) -> None:
    second = await with_role(app, admin, "admin", name="second")
    assert (await second.get("users")).status_code == 200
    assert (await admin.patch("users/second", {"role": "viewer"})).status_code == 200
    assert (await second.get("users")).status_code == 401
    again = await second.post("sessions", {"name": "second", "password": PASSWORD})
    weaker = Visitor(app, again.json()["token"])
    assert (await weaker.get("users")).status_code == 403
