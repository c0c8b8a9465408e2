"""Recorded columns: a CSV file to numbers over time, and a signal that plays one of them. Pure: text in.

A device shows the last row whose moment has come, until the next; before the first row it shows the first.
Not here: which column is which point (`replay_source.py`).
"""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ROWS_MAX = 1_000_000
PROBLEMS_MAX = 10


class RecordingError(Exception):
    """The file cannot be played. `problems`: `row:column: what` each, both counted from 1, the header is row 1."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Recording:
    """Moments in µs since 1970, rising, and for each column one number a row."""

    moments: tuple[int, ...]
    columns: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Playback:
    """Which moment of a recording it is: at `started_at` it is `first`, and then it runs `speed` times as fast."""

    recording: Recording
    started_at: int
    first: int
    speed: float = 1.0
    loop: bool = False

    def row(self, now: int) -> int:
        """The place of the row that is shown."""
        moments = self.recording.moments
        elapsed = max(round((now - self.started_at) * self.speed), 0)
        if self.loop:
            # The last row is shown as long as the one before it was.
            length = moments[-1] - self.first + (moments[-1] - moments[-2] if len(moments) > 1 else 1)
            elapsed %= length
        return max(bisect_right(moments, self.first + elapsed) - 1, 0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One column as a signal."""

    playback: Playback
    column: tuple[float, ...]

    def value(self, now: int) -> float:
        return self.column[self.playback.row(now)]


def read_recording(source: str, *, separator: str, time: str, columns: Sequence[str]) -> Recording:
    """The named columns of a CSV file with a header.

    time: the column with the moments: ISO 8601 (`2020-03-09 10:14:33`, UTC if it names no zone) or seconds since 1970.
    Raises RecordingError with the first ten problems: a column that is not there, a cell that is empty or no finite
    number, a moment that is not later than the one before.
    """
    reader = csv.reader(io.StringIO(source), delimiter=separator)
    try:
        header = next(reader, [])
        places = _places(header, [time, *columns], separator)
        return _read_rows(reader, places, time, columns)
    except csv.Error as problem:
        raise RecordingError([f"{reader.line_num}:1: not CSV: {problem}"]) from problem


def _places(header: list[str], names: Sequence[str], separator: str) -> dict[str, int]:
    missing = [name for name in names if name not in header]
    if missing:
        there = ", ".join(f'"{name}"' for name in header[:20])
        raise RecordingError(
            [f'1:1: no column is called "{name}" (separator "{separator}"); there are {there}' for name in missing]
        )
    return {name: header.index(name) for name in names}


def _read_rows(rows: Iterator[list[str]], places: dict[str, int], time: str, columns: Sequence[str]) -> Recording:
    problems: list[str] = []
    moments: list[int] = []
    numbers: dict[str, list[float]] = {name: [] for name in columns}
    for row_number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(moments) >= ROWS_MAX:
            problems.append(f"{row_number}:1: more than {ROWS_MAX} rows")
        for name, place in places.items():
            cell = row[place] if place < len(row) else ""
            where = f"{row_number}:{place + 1}"
            if name == time:
                moment = moment_of(cell)
                if moment is None:
                    problems.append(f"{where}: {name} must be a time such as 2020-03-09 10:14:33, is {_quoted(cell)}")
                elif moments and moment <= moments[-1]:
                    problems.append(f"{where}: {name} must rise from row to row, {_quoted(cell)} is not after the one before")
                moments.append(moment or (moments[-1] if moments else 0))
            if name in numbers:
                number = _number(cell)
                if number is None:
                    problems.append(f"{where}: {name} must be a number, is {_quoted(cell)}")
                numbers[name].append(number or 0.0)
        if len(problems) >= PROBLEMS_MAX:
            raise RecordingError([*problems[:PROBLEMS_MAX], f"{row_number}:1: not read further"])
    if not moments:
        problems.append("2:1: there are no rows")
    if problems:
        raise RecordingError(problems)
    return Recording(tuple(moments), {name: tuple(column) for name, column in numbers.items()})


def moment_of(cell: str) -> int | None:
    """A time as a recording writes it, in µs since 1970; None if it is none."""
    seconds = _number(cell)
    if seconds is not None:
        return round(seconds * 1_000_000)
    try:
        parsed = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _quoted(cell: str) -> str:
    return f'"{cell[:40]}"' if cell.strip() else "empty"
