"""A quantity that follows others with inertia: a bearing warms with the speed, oil after its pressure is lost. Pure.

Theory of operation. The target is `offset` + the sum of gain x input, held between `low` and `high`; up to three
first-order lags in series creep towards it. Inputs are arbitrary (somebody may steer them), so there is no formula for
the value at a moment: the lags advance on a fixed grid of time counted from the start, each step exact for an input that
stays as it is at the step's begin. The answer depends on the moment alone and not on which moments were asked before,
because every answer is computed along the same grid. Checkpoints make a question about the past cheap.

That holds as long as inputs are steered from a moment on that nobody has asked about yet, as a line does it: what is done
at `now` is done before anybody asks about later moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from math import expm1

STEP_US_MAX = 5_000_000
STEP_US_MIN = 250_000
STEPS_PER_TIME_CONSTANT = 8
CHECKPOINT_STEPS = 64
CHECKPOINTS_MAX = 4096
LAGS_MAX = 3

State = tuple[float, ...]
"""The output of each lag, in series; the last one is the value."""


@dataclass(frozen=True, slots=True)
class Inertia:
    """The time constants of one first-order lag, upwards and downwards."""

    up_us: int
    down_us: int

    def __post_init__(self) -> None:
        if min(self.up_us, self.down_us) <= 0:
            raise ValueError(f"a time constant must be longer than 0, is {min(self.up_us, self.down_us)} µs")


@dataclass(frozen=True, slots=True)
class Input:
    """`gain` of the target for each unit of a quantity."""

    value: Callable[[int], float]
    gain: float


class Response:
    """The signal. Without lags it is its target, at once.

    initial: where the lags stand at `started_at`; None: where the inputs of that moment would have them in the end.
    """

    def __init__(
        self,
        inputs: tuple[Input, ...],
        lags: tuple[Inertia, ...],
        started_at: int,
        *,
        offset: float = 0.0,
        low: float = -math.inf,
        high: float = math.inf,
        initial: float | None = None,
    ) -> None:
        if len(lags) > LAGS_MAX:
            raise ValueError(f"at most {LAGS_MAX} lags in series, there are {len(lags)}")
        if low >= high:
            raise ValueError(f"low must be below high, {low:g} is not below {high:g}")
        self._inputs = inputs
        self._lags = lags
        self._started_at = started_at
        self._offset = offset
        self._low = low
        self._high = high
        self._initial = initial
        fastest = min((min(lag.up_us, lag.down_us) for lag in lags), default=STEP_US_MAX)
        self._step_us = min(max(fastest // STEPS_PER_TIME_CONSTANT, STEP_US_MIN), STEP_US_MAX)
        self._shares = self._shares_of(self._step_us)
        self._head: tuple[int, State] | None = None
        self._begun: tuple[int, float] | None = None
        self._checkpoints: dict[int, State] = {}

    @property
    def inertia_us(self) -> int:
        return max((max(lag.up_us, lag.down_us) for lag in self._lags), default=0)

    def value(self, now: int) -> float:
        if not self._lags:
            return self._target(now)
        steps, rest_us = divmod(max(now - self._started_at, 0), self._step_us)
        state = self._state(steps)
        if rest_us:
            state = _moved(state, self._held(steps), self._shares_of(rest_us))
        return state[-1]

    def _state(self, steps: int) -> State:
        """The lags after so many whole steps."""
        at, state = self._nearest(steps)
        for step in range(at, steps):
            if step % CHECKPOINT_STEPS == 0:
                self._keep(step, state)
            state = _moved(state, self._held(step), self._shares)
        if self._head is None or steps >= self._head[0]:
            self._head = steps, state
        return state

    def _nearest(self, steps: int) -> tuple[int, State]:
        """A state from which `steps` can be reached: the newest, a checkpoint, or the beginning."""
        if self._head is not None:
            if self._head[0] <= steps:
                return self._head
            checkpoint = steps // CHECKPOINT_STEPS * CHECKPOINT_STEPS
            if checkpoint in self._checkpoints:
                return checkpoint, self._checkpoints[checkpoint]
        if self._initial is None:
            self._initial = self._target(self._started_at)
        return 0, (self._initial,) * len(self._lags)

    def _held(self, step: int) -> float:
        """The target at the begin of a step, which is over: nobody can steer the inputs of that moment any more."""
        if self._begun is None or self._begun[0] != step:
            self._begun = step, self._target(self._started_at + step * self._step_us)
        return self._begun[1]

    def _keep(self, step: int, state: State) -> None:
        self._checkpoints[step] = state
        if len(self._checkpoints) > CHECKPOINTS_MAX:
            del self._checkpoints[next(iter(self._checkpoints))]

    def _target(self, moment: int) -> float:
        target = self._offset
        for each in self._inputs:
            target += each.gain * each.value(moment)
        return min(max(target, self._low), self._high)

    def _shares_of(self, elapsed_us: int) -> tuple[tuple[float, float], ...]:
        """For each lag the share of its way that it goes in this time, upwards and downwards."""
        return tuple([(-expm1(-elapsed_us / lag.up_us), -expm1(-elapsed_us / lag.down_us)) for lag in self._lags])


def _moved(state: State, target: float, shares: tuple[tuple[float, float], ...]) -> State:
    moved = []
    for value, (up, down) in zip(state, shares, strict=True):
        distance = target - value
        # What a lag gives the next one is what it was during the step, and that is nearer to its begin than to its end.
        target = value
        moved.append(value + distance * (up if distance > 0 else down))
    return tuple(moved)
