"""What a restart gives back: the engine's state by rule, the response's records by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, text

from edge.store import tables
from edge.store.bulk import execute_many
from edge.store.canonical import decode, encode
from edge.store.head import Head


class KeyedState:
    """A table of key and JSON object; a key given None is forgotten."""

    def __init__(self, table: Table) -> None:
        self._put = text(
            f"INSERT INTO {table.name} (key, site, agent, epoch, sequence, data)"
            " VALUES (:key, :site, :agent, :epoch, :sequence, :data)"
            " ON CONFLICT (key) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence, data = excluded.data"
        )
        self._forget = delete(table).where(table.c.key == bindparam("forgotten"))
        self._all = select(table.c.key, table.c.data)

    def save(self, connection: Connection, head: Head, changed: Mapping[str, Mapping[str, Any] | None]) -> None:
        common = {**head.identity, "sequence": head.journal_sequence}
        kept = [{**common, "key": key, "data": encode(data)} for key, data in changed.items() if data is not None]
        forgotten = [{"forgotten": key} for key, data in changed.items() if data is None]
        execute_many(connection, self._put, kept)
        execute_many(connection, self._forget, forgotten)

    def load(self, connection: Connection) -> dict[str, Mapping[str, Any]]:
        return {key: decode(data) for key, data in connection.execute(self._all)}


engine_state = KeyedState(tables.engine_state)
response_records = KeyedState(tables.response_records)
