"""Log-ins: accounts and their sessions. Text in, text out: hashing of passwords and digests of tokens are the caller's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from edge.model.errors import StoreError
from edge.model.moment import MINUTE, NEVER, Moment, Span
from edge.model.person import Role
from edge.store import tables
from edge.store.store import SqliteStore

_accounts = tables.accounts
_sessions = tables.sessions

#: `last_seen` is written once in this long at most: a page that asks every second costs no commit a second.
SEEN_EVERY = 1 * MINUTE
#: An account keeps this many sessions; the one seen longest ago makes room.
SESSIONS_MAX = 20


@dataclass(frozen=True, slots=True)
class Account:
    """password: the whole text of the hash (`$argon2id$v=19$...`). person: the id in people.yaml, None when it is nobody
    there. A disabled account stays, because the journal names it; its sessions are gone."""

    name: str
    password: str
    role: Role
    person: str | None
    created_at: Moment
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """token_digest: never the token itself."""

    token_digest: str
    account: str
    created_at: Moment
    last_seen: Moment
    expires_at: Moment


def has_accounts(store: SqliteStore) -> bool:
    """False on first start: then the first person sets a password."""
    with store.database.reading() as connection:
        return connection.execute(select(_accounts.c.name).limit(1)).first() is not None


def list_accounts(store: SqliteStore) -> list[Account]:
    """By name."""
    with store.database.reading() as connection:
        return [_as_account(row) for row in connection.execute(select(_accounts).order_by(_accounts.c.name))]


def find_account(store: SqliteStore, name: str) -> Account | None:
    with store.database.reading() as connection:
        return _find(connection, name)


def account_of_person(store: SqliteStore, person: str) -> Account | None:
    """The first by name, where a person has several."""
    with store.database.reading() as connection:
        asked = select(_accounts).where(_accounts.c.person == person).order_by(_accounts.c.name).limit(1)
        row = connection.execute(asked).one_or_none()
        return None if row is None else _as_account(row)


def add_account(store: SqliteStore, account: Account, *, only_first: bool = False) -> bool:
    """False, with nothing changed: the name is taken, or `only_first` and somebody was quicker at first start."""
    with store.database.transaction("account") as connection:
        if only_first and connection.execute(select(func.count()).select_from(_accounts)).scalar_one() > 0:
            return False
        if _find(connection, account.name) is not None:
            return False
        connection.execute(insert(_accounts), {**asdict(account), "role": account.role.value})
        return True


def change_account(
    store: SqliteStore,
    name: str,
    *,
    password: str | None = None,
    role: Role | None = None,
    disabled: bool | None = None,
) -> bool:
    """Change what is given, and end the account's sessions: none may go on with rights it had before. False: no such name."""
    given = {"password": password, "role": None if role is None else role.value, "disabled": disabled}
    changes = {column: value for column, value in given.items() if value is not None}
    with store.database.transaction("account") as connection:
        if _find(connection, name) is None:
            return False
        if changes:
            connection.execute(update(_accounts).where(_accounts.c.name == name).values(changes))
            connection.execute(delete(_sessions).where(_sessions.c.account == name))
        return True


def open_session(store: SqliteStore, token_digest: str, account: str, now: Moment, expires_at: Moment) -> bool:
    """False: the account does not exist or is disabled."""
    with store.database.transaction("session") as connection:
        known = _find(connection, account)
        if known is None or known.disabled:
            return False
        others = select(_sessions.c.token_digest).where(_sessions.c.account == account).order_by(_sessions.c.last_seen.desc())
        surplus = connection.execute(others.offset(SESSIONS_MAX - 1)).scalars().all()
        if surplus:
            connection.execute(delete(_sessions).where(_sessions.c.token_digest.in_(surplus)))
        session = Session(token_digest, account, now, now, expires_at)
        connection.execute(insert(_sessions), asdict(session))
        return True


def find_session(
    store: SqliteStore, token_digest: str, now: Moment, *, idle_max: Span = NEVER
) -> tuple[Session, Account] | None:
    """The session, noted as seen now, and its account; None when there is none, when it has expired, or when it was not used
    for longer than `idle_max`."""
    with store.database.reading() as connection:
        row = connection.execute(select(_sessions).where(_sessions.c.token_digest == token_digest)).one_or_none()
        account = None if row is None else _find(connection, row.account)
    if row is None or account is None or row.expires_at <= now or now - row.last_seen > idle_max:
        return None
    if now - row.last_seen < SEEN_EVERY:
        return _as_session(row), account
    # A disk that is full must not make those who look blind.
    with suppress(StoreError), store.database.transaction("session") as connection:
        connection.execute(update(_sessions).where(_sessions.c.token_digest == token_digest).values(last_seen=now))
    return replace(_as_session(row), last_seen=now), account


def end_session(store: SqliteStore, token_digest: str) -> None:
    """Log out; nothing happens when it has ended already."""
    with store.database.transaction("session") as connection:
        connection.execute(delete(_sessions).where(_sessions.c.token_digest == token_digest))


def end_sessions(store: SqliteStore, account: str) -> None:
    """Log out everywhere."""
    with store.database.transaction("session") as connection:
        connection.execute(delete(_sessions).where(_sessions.c.account == account))


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(_accounts).where(_accounts.c.name == name)).one_or_none()
    return None if row is None else _as_account(row)


def _as_session(row: Row[Any]) -> Session:
    return Session(row.token_digest, row.account, row.created_at, row.last_seen, row.expires_at)


def _as_account(row: Row[Any]) -> Account:
    return Account(row.name, row.password, Role(row.role), row.person, row.created_at, row.disabled)
