"""A recording that plays in the place of a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class RecordingSource:
    """time: the column of moments. columns: those that are wanted. is_history: path is a folder of the gateway's own history,
    and columns are names of tags."""

    path: str
    time: str
    columns: tuple[str, ...]
    separator: str = ","
    is_history: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a recording. number: for people, the header being 1. cells: by column; None: it cannot be read as a row at all.
    only: the one column that it speaks of; None: all. quality: as `edge.model.sample.Quality`, where it was recorded."""

    number: int
    cells: tuple[Cell, ...] | None
    only: int | None = None
    quality: int = 0


class RecordingLink(Protocol):
    """One recording, read in order. Raises DeviceUnreachable for what cannot be read, DeviceRefused for what is none."""

    async def rewind(self) -> Sequence[str]:
        """Begin with the first row, and the names of the columns. Called before the first `read`."""

    async def read(self) -> Sequence[Record]:
        """The next rows, some hundreds at most; none at the end."""

    async def close(self) -> None: ...
