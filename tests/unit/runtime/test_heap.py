"""A settled heap: what stands is left alone, what comes and goes in circles is still found."""

from __future__ import annotations

import subprocess
import sys

_SETTLES = """
import gc
from edge.runtime.heap import THRESHOLDS, settle_heap

class Ring:
    alive = 0

    def __init__(self):
        Ring.alive += 1
        self.other = self

    def __del__(self):
        Ring.alive -= 1

plant = [[number] for number in range(10_000)]
settle_heap()
print(gc.get_freeze_count() > len(plant), Ring.alive)
for _ in range(2 * THRESHOLDS[0]):
    Ring()
print(Ring.alive <= THRESHOLDS[0])
"""


def test_what_stands_is_left_alone_and_circles_that_come_later_are_found() -> None:
    # In a process of its own: the thresholds are those of a whole process.
    ran = subprocess.run([sys.executable, "-c", _SETTLES], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "0", "True"]
