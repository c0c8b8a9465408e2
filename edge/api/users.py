"""Accounts, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from edge.api.authorise import MayAdminister
from edge.api.door import door_of
from edge.api.refusal import Refusal
from edge.api.setup import AccountName, Password
from edge.model.person import Role
from edge.store.accounts import Account, add_account, change_account, find_account, list_accounts
from edge.store.store import SqliteStore

router = APIRouter(prefix="/api/v1/users")


class NewUser(BaseModel, extra="forbid"):
    """person: an id of people.yaml, under which the journal then writes what this account does."""

    name: AccountName
    password: Password
    role: Role
    person: Annotated[str | None, Field(max_length=64)] = None


class UserChange(BaseModel, extra="forbid"):
    password: Password | None = None
    role: Role | None = None
    disabled: bool | None = None


class User(BaseModel):
    name: str
    role: Role
    person: str | None
    disabled: bool


def _shown(account: Account) -> User:
    return User(name=account.name, role=account.role, person=account.person, disabled=account.disabled)


@router.get("")
async def list_users(request: Request, _: MayAdminister) -> list[User]:
    return [_shown(account) for account in await door_of(request).gateway.run_in_store(list_accounts)]


@router.post("", status_code=201)
async def add_user(request: Request, new: NewUser, _: MayAdminister) -> User:
    door = door_of(request)
    if new.person is not None and new.person not in door.gateway.plant.policy.directory.persons:
        raise Refusal(422, "person_unknown", person=new.person)
    account = Account(new.name, await door.passwords.hash(new.password), new.role, new.person, door.gateway.clock.now())
    if not await door.gateway.run_in_store(lambda store: add_account(store, account)):
        raise Refusal(409, "name_taken", name=new.name)
    return _shown(account)


@router.patch("/{name}")
async def change_user(request: Request, name: str, change: UserChange, _: MayAdminister) -> User:
    """Ends the account's sessions."""
    door = door_of(request)
    password = None if change.password is None else await door.passwords.hash(change.password)

    def apply(store: SqliteStore) -> Account | None:
        # One call on the writer thread, so that two administrators cannot each remove the other's last colleague.
        takes_away = change.disabled is True or change.role not in (None, Role.ADMIN)
        admins = [a.name for a in list_accounts(store) if a.role is Role.ADMIN and not a.disabled]
        if takes_away and admins == [name]:
            raise Refusal(409, "last_admin")
        if not change_account(store, name, password=password, role=change.role, disabled=change.disabled):
            return None
        return find_account(store, name)

    account = await door.gateway.run_in_store(apply)
    if account is None:
        raise Refusal(404, "not_found")
    return _shown(account)
