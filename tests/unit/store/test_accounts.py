"""Accounts and their sessions, as the API keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.crash import SimulatedCrash, crash_at, hooked
from edge.model.moment import HOUR, MINUTE
from edge.model.person import Role
from edge.store.accounts import (
    SESSIONS_MAX,
    Account,
    add_account,
    change_account,
    end_session,
    end_sessions,
    find_account,
    find_session,
    has_accounts,
    list_accounts,
    open_session,
)
from edge.store.revisions import AppliedRevision, latest_revisions, record_revision
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, at

FITTER = Account("fitter", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", Role.WORKER, "fitter.c", T0)
LEAD = Account("admin", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdB$aGFzaB", Role.ADMIN, None, T0)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    store = open_store(None, site=SITE, agent=AGENT, now=T0)
    yield store
    store.close()


def test_accounts_come_back_as_they_were_put_in(store: SqliteStore) -> None:
    assert not has_accounts(store)
    assert add_account(store, FITTER) and add_account(store, LEAD)
    assert has_accounts(store)
    assert list_accounts(store) == [LEAD, FITTER]
    assert find_account(store, "fitter") == FITTER
    assert find_account(store, "nobody") is None


def test_a_name_is_given_once(store: SqliteStore) -> None:
    add_account(store, FITTER)
    assert not add_account(store, replace(LEAD, name="fitter"))
    assert find_account(store, "fitter") == FITTER


def test_first_start_is_won_by_one(store: SqliteStore) -> None:
    assert add_account(store, LEAD, only_first=True)
    assert not add_account(store, FITTER, only_first=True)
    assert list_accounts(store) == [LEAD]


def test_a_change_of_rights_ends_the_sessions_it_was_made_under(store: SqliteStore) -> None:
    add_account(store, FITTER)
    add_account(store, LEAD)
    open_session(store, "digest-fitter", "fitter", T0, at(3_600))
    open_session(store, "digest-li", "admin", T0, at(3_600))
    assert change_account(store, "fitter", role=Role.ENGINEER)
    assert find_account(store, "fitter") == replace(FITTER, role=Role.ENGINEER)
    assert find_session(store, "digest-fitter", T0) is None
    assert find_session(store, "digest-li", T0) is not None


@pytest.mark.parametrize(
    "change", [{"password": "$argon2id$new"}, {"role": Role.VIEWER}, {"disabled": True}, {"password": "$new", "disabled": True}]
)
def test_only_what_is_given_changes(store: SqliteStore, change: dict) -> None:
    add_account(store, FITTER)
    assert change_account(store, "fitter", **change)
    assert find_account(store, "fitter") == replace(FITTER, **change)
    assert not change_account(store, "nobody", **change)


def test_a_disabled_account_opens_no_session(store: SqliteStore) -> None:
    add_account(store, replace(FITTER, disabled=True))
    assert not open_session(store, "digest", "fitter", T0, at(3_600))
    assert not open_session(store, "digest", "nobody", T0, at(3_600))
    assert find_session(store, "digest", T0) is None


def test_a_session_lasts_until_it_expires_or_is_ended(store: SqliteStore) -> None:
    add_account(store, FITTER)
    for digest in ("phone", "desk", "kiosk"):
        assert open_session(store, digest, "fitter", T0, T0 + HOUR)
    found = find_session(store, "phone", T0 + HOUR - 1)
    assert found is not None and found[1] == FITTER
    assert find_session(store, "phone", T0 + HOUR) is None
    end_session(store, "desk")
    assert find_session(store, "desk", T0) is None
    end_sessions(store, "fitter")
    assert find_session(store, "kiosk", T0) is None


def test_being_seen_costs_a_commit_once_a_minute(store: SqliteStore) -> None:
    add_account(store, FITTER)
    open_session(store, "phone", "fitter", T0, T0 + HOUR)
    with hooked(crash_at("before_session_commit")):
        assert find_session(store, "phone", T0 + MINUTE - 1)[0].last_seen == T0
        with pytest.raises(SimulatedCrash):
            find_session(store, "phone", T0 + MINUTE)
    assert find_session(store, "phone", T0 + MINUTE)[0].last_seen == T0 + MINUTE
    assert find_session(store, "phone", T0 + MINUTE + 1)[0].last_seen == T0 + MINUTE


def test_the_session_seen_longest_ago_makes_room(store: SqliteStore) -> None:
    add_account(store, FITTER)
    for number in range(SESSIONS_MAX + 1):
        open_session(store, f"digest-{number}", "fitter", at(number), at(3_600))
    kept = [number for number in range(SESSIONS_MAX + 1) if find_session(store, f"digest-{number}", at(30))]
    assert kept == list(range(1, SESSIONS_MAX + 1))


def test_prune_forgets_sessions_that_have_expired(store: SqliteStore) -> None:
    add_account(store, FITTER)
    open_session(store, "old", "fitter", T0, at(60))
    open_session(store, "young", "fitter", T0, at(120))
    assert store.prune(at(90), keep=HOUR) == 1
    assert find_session(store, "young", at(90)) is not None


def test_applied_revisions_are_on_record_newest_first(store: SqliteStore) -> None:
    record_revision(store, "sha256:aa", 1, at(1))
    store = store.reopened(at(2))
    record_revision(store, "sha256:bb", 2, at(3))
    assert latest_revisions(store, 5) == [AppliedRevision("sha256:bb", 2, at(3), 2), AppliedRevision("sha256:aa", 1, at(1), 1)]
    assert len(latest_revisions(store, 1)) == 1
