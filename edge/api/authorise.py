"""The one authorisation point: who asks, and may they.

Every route takes its caller as `MaySee`, `MayAct`, `MayMaintain` or `MayAdminister`, or stands in `PUBLIC`. A test goes through
all routes and fails for one that does neither. Roles are looked up at each request, so a changed role counts from the next one
on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, WebSocketException
from starlette.requests import HTTPConnection

from edge.api.door import Door
from edge.api.passwords import digest
from edge.api.refusal import Refusal
from edge.model.moment import HOUR, Span
from edge.model.permission import Permission, may
from edge.model.person import Role
from edge.store.accounts import end_sessions, find_session

#: A session ends after this long without a request, and after SESSION_MAX whatever happens.
IDLE_MAX: Span = 12 * HOUR
SESSION_MAX: Span = 7 * 24 * HOUR


#: Open without a log-in: first start, the log-in itself, and what probes and scrapers read. None of it names a person or a
#: value of the plant; /metrics carries device names, so an API that is open to a network belongs behind a firewall rule.
PUBLIC = frozenset(
    {
        "/api/v1/setup",
        "/api/v1/sessions",
        "/api/v1/sessions/by/{channel}",
        "/api/v1/callbacks/{channel}/{kind}",
        "/api/v1/openapi.json",
        "/api/v1/site",
        "/livez",
        "/readyz",
        "/metrics",
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """account: the log-in's name. actor: what the journal says, the person's id or `user:NAME`. session: the token's digest."""

    account: str
    role: Role
    actor: str
    session: str


def needs(permission: Permission) -> Any:
    """The dependency of a route that only callers with this permission may use."""

    async def authorise(connection: HTTPConnection) -> Caller:
        try:
            caller = await caller_of(connection)
            if not may(caller.role, permission):
                raise Refusal(403, "not_permitted", permission=str(permission), role=str(caller.role))
        except Refusal as refusal:
            if connection.scope["type"] == "websocket":
                raise WebSocketException(code=1008, reason=refusal.key) from refusal
            raise
        return caller

    authorise.permission = permission  # type: ignore[attr-defined]  # read by the test that goes through all routes
    return Depends(authorise)


MaySee = Annotated[Caller, needs(Permission.SEE)]
MayAct = Annotated[Caller, needs(Permission.ACT)]
MayMaintain = Annotated[Caller, needs(Permission.MAINTAIN)]
MayAdminister = Annotated[Caller, needs(Permission.ADMINISTER)]


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who holds the bearer token; 401 for none, an unknown or an expired one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "log_in")
    door: Door = connection.app.state.door
    now = door.gateway.clock.now()
    token_digest = digest(token)
    found = await door.gateway.run_in_store(lambda store: find_session(store, token_digest, now, idle_max=IDLE_MAX))
    if found is None or found[1].disabled:
        raise Refusal(401, "log_in")
    account = found[1]
    if account.person is not None and account.person in door.gateway.leavers():
        await door.gateway.run_in_store(lambda store: end_sessions(store, account.name))
        raise Refusal(401, "log_in")
    return Caller(account.name, account.role, account.person or f"user:{account.name}", token_digest)
