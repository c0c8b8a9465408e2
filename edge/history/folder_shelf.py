"""Segments in a folder.

A segment is written aside (`.tmp`), synced, renamed, and the folder is synced: it is there whole, or not at all. A merge does
the same, and only then deletes what it merged; where a crash comes between the two, the next start finds files whose numbers
lie within those of another, and deletes them before anybody reads.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from edge.crash import crash_point
from edge.history.catalogue import Catalogue
from edge.history.parquet import FileTrouble, ParquetFiles
from edge.history.rows import Rows
from edge.history.segment import Level, Segment, SegmentName, leftovers, until
from edge.history.shelf import ShelfRefused
from edge.history.tidying import Limits, Merge, expired, next_merge
from edge.model.moment import Moment
from edge.model.sample import Batch

log = structlog.get_logger()

#: What the disk must have left for the journal, before samples take any of it.
KEEP_FREE = 64_000_000
#: Of DuckDB: a merge sorts within this and goes on in files beyond it; a question takes a slice at a time.
_WRITER_MB, _READER_MB = 200, 200


class FolderShelf:
    """keep_free: bytes of the disk that samples leave to others."""

    def __init__(self, folder: Path, limits: Limits, *, keep_free: int = KEEP_FREE) -> None:
        self._folder = folder
        self._limits = limits
        self._keep_free = keep_free
        self._spill = folder / ".spill"
        self._catalogue = Catalogue()
        self._next = 1
        self._files = ParquetFiles(self._spill, _WRITER_MB)
        self._reading = ParquetFiles(self._spill, _READER_MB)
        self._unreadable: set[SegmentName] = set()

    # --- writing --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._spill, ignore_errors=True)
            for aside in self._folder.glob("*.tmp"):
                aside.unlink()
            names = [name for path in self._folder.glob("*.parquet") if (name := SegmentName.parse(path.name)) is not None]
            segments = {segment.name: segment for name in names if (segment := self._found(name)) is not None}
            for name in leftovers(segments):
                del segments[name]
                (self._folder / str(name)).unlink()
        except OSError as error:
            raise self._refused(error) from error
        self._next = max((name.last for name in names), default=0) + 1
        self._catalogue.replace(segments.values())

    def _found(self, name: SegmentName) -> Segment | None:
        path = self._folder / str(name)
        try:
            facts = self._files.facts(path)
        except FileTrouble as error:
            log.error("a segment of the history cannot be read; it is set aside", file=str(path), reason=_first_line(error))
            path.rename(path.with_suffix(".damaged"))
            return None
        return Segment(name, facts.rows, path.stat().st_size, facts.start, facts.end)

    def write(self, batch: Batch, names: Sequence[str]) -> Segment:
        name = SegmentName(self._next, self._next, Level.MINUTE, until(int(batch.received_time.max())))
        aside = self._aside(name)
        try:
            self._make_sure_of_room()
            self._files.write(aside, batch, names)
            crash_point("segment_aside")
            size = self._put_in_place(aside, name)
            crash_point("segment_renamed")
        except FileTrouble as error:
            self._take_back(aside, name)
            raise self._refused(error) from error
        self._next += 1
        return Segment(name, len(batch), size, int(batch.source_time.min()), int(batch.source_time.max()))

    def admit(self, segment: Segment) -> None:
        self._catalogue.admit(segment)

    def tidy(self, now: Moment) -> bool:
        segments = self._catalogue.all()
        gone = expired(segments, now, self._limits)
        self._catalogue.swap(gone, ())
        merge = None if gone else next_merge(segments, now)
        if merge is not None:
            self._merge(merge)
        for segment in self._catalogue.unused():
            crash_point("segment_deleting")
            try:
                (self._folder / str(segment.name)).unlink(missing_ok=True)
            except OSError as error:
                raise self._refused(error) from error
        return bool(gone) or merge is not None

    def _merge(self, merge: Merge) -> None:
        aside = self._aside(merge.result)
        inputs = merge.inputs
        try:
            self._make_sure_of_room()
            self._files.merge(aside, [self._folder / str(segment.name) for segment in inputs])
            facts = self._files.facts(aside)
            if facts.rows != sum(segment.rows for segment in inputs):
                raise OSError(f"{aside.name}: {facts.rows} rows are not those of its inputs")
            crash_point("merge_aside")
            size = self._put_in_place(aside, merge.result)
            crash_point("merge_renamed")
        except FileTrouble as error:
            self._take_back(aside, merge.result)
            self._forget_missing(inputs)
            raise self._refused(error) from error
        self._catalogue.swap(inputs, (Segment(merge.result, facts.rows, size, facts.start, facts.end),))

    def _forget_missing(self, segments: Sequence[Segment]) -> None:
        """What somebody has deleted beside us is gone: it must not hold up the merging of all the others for ever."""
        self._catalogue.swap([each for each in segments if not (self._folder / str(each.name)).exists()], ())

    def _aside(self, name: SegmentName) -> Path:
        return self._folder / f"{name}.tmp"

    def _put_in_place(self, aside: Path, name: SegmentName) -> int:
        """The size of the file, once its name is on the disk too."""
        size = aside.stat().st_size
        aside.rename(self._folder / str(name))
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return size

    def _take_back(self, aside: Path, name: SegmentName) -> None:
        """What was refused in the end may have got its name already; it is tried again as a whole."""
        with suppress(OSError):
            aside.unlink(missing_ok=True)
            (self._folder / str(name)).unlink(missing_ok=True)

    def _make_sure_of_room(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < self._keep_free:
            raise OSError(
                f"only {free // 1_000_000} MB are free, and {self._keep_free // 1_000_000} MB are kept for the journal"
            )

    def _refused(self, error: Exception) -> ShelfRefused:
        return ShelfRefused(f"{self._folder}: {_first_line(error)}")

    # --- reading --------------------------------------------------------------------------------------------------

    def borrow(self) -> tuple[Segment, ...]:
        return self._catalogue.borrow()

    def give_back(self, segments: tuple[Segment, ...]) -> None:
        self._catalogue.give_back(segments)

    def read(self, segments: Sequence[Segment], tag: str, start: Moment, end: Moment, limit: int) -> Rows:
        """A segment that cannot be read is left out, and said once."""
        wanted = [each for each in segments if each.start < end and start <= each.end and each.name not in self._unreadable]
        if not wanted:
            return Rows.join(())
        try:
            return self._reading.read([self._folder / str(each.name) for each in wanted], tag, start, end, limit)
        except FileTrouble as error:
            if len(wanted) > 1:
                parts = [self.read([each], tag, start, end, limit) for each in wanted]
                return Rows.join(parts).first(limit)
            self._unreadable.add(wanted[0].name)
            log.error(
                "a segment of the history cannot be read; it is left out", file=str(wanted[0].name), reason=_first_line(error)
            )
            return Rows.join(())

    def interrupt(self) -> None:
        self._reading.interrupt()

    def extent(self) -> tuple[int, int]:
        segments = self._catalogue.all()
        return len(segments), sum(segment.size for segment in segments)

    def close(self) -> None:
        self._files.close()
        self._reading.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
