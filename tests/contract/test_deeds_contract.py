"""The contract of `edge.ports.DeedOutbox`, over the database in a file and the one in memory: which deeds are claimed, and what
becomes of one that is withdrawn while it is under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edge.model.command import DeedReceipt
from edge.model.deed import DEVICES, Deed, DeedClaim, DeedEnd, DeedKind, DeedOutcome
from edge.model.moment import HOUR
from edge.ports import ResponseCommit
from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, at

NOT_SENT = DeedOutcome(DeedEnd.EXPIRED, "no connection")


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    folder = tmp_path / "data" if request.param == "file" else None
    opened = open_store(folder, site=SITE, agent=AGENT, now=T0)
    yield opened
    opened.close()


def put(store: SqliteStore, *tags: str, withdrawn: Sequence[str] = ()) -> None:
    deeds = tuple(Deed(tag, DeedKind.WRITE, f"{tag}~1", tag, 1.0, T0, T0 + HOUR) for tag in tags)
    store.commit_response(ResponseCommit(at(1), 0, (), (), tuple(withdrawn), {}, (), deeds))


def keys(claims: Sequence[DeedClaim]) -> list[str]:
    return [claim.deed.key for claim in claims]


def receipts(store: SqliteStore) -> list[DeedEnd]:
    return [row.body.end for row in store.unconsumed() if isinstance(row.body, DeedReceipt)]


def test_none_of_a_busy_device_is_claimed_and_the_next_of_a_free_one_is(store: SqliteStore) -> None:
    put(store, "A.x", "A.y", "A.B.x", "C.x")
    assert keys(store.claim_deeds(at(2), 1, {"A"})) == ["A.B.x"]
    assert keys(store.claim_deeds(at(2), 5, {"A", "A.B"})) == ["C.x"]
    assert keys(store.claim_deeds(at(2), 5)) == ["A.x", "A.y"]


def test_one_that_is_withdrawn_while_it_waits_is_never_claimed(store: SqliteStore) -> None:
    put(store, "A.x")
    put(store, withdrawn=["A.x"])
    assert store.claim_deeds(at(2), 5) == []


def test_one_that_is_withdrawn_while_it_is_under_way_is_not_tried_again(store: SqliteStore) -> None:
    put(store, "A.x")
    [claim] = store.claim_deeds(at(2), 5)
    put(store, withdrawn=["A.x"])
    store.settle_deed(claim, NOT_SENT, at(3), at(4))
    assert store.next_due(DEVICES) is None
    assert store.claim_deeds(at(9), 5) == []
    assert receipts(store) == []


def test_one_that_is_withdrawn_while_it_is_under_way_and_arrives_says_so(store: SqliteStore) -> None:
    put(store, "A.x")
    [claim] = store.claim_deeds(at(2), 5)
    put(store, withdrawn=["A.x"])
    store.settle_deed(claim, DeedOutcome(DeedEnd.DONE, "", at(2)), at(3), None)
    assert receipts(store) == [DeedEnd.DONE]


def test_one_that_is_withdrawn_while_it_is_under_way_and_cut_short_is_marked_at_the_next_start(store: SqliteStore) -> None:
    put(store, "A.x")
    store.claim_deeds(at(2), 5)
    put(store, withdrawn=["A.x"])
    again = store.reopened(at(5))
    assert [claim.after_unknown for claim in again.claim_deeds(at(5), 5)] == [True]
    again.close()


def test_one_that_could_not_be_sent_is_claimed_again_when_it_is_due(store: SqliteStore) -> None:
    put(store, "A.x")
    [claim] = store.claim_deeds(at(2), 5)
    store.settle_deed(claim, NOT_SENT, at(3), at(4))
    assert store.claim_deeds(at(3), 5) == []
    assert keys(store.claim_deeds(at(4), 5)) == ["A.x"]
