"""Mismatch: 1 when a feedback has not been what its command wants for `within`, else 0.

    matching ── feedback is not what is expected ──▶ counting ── `within` is over ──▶ mismatched
        ▲                                              │  ▲                              │
        │                                              │  └──────── new command ─────────┤
        └────────── feedback is as expected ───────────┴─────────────────────────────────┘

The time counts from the later of the last change of the command and the beginning of the mismatch, in the signal's own time;
after exactly `within` the value is 1. Every change of the command starts it anew, also to one that expects the same. As soon as
the feedback is as expected the value is 0.

Expected is the command itself, or what a table says; a command that is not in the table expects nothing, and all is well. Equal
means |feedback - expected| <= tolerance.

Not evaluable while one of the two is not good. That, and a gap, interrupts the count: it begins again with the sample after it.
But what was mismatched is so still when the same command and no match are seen behind it: lost data is no return to normal.

Facts: command, feedback, expected (None: nothing); since, the moment from which the mismatch counts, None while there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.newest import NewestValues, is_finite


@dataclass(frozen=True, slots=True)
class Mismatch:
    """command, feedback: tags, two different ones. within: above 0. expected: what each command wants to see, as pairs; none:
    itself. tolerance: >= 0, in the unit of the feedback."""

    command: str
    feedback: str
    within: Span
    expected: tuple[tuple[float, float], ...] = ()
    tolerance: float = 0.0

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.feedback, self.command)


_FEEDBACK, _COMMAND = 0, 1


class MismatchBank:
    """since: by place, from when the mismatch counts; NEVER while there is none. obeyed: the newest command that was good, also
    when it is not known any more; NaN before the first."""

    def __init__(self, signals: Sequence[Mismatch]) -> None:
        self._newest = NewestValues([2] * len(signals))
        self._within = np.array([signal.within for signal in signals], dtype=np.int64)
        self._tolerance = np.array([signal.tolerance for signal in signals], dtype=np.float64)
        self._has_table = np.array([bool(signal.expected) for signal in signals])
        # A row a place, filled up with NaN, which equals no command.
        width = max((len(signal.expected) for signal in signals), default=0)
        self._commands = np.full((len(signals), width), np.nan)
        self._wants = np.full((len(signals), width), np.nan)
        for place, signal in enumerate(signals):
            for column, (command, wants) in enumerate(signal.expected):
                self._commands[place, column], self._wants[place, column] = command, wants
        self._obeyed = np.full(len(signals), np.nan)
        self._since: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._mismatched = np.zeros(len(signals), dtype=np.bool_)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        self._newest.take(heard)
        places = heard.places
        first = self._newest.start[places]
        feedback, command = self._newest.value[first + _FEEDBACK], self._newest.value[first + _COMMAND]
        known = ~(np.isnan(feedback) | np.isnan(command))
        expected = self._expected(places, command)
        with np.errstate(over="ignore"):
            differs = known & (np.abs(feedback - expected) > self._tolerance[places])

        ordered = ~np.isnan(command)
        new_command = ordered & (command != self._obeyed[places])
        self._obeyed[places] = np.where(ordered, command, self._obeyed[places])
        since = self._since[places]
        anew = new_command | heard.gap | (since == NEVER)
        since = np.where(differs, np.where(anew, heard.source, since), NEVER)
        mismatched = self._mismatched[places] & ~new_command & ~(known & ~differs)
        self._since[places] = since
        self._mismatched[places] = mismatched
        self.due[places] = np.where(differs & ~mismatched, since + self._within[places], NEVER)
        return Said(np.arange(len(places)), np.where(mismatched, 1.0, 0.0), known)

    def wake(self, places: Indices, now: Moments) -> Said:
        self._mismatched[places] = True
        self.due[places] = NEVER
        return Said(np.arange(len(places)), np.ones(len(places)), np.ones(len(places), dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        obeyed, since = float(self._obeyed[place]), int(self._since[place])
        newest = self._newest.memory(place)
        if newest is None and np.isnan(obeyed):
            return None
        return {
            "newest": self._newest.of(place),
            "obeyed": None if np.isnan(obeyed) else obeyed,
            "since": None if since == NEVER else since,
            "mismatched": bool(self._mismatched[place]),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        obeyed, since, mismatched = memory.get("obeyed"), memory.get("since"), memory.get("mismatched")
        sound = isinstance(mismatched, bool) and (obeyed is None or is_finite(obeyed))
        sound = sound and (since is None or (isinstance(since, int) and 0 <= since < NEVER))
        if not sound or not self._newest.recall(place, memory):
            return
        self._obeyed[place] = np.nan if obeyed is None else obeyed
        self._since[place] = NEVER if since is None else since
        self._mismatched[place] = mismatched
        self.due[place] = NEVER if since is None or mismatched else since + self._within[place]

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        feedback, command = self._newest.of(place)
        since = int(self._since[place])
        expected = None
        if command is not None:
            wanted = float(self._expected(np.array([place]), np.array([command]))[0])
            expected = None if np.isnan(wanted) else wanted
        return {
            "command": command,
            "feedback": feedback,
            "expected": expected,
            "since": None if since == NEVER else float(since),
        }

    def _expected(self, places: Indices, command: Floats) -> Floats:
        """What the commands want to see; NaN for nothing."""
        if self._commands.shape[1] == 0:
            return command
        hits = self._commands[places] == command[:, np.newaxis]
        column = hits.argmax(axis=1)
        at = np.arange(len(places))
        wants = np.where(hits[at, column], self._wants[places, column], np.nan)
        return np.where(self._has_table[places], wants, command)
