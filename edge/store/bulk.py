"""Statements that run for every alarm, as fast as the driver takes them.

SQLAlchemy prepares the parameters of every row anew, which costs more than SQLite's work itself; here it only compiles the
statement, once a dialect, and the values go to the driver as they are. So they must be what the driver knows: integers, floats,
texts, booleans, None; and no statement may have a list of its own length among its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect


def execute(connection: Connection, statement: ClauseElement, values: Mapping[str, Any]) -> CursorResult[Any]:
    """The rows of a query, or what a change has done. statement: one that lives as long as the program, compiled once."""
    compiled, constants = _compiled(statement, connection.dialect, tuple(values))
    return connection.exec_driver_sql(compiled, {**constants, **values})


def execute_many(connection: Connection, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many rows of the database it has written. All rows have the same keys. statement: as of `execute`; all its parameters
    come from the rows."""
    if not rows:
        return 0
    compiled, _ = _compiled(statement, connection.dialect, tuple(rows[0]))
    return connection.exec_driver_sql(compiled, list(rows)).rowcount


@lru_cache(maxsize=64)
def _compiled(statement: ClauseElement, dialect: Dialect, columns: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """Its text, and the values that stand in the statement itself."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), compiled.params
