"""A database through its boots."""

from __future__ import annotations

from pathlib import Path

from edge.store.store import SqliteStore, open_store
from tests.store_rows import AGENT, SITE, T0, at


class Boots:
    """folder: where it is kept; None: in memory."""

    def __init__(self, folder: Path | None) -> None:
        self.store: SqliteStore = open_store(folder, site=SITE, agent=AGENT, now=T0)

    def again(self, seconds: float) -> SqliteStore:
        self.store = self.store.reopened(at(seconds))
        return self.store
