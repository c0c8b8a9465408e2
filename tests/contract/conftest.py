"""Stores for the contracts of `edge.ports.Store`: in a file, and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.store import SqliteStore
from tests.contract.boots import Boots


@pytest.fixture(params=["file", "memory"])
def boots(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Boots]:
    boots = Boots(tmp_path / "data" if request.param == "file" else None)
    yield boots
    boots.store.close()


@pytest.fixture
def store(boots: Boots) -> SqliteStore:
    return boots.store
