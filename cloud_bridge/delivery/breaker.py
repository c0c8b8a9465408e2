"""The circuit breaker of a channel: a channel that fails as a whole is left alone, and then tried with one intent. Pure.

Theory of operation. What an attempt says about the channel is one of three signals, and time is the fourth; state and signal
name the action:

    state        ACCEPTED   FAULT          INCONCLUSIVE   DUE
    closed       forget     count          none           none        everything may leave
    open         close      none           none           probe       nothing leaves until its time is over
    half-open    close      open longer    none           none        one attempt at a time: the probe

`count` opens it when FAULTS_MAX have come with nothing accepted between. Each opening in a row lasts longer, 1 s doubling to
60 s and spread, or as long as the cloud asked for. A fault is one of the whole channel (`Scope.CHANNEL`); what is wrong with
one address or one robot is inconclusive, and so is a refusal: neither says that the next one would fail or would not.

Only an attempt that began after the last change, or the last acceptance, may tell of a fault: a straggler that timed out says
how the channel was, not how it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import assert_never

from cloud_bridge.delivery.retry import delay
from edge.model.intent import Delivered, Ending, Retry, Scope, Unknown
from edge.model.moment import SECOND, Moment, Span

#: Faults in a row that open it: more than a hiccup, fewer than the hands of a channel over and over.
FAULTS_MAX = 5


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Signal(Enum):
    """What is heard."""

    ACCEPTED = "accepted"
    FAULT = "fault"
    INCONCLUSIVE = "inconclusive"
    DUE = "due"


class Action(Enum):
    """What follows, and why."""

    NONE = "none"
    FORGET = "forget"
    COUNT = "count"
    OPEN_LONGER = "open_longer"
    PROBE = "probe"
    CLOSE = "close"


TRANSITIONS: Mapping[tuple[State, Signal], Action] = {
    (State.CLOSED, Signal.ACCEPTED): Action.FORGET,
    (State.CLOSED, Signal.FAULT): Action.COUNT,
    (State.CLOSED, Signal.INCONCLUSIVE): Action.NONE,
    (State.CLOSED, Signal.DUE): Action.NONE,
    (State.OPEN, Signal.ACCEPTED): Action.CLOSE,
    (State.OPEN, Signal.FAULT): Action.NONE,
    (State.OPEN, Signal.INCONCLUSIVE): Action.NONE,
    (State.OPEN, Signal.DUE): Action.PROBE,
    (State.HALF_OPEN, Signal.ACCEPTED): Action.CLOSE,
    (State.HALF_OPEN, Signal.FAULT): Action.OPEN_LONGER,
    (State.HALF_OPEN, Signal.INCONCLUSIVE): Action.NONE,
    (State.HALF_OPEN, Signal.DUE): Action.NONE,
}


@dataclass(frozen=True, slots=True)
class Breaker:
    """faults: in a row, while closed. openings: in a row. until: when an open one may be tried. since: the last change or
    acceptance. back_since: when it last came back from open, or began; what was created before is backlog."""

    since: Moment
    back_since: Moment
    state: State = State.CLOSED
    faults: int = 0
    openings: int = 0
    until: Moment = 0

    @staticmethod
    def new(now: Moment) -> Breaker:
        return Breaker(since=now, back_since=now)

    def heard(self, endings: Sequence[Ending], *, seed: str, began: Moment, now: Moment) -> Breaker:
        """After an attempt that began and has ended now, so for each of its intents. seed: spreads the openings of several
        gateways."""
        signals = [signal_of(ending) for ending in endings]
        signal = next(each for each in (Signal.ACCEPTED, Signal.FAULT, Signal.INCONCLUSIVE) if each in signals)
        if signal is Signal.FAULT and began < self.since:
            signal = Signal.INCONCLUSIVE
        wish = max((int(ending.after_s * SECOND) for ending in endings if isinstance(ending, Retry)), default=0)
        return self._take(TRANSITIONS[self.state, signal], seed, wish, now)

    def looked_at(self, now: Moment) -> Breaker:
        """Before anything leaves."""
        is_due = self.state is State.OPEN and now >= self.until
        return self._take(TRANSITIONS[self.state, Signal.DUE], "", 0, now) if is_due else self

    def _take(self, action: Action, seed: str, wish: Span, now: Moment) -> Breaker:
        match action:
            case Action.NONE:
                return self
            case Action.FORGET:
                return replace(self, faults=0, since=now)
            case Action.COUNT:
                counted = replace(self, faults=self.faults + 1)
                return counted if counted.faults < FAULTS_MAX else counted._opened(seed, wish, now)
            case Action.OPEN_LONGER:
                return self._opened(seed, wish, now)
            case Action.PROBE:
                return replace(self, state=State.HALF_OPEN, since=now)
            case Action.CLOSE:
                return replace(self, state=State.CLOSED, faults=0, openings=0, since=now, back_since=now)
            case _ as never:
                assert_never(never)

    def _opened(self, seed: str, wish: Span, now: Moment) -> Breaker:
        openings = self.openings + 1
        lasts = delay(openings, seed, at_least=wish)
        return replace(self, state=State.OPEN, faults=0, openings=openings, until=now + lasts, since=now)


def signal_of(ending: Ending) -> Signal:
    """What the end of an attempt says about the channel as a whole."""
    if isinstance(ending, Delivered):
        return Signal.ACCEPTED
    if isinstance(ending, Retry | Unknown) and ending.scope is Scope.CHANNEL:
        return Signal.FAULT
    return Signal.INCONCLUSIVE
