"""Windows that the clock sets: one after the other, of one length, each from its start up to, but not with, its end.

They begin at 1970-01-01T00:00Z plus `phase`: windows of 1 h on the full hour of UTC, windows of 24 h with a phase of 16 h at
midnight in China. They know no summer time.
"""

from __future__ import annotations

from edge.model.moment import Span
from rules.columns import Moments


def check_phase(tag: str, phase: Span, length: Span) -> None:
    if not 0 <= phase < length:
        raise ValueError(f"{tag}: the phase of windows must be from 0 to less than their length, is {phase} µs")


def window_start(now: Moments, length: Moments, phase: Moments) -> Moments:
    """Of the window that a moment is in."""
    start: Moments = now - (now - phase) % length
    return start
