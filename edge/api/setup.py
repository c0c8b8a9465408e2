"""First start: the one who reads the set-up code off the agent's terminal makes the first account. Then closed for ever."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from edge.api.door import door_of
from edge.api.passwords import LENGTH_MAX, LENGTH_MIN
from edge.api.refusal import Refusal
from edge.model.moment import SECOND
from edge.model.person import Role
from edge.store.accounts import Account, add_account, has_accounts

router = APIRouter(prefix="/api/v1/setup")

AccountName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")]
Password = Annotated[str, Field(min_length=LENGTH_MIN, max_length=LENGTH_MAX)]


class FirstAccount(BaseModel, extra="forbid"):
    code: Annotated[str, Field(max_length=100)]
    name: AccountName
    password: Password


class SetupState(BaseModel):
    """needed: no account exists yet."""

    needed: bool


@router.get("")
async def is_needed(request: Request) -> SetupState:
    return SetupState(needed=not await door_of(request).gateway.run_in_store(has_accounts))


@router.post("", status_code=201)
async def make_first_account(request: Request, first: FirstAccount) -> SetupState:
    door = door_of(request)
    now = door.gateway.clock.now()
    # One name for all who try: guessing the code is slowed down whoever guesses.
    wait = door.throttle.wait("/setup", now)
    if wait > 0:
        raise Refusal(429, "wait", retry_after_s=-(-wait // SECOND), seconds=-(-wait // SECOND))
    if door.setup_code is None:
        raise Refusal(409, "set_up_already")
    if not secrets.compare_digest(first.code.strip().encode(), door.setup_code.encode()):
        door.throttle.failed("/setup", now)
        raise Refusal(403, "wrong_code")
    account = Account(first.name, await door.passwords.hash(first.password), Role.ADMIN, None, now)
    if not await door.gateway.run_in_store(lambda store: add_account(store, account, only_first=True)):
        raise Refusal(409, "set_up_already")
    return SetupState(needed=False)
