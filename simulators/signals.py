"""Signals: what a simulated quantity is at a moment, and what its sensor makes of it.

Theory of operation. A signal is a value with one question, `value(now)`; the same signal gives the same answer for the
same moment, forwards, backwards and in another process. Signals compose: an oil pressure is
`Sensor(Sum((Constant(...), Wander(...))), Noise(...), resolution)`. What others depend on is the quantity itself and not
what its sensor adds: `undisturbed` asks for that.

Moments are whole microseconds (of simulated time) since 1970, durations are whole microseconds, values are in the
engineering unit of the point. Not here: clocks, files, registers, who steers (`steering.py`), what follows another
quantity (`devices/response.py`), and which machine a signal belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

WANDER_OCTAVES_MAX = 8
_64_BITS = 2**64 - 1


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
class Wander:
    """Slow and aimless, never further than `amplitude` from 0: what draught, load and time of day do to a temperature.

    Value noise: random values at the nodes of a grid with smooth curves between them, on grids of `every_us` and finer
    ones of less weight. Given by seed and time alone.
    """

    amplitude: float
    seed: int
    every_us: int
    octaves: int = 3

    def __post_init__(self) -> None:
        _check_positive("every", self.every_us)
        if not 1 <= self.octaves <= WANDER_OCTAVES_MAX:
            raise ValueError(f"octaves must be 1 to {WANDER_OCTAVES_MAX}, is {self.octaves}")

    def value(self, now: int) -> float:
        reached = 0.0
        for weight, every_us, seed in _octaves(self.octaves, self.every_us, self.seed):
            node, rest = divmod(now, every_us)
            share = rest / every_us
            begin = _at_node(seed, node)
            reached += weight * (begin + (_at_node(seed, node + 1) - begin) * share * share * (3.0 - 2.0 * share))
        return self.amplitude * reached


@dataclass(frozen=True, slots=True)
class Sensor:
    """A quantity as its transmitter shows it: with noise of its own, in steps of `resolution` (0: none)."""

    process: Signal
    noise: Noise | None = None
    resolution: float = 0.0

    def __post_init__(self) -> None:
        if self.resolution < 0:
            raise ValueError(f"resolution must not be negative, is {self.resolution:g}")

    def value(self, now: int) -> float:
        value = self.process.value(now)
        if self.noise is not None:
            value += self.noise.value(now)
        return round(value / self.resolution) * self.resolution if self.resolution else value

    def undisturbed(self, now: int) -> float:
        return self.process.value(now)


def undisturbed(signal: Signal, now: int) -> float:
    """The quantity itself, without what a sensor adds to it. Signals that know the difference have a method of this name."""
    ask: Callable[[int], float] = getattr(signal, "undisturbed", signal.value)
    return ask(now)


def inertia_us(signal: Signal) -> int:
    """The time constant with which a signal gives up a deviation; 0 if it jumps."""
    match signal:
        case Lag():
            return signal.time_constant_us
        case Sum():
            return max(map(inertia_us, signal.parts), default=0)
        case Sensor():
            return inertia_us(signal.process)
        case _:
            return int(getattr(signal, "inertia_us", 0))


@lru_cache(maxsize=1024)
def _octaves(octaves: int, every_us: int, seed: int) -> tuple[tuple[float, int, int], ...]:
    """Weight (all together 1), grid and seed of each octave."""
    total = 2.0 - 0.5 ** (octaves - 1)
    # Not halves: the nodes of a finer grid must not fall on those of the coarser.
    grids = [max(round(every_us / 2.3**place), 1) for place in range(octaves)]
    return tuple((0.5**place / total, grid, seed + place) for place, grid in enumerate(grids))


@lru_cache(maxsize=8192)
def _at_node(seed: int, node: int) -> float:
    """A random number from -1 to 1: splitmix64, remembered because a node is asked for all along its cell."""
    mixed = (seed * 0x9E3779B97F4A7C15 + node * 0xD1B54A32D192ED03) & _64_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    return (mixed ^ (mixed >> 31)) / 2**63 - 1.0


def _check_positive(what: str, duration_us: int) -> None:
    if duration_us <= 0:
        raise ValueError(f"{what} must be longer than 0, is {duration_us} µs")
