"""The rows of the live tables in one language, made once for all pages that show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.rows import Row, alarm_row, tag_row
from edge.console.words import Words

#: Rows kept of each kind; beyond that those of alarms that are long over are many, and all are made anew.
ROWS_MAX = 50_000


class RowBook:
    """A row is made when a page first asks for it after its change: what nobody looks at costs nothing. What the mirror holds
    of an alarm or tag is another object after each change, which is how a row knows that it still holds."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._alarms: dict[str, tuple[Mapping[str, Any], str, Row]] = {}
        self._tags: dict[str, tuple[Mapping[str, Any], Row]] = {}

    def alarm(self, alarm: Mapping[str, Any], time: PlantTime, date: str) -> Row:
        """The same row as long as nothing changed and it is the same day. date: `time.date`, asked for once by who asks for
        many."""
        known = self._alarms.get(alarm["alarm"])
        if known is not None and known[0] is alarm and known[1] == date:
            return known[2]
        row = alarm_row(alarm, self._words, time)
        if len(self._alarms) >= ROWS_MAX:
            self._alarms.clear()
        self._alarms[alarm["alarm"]] = (alarm, date, row)
        return row

    def tag(self, tag: Mapping[str, Any]) -> Row:
        known = self._tags.get(tag["tag"])
        if known is not None and known[0] is tag:
            return known[1]
        row = tag_row(tag, self._words)
        if len(self._tags) >= ROWS_MAX:
            self._tags.clear()
        self._tags[tag["tag"]] = (tag, row)
        return row
