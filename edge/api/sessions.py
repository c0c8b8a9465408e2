"""Log in, log out, who am I."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from edge.api.authorise import SESSION_MAX, MaySee
from edge.api.door import door_of
from edge.api.passwords import LENGTH_MAX, digest, new_token
from edge.api.refusal import Refusal
from edge.model.moment import SECOND
from edge.model.permission import PERMISSIONS
from edge.store.accounts import end_session, end_sessions, find_account, open_session

router = APIRouter(prefix="/api/v1/sessions")


class LogIn(BaseModel, extra="forbid"):
    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=LENGTH_MAX)]


class Token(BaseModel):
    """Sent back as `Authorization: Bearer`; shown once, stored nowhere."""

    token: str


class Me(BaseModel):
    account: str
    role: str
    actor: str
    permissions: list[str]


@router.post("", status_code=201)
async def log_in(request: Request, asked: LogIn) -> Token:
    """The same answer after the same time for an unknown name, a wrong password and a disabled account."""
    door = door_of(request)
    now = door.gateway.clock.now()
    wait = door.throttle.wait(asked.name, now)
    if wait > 0:
        raise Refusal(429, "wait", retry_after_s=-(-wait // SECOND), seconds=-(-wait // SECOND))
    # Counted before it is known: many tries at once wait as long as many one after the other.
    door.throttle.failed(asked.name, now)
    account = await door.gateway.run_in_store(lambda store: find_account(store, asked.name))
    fits = await door.passwords.fits(asked.password, None if account is None else account.password)
    token = new_token()
    if fits and await door.gateway.run_in_store(
        lambda store: open_session(store, digest(token), asked.name, now, now + SESSION_MAX)
    ):
        door.throttle.succeeded(asked.name)
        return Token(token=token)
    raise Refusal(401, "wrong_log_in")


@router.get("/me")
async def who_am_i(caller: MaySee) -> Me:
    permissions = sorted(str(permission) for permission in PERMISSIONS[caller.role])
    return Me(account=caller.account, role=str(caller.role), actor=caller.actor, permissions=permissions)


@router.delete("/me", status_code=204)
async def log_out(request: Request, caller: MaySee, everywhere: bool = False) -> Response:
    gateway = door_of(request).gateway
    if everywhere:
        await gateway.run_in_store(lambda store: end_sessions(store, caller.account))
    else:
        await gateway.run_in_store(lambda store: end_session(store, caller.session))
    return Response(status_code=204)
