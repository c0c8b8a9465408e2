"""The journal read by another process than the one that writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.errors import StoreError
from edge.model.event import Event, Stream
from edge.model.moment import SECOND, from_iso
from edge.ports import EngineCommit
from edge.store.reading import PAGE, read_recorded
from edge.store.store import SqliteStore, open_store

T0 = from_iso("2026-05-04T08:00:00+08:00")


def begun(folder: Path, count: int) -> SqliteStore:
    """A store into whose journal an event was written each second."""
    store = open_store(folder, site="crm", agent="line-2", now=T0)
    for second in range(count):
        at = T0 + second * SECOND
        store.commit_engine(EngineCommit(at, (Event(Stream.ALARM, "raised", f"M/{second}", at, {}),), {}, ()))
    return store


def subjects(folder: Path, begin: int, end: int) -> list[str]:
    return [row.event.subject for row in read_recorded(folder, T0 + begin * SECOND, T0 + end * SECOND)]


def test_a_span_is_read_while_the_agent_has_the_folder_and_after(tmp_path: Path) -> None:
    store = begun(tmp_path, 6)
    assert subjects(tmp_path, 2, 5) == ["M/4", "M/3", "M/2"]
    store.close()
    assert subjects(tmp_path, 2, 5) == ["M/4", "M/3", "M/2"]
    begun_again = open_store(tmp_path, site="crm", agent="line-2", now=T0 + 60 * SECOND)
    assert begun_again.read_after(0, 10)[0].event.subject == "M/0"
    begun_again.close()


def test_a_span_may_be_longer_than_a_page(tmp_path: Path) -> None:
    store = open_store(tmp_path, site="crm", agent="line-2", now=T0)
    events = tuple(Event(Stream.ALARM, "raised", f"M/{number}", T0, {}) for number in range(PAGE + 7))
    store.commit_engine(EngineCommit(T0, events, {}, ()))
    assert len(subjects(tmp_path, 0, 1)) == PAGE + 7
    store.close()


def test_where_there_is_no_database_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database yet: run the gateway first"):
        list(read_recorded(tmp_path, 0, T0))
    (tmp_path / "edge.db").write_text("no database at all, but long enough for a header" * 10)
    with pytest.raises(StoreError, match=r"edge\.db"):
        list(read_recorded(tmp_path, 0, T0))
