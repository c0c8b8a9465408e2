"""The demonstration as somebody runs it: one command tells the whole story, ends by itself and leaves no process behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WITHIN_S = 120
#: Twice the usual time-lapse: most of the story is waiting for somebody to act.
RATE = "12"
#: What the story says, in this order.
STORY = [
    "Ready after",
    "warms up to 78 °C",
    "it jumps to 84 °C",
    "read 84 °C over Modbus",
    "Alarm raised and committed to the journal",
    "the card is on the phones",
    "Nobody acts",
    "a reminder after",
    'presses "On my way"',
    "the same card now says who is coming",
    "cools down to 62 °C",
    "returned to normal",
    "told that it is over",
    "The story is told",
]
#: Every process that descends from the demonstration has this in its environment.
MARK = "ANDON_TEST_OF_DEMO"


def marked_processes(mark: str) -> list[str]:
    """Command lines of the processes whose environment bears the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it ended while we looked, or is not ours to read
        if f"{MARK}={mark}".encode() in environment.split(b"\0"):
            found.append(command.replace(b"\0", b" ").decode())
    return found


def test_the_demonstration_tells_its_story_and_leaves_no_process_behind(tmp_path: Path) -> None:
    mark = tmp_path.as_posix()
    ended = subprocess.run(
        [sys.executable, "-m", "edge.cli", "demo", "--for", "1s", "--rate", RATE, "--no-browser", "--lang", "en"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, MARK: mark, "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=WITHIN_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rest = ended.stdout
    for words in STORY:
        assert words in rest, f"{words!r} is missing, or not in its place:\n{ended.stdout}"
        rest = rest.partition(words)[2]
    assert marked_processes(mark) == []
