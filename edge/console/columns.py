"""The live tables: which columns alarms and tags have, how they are sorted, and which class gives a row its colour."""

from __future__ import annotations

import json
from typing import Any

from edge.console.grid import BY_NUMBER, FIGURE, SHAPED, LiveGrid, button
from edge.console.quantity import FRESH_S
from edge.console.words import Words

#: Colour comes from these classes alone; edge/console/console.css has them.
STATES = (
    "unacknowledged",
    "acknowledged",
    "returned_unacknowledged",
    "latched_unacknowledged",
    "latched_acknowledged",
    "shelved",
    "suppressed_by_design",
    "out_of_service",
)
PRIORITIES = ("critical", "high", "medium", "low")
QUALITIES = ("good", "uncertain", "bad", "stale", "waiting")

ACKNOWLEDGE_COLUMN = "can_acknowledge"
TICK_COLUMN = "ag-Grid-SelectionColumn"
WHAT_COLUMN = "what"
AGE_COLUMN = "at"

#: A device, and a badge before it while hang-tags hang there: a narrow column cuts off the name and not the badge.
_DEVICE = """params => {
    const cell = document.createElement("span");
    for (const text of params.data.device_badges) {
        const badge = document.createElement("span");
        badge.className = "badge hung";
        badge.textContent = text;
        cell.append(badge, " ");
    }
    cell.append(params.value);
    return cell;
}"""
#: A link, and badges behind it.
_BADGED = """params => {
    const cell = document.createElement("span");
    const link = document.createElement("a");
    link.href = params.data.href;
    link.textContent = params.value;
    cell.append(link);
    for (const text of params.data.badges) {
        const badge = document.createElement("span");
        badge.className = "badge";
        badge.textContent = text;
        cell.append(" ", badge);
    }
    return cell;
}"""
_BY_ORDER = "(a, b, one, other) => one.data.order < other.data.order ? -1 : Number(one.data.order > other.data.order)"
#: As `quantity.age` says it, counted in the browser: an age alone is no reason to send a row. A row that was fresh stays so
#: until the API sends it again as old: the same value, read again and again, is not sent.
_AGE = """params => {
    const now = params.context.now;
    if (params.value == null || now == null) return "";
    const words = %s;
    const seconds = (now - params.value) / 1000;
    if (params.data.fresh || seconds <= %d) return "< " + words.seconds.replace("{count}", %d);
    for (const [unit, length, below] of [["seconds", 1, 120], ["minutes", 60, 7200], ["hours", 3600, 172800]])
        if (seconds < below) return words[unit].replace("{count}", Math.floor(seconds / length));
    return words.days.replace("{count}", Math.floor(seconds / 86400));
}"""


def alarm_grid(words: Words, *, may_act: bool) -> LiveGrid:
    columns: list[dict[str, Any]] = [
        {
            "field": "priority",
            "headerName": words("column.priority"),
            "width": 100,
            ":cellRenderer": SHAPED,
            "cellClass": "priority",
            ":comparator": "(a, b, one, other) => one.data.rank - other.data.rank",
            "sort": "asc",
            "sortIndex": 0,
        },
        {"field": "state", "headerName": words("column.state"), "width": 150, "cellClass": "state"},
        {
            "field": "since",
            "headerName": words("column.since"),
            "width": 118,
            ":comparator": _BY_ORDER,
            "sort": "asc",
            "sortIndex": 1,
        },
        {"field": "place", "headerName": words("column.place"), "width": 112},
        {"field": "device", "headerName": words("column.device"), "minWidth": 100, "flex": 2, ":cellRenderer": _DEVICE},
        {"field": WHAT_COLUMN, "headerName": words("column.what"), "minWidth": 140, "flex": 3, ":cellRenderer": _BADGED},
        {
            "field": "value",
            "headerName": words("column.value"),
            "minWidth": 124,
            "flex": 3,
            "tooltipField": "value",
            "headerClass": "ag-right-aligned-header",
            "cellClass": FIGURE,
            ":comparator": BY_NUMBER,
        },
        {
            "field": "limit",
            "headerName": words("column.limit"),
            "minWidth": 98,
            "flex": 1,
            "tooltipField": "limit",
            "type": "rightAligned",
        },
        {"field": "who", "headerName": words("column.who"), "minWidth": 170, "flex": 2},
    ]
    if may_act:
        columns.append(
            {
                "field": ACKNOWLEDGE_COLUMN,
                "headerName": "",
                "width": 124,
                "pinned": "right",
                "sortable": False,
                "cellDataType": False,
                ":cellRenderer": button(words("act.acknowledge")),
            }
        )
    classes = {f"state-{state}": f"data.state_key === '{state}'" for state in STATES}
    classes |= {f"priority-{priority}": f"data.priority_key === '{priority}'" for priority in PRIORITIES}
    classes |= _qualities()
    room = {"who": 1_240, "limit": 1_100, "since": 900, "state": 860, "device": 740}
    filters = ("area_key", "priority_key", "state_key")
    return LiveGrid(words, columns, classes, words("alarms.none"), filters=filters, room=room, many=may_act)


def tag_grid(words: Words) -> LiveGrid:
    ages = {unit: words(f"age.{unit}", count="{count}") for unit in ("seconds", "minutes", "hours", "days")}
    columns = [
        {"field": "place", "headerName": words("column.place"), "width": 130, "sort": "asc", "sortIndex": 0},
        {
            "field": "device",
            "headerName": words("column.device"),
            "minWidth": 130,
            "flex": 2,
            ":cellRenderer": _DEVICE,
            "sort": "asc",
            "sortIndex": 1,
        },
        {"field": "tag", "headerName": words("column.tag"), "minWidth": 150, "flex": 3, ":cellRenderer": _BADGED},
        {
            "field": "value",
            "headerName": words("column.value"),
            "width": 130,
            "headerClass": "ag-right-aligned-header",
            "cellClass": FIGURE,
            ":comparator": BY_NUMBER,
        },
        {"field": "unit", "headerName": words("column.unit"), "width": 76},
        {"field": "quality", "headerName": words("column.quality"), "width": 180, "cellClass": "quality"},
        {
            "field": AGE_COLUMN,
            "headerName": words("column.age"),
            "width": 96,
            "type": "rightAligned",
            "cellDataType": False,
            ":valueFormatter": _AGE % (json.dumps(ages), FRESH_S, FRESH_S),
            ":comparator": "(a, b) => (b ?? -Infinity) - (a ?? -Infinity) || 0",
            ":getQuickFilterText": "() => ''",
        },
        {"field": "id", "headerName": words("column.id"), "minWidth": 210, "flex": 3, "cellClass": "name"},
    ]
    room = {"id": 1_200, AGE_COLUMN: 700}
    return LiveGrid(words, columns, _qualities(), words("tags.none"), filters=("area_key", "quality_key"), room=room)


def _qualities() -> dict[str, str]:
    return {f"quality-{quality}": f"data.quality_key === '{quality}'" for quality in QUALITIES if quality != "good"}
