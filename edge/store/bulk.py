"""Many rows by one statement, as fast as the driver takes them.

SQLAlchemy prepares the parameters of every row anew, which costs more than SQLite's insert itself; here it only compiles the
statement, once a dialect, and the rows go to the driver as they are. So their values must be what the driver knows: integers,
floats, texts, booleans, None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect


def execute_many(connection: Connection, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many rows of the database it has written. All rows have the same keys. statement: one that lives as long as the
    program (it is compiled once), all of whose parameters come from the rows."""
    if not rows:
        return 0
    return connection.exec_driver_sql(_compiled(statement, connection.dialect, tuple(rows[0])), list(rows)).rowcount


@lru_cache(maxsize=64)
def _compiled(statement: ClauseElement, dialect: Dialect, columns: tuple[str, ...]) -> str:
    return str(statement.compile(dialect=dialect, column_keys=list(columns)))
