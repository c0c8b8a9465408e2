"""What the database refused, as a sentence that says what to do."""

from __future__ import annotations

import json
import sqlite3

from sqlalchemy.exc import DBAPIError

_DAMAGED = "it is damaged: keep a copy, then put back the last backup, or move it away to begin anew"

#: What the driver and the decoder raise for text that no program of ours wrote.
UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError)

#: Primary result codes of SQLite (https://www.sqlite.org/rescode.html) -> what a person does about it.
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space on it",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write: check its health, its free space and the limits of this user",
    sqlite3.SQLITE_READONLY: "it cannot be written: make the folder and its files writable for this user",
    sqlite3.SQLITE_PERM: "it cannot be written: make the folder and its files writable for this user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: make the folder and its files readable and writable for this user",
    sqlite3.SQLITE_BUSY: "another program holds it: close that program (a database browser, a backup)",
    sqlite3.SQLITE_LOCKED: "another program holds it: close that program (a database browser, a backup)",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "it is no database: keep a copy, then put back the last backup, or move it away to begin anew",
    # No statement of ours breaks a constraint of a whole database.
    sqlite3.SQLITE_CONSTRAINT: _DAMAGED,
    sqlite3.SQLITE_NOMEM: "the machine is out of memory",
}


def explain(error: Exception, where: str) -> str:
    """`/var/lib/andon/edge.db: the disk is full: free some space on it (SQLITE_FULL: database or disk is full)`."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    name = getattr(cause, "sqlite_errorname", type(cause).__name__)
    advice = _ADVICE.get(code & 0xFF) if code is not None else None
    if isinstance(cause, UNREADABLE) or "Could not decode to UTF-8" in str(cause):
        advice = _DAMAGED
    if advice is None:
        return f"{where}: the database refused ({name}: {cause})"
    return f"{where}: {advice} ({name}: {cause})"
