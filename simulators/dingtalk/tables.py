"""AI tables: rows written, changed and listed (reference 11.6). Every call names its operator by unionId.

`clientToken`, a UUID v4, makes an insert happen once. What a repeat answers is selectable: the documentation has an error of
its own for it, other sources say that the first answer comes again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import Table
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, new_id

ROWS_MAX = 20_000
PAGE_MAX = 100
TOKENS_MAX = 10_000
INVALID = new_family("invalidRequest.inputArgs.invalid")
_UUID_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(slots=True)
class Row:
    """created_by: a unionId. Times in microseconds."""

    row_id: str
    cells: dict[str, Any]
    created_by: str
    created_us: int
    changed_us: int


@dataclass(frozen=True, slots=True)
class Insert:
    """What a clientToken did."""

    row_ids: tuple[str, ...]
    until_us: int


@dataclass(slots=True)
class Sheet:
    """rows: oldest first, the oldest are forgotten."""

    rows: dict[str, Row] = field(default_factory=dict)


class Tables:
    """sheets: by base and name of the sheet."""

    def __init__(self, directory: Directory, tables: tuple[Table, ...], chance: Chance) -> None:
        self._directory = directory
        self._chance = chance
        self._inserts: dict[str, Insert] = {}
        self.sheets = {(table.base_id, sheet): Sheet() for table in tables for sheet in table.sheets}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.ROWS_INSERT: self.insert,
            CallName.ROWS_UPDATE: self.update,
            CallName.ROWS_LIST: self.list,
        }

    def insert(self, call: Call) -> Done:
        """`POST .../records?operatorId=&clientToken=`: all rows or none."""
        sheet, operator = self._sheet(call)
        token = call.request.query.get("clientToken", "")
        if token and not _UUID_4.fullmatch(token):
            raise INVALID(f"clientToken {token} is no UUID v4")
        earlier = self._inserts.get(token)
        if earlier is not None and call.now_us < earlier.until_us:
            if self._directory.behaviour.repeated_client_token == "refused":
                raise NewFamilyError(409, "invalidRequest.duplicateClientToken", "Duplicate ClientToken detected.")
            return Done(_ids(earlier.row_ids), Effect.DUPLICATE_IGNORED, call.parts["sheet"])
        fields = Fields(call.body, INVALID)
        cells = [dict(entry.needed_object("fields")) for entry in fields.objects("records", mandatory=True)]
        row_ids = tuple(new_id(self._chance)[:10] for _ in cells)
        for row_id, row_cells in zip(row_ids, cells, strict=True):
            sheet.rows[row_id] = Row(row_id, row_cells, operator, call.now_us, call.now_us)
        while len(sheet.rows) > ROWS_MAX:
            del sheet.rows[next(iter(sheet.rows))]
        if token:
            window_us = int(self._directory.behaviour.client_token_remembered_s * SECOND_US)
            self._inserts[token] = Insert(row_ids, call.now_us + window_us)
            while len(self._inserts) > TOKENS_MAX:
                del self._inserts[next(iter(self._inserts))]
        return Done(_ids(row_ids), Effect.ROWS_WRITTEN, call.parts["sheet"], fields.notes())

    def update(self, call: Call) -> Done:
        """`PUT .../records?operatorId=`: the named cells of each row."""
        sheet, _operator = self._sheet(call)
        fields = Fields(call.body, INVALID)
        changes = [(entry.text("id"), entry.needed_object("fields")) for entry in fields.objects("records", mandatory=True)]
        for row_id, _cells in changes:
            if row_id not in sheet.rows:
                raise NewFamilyError(404, "invalidRequest.resource.notFound", f"record {row_id} not found")
        for row_id, cells in changes:
            row = sheet.rows[row_id]
            row.cells |= cells
            row.changed_us = call.now_us
        return Done(_ids(row_id for row_id, _ in changes), Effect.ROWS_WRITTEN, call.parts["sheet"], fields.notes())

    def list(self, call: Call) -> Done:
        """`POST .../records/list?operatorId=`: oldest first."""
        sheet, _operator = self._sheet(call)
        fields = Fields(call.body, INVALID)
        size, start = fields.whole("maxResults", PAGE_MAX), fields.text("nextToken", "") or "0"
        if not 1 <= size <= PAGE_MAX or not start.isdecimal():
            raise INVALID(f"maxResults must be 1 to {PAGE_MAX}")
        fields.allow("fieldIdOrNames")
        conditions = Fields(fields.object("filter"), INVALID, "filter")
        fits = any if conditions.text("combination", "and") == "or" else all
        wanted = [_condition(entry) for entry in conditions.objects("conditions")]
        found = [row for row in sheet.rows.values() if not wanted or fits(_holds(row, *condition) for condition in wanted)]
        page = found[int(start) : int(start) + size]
        has_more = len(found) > int(start) + size
        answer: dict[str, Any] = {"records": [_record(row) for row in page], "hasMore": has_more}
        if has_more:
            answer["nextToken"] = str(int(start) + size)
        return Done(answer, Effect.LOOKED_UP, call.parts["sheet"], fields.notes())

    def _sheet(self, call: Call) -> tuple[Sheet, str]:
        """The sheet of the path, and the operator."""
        operator = call.request.query.get("operatorId", "")
        if self._directory.person_by_union_id(operator) is None:
            # A userId in place of a unionId ends here as well.
            raise INVALID(f"operatorId {operator} is no unionId of this organisation")
        if all(base_id != call.parts["baseId"] for base_id, _sheet in self.sheets):
            raise NewFamilyError(404, "invalidRequest.document.notFound", "Fail to find the resource by the given baseId.")
        sheet = self.sheets.get((call.parts["baseId"], call.parts["sheet"]))
        if sheet is None:
            raise NewFamilyError(404, "invalidRequest.resource.notFound", f"sheet {call.parts['sheet']} not found")
        return sheet, operator


def _ids(row_ids: Any) -> dict[str, Any]:
    return {"value": [{"id": row_id} for row_id in row_ids]}


def _record(row: Row) -> dict[str, Any]:
    return {
        "id": row.row_id,
        "fields": row.cells,
        "createdTime": row.created_us // 1_000,
        "createdBy": {"unionId": row.created_by},
        "lastModifiedTime": row.changed_us // 1_000,
    }


def _condition(entry: Fields) -> tuple[str, str, Any]:
    operator = entry.text("operator")
    if operator not in ("equal", "notEqual", "contain"):
        raise INVALID(f"operator {operator}: the stand-in knows equal, notEqual and contain")
    values = entry.plain().get("value")
    entry.allow("value")
    if not isinstance(values, list) or not values:
        raise INVALID("value must be an array")
    return entry.text("field"), operator, values[0]


def _holds(row: Row, name: str, operator: str, value: Any) -> bool:
    cell = row.cells.get(name)
    if operator == "contain":
        return str(value) in str(cell)
    return (cell == value) is (operator == "equal")
