"""What of the rows before a period still matters in it: those of alarms that were active, shelved or hidden at its start. Pure.

The journal of years is read once from end to end, and of each alarm only the rows since it was last at rest are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.kpi import Entry

_ENDS = frozenset({"returned", "retired"})
_SHELF_ENDS = frozenset({"unshelved", "retired"})


class Carried:
    """Takes the rows before the period in the order in which they were recorded."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Entry]] = {}
        self._active: set[str] = set()
        self._shelved: set[str] = set()

    def take(self, entry: Entry) -> None:
        alarm, kind = entry.event.subject, entry.event.kind
        if kind == "raised" or entry.event.data.get("active"):
            self._active.add(alarm)
        elif kind in _ENDS:
            self._active.discard(alarm)
        if kind == "shelved":
            self._shelved.add(alarm)
        elif kind in _SHELF_ENDS:
            self._shelved.discard(alarm)
        if alarm in self._active or alarm in self._shelved:
            self._rows.setdefault(alarm, []).append(entry)
        else:
            self._rows.pop(alarm, None)

    def __iter__(self) -> Iterator[Entry]:
        for rows in self._rows.values():
            yield from rows
