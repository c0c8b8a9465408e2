"""What `check` says of recordings that are in their places already."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.folders import boiler_house, said

DEVICES = """\
types:
  bed:
    words: {zh: 试验台, en: bed}
    driver: replay
    tags:
      pressure: {column: 压力, words: {zh: 压力, en: pressure}}
devices:
  BED:
    type: bed
    area: boiler_1
    words: {zh: 台, en: bed}
    connection: {file: bed.csv}
"""


@pytest.mark.parametrize(
    ("recording", "wrong"),
    [
        ("time,压力\n0,1\n".encode(), None),
        (None, "devices/beds.yaml:12:24: the recording cannot be read"),
        ("time,压力\n0,1\n".encode("gbk"), "devices/beds.yaml:12:24: {file} is not UTF-8 (GBK?)"),
        ("time,note,压力\n0,好,1\n".encode("utf-8-sig"), None),
        ("time,压力表\n0,1\n".encode(), 'devices/beds.yaml:6:26: {file} has no column "压力", did you mean "压力表"?'),
        ("when,压力\n0,1\n".encode(), '{file} has no column "time"'),
    ],
    ids=["right", "missing", "gbk", "with a mark of its encoding", "another column", "no time"],
)
def test_a_recording_is_looked_at_where_it_is(tmp_path: Path, recording: bytes | None, wrong: str | None) -> None:
    folder = boiler_house(tmp_path, devices__beds=DEVICES)
    if recording is not None:
        (folder / "bed.csv").write_bytes(recording)
    lines = said(folder)
    if wrong is None:
        assert lines == []
    else:
        (line,) = lines
        assert wrong.format(file=folder / "bed.csv") in line
