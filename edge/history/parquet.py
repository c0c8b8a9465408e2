"""Parquet files by DuckDB: the only file that knows it.

| column | |
|---|---|
| tag | text |
| source_time, received_time | microseconds of UTC since 1970 |
| value | number in the tag's unit, null when none is known; of a text a digest of it |
| quality | 0 good, 1 uncertain, 2 bad |
| mark | bits of `edge.model.sample.Mark` |
| text | of tags that are texts, else null |

Rows stand by tag, source time, received time, then as they came; so one tag is in few row groups, and times take few bytes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from edge.history.rows import Rows
from edge.history.shelf import Interrupted
from edge.model.moment import Moment
from edge.model.sample import Batch

#: Rows of a group: what is read at least for one sample. Smaller ones cost more at the end of each file than they save.
_GROUP = 122_880
_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE {_GROUP}, USE_TMP_FILE false"
_COLUMNS = "source_time, received_time, value, quality, mark, text"

#: What DuckDB raises when a file is not there or not as it was written, or cannot be written.
FileTrouble = (duckdb.Error, OSError)


@dataclass(frozen=True, slots=True)
class Facts:
    """start, end: source times of the eldest and newest row."""

    rows: int
    start: Moment
    end: Moment


class ParquetFiles:
    """One connection of DuckDB, for one thread; in memory, as it only computes. Methods raise what is in FileTrouble.

    spill: where a sort that does not fit in memory goes on."""

    def __init__(self, spill: Path, memory_mb: int) -> None:
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": 1,
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": str(spill),
                "preserve_insertion_order": True,
                # A gateway fetches nothing from the internet by itself.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def write(self, path: Path, batch: Batch, names: Sequence[str]) -> None:
        """names: by slot. The file is on the disk when this returns."""
        connection = self._connection
        texts = sorted(batch.text.items())
        columns = {
            "slot": batch.slot,
            "value": batch.value,
            "quality": batch.quality,
            "source_time": batch.source_time,
            "received_time": batch.received_time,
            "mark": batch.mark,
            "number": np.arange(len(batch)),
        }
        connection.register("samples", columns)
        connection.register("names", {"slot": np.arange(len(names), dtype=np.int32), "tag": np.array(names, np.object_)})
        connection.register(
            "texts",
            {
                "number": np.array([number for number, _ in texts], np.int64),
                "text": np.array([text for _, text in texts], np.object_),
            },
        )
        text = "texts.text" if texts else "NULL::VARCHAR AS text"
        join = "LEFT JOIN texts USING (number)" if texts else ""
        try:
            connection.execute(
                f"COPY (SELECT tag, source_time, received_time, value, quality, mark, {text} "
                f"FROM samples JOIN names USING (slot) {join} "
                f"ORDER BY tag, source_time, received_time, number) TO {_quoted(path)} ({_OPTIONS})"
            ).fetchall()
        finally:
            for name in ("samples", "names", "texts"):
                connection.unregister(name)
        _sync(path)

    def merge(self, path: Path, inputs: Sequence[Path]) -> None:
        """All rows of the inputs, whose names are in the order in which their rows came."""
        self._connection.execute(
            f"COPY (SELECT tag, {_COLUMNS} FROM read_parquet([{', '.join(map(_quoted, inputs))}], filename = 'came_in', "
            f"file_row_number = true) ORDER BY tag, source_time, received_time, came_in, file_row_number) "
            f"TO {_quoted(path)} ({_OPTIONS})"
        ).fetchall()
        _sync(path)

    def facts(self, path: Path) -> Facts:
        """What the file says of itself at its end; raises when it was not written to its end."""
        found = self._connection.execute(
            "SELECT sum(row_group_num_rows)::BIGINT, min(stats_min_value::BIGINT), max(stats_max_value::BIGINT) "
            "FROM parquet_metadata($1) WHERE path_in_schema = 'source_time'",
            [str(path)],
        ).fetchall()
        rows, start, end = found[0]
        if rows is None:
            raise OSError(f"{path.name}: no rows")
        return Facts(int(rows), int(start), int(end))

    def read(self, paths: Sequence[Path], tag: str, start: Moment, end: Moment, limit: int) -> Rows:
        """In the order of the paths, and of the rows in each. Raises Interrupted."""
        try:
            columns = self._connection.execute(
                f"SELECT {_COLUMNS} FROM read_parquet($1) WHERE tag = $2 AND source_time >= $3 AND source_time < $4 LIMIT $5",
                [[str(path) for path in paths], tag, start, end, limit],
            ).fetchnumpy()
        except duckdb.InterruptException as error:
            raise Interrupted from error
        return Rows(
            columns["source_time"],
            columns["received_time"],
            np.ma.filled(columns["value"], np.nan),
            columns["quality"],
            columns["mark"],
            _texts(columns["text"]),
        )

    def interrupt(self) -> None:
        """From any thread."""
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _texts(column: Any) -> NDArray[Any]:
    """NumPy's own filling with None means its default, which is the text `?`."""
    texts: NDArray[Any] = np.array(np.ma.getdata(column), dtype=object)
    texts[np.ma.getmaskarray(column)] = None
    return texts
