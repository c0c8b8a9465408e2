"""Signals: what a simulated sensor would show at a moment, and the actions that steer it.

Theory of operation. A signal is a value with one question, `value(now)`; it keeps nothing between two calls, so the same
signal gives the same answer for the same moment, forwards, backwards and in another process. Signals compose: a motor
bearing is `Sum((Lag(...), Noise(...)))`. A `Timeline` lays later courses over a base signal: each action that happens
becomes one more (moment, signal) pair, and the youngest pair that has begun speaks. A script known beforehand and a
hand at the control port are both timelines; the hand's lies on top of the script's, and so it wins until it releases.

Moments are whole microseconds (of simulated time) since 1970, durations are whole microseconds, values are in the
engineering unit of the point. Not here: clocks, files, registers, and which machine a signal belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol


class Signal(Protocol):
    """A function of time without a memory."""

    def value(self, now: int) -> float: ...


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for ever."""

    level: float

    def value(self, now: int) -> float:
        return self.level


@dataclass(frozen=True, slots=True)
class Sine:
    """`mean` plus a sine of the given `amplitude`; at `started_at` it passes through the mean, rising."""

    mean: float
    amplitude: float
    period_us: int
    started_at: int = 0

    def __post_init__(self) -> None:
        _check_positive("period", self.period_us)

    def value(self, now: int) -> float:
        # The remainder is taken in integers: a float of 1.7e15 µs times 2π has lost the phase.
        phase = ((now - self.started_at) % self.period_us) / self.period_us
        return self.mean + self.amplitude * math.sin(math.tau * phase)


@dataclass(frozen=True, slots=True)
class Square:
    """`high` for the first `duty` share (0 to 1) of every period that begins at `started_at`, `low` for the rest.

    With low 0 and high 1 this is a binary that switches by itself.
    """

    low: float
    high: float
    period_us: int
    duty: float = 0.5
    started_at: int = 0

    def __post_init__(self) -> None:
        _check_positive("period", self.period_us)
        if not 0 <= self.duty <= 1:
            raise ValueError(f"duty must be 0 to 1, is {self.duty:g}")

    def value(self, now: int) -> float:
        return self.high if (now - self.started_at) % self.period_us < self.duty * self.period_us else self.low


@dataclass(frozen=True, slots=True)
class Noise:
    """A small random value between -amplitude and +amplitude, new every `every_us`, given by seed and time alone.

    A hash and not a generator, because a generator would remember how often it was asked.
    """

    amplitude: float
    seed: int
    every_us: int = 100_000

    def __post_init__(self) -> None:
        _check_positive("every", self.every_us)

    def value(self, now: int) -> float:
        digest = blake2b(b"%d:%d" % (self.seed, now // self.every_us), digest_size=8).digest()
        return self.amplitude * (int.from_bytes(digest, "big") / 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight line from `begin` to `end`; exactly `begin` until `started_at`, exactly `end` from `over_us` later on."""

    begin: float
    end: float
    started_at: int
    over_us: int

    def __post_init__(self) -> None:
        if self.over_us < 0:
            raise ValueError(f"a ramp cannot last {self.over_us} µs")

    def value(self, now: int) -> float:
        elapsed = now - self.started_at
        if elapsed >= self.over_us:
            return self.end
        if elapsed <= 0:
            return self.begin
        reached = self.begin + (self.end - self.begin) * (elapsed / self.over_us)
        # Rounding can carry the line a last bit past its end, and a ramp must not turn back.
        return min(max(reached, min(self.begin, self.end)), max(self.begin, self.end))


@dataclass(frozen=True, slots=True)
class Lag:
    """A first-order lag from `initial` towards `target`: 63 % of the way after one time constant, as a bearing warms."""

    target: float
    time_constant_us: int
    initial: float
    started_at: int

    def __post_init__(self) -> None:
        _check_positive("time constant", self.time_constant_us)

    def value(self, now: int) -> float:
        elapsed = now - self.started_at
        if elapsed <= 0:
            return self.initial
        return self.target + (self.initial - self.target) * math.exp(-elapsed / self.time_constant_us)


@dataclass(frozen=True, slots=True)
class Sum:
    """All parts together, such as a lag and its noise."""

    parts: tuple[Signal, ...]

    def value(self, now: int) -> float:
        return math.fsum(part.value(now) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Set:
    """Show exactly this value from now on, without noise."""

    value: float


@dataclass(frozen=True, slots=True)
class RampTo:
    """Go from the value of the moment to `to` on a straight line, and stay there."""

    to: float
    over_us: int


@dataclass(frozen=True, slots=True)
class SettleTo:
    """Creep from the value of the moment to `to` as a first-order lag, and stay there."""

    to: float
    time_constant_us: int


@dataclass(frozen=True, slots=True)
class Release:
    """Follow the base signal again. What has inertia (a lag) creeps back to it, all else jumps."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The machine can no longer be reached: Modbus stays silent, MQTT publishes nothing."""


@dataclass(frozen=True, slots=True)
class Mend:
    """The machine can be reached again."""


PointAction = Set | RampTo | SettleTo | Release
MachineAction = Fail | Mend


@dataclass(frozen=True, slots=True)
class Timeline:
    """A base signal and the courses laid over it: pairs (moment it begins, signal), in order of time."""

    base: Signal
    courses: tuple[tuple[int, Signal], ...] = ()

    def value(self, now: int) -> float:
        for begins_at, course in reversed(self.courses):
            if begins_at <= now:
                return course.value(now)
        return self.base.value(now)

    def then(self, at: int, action: PointAction) -> Timeline:
        """This timeline with one more action at its end. Raises ValueError if `at` lies before the last one."""
        if self.courses and at < self.courses[-1][0]:
            raise ValueError(f"actions must come in order of time: {at} is before {self.courses[-1][0]}")
        return Timeline(self.base, (*self.courses, (at, self._course(at, action))))

    def youngest(self, courses_max: int) -> Timeline:
        """This timeline without the oldest courses, so that one steered for weeks stays small."""
        return Timeline(self.base, self.courses[-courses_max:])

    def _course(self, at: int, action: PointAction) -> Signal:
        match action:
            case Set(level):
                return Constant(level)
            case RampTo(to, over_us):
                return Ramp(self._begin(at, to), to, at, over_us)
            case SettleTo(to, time_constant_us):
                return Lag(to, time_constant_us, self._begin(at, to), at)
            case Release():
                inertia = inertia_us(self.base)
                excess = self._begin(at, self.base.value(at)) - self.base.value(at)
                return Sum((self.base, Lag(0.0, inertia, excess, at))) if inertia and excess else self.base

    def _begin(self, at: int, to: float) -> float:
        """Where a course to `to` begins. A broken sensor shows NaN or infinity, and from there leads no line: it jumps."""
        value = self.value(at)
        return value if math.isfinite(value) else to


def timeline(base: Signal, script: Iterable[tuple[int, PointAction]] = ()) -> Timeline:
    """`base` with the actions of a script, in order of time, each starting from the value the ones before it left."""
    line = Timeline(base)
    for at, action in script:
        line = line.then(at, action)
    return line


def inertia_us(signal: Signal) -> int:
    """The time constant with which a signal gives up a deviation; 0 if it jumps."""
    match signal:
        case Lag():
            return signal.time_constant_us
        case Sum():
            return max(map(inertia_us, signal.parts), default=0)
        case Timeline():
            return inertia_us(signal.base)
        case _:
            return 0


def _check_positive(what: str, duration_us: int) -> None:
    if duration_us <= 0:
        raise ValueError(f"{what} must be longer than 0, is {duration_us} µs")
