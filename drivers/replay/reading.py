"""Recordings read row by row: CSV by the standard library, Parquet and the gateway's own history by DuckDB.

Blocking; who calls says in which thread. In memory there is never more than one block of rows, whatever the size of the file; a
history is put into order of time by DuckDB, within `MEMORY_MB` and a temporary folder.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.ports import Cell, Record, RecordingSource

ROWS_AT_ONCE = 500
MEMORY_MB = 256
_TIMES = ("TIMESTAMP", "DATE")


class Recording:
    """An open recording, from its first row on. Raises DeviceUnreachable for what cannot be read, DeviceRefused for what is no
    recording of this kind."""

    def __init__(self, source: RecordingSource) -> None:
        self._records = _records(source)
        self.columns: Sequence[str] = ()
        first = self._next()
        self.columns = tuple(str(cell) for cell in first.cells) if first is not None and first.cells is not None else ()

    def read(self) -> Sequence[Record]:
        """The next rows; none at the end."""
        found: list[Record] = []
        while len(found) < ROWS_AT_ONCE and (record := self._next()) is not None:
            found.append(record)
        return found

    def close(self) -> None:
        self._records.close()

    def _next(self) -> Record | None:
        try:
            return next(self._records, None)
        except OSError as error:
            raise DeviceUnreachable(f"{error.filename}: {error.strerror}") from None
        except duckdb.Error as error:
            raise DeviceRefused(str(error).splitlines()[0], 0) from None


def is_utf8(rows: Iterable[Iterable[Cell]]) -> bool:
    """Of cells as a `Recording` gives them, where bytes that are no UTF-8 stand as lone surrogates."""
    return not any(
        "\udc80" <= character <= "\udcff" for row in rows for cell in row if isinstance(cell, str) for character in cell
    )


def _records(source: RecordingSource) -> Generator[Record, None, None]:
    """The header as the first record."""
    path = Path(source.path)
    if source.is_history:
        return _history(path, source)
    return _parquet(path, source) if path.suffix.lower() == ".parquet" else _csv(path, source)


def _csv(path: Path, source: RecordingSource) -> Generator[Record, None, None]:
    # What is no UTF-8 becomes characters that are no number and cannot be shown, so that its cell is refused, and only that.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        rows = csv.reader(file, delimiter=source.separator)
        while True:
            try:
                row = next(rows, None)
            except csv.Error:
                yield Record(rows.line_num, None)
                continue
            if row is None:
                return
            if row:
                yield Record(rows.line_num, tuple(row))


def _parquet(path: Path, source: RecordingSource) -> Generator[Record, None, None]:
    path.open("rb").close()
    with _database() as database:
        described = database.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
        wanted = [row for row in described if row[0] in (source.time, *source.columns)]
        yield Record(1, tuple(row[0] for row in wanted))
        if wanted:
            asked = ", ".join(_column(name, kind) for name, kind, *_ in wanted)
            yield from _numbered(database.execute(f"SELECT {asked} FROM read_parquet($1)", [str(path)]))


def _history(path: Path, source: RecordingSource) -> Generator[Record, None, None]:
    """A row for each sample, with one cell: that of its tag."""
    if not path.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(path))
    with _database() as database:
        yield Record(1, (source.time, *source.columns))
        asked = database.execute(
            "SELECT tag, source_time, value, text, quality FROM read_parquet($1) "
            "WHERE list_contains($2, tag) ORDER BY source_time, received_time",
            [f"{path}/**/*.parquet", list(source.columns)],
        )
        number = 1
        while rows := asked.fetchmany(ROWS_AT_ONCE):
            for tag, stamp, value, text, quality in rows:
                number += 1
                cells: list[Cell] = [stamp, *(None for _ in source.columns)]
                place = source.columns.index(tag) + 1
                cells[place] = value if text is None else text
                yield Record(number, tuple(cells), place, int(quality))


def _numbered(asked: Any) -> Iterator[Record]:
    number = 1
    while rows := asked.fetchmany(ROWS_AT_ONCE):
        for row in rows:
            number += 1
            yield Record(number, tuple(row))


def _column(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.startswith(_TIMES):
        return f"epoch_us({quoted}::TIMESTAMP)" if kind != "TIMESTAMP WITH TIME ZONE" else f"epoch_us({quoted})"
    return f"{quoted}::DOUBLE" if kind.startswith("DECIMAL") else quoted


@contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="andon-replay-") as spill:
        config: dict[str, Any] = {
            "threads": 1,
            "memory_limit": f"{MEMORY_MB}MB",
            "temp_directory": spill,
            # A gateway fetches nothing from the internet by itself.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        database = duckdb.connect(":memory:", config=config)
        try:
            yield database
        finally:
            database.close()
