"""The journal of a data folder, read beside the agent that writes it, or while none does.

The connection can only read, so it never checkpoints: that stays with the one that writes (`database.py`). It takes no lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from edge.model.errors import StoreError
from edge.model.event import JournalRow
from edge.model.moment import Moment
from edge.store.database import FILE
from edge.store.failure import UNREADABLE, explain
from edge.store.journal import read_back
from edge.store.schema import VERSION, check_version, version_of

PAGE = 2_000
_LAST = (1 << 63) - 1


def read_recorded(folder: Path, begin: Moment, end: Moment) -> Iterator[JournalRow]:
    """Rows recorded from `begin` up to `end`, newest first. Raises StoreError for a database that is not there, damaged, or of
    another version than this program writes."""
    with reading(folder) as connection:
        before = _LAST
        while rows := read_back(connection, before, PAGE):
            yield from (row for row in rows if begin <= row.recorded_at < end)
            if rows[-1].recorded_at < begin:
                return
            before = rows[-1].sequence


@contextmanager
def reading(folder: Path) -> Iterator[Connection]:
    """A connection to the database in a data folder that cannot write. Raises StoreError as `read_recorded` does, also for what
    goes wrong while it is used."""
    path = folder / FILE
    if not path.is_file():
        raise StoreError(f"{folder}: there is no database yet: run the gateway first")
    engine = create_engine(f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            version = version_of(connection)
            check_version(version)
            if version != VERSION:
                raise StoreError(f"{path}: it is of an older version: run the gateway once, which brings it up to date")
            yield connection
    except (SQLAlchemyError, sqlite3.Error, *UNREADABLE) as error:
        raise StoreError(explain(error, str(path))) from error
    finally:
        engine.dispose()
