"""Rows of an AI table (多维表). Pure. dingtalk-api 11.6.

A row is inserted with a token that DingTalk executes once, and later written anew by the id that the insertion gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from cloud_bridge.dingtalk.endpoints import ROW_INSERT, ROW_UPDATE, Request
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import fold, one_line

#: Our own limit of a cell; the reference names none.
CELL_BYTES_MAX = 4_000


def client_token(name: str) -> str:
    """A UUID of version 4, as DingTalk wants it, that is always the same for the same name."""
    return str(UUID(bytes=hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16], version=4))


def insert(base: str, sheet: str, row: str, cells: Mapping[str, str | float], *, operator: str) -> Request:
    """operator: the unionId of a person who may edit the table."""
    query = {"operatorId": operator, "clientToken": client_token(f"{base}/{sheet}/{row}")}
    return Request(ROW_INSERT, {"records": [{"fields": _fields(cells)}]}, {"base": base, "sheet": sheet}, query)


def update(base: str, sheet: str, record: str, cells: Mapping[str, str | float], *, operator: str) -> Request:
    body = {"records": [{"id": record, "fields": _fields(cells)}]}
    return Request(ROW_UPDATE, body, {"base": base, "sheet": sheet}, {"operatorId": operator})


def record_of(answer: Answer) -> str | None:
    """The id of the row that was inserted; None when the answer holds none."""
    rows = answer.body.get("value") if isinstance(answer, Accepted) else None
    if isinstance(rows, list) and rows and isinstance(rows[0], Mapping) and rows[0].get("id"):
        return str(rows[0]["id"])
    return None


def _fields(cells: Mapping[str, str | float]) -> dict[str, str | float]:
    return {one_line(name): fold(cell, CELL_BYTES_MAX) if isinstance(cell, str) else cell for name, cell in cells.items()}
