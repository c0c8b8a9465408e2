"""A live grid: AG Grid that gets only the rows that changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from edge.console.rows import Row, difference
from edge.console.words import Words

#: Colour comes from these classes alone; edge/console/console.css has them.
_STATES = (
    "unacknowledged",
    "acknowledged",
    "returned_unacknowledged",
    "latched_unacknowledged",
    "latched_acknowledged",
    "shelved",
)
_PRIORITIES = ("critical", "high", "medium", "low")
_QUALITIES = ("uncertain", "bad", "stale", "waiting")

# Renderers run in the browser. They make nodes and set their text: what a plant calls its machines is never markup.
_SHAPE = """params => {
    const cell = document.createElement("span");
    const shape = document.createElement("span");
    shape.className = "shape";
    shape.textContent = params.data.shape;
    cell.append(shape, " ", params.value);
    return cell;
}"""
_BUTTON = """params => {
    if (!params.value) return "";
    const button = document.createElement("button");
    button.className = "quick";
    button.textContent = %s;
    return button;
}"""

#: A class of its own takes the place of the one that AG Grid's column type brings.
_FIGURE = ["value", "ag-right-aligned-cell"]

ACKNOWLEDGE_COLUMN = "can_acknowledge"


class LiveGrid:
    """pressed(row id, column): somebody clicked a cell."""

    def __init__(self, columns: Sequence[Mapping[str, Any]], classes: Mapping[str, str], empty: str) -> None:
        self._rows: Mapping[str, Row] = {}
        self._grid = ui.aggrid(
            {
                "columnDefs": list(columns),
                "defaultColDef": {
                    "sortable": True,
                    "resizable": True,
                    "suppressHeaderMenuButton": True,
                    "suppressMovable": True,
                },
                "rowData": [],
                ":getRowId": "params => params.data.id",
                "rowClassRules": dict(classes),
                "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
                "asyncTransactionWaitMillis": 50,
                "rowHeight": 32,
                "headerHeight": 30,
                "localeText": {"noRowsToShow": empty},
                # A tag is found by its name also while that column makes room for the panel.
                "includeHiddenColumnsInQuickFilter": True,
                "enableCellTextSelection": True,
            },
            theme="balham",
            auto_size_columns=False,
        )

    def show(self, rows: Mapping[str, Row]) -> None:
        changes = difference(self._rows, rows)
        self._rows = rows
        if changes:
            self._grid.run_grid_method("applyTransactionAsync", changes)

    def search(self, text: str) -> None:
        self._grid.run_grid_method("setGridOption", "quickFilterText", text)

    def on_press(self, pressed: Callable[[str, str], Any]) -> None:
        async def clicked(event: GenericEventArguments) -> None:
            await pressed(str(event.args["rowId"]), str(event.args["colId"]))

        self._grid.on("cellClicked", clicked, args=["rowId", "colId"])

    def show_columns(self, columns: Sequence[str], *, shown: bool) -> None:
        self._grid.run_grid_method("setColumnsVisible", list(columns), shown)

    def unselect(self) -> None:
        self._grid.run_grid_method("deselectAll")


def alarm_grid(words: Words, *, may_act: bool) -> LiveGrid:
    columns: list[dict[str, Any]] = [
        {
            "field": "priority",
            "headerName": words("column.priority"),
            "width": 104,
            ":cellRenderer": _SHAPE,
            "cellClass": "priority",
            ":comparator": "(a, b, one, other) => one.data.rank - other.data.rank",
            "sort": "asc",
            "sortIndex": 0,
        },
        {"field": "state", "headerName": words("column.state"), "width": 176, "cellClass": "state"},
        {
            "field": "since",
            "headerName": words("column.since"),
            "width": 118,
            ":comparator": "(a, b, one, other) => one.data.order.localeCompare(other.data.order)",
            "sort": "asc",
            "sortIndex": 1,
        },
        {"field": "place", "headerName": words("column.place"), "width": 112},
        {"field": "device", "headerName": words("column.device"), "minWidth": 110, "flex": 2},
        {"field": "what", "headerName": words("column.what"), "minWidth": 130, "flex": 2},
        {"field": "value", "headerName": words("column.value"), "width": 124, "type": "rightAligned", "cellClass": _FIGURE},
        {"field": "limit", "headerName": words("column.limit"), "width": 98, "type": "rightAligned"},
        {"field": "who", "headerName": words("column.who"), "minWidth": 190, "flex": 2},
    ]
    if may_act:
        columns.append(
            {
                "field": ACKNOWLEDGE_COLUMN,
                "headerName": "",
                "width": 128,
                "pinned": "right",
                "sortable": False,
                "cellDataType": False,
                ":cellRenderer": _BUTTON % json.dumps(words("act.acknowledge")),
            }
        )
    classes = {f"state-{state}": f"data.state_key === '{state}'" for state in _STATES}
    classes |= {f"priority-{priority}": f"data.priority_key === '{priority}'" for priority in _PRIORITIES}
    classes |= _qualities()
    return LiveGrid(columns, classes, words("alarms.none"))


def tag_grid(words: Words) -> LiveGrid:
    columns = [
        {"field": "place", "headerName": words("column.place"), "width": 130, "sort": "asc", "sortIndex": 0},
        {"field": "device", "headerName": words("column.device"), "minWidth": 130, "flex": 2, "sort": "asc", "sortIndex": 1},
        {"field": "tag", "headerName": words("column.tag"), "minWidth": 150, "flex": 3},
        {"field": "value", "headerName": words("column.value"), "width": 130, "type": "rightAligned", "cellClass": _FIGURE},
        {"field": "unit", "headerName": words("column.unit"), "width": 80},
        {"field": "quality", "headerName": words("column.quality"), "width": 170, "cellClass": "quality"},
        {"field": "age", "headerName": words("column.age"), "width": 100, "type": "rightAligned"},
        {"field": "id", "headerName": words("column.id"), "minWidth": 230, "flex": 3, "cellClass": "name"},
    ]
    return LiveGrid(columns, _qualities(), words("tags.none"))


def _qualities() -> dict[str, str]:
    return {f"quality-{quality}": f"data.quality_key === '{quality}'" for quality in _QUALITIES}
