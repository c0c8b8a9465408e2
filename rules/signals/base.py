"""What a signal is: a value worked out from one tag's past or from several tags (a slope, a mean, a difference, a count).

A rule of most kinds is then a plain comparison of its signal with a limit. A *signal* names its inputs and parameters; it is a
value, and equal signals are computed once. A *bank* holds all signals of one class: parameters and memory as columns, one entry
a signal, which is its *place*.

How the engine uses a bank (`rules/evaluation.py`): the samples that were taken of its inputs are told to `hear`, at most one a
signal in a call, in the order of the signal's own time; what `hear` says becomes a sample of the signal, which rules read as
they read any tag. A signal that changes by itself when nothing comes has a `due`; the engine calls `wake` when its clock gets
there, and before any sample that is dated later, but only while the inputs can be trusted: what is not fresh proves nothing.

Not evaluable is an answer: with `known` False rules hold what they are, and delays pause.

Times are source times: of the one input, or, where inputs are of several devices, of our own clock. Banks are pure: no clock,
no randomness. Memory is bounded, and whatever of it is needed to go on exactly is in `memory`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rules.columns import Bools, Floats, Indices, Moments


class Signal(Protocol):
    """The parameters of one signal: a frozen, hashable dataclass."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tags it reads, distinct; the first is the one that it is about."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Samples as the signals that read them see them; columns of one length, distinct in `places`.

    input: which of the signal's inputs it is. value: NaN where not good. good: the value can be used; otherwise it is bad (what
    is merely uncertain is not told). source: never earlier than before for the same place. arrival: the engine's time when it
    came. gap: since its last good sample this input could not be trusted all the time (bad, stale, or nobody listened)."""

    places: Indices
    input: Indices
    value: Floats
    good: Bools
    source: Moments
    arrival: Moments
    gap: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """New samples of signals; columns of one length. position: in the columns of `Heard` (or of the `places` given to `wake`),
    ascending; a signal that has nothing to say is left out. value: anything where not known."""

    position: Indices
    value: Floats
    known: Bools


class SignalBank(Protocol):
    """due: by place, when the signal would say something new although nothing came; source time, NEVER for never. It is written
    in place: the engine puts another column there when the bank has been made, which holds the dues of all banks."""

    due: Moments

    def hear(self, heard: Heard) -> Said:
        """Take samples in, and say what follows at their source times."""

    def wake(self, places: Indices, now: Moments) -> Said:
        """Let time go on for some signals to `now`, which is their `due`; it must be later or NEVER afterwards. Each says
        something then, if only that it is not evaluable."""

    def memory(self, place: int) -> Mapping[str, Any] | None:
        """All it remembers, as plain JSON; None for nothing."""

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        """Take up what `memory` gave; raises nothing for what another version wrote, but then begins anew."""

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        """What a person needs to understand its present value (samples counted, coverage, slope), by words of the field."""


@runtime_checkable
class LearningBank(Protocol):
    """A bank whose signals have learned what is normal."""

    def learns(self, place: int) -> bool:
        """Whether this one learns it; for others it is stated."""

    def rebaseline(self, place: int) -> None:
        """Learn it anew, from the next sample on."""


@runtime_checkable
class SummingBank(Protocol):
    """A bank whose signals add up what they find."""

    def reset(self, place: int) -> None:
        """As if nothing had been found yet, from the next sample on."""
