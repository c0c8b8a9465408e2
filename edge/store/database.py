"""The database file: opened once, written by one connection, every commit synced but those that say otherwise.

`transaction(name)` is the only place of the product that commits, so that every commit has its crash points and every refusal
of the disk leaves as a StoreError that says what to do, with the connection fit for the next try.

    agent.lock    held while open
    edge.db       WAL, synchronous=FULL: measured 0 of 747 acknowledged commits lost in power cuts (NORMAL: 262 of 624)
    edge.db-wal   written and checkpointed by this connection alone: SQLite before 3.51.3 can damage a file when two
                  connections checkpoint at once

A new database is made under another name and renamed when it is whole. So an `edge.db` that is empty or cut short is never
ours in the making: it is damage, and refused.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from edge.crash import crash_point
from edge.model.errors import StoreError
from edge.store.failure import UNREADABLE, explain
from edge.store.folder_lock import FolderLock
from edge.store.schema import VERSION, check_version, make_tables, migrate, version_of

FILE = "edge.db"

_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=2000",
    # Only this connection checkpoints; 1,000 pages are 4 MB, after which the log file is cut back to 16 MB at most.
    "wal_autocheckpoint=1000",
    "journal_size_limit=16777216",
    # No temporary files: they would be refused when the disk is full.
    "temp_store=MEMORY",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)


class Database:
    """An open database; path None: in memory. Calls come from one thread at a time."""

    def __init__(self, path: Path | None, lock: FolderLock | None = None) -> None:
        self.path = path
        self._lock = lock
        with self._refusals():
            self._engine = _engine(path)
            self.connection = self._engine.connect()
            self._bring_up_to_date()

    @property
    def sqlite_version(self) -> str:
        """For the health page: 3.40.1 (Debian 12) has the bug that the one-connection rule keeps away from."""
        return sqlite3.sqlite_version

    @contextmanager
    def transaction(self, commit: str, *, synced: bool = True) -> Iterator[Connection]:
        """Everything done within is committed at the end, or nothing of it. commit: its name in `edge.crash.COMMITS`. synced:
        False for what may be lost in a power cut, and only there: the commit outlives the process, and is safe from power cuts
        with the next one that is synced.

        Raises StoreError when the disk refuses; the next transaction may then be tried as if this one had never been."""
        with self._refusals(), self._synced(synced):
            transaction = self.connection.begin()
            try:
                yield self.connection
                crash_point(f"before_{commit}_commit")
                transaction.commit()
            except BaseException:
                # After a COMMIT that failed this sends nothing, and need not: SQLite has then undone everything by itself (but
                # for SQLITE_BUSY, which no COMMIT in WAL mode gives).
                transaction.rollback()
                raise
        crash_point(f"after_{commit}_commit")

    @contextmanager
    def _synced(self, synced: bool) -> Iterator[None]:
        """SQLite takes the setting between transactions only, so it goes by the driver, where none is begun for it."""
        if synced:
            yield
            return
        driver = cast("sqlite3.Connection", self.connection.connection.driver_connection)
        driver.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            driver.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of one moment; nothing done within is kept."""
        with self._refusals():
            transaction = self.connection.begin()
            try:
                yield self.connection
            finally:
                transaction.rollback()

    def close(self) -> None:
        """Checkpoints, and gives the folder free; nothing happens the second time."""
        self.connection.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def reopened(self) -> Database:
        """The same database as the next boot finds it."""
        if self.path is None:
            return self
        self.close()
        return open_database(self.path.parent)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, *UNREADABLE) as error:
            raise StoreError(explain(error, "the database in memory" if self.path is None else str(self.path))) from error

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            version = version_of(connection)
        check_version(version)
        if version != VERSION:
            with self.transaction("migrate") as connection:
                (make_tables if version is None else migrate)(connection)


def open_database(folder: Path | None) -> Database:
    """Lock the data folder and open its database, made new when there is none; None: a database in memory.

    Raises StoreError, with a sentence that says what to do: folder or file not writable, used by another agent, damaged, not
    ours, or newer than this program."""
    if folder is None:
        return Database(None)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: the data folder cannot be made: {error.strerror}") from error
    lock = FolderLock(folder)
    try:
        path = folder / FILE
        if not path.exists():
            _make(path)
        elif path.stat().st_size == 0:
            raise StoreError(
                f"{path}: it is empty, which we never leave it: put back the last backup, or remove it to begin anew"
            )
        return Database(path, lock)
    except BaseException:
        lock.release()
        raise


def _engine(path: Path | None) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=None if path is None else str(path)),
        poolclass=StaticPool,
        paramstyle="named",
        # isolation_level None: the driver would begin transactions by its own rules, and none for CREATE TABLE.
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if path is not None and mode != "wal":
            raise StoreError(f"{path}: this file system cannot share memory (a network drive?): use a local disk")
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _make(path: Path) -> None:
    """Make the database under another name, sync it, and only then give it its own."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise StoreError(f"{path}: it is gone, but its log {log.name} is there: put it back, or remove the log to begin anew")
    aside = path.with_name(f"{path.name}.new")
    try:
        for leftover in path.parent.glob(f"{aside.name}*"):
            leftover.unlink()
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # it will hold password hashes
        Database(aside).close()
        aside.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(f"{path}: it cannot be made: {error.strerror}") from error
