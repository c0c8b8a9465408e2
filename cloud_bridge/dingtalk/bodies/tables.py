"""Rows of an AI table (多维表). Pure. dingtalk-api 11.6.

A row is inserted with a token that DingTalk executes once, and later written anew by the id that the insertion gave. A second
insertion is refused and does not say that id: then the row is looked for by its name, which stands in a column of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from cloud_bridge.dingtalk.config import TableConfig
from cloud_bridge.dingtalk.endpoints import ROW_INSERT, ROW_LIST, ROW_UPDATE, Request
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import fold, one_line

#: Our own limit of a cell; the reference names none.
CELL_BYTES_MAX = 4_000

Cells = Mapping[str, str | float]


def client_token(name: str) -> str:
    """A UUID of version 4, as DingTalk wants it, that is always the same for the same name."""
    return str(UUID(bytes=hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16], version=4))


def insert(place: TableConfig, row: str, cells: Cells, *, operator: str) -> Request:
    """operator: the unionId of a person who may edit the table."""
    query = {"operatorId": operator, "clientToken": client_token(f"{place.base_id}/{place.sheet}/{row}")}
    return Request(ROW_INSERT, {"records": [{"fields": _fields(place, row, cells)}]}, _sheet(place), query)


def update(place: TableConfig, row: str, record: str, cells: Cells, *, operator: str) -> Request:
    body = {"records": [{"id": record, "fields": _fields(place, row, cells)}]}
    return Request(ROW_UPDATE, body, _sheet(place), {"operatorId": operator})


def find(place: TableConfig, row: str, *, operator: str) -> Request:
    condition = {"field": place.key_column, "operator": "equal", "value": [row]}
    body = {"maxResults": 1, "filter": {"combination": "and", "conditions": [condition]}}
    return Request(ROW_LIST, body, _sheet(place), {"operatorId": operator})


def record_found(answer: Accepted) -> str | None:
    """Of `find`."""
    rows = answer.body.get("records")
    return str(rows[0]["id"]) if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) and "id" in rows[0] else None


def record_of(answer: Answer) -> str | None:
    """The id of the row that was inserted; None when the answer holds none."""
    rows = answer.body.get("value") if isinstance(answer, Accepted) else None
    if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) and rows[0].get("id"):
        return str(rows[0]["id"])
    return None


def _sheet(place: TableConfig) -> dict[str, str]:
    return {"base": place.base_id, "sheet": place.sheet}


def _fields(place: TableConfig, row: str, cells: Cells) -> dict[str, str | float]:
    written = {one_line(name): fold(cell, CELL_BYTES_MAX) if isinstance(cell, str) else cell for name, cell in cells.items()}
    return written | {place.key_column: row}
