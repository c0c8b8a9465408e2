"""What `check` can tell of a recording that is here already: whether it is there, is UTF-8 and has the columns. It reads the
header and the first rows of each file.

Warnings, because another file may be put there before the gateway starts. Not here: a gateway's own history, whose tags are
known only when all of it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.base import Strain
from drivers.replay.config import ReplayConnection, ReplayPoint
from drivers.replay.reading import Recording, is_utf8
from edge.config.text.finding import Phrase, did_you_mean
from edge.model.errors import DriverError
from edge.model.tag import Device
from edge.ports import RecordingSource


def strains(devices: Sequence[Device]) -> list[Strain]:
    """The function named in `drivers/catalog.py`."""
    return [strain for device in devices for strain in _of(device)]


def _of(device: Device) -> Iterator[Strain]:
    wanted = device.connection
    if not isinstance(wanted, ReplayConnection) or wanted.is_history:
        return
    points = {tag.key: tag.point for tag in device.tags if isinstance(tag.point, ReplayPoint)}
    if not points:
        return
    asked = tuple(dict.fromkeys(point.column for point in points.values()))
    try:
        recording = Recording(RecordingSource(wanted.file, wanted.time, asked, wanted.separator, wanted.is_history))
        first_rows = recording.read()
        recording.close()
    except DriverError as error:
        yield Strain(device.name, "", Phrase("drivers.replay.file_unreadable", {"reason": error}), refused=False, key="file")
        return
    if not is_utf8([recording.columns, *(row.cells or () for row in first_rows)]):
        yield Strain(device.name, "", Phrase("drivers.replay.not_utf8", {"file": wanted.file}), refused=False, key="file")
        return
    sought = {"": ("time", wanted.time)} | {key: ("column", point.column) for key, point in points.items()}
    for tag, (key, column) in sought.items():
        if column not in recording.columns:
            said = {"column": column, "file": wanted.file, "hint": did_you_mean(column, recording.columns)}
            yield Strain(device.name, tag, Phrase("drivers.replay.column_missing", said), refused=False, key=key)
