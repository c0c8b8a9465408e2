"""A live table: AG Grid that draws only the rows in view, and gets only the rows that changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from edge.console.rows import Row
from edge.console.words import Words

#: Rows of one message to the browser: the first are on the screen before the last are sent.
ROWS_A_MESSAGE = 1_000
#: So many selected rows are handed over at most; what is done to them is done one by one.
SELECTED_MAX = 200
_CHOICE_WITHIN_S = 10.0

#: A class of its own takes the place of the one that AG Grid's column type brings.
FIGURE = ["value", "ag-right-aligned-cell"]

# Renderers run in the browser. They make nodes and set their text: what a plant calls its machines is never markup.
LINK = """params => {
    const link = document.createElement(params.data.href ? "a" : "span");
    if (params.data.href) link.href = params.data.href;
    link.textContent = params.value;
    return link;
}"""
#: The row's shape before the text.
SHAPED = """params => {
    const cell = document.createElement("span");
    const shape = document.createElement("span");
    shape.className = "shape";
    shape.textContent = params.data.shape;
    cell.append(shape, " ", params.value);
    return cell;
}"""
#: Numbers are sorted as numbers, rows without one come last.
BY_NUMBER = """(a, b, one, other) => {
    const [x, y] = [one.data.number ?? -Infinity, other.data.number ?? -Infinity];
    return x === y ? 0 : x - y;
}"""
_OPEN_BY_KEY = """event => {
    const isOurs = event.event.key === "Enter" && event.event.target.tagName !== "BUTTON";
    if (isOurs && event.data?.href) location.href = event.data.href;
}"""

_BY_ROOM = """event => {
    for (const [column, width] of Object.entries(%s)) event.api.setColumnsVisible([column], event.clientWidth >= width);
}"""


class LiveGrid:
    """pressed(row id, column): somebody clicked a cell."""

    def __init__(
        self,
        words: Words,
        columns: Sequence[Mapping[str, Any]],
        classes: Mapping[str, str],
        empty: str,
        *,
        filters: Sequence[str] = (),
        room: Mapping[str, int] | None = None,
        many: bool = False,
    ) -> None:
        """classes: of rows, by a condition in the browser. filters: fields that `choose` goes by. room: columns
        that are left out while the table is narrower than so many pixels. many: rows can be ticked."""
        self._rows: dict[str, Row] = {}
        self._is_there, self._is_told, self._is_loading = False, False, True
        hidden = [
            {"field": name, "hide": True, "filter": "agTextColumnFilter", ":getQuickFilterText": "() => ''"} for name in filters
        ]
        ticked = {"mode": "multiRow", "selectAll": "filtered", "enableClickSelection": False}
        self._grid = ui.aggrid(
            {
                "columnDefs": [*columns, *hidden],
                "defaultColDef": {
                    "sortable": True,
                    "resizable": True,
                    "suppressHeaderMenuButton": True,
                    "suppressHeaderFilterButton": True,
                    "suppressMovable": True,
                    # A cell that a renderer draws would always say again what stands in it.
                    ":tooltipValueGetter": "one => one.colDef.cellRenderer ? null : one.valueFormatted ?? one.value",
                },
                "tooltipShowMode": "whenTruncated",
                "tooltipShowDelay": 400,
                "rowData": [],
                "loading": True,
                ":getRowId": "params => params.data.id",
                "rowClassRules": dict(classes),
                "rowSelection": ticked if many else {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
                "selectionColumnDef": {"pinned": "left", "width": 36},
                "asyncTransactionWaitMillis": 50,
                "deltaSort": True,
                "rowHeight": 32,
                "headerHeight": 30,
                "animateRows": False,
                "localeText": {"noRowsToShow": empty, "loadingOoo": words("loading")},
                # A row is found by what stands in a column that there is no room for, too.
                "includeHiddenColumnsInQuickFilter": True,
                "cacheQuickFilter": True,
                "enableCellTextSelection": True,
                "context": {},
                ":onCellKeyDown": _OPEN_BY_KEY,
                ":onGridSizeChanged": _BY_ROOM % json.dumps(dict(room or {})),
            },
            theme="balham",
            auto_size_columns=False,
        )
        self._grid.on("gridReady", self._begin, args=[])

    def replace(self, rows: Iterable[Row]) -> None:
        """These rows, and no others."""
        fresh = {row["id"]: row for row in rows}
        self.show(fresh.values(), gone=self._rows.keys() - fresh.keys())

    def show(self, rows: Iterable[Row], gone: Iterable[str] = ()) -> None:
        """These rows came or changed, those are gone; all others stay."""
        removed = self._rows.keys() & set(gone)
        for key in removed:
            del self._rows[key]
        add, update = list[Row](), list[Row]()
        for row in rows:
            (update if row["id"] in self._rows else add).append(row)
            self._rows[row["id"]] = row
        self._is_told = True
        if self._is_there:
            self._send(add, update, removed)

    def _begin(self) -> None:
        """The browser has built the table, and it is empty: what was told before went nowhere."""
        self._is_there, self._is_loading = True, True
        if self._is_told:
            self._send(list(self._rows.values()), [], set())

    def _send(self, add: Sequence[Row], update: Sequence[Row], removed: Collection[str]) -> None:
        if removed or update:
            change = {"remove": [{"id": key} for key in removed], "update": update}
            self._grid.run_grid_method("applyTransactionAsync", change)
        for start in range(0, len(add), ROWS_A_MESSAGE):
            self._grid.run_grid_method("applyTransactionAsync", {"add": add[start : start + ROWS_A_MESSAGE]})
        if self._is_loading:
            self._is_loading = False
            self._grid.run_grid_method("setGridOption", "loading", False)

    @property
    def known(self) -> frozenset[str]:
        """The ids of the rows it holds."""
        return frozenset(self._rows)

    def search(self, text: str) -> None:
        self._grid.run_grid_method("setGridOption", "quickFilterText", text)

    def choose(self, wanted: Mapping[str, str | None]) -> None:
        """Show only rows whose fields have these values; None: any."""
        model = {name: {"filterType": "text", "type": "equals", "filter": value} for name, value in wanted.items() if value}
        self._grid.run_grid_method("setFilterModel", model)

    def tell_time(self, now_ms: int, column: str) -> None:
        """What the plant's clock shows now, for a column that counts from it; only the cells in view are drawn anew."""
        self._grid.run_grid_method("setGridOption", "context", {"now": now_ms})
        self._grid.run_grid_method("refreshCells", {"columns": [column]})

    async def ticked(self) -> list[str]:
        """The ids of the rows that are ticked and not filtered out, at most SELECTED_MAX, in the order shown."""
        ids = await ui.run_javascript(
            f"""(() => {{
                const ids = [];
                const take = row => {{ if (row.isSelected()) ids.push(row.id); }};
                getElement({self._grid.id}).api.forEachNodeAfterFilterAndSort(take);
                return ids.slice(0, {SELECTED_MAX});
            }})()""",
            timeout=_CHOICE_WITHIN_S,
        )
        return [str(row_id) for row_id in ids]

    def on_press(self, pressed: Callable[[str, str], Any]) -> None:
        async def clicked(event: GenericEventArguments) -> None:
            if event.args.get("rowId") is not None:
                await pressed(str(event.args["rowId"]), str(event.args.get("colId")))

        self._grid.on("cellClicked", clicked, args=["rowId", "colId"])

    def unselect(self) -> None:
        self._grid.run_grid_method("deselectAll")


def button(label: str) -> str:
    """A renderer: a button with this label where the cell's value is true."""
    return f"""params => {{
        if (!params.value) return "";
        const button = document.createElement("button");
        button.className = "quick";
        button.textContent = {json.dumps(label)};
        return button;
    }}"""
