"""Who steers a simulated quantity: actions, and the timeline that they make of its signal. Pure.

Theory of operation. A `Timeline` lays courses over a base signal: each action that happens becomes one more (moment,
course) pair, and the youngest pair that has begun speaks. A script known beforehand and a hand at the control port are
both timelines; the hand's lies on top of the script's, and so it wins until it releases. Courses start from the value
of their moment; those of a script find it out when their moment has come, because what happens until then may change it.

Not here: which machine or point an action is for, and how it is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from simulators.signals import Constant, Lag, Ramp, Signal, inertia_us, undisturbed


@dataclass(frozen=True, slots=True)
class Set:
    """Show exactly this value from now on, without noise; a text for a point that shows texts."""

    value: float | str


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
    """Follow the base signal again. What has inertia (a lag, a response) creeps back to it, all else jumps."""


class SensorFault(Enum):
    """How a sensor's wires fail."""

    OPEN = "open"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Break:
    """The sensor shows `shown` from now on, or what it shows with its wires so; the quantity itself goes on as it was."""

    shown: SensorFault | float


@dataclass(frozen=True, slots=True)
class Fail:
    """The machine can no longer be reached: Modbus stays silent, MQTT publishes nothing."""


@dataclass(frozen=True, slots=True)
class Mend:
    """The machine can be reached again, or the sensor shows its quantity again."""


@dataclass(frozen=True, slots=True)
class Halt:
    """The production line stops in the middle of what it does, and is still after `over_us`."""

    over_us: int


@dataclass(frozen=True, slots=True)
class Resume:
    """The production line goes on, with the next product if it was halted within one."""


PointAction = Set | RampTo | SettleTo | Release


@dataclass(frozen=True, slots=True)
class Returning:
    """The course of a release: the base, and less and less of what the point was away from it."""

    excess: Lag | None


Course = Signal | Returning


class Later:
    """The course of an action whose moment may not have come: it starts from what `before` shows at that moment."""

    __slots__ = ("_action", "_at", "_before", "_begun")

    def __init__(self, before: Timeline, at: int, action: PointAction) -> None:
        self._before = before
        self._at = at
        self._action = action
        self._begun: Course | None = None

    def begun(self) -> Course:
        """The course, now that its moment has come."""
        if self._begun is None:
            self._begun = self._before.course(self._at, self._action)
        return self._begun


@dataclass(frozen=True, slots=True)
class Timeline:
    """A base signal and the courses laid over it: pairs (moment it begins, course), in order of time."""

    base: Signal
    courses: tuple[tuple[int, Course | Later], ...] = ()

    def value(self, now: int) -> float:
        if not self.courses:  # most points are never steered, and all are asked all the time
            return self.base.value(now)
        course = self._speaking(now)
        if isinstance(course, Returning):
            return self.base.value(now) + (course.excess.value(now) if course.excess else 0.0)
        return course.value(now)

    def undisturbed(self, now: int) -> float:
        """As `value`, without what the base's sensor adds."""
        if not self.courses:
            return undisturbed(self.base, now)
        course = self._speaking(now)
        if isinstance(course, Returning):
            return undisturbed(self.base, now) + (course.excess.value(now) if course.excess else 0.0)
        return undisturbed(course, now)

    @property
    def inertia_us(self) -> int:
        return inertia_us(self.base)

    def then(self, at: int, action: PointAction) -> Timeline:
        """This timeline with one more action at its end, whose moment has come. ValueError: `at` is before the last one."""
        if self.courses and at < self.courses[-1][0]:
            raise ValueError(f"actions must come in order of time: {at} is before {self.courses[-1][0]}")
        return Timeline(self.base, (*self.courses, (at, self.course(at, action))))

    def youngest(self, courses_max: int) -> Timeline:
        """This timeline without the oldest courses, so that one steered for weeks stays small."""
        return Timeline(self.base, self.courses[-courses_max:])

    def over(self, base: Signal) -> Timeline:
        """The same courses over another base."""
        return Timeline(base, self.courses)

    def course(self, at: int, action: PointAction) -> Course:
        """What an action at `at` makes of the value that the timeline has then."""
        match action:
            case Set(level):
                if isinstance(level, str):
                    raise ValueError(f'must be a number, is "{level}"')
                return Constant(level)
            case RampTo(to, over_us):
                return Ramp(self._begin(at, to), to, at, over_us)
            case SettleTo(to, time_constant_us):
                return Lag(to, time_constant_us, self._begin(at, to), at)
            case Release():
                inertia = self.inertia_us
                if not inertia:
                    return Returning(None)
                at_base = undisturbed(self.base, at)
                begin = self.undisturbed(at)
                return Returning(Lag(0.0, inertia, begin - at_base, at) if math.isfinite(begin) and begin != at_base else None)

    def _speaking(self, now: int) -> Course:
        for begins_at, course in reversed(self.courses):
            if begins_at <= now:
                return course.begun() if isinstance(course, Later) else course
        return self.base

    def _begin(self, at: int, to: float) -> float:
        """Where a course to `to` begins. A broken sensor shows NaN or infinity, and from there leads no line: it jumps."""
        value = self.value(at)
        return value if math.isfinite(value) else to


def timeline(base: Signal, script: Iterable[tuple[int, PointAction]] = ()) -> Timeline:
    """`base` with the actions of a script, each starting from the value the ones before it leave.

    Raises ValueError if the script is not in order of time.
    """
    line = Timeline(base)
    for at, action in script:
        if line.courses and at < line.courses[-1][0]:
            raise ValueError(f"actions must come in order of time: {at} is before {line.courses[-1][0]}")
        line = Timeline(base, (*line.courses, (at, Later(line, at, action))))
    return line
