"""Log in without a password: whoever opens a page of ours inside a channel's app (DingTalk) is known there.

The person's own account is used where there is one; else one is made that no password opens, with the role from people.yaml,
which it follows from log-in to log-in. Who has left the organisation gets no session, and those there are end.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from cloud_bridge.log_in import NoLogIn
from edge.api.authorise import SESSION_MAX
from edge.api.door import door_of
from edge.api.passwords import digest, new_token
from edge.api.refusal import Refusal
from edge.api.sessions import Token
from edge.model.moment import Moment
from edge.model.person import Person
from edge.store.accounts import Account, account_of_person, add_account, change_account, find_account, open_session
from edge.store.store import SqliteStore

router = APIRouter(prefix="/api/v1/sessions/by")

#: In the place of a hash: no password fits it, and a try takes as long as any other.
NO_PASSWORD = ""


class Code(BaseModel, extra="forbid"):
    code: Annotated[str, Field(min_length=1, max_length=200)]


@router.post("/{channel}", status_code=201)
async def log_in_by_channel(request: Request, channel: str, given: Code) -> Token:
    """code: as the app gives it to a page that it opens; good once."""
    door = door_of(request)
    gateway = door.gateway
    if not door.asking.acquire(blocking=False):
        raise Refusal(429, "wait", retry_after_s=1, seconds=1)
    try:
        found = await gateway.person_of_code(channel, given.code)
    finally:
        door.asking.release()
    match found:
        case None:
            raise Refusal(404, "not_found")
        case NoLogIn.NOT_NOW:
            raise Refusal(503, "channel_silent", retry_after_s=5)
        case NoLogIn.UNKNOWN_PERSON:
            raise Refusal(403, "not_in_people")
        case NoLogIn():
            raise Refusal(401, "wrong_code_of_channel")
    person, now = gateway.plant.policy.directory.persons[found], gateway.clock.now()
    if person.id in gateway.leavers():
        raise Refusal(403, "has_left")
    token = new_token()
    opened = await gateway.run_in_store(lambda store: _open(store, person, channel, digest(token), now))
    if not opened:
        raise Refusal(401, "wrong_log_in")
    return Token(token=token)


def _open(store: SqliteStore, person: Person, channel: str, token_digest: str, now: Moment) -> bool:
    """False: the person's account is disabled."""
    account = account_of_person(store, person.id)
    if account is None:
        name = person.id if find_account(store, person.id) is None else f"{person.id}@{channel}"
        account = Account(name, NO_PASSWORD, person.role, person.id, now)
        if not add_account(store, account):
            return False
    elif account.password == NO_PASSWORD and account.role is not person.role:
        change_account(store, account.name, role=person.role)
    return open_session(store, token_digest, account.name, now, now + SESSION_MAX)
