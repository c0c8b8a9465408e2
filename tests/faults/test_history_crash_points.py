"""Killed between any two steps with its files, the history loses at most what was not written yet, and doubles nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.crash import ENVIRONMENT, SEGMENT_POINTS
from edge.model.moment import HOUR, MINUTE, SECOND
from tests.faults import history_life
from tests.history_rig import T0, TEMP, Rig, rows_on_disk

MINUTES = 6


def live(folder: Path, crash: str = "") -> tuple[int, list[int]]:
    """How it ended, and the beginnings of the minutes that it said are written."""
    command = [sys.executable, history_life.__file__, str(folder), str(MINUTES)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), ENVIRONMENT: crash}
    life = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert life.returncode in (0, -signal.SIGKILL), life.stderr
    return life.returncode, [int(line) for line in life.stdout.split() if line.isdigit()]


@pytest.mark.parametrize("point", SEGMENT_POINTS)
@pytest.mark.parametrize("passage", [1, 2])
def test_a_kill_costs_at_most_the_open_minute_and_doubles_nothing(tmp_path: Path, point: str, passage: int) -> None:
    folder = tmp_path / "history"
    end, written = live(folder, f"{point}:{passage}")
    if end == 0:
        assert point.startswith("merge"), "a life has one hour that ends, and so one merge"
        return
    end, later = live(folder)
    assert end == 0
    found = Counter(row[1] for row in rows_on_disk(folder).elements())
    assert not [time for time, times in found.items() if times > 1]
    for began in written + later:
        assert all(began + n * SECOND in found for n in range(60)), "what was said to be written is gone"
    assert not list(folder.glob("*.tmp"))


# --- a full disk ----------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip() if mounted else 'no mount command'}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_costs_samples_and_is_written_again_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:
        rig = Rig(disk / "history", tail_rows_max=2_000)
        rig.minutes(2)
        ballast = disk / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(1_000_000))
        rig.minutes(20)
        assert rig.figure("refusing") == 1
        assert rig.figure("waiting") == 500
        assert rig.figure("dropped_total") == 700
        assert (await rig.trend(TEMP, T0, T0 + HOUR)).buckets[-1].start == rig.clock.now() - SECOND
        ballast.unlink()
        rig.minutes()
        assert (rig.figure("refusing"), rig.figure("waiting")) == (0, 0)
        rig.close()
        assert sum(rows_on_disk(disk / "history").values()) == 120 + 500 + 60
        assert not list((disk / "history").glob("*.tmp"))


async def test_a_full_disk_does_not_stop_what_is_there_from_being_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:
        rig = Rig(disk / "history")
        rig.minutes(3)
        with pytest.raises(OSError, match="No space left"):
            (disk / "ballast").write_bytes(bytes(1_000_000))
        rig.run_to(T0 + HOUR + MINUTE)
        assert rig.figure("segments") == 3, "a merge needs room, and waits for it"
        assert len((await rig.trend(TEMP, T0, T0 + HOUR)).buckets) == 180
        rig.close()
