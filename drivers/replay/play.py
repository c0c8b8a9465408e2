"""Rows of a recording into samples, for one device. Pure.

A blank cell says nothing about its tag. What is refused never becomes a value: its tag is BAD with its last value until the
next good cell. Not here: when a row is played (`plan.py`), reading it (`reading.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np

from drivers.base import RefusedInput
from drivers.measuring import Measuring
from drivers.replay.codec import Refusal, as_value, is_blank, moment_of
from drivers.replay.config import ReplayConnection, ReplayPoint
from drivers.replay.plan import Turn
from drivers.session import Session
from edge.model.moment import Moment
from edge.model.sample import Batch, Mark, Quality, value_of_text
from edge.ports import Cell, Record


@dataclass(slots=True)
class _Columns:
    position: list[int] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    source_time: list[Moment] = field(default_factory=list)
    text: dict[int, str] = field(default_factory=dict)

    def add(self, position: int, value: float | str, quality: int, source_time: Moment) -> None:
        if isinstance(value, str):
            self.text[len(self.raw)] = value
            value = value_of_text(value)
        self.position.append(position)
        self.raw.append(value)
        self.quality.append(quality)
        self.source_time.append(source_time)


class Play:
    """tell: hears the first refusal of each kind."""

    def __init__(self, session: Session, connection: ReplayConnection, tell: Callable[[RefusedInput], None]) -> None:
        self.session = session
        self.counts: Counter[str] = Counter()
        self._file, self._time, self._tell = connection.file, connection.time, tell
        self._zone = ZoneInfo(connection.time_zone)
        self._points = [_point(tag.point) for tag in session.tags]
        self._measuring = Measuring([tag.measure for tag in session.tags])
        self._fed: dict[int, list[int]] = {}
        self._time_place: int | None = None
        self._refused: dict[tuple[str, Refusal], RefusedInput] = {}

    @property
    def refused(self) -> Mapping[tuple[str, Refusal], RefusedInput]:
        return self._refused

    @property
    def is_fed(self) -> bool:
        """Whether any tag has a column."""
        return bool(self._fed)

    def header(self, columns: Sequence[str], now: Moment) -> Batch | None:
        """BAD for tags whose column is not there. None: there is no column of moments, so nothing can be played."""
        self._time_place = columns.index(self._time) if self._time in columns else None
        place_of = {name: place for place, name in enumerate(columns)}
        self._fed = {}
        missing: list[int] = []
        for position, point in enumerate(self._points):
            if point.column in place_of:
                self._fed.setdefault(place_of[point.column], []).append(position)
            else:
                missing.append(position)
                shown = f"{point.column}: there are {', '.join(columns)}"
                self._refuse(Refusal.NO_COLUMN, 1, None, shown, now, self.session.tags[position].name)
        return None if self._time_place is None else self.session.bad(np.array(missing, dtype=np.intp), now)

    def time_of(self, record: Record, width: int, now: Moment) -> Moment | None:
        """When a row was recorded; None: it cannot be used. width: of the header."""
        if record.cells is None or len(record.cells) > width or self._time_place is None:
            self._refuse(Refusal.BAD_ROW, record.number, None, f"{len(record.cells or ())} cells under {width} headers", now)
            return None
        cell = record.cells[self._time_place] if self._time_place < len(record.cells) else None
        moment = moment_of(cell, self._zone)
        if moment is None:
            self._refuse(Refusal.BAD_TIME, record.number, self._time_place, _shown(cell), now)
        return moment

    def out_of_order(self, record: Record, now: Moment) -> None:
        shown = _shown(record.cells[self._time_place or 0] if record.cells else None)
        self._refuse(Refusal.OUT_OF_ORDER, record.number, self._time_place, shown, now)

    def samples(self, rows: Iterable[tuple[Record, Turn]], now: Moment) -> Batch:
        """Of rows that are due, in their order."""
        columns = _Columns()
        for record, turn in rows:
            self.counts["rows"] += 1
            for place, positions in self._fed.items():
                if record.only in (None, place):
                    self._take_cell(columns, record, place, positions, turn.source_time, now)
        return self._measured(columns, now)

    def _take_cell(
        self, columns: _Columns, record: Record, place: int, positions: Sequence[int], source_time: Moment, now: Moment
    ) -> None:
        cells = record.cells or ()
        cell = cells[place] if place < len(cells) else None
        if is_blank(cell):
            if record.quality == Quality.BAD:
                for position in positions:
                    columns.add(position, np.nan, Quality.BAD, source_time)
            return
        for position in positions:
            value = as_value(cell, self._points[position].type)
            if isinstance(value, Refusal):
                self._refuse(value, record.number, place, _shown(cell), now, self.session.tags[position].name)
                columns.add(position, np.nan, Quality.BAD, source_time)
            else:
                columns.add(position, value, record.quality, source_time)

    def _measured(self, columns: _Columns, now: Moment) -> Batch:
        if not columns.raw:
            return Batch.empty()
        positions = np.array(columns.position, dtype=np.intp)
        measured = self._measuring.measure(positions, np.array(columns.raw, dtype=np.float64), columns.text)
        text = dict(columns.text)
        mark = measured.mark.copy()
        for row, (position, recorded) in enumerate(zip(columns.position, columns.quality, strict=True)):
            if recorded == Quality.BAD:
                measured.value[row], measured.quality[row], mark[row] = self.session.last_of(position), Quality.BAD, Mark.NONE
                if (last := self.session.last_text_of(position)) is not None:
                    text[row] = last
            elif measured.quality[row] == Quality.GOOD:
                measured.quality[row] = recorded
                self.session.note_one(position, float(measured.value[row]), text.get(row))
        return Batch(
            slot=self.session.slots[positions],
            value=measured.value,
            quality=measured.quality,
            source_time=np.array(columns.source_time, dtype=np.int64),
            received_time=np.full(len(positions), now, dtype=np.int64),
            mark=mark,
            text=text,
        )

    def _refuse(self, cause: Refusal, row: int, place: int | None, shown: str, now: Moment, tag: str = "") -> None:
        self.counts[str(cause)] += 1
        known = self._refused.get((tag, cause))
        if known is None:
            where = f"{self._file}:{row}" + ("" if place is None else f":{place + 1}")
            known = RefusedInput(self.session.device, tag, where, str(cause), 0, shown, now)
            self._tell(known.again())
        self._refused[tag, cause] = known.again()


def _shown(cell: Cell) -> str:
    return "blank" if is_blank(cell) else ascii(cell)[:200]


def _point(point: object) -> ReplayPoint:
    if not isinstance(point, ReplayPoint):
        raise TypeError(f"point is {type(point).__name__}, expected ReplayPoint")
    return point
