"""What happens in a simulation: steps with their time, drawn from a seed, or written down for a case.

A step carries all its chance in itself, so that a script can be printed, cut down and played again, and a case does not change
when the drawing of scripts does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from edge.crash import CRASH_POINTS
from simulators.dingtalk.faults import FaultKind
from simulators.dingtalk.routes import CallName


@dataclass(frozen=True, slots=True)
class Set:
    """A device shows another value of a tag."""

    tag: str
    value: float


@dataclass(frozen=True, slots=True)
class Fail:
    """A device is gone for so long."""

    device: str
    for_s: float


@dataclass(frozen=True, slots=True)
class CutBroker:
    for_s: float


@dataclass(frozen=True, slots=True)
class CutCloud:
    for_s: float


@dataclass(frozen=True, slots=True)
class CallFault:
    """The next calls of that name meet a fault; `*` is every call."""

    kind: FaultKind
    call: str
    times: int
    status: int = 500
    code: str = "system.error"
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ExpireToken:
    pass


@dataclass(frozen=True, slots=True)
class DuplicatePresses:
    """The next presses are pushed twice."""

    times: int


@dataclass(frozen=True, slots=True)
class AskToDisconnect:
    """The cloud ends the stream connection, in the way it does every day."""


@dataclass(frozen=True, slots=True)
class Zombie:
    """The stream connection stays open and delivers nothing."""


@dataclass(frozen=True, slots=True)
class Press:
    """A person touches a button. card: which of the phone's cards, 0 the newest to 1 the eldest. stale: an action the card does
    not show any more. choice: which of the reasons, 0 to 1."""

    user_id: str
    card: float
    action: str
    choice: float
    stale: bool


@dataclass(frozen=True, slots=True)
class Kill:
    """The gateway is killed where it is, and started again after so long."""

    down_s: float


@dataclass(frozen=True, slots=True)
class CrashAt:
    """The gateway dies at the n-th passage of a crash point from now on, and is started again after so long."""

    point: str
    passage: int
    down_s: float


@dataclass(frozen=True, slots=True)
class DiskRefuses:
    """No commit succeeds for so long."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Write:
    """A person writes a set point. Each value of a script is another one, so that what leaves us says which write it was."""

    person: str
    tag: str
    value: float


@dataclass(frozen=True, slots=True)
class HangTag:
    person: str
    device: str


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """A person takes the eldest tag off a device, whosever it is."""

    person: str
    device: str


@dataclass(frozen=True, slots=True)
class Force:
    """Commissioning: a tag shows this for so long, whatever its device says."""

    tag: str
    value: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Release:
    tag: str


@dataclass(frozen=True, slots=True)
class Enter:
    """A value without a wire."""

    person: str
    value: float


@dataclass(frozen=True, slots=True)
class LoseAnswers:
    """The answers to the next writes never come back, though the device does them."""

    times: int


Step = (
    Set
    | Fail
    | CutBroker
    | CutCloud
    | CallFault
    | ExpireToken
    | DuplicatePresses
    | AskToDisconnect
    | Zombie
    | Press
    | Kill
    | CrashAt
    | DiskRefuses
    | Write
    | HangTag
    | RemoveTag
    | Force
    | Release
    | Enter
    | LoseAnswers
)


@dataclass(frozen=True, slots=True)
class Timed:
    at_s: float
    step: Step


Script = Sequence[Timed]

#: What an open wire makes of an oil temperature; clear of what is valid.
OPEN_WIRE = 850
#: Values of each tag: the normal one first, which all tags have in the end; then others, clear of every limit and band.
VALUES: dict[str, tuple[float, ...]] = {
    f"PRESS.{number}.{key}": values
    for number in (1, 2)
    for key, values in {"oil_temp": (50, 74, 78.5, 90, OPEN_WIRE), "pressure": (60, 21, 10), "door_open": (0, 1)}.items()
} | {"OVEN.1.zone_temp": (600, 480, 645, 700), "FAN.1.vibration": (2, 6.8, 9)}

#: What people may write, and what they force: a tag that its device never shows above its limit.
SETTABLE = ("PRESS.1.speed", "PRESS.2.speed")
FORCIBLE = ("PRESS.1.torque", "PRESS.2.torque")
PERSONS = ("ann", "ben", "eve")
DEVICES = ("PRESS.1", "PRESS.2", "OVEN.1", "FAN.1")
#: eve is a viewer; the last one is in nobody's people.yaml.
PRESSERS = ("u-ann", "u-ben", "u-eve")
ACTIONS = ("acknowledge", "acknowledge", "on_my_way", "shelve")

_CARD_CALLS = (CallName.CARD_CREATE_AND_DELIVER, CallName.CARD_UPDATE)
_ROBOT_CALLS = (CallName.ROBOT_TO_PERSONS, CallName.ROBOT_TO_GROUP)
_CALLS = ("*", *_CARD_CALLS, *_ROBOT_CALLS, CallName.WEBHOOK_SEND, CallName.ACCESS_TOKEN, CallName.GATEWAY_OPEN)
_LOSING = (FaultKind.NEVER_ANSWER, FaultKind.CLOSE, FaultKind.HALF, FaultKind.BACKEND_TIMEOUT)
#: (status, code) of the new family: try later, token, busy, and two that refuse for good.
_FAILURES = (
    (500, "system.error"),
    (503, "ServiceUnavailable"),
    (403, "Forbidden.AccessDenied.QpsLimitForApi"),
    (401, "InvalidAuthentication"),
    (400, "param.invalid"),
    (403, "Forbidden.AccessDenied.ApiCountLimitForOrg"),
)
#: errcode of the old family, always with HTTP 200.
_ERRCODES = ("-1", "130101", "15", "40035", "400102")
#: Points that a running gateway passes; `migrate`, `account`, `session` and the like have tests of their own.
_POINTS = tuple(
    point
    for point in CRASH_POINTS
    if point.split("_")[1] in ("open", "inbox", "engine", "response", "claim", "settle", "touch")
)


def draw_script(seed: int, minutes: float) -> Script:
    """About twelve steps a minute."""
    lot, values = random.Random(seed), count()
    draws = [
        (34, _draw_set),
        (4, lambda lot: Fail(lot.choice(DEVICES), _span(lot, 5, 120))),
        (2, lambda lot: CutBroker(_span(lot, 1, 60))),
        (4, lambda lot: CutCloud(_span(lot, 1, 180))),
        (14, _draw_call_fault),
        (2, lambda lot: ExpireToken()),
        (2, lambda lot: DuplicatePresses(lot.randint(1, 3))),
        (2, lambda lot: AskToDisconnect()),
        (1, lambda lot: Zombie()),
        (24, _draw_press),
        (5, lambda lot: Kill(_span(lot, 0.1, 60))),
        (6, lambda lot: CrashAt(lot.choice(_POINTS), lot.randint(1, 3), _span(lot, 0.1, 30))),
        (3, lambda lot: DiskRefuses(_span(lot, 0.5, 20))),
        (10, lambda lot: Write(lot.choice(PERSONS), lot.choice(SETTABLE), round(1 + next(values) / 10, 1))),
        (2, lambda lot: HangTag(lot.choice(PERSONS[:2]), lot.choice(DEVICES[:2]))),
        (4, lambda lot: RemoveTag(lot.choice(PERSONS[:2]), lot.choice(DEVICES[:2]))),
        (3, lambda lot: Force(lot.choice(FORCIBLE), lot.choice((50, 150, 200)), _span(lot, 5, 120))),
        (1, lambda lot: Release(lot.choice(FORCIBLE))),
        (2, lambda lot: Enter(lot.choice(PERSONS), round(lot.uniform(-50, 350), 1))),
        (2, lambda lot: LoseAnswers(lot.randint(1, 2))),
    ]
    # Some runs are without crashes, some without a cloud's faults, so that what one kind hides the others show.
    left_out = lot.choice(((), (), (Kill, CrashAt), (CallFault, CutCloud), (DiskRefuses, Zombie), (Press,)))
    weights, choices = zip(*draws, strict=True)
    steps = []
    for at_s in sorted(_span(lot, 0, minutes * 60) for _ in range(int(12 * minutes))):
        draw: Callable[[random.Random], Step] = lot.choices(choices, weights)[0]
        step = draw(lot)
        if not isinstance(step, left_out):
            steps.append(Timed(at_s, step))
    return tuple(steps)


def _draw_set(lot: random.Random) -> Step:
    tag = lot.choice(list(VALUES))
    return Set(tag, lot.choice(VALUES[tag]))


def _draw_call_fault(lot: random.Random) -> Step:
    call, times = str(lot.choice(_CALLS)), lot.randint(1, 4)
    kind = lot.choice((FaultKind.FAIL, FaultKind.FAIL, *_LOSING, *_LOSING, FaultKind.DELAY, FaultKind.BAN))
    match kind:
        case FaultKind.FAIL if call == CallName.WEBHOOK_SEND:
            return CallFault(kind, call, times, 200, lot.choice(_ERRCODES))
        case FaultKind.FAIL:
            status, code = lot.choice(_FAILURES)
            return CallFault(kind, call, times, status, code)
        case FaultKind.DELAY:
            return CallFault(kind, call, times, delay_s=_span(lot, 0.1, 20))
    return CallFault(kind, call, times)


def _draw_press(lot: random.Random) -> Step:
    stale = lot.random() < 0.2
    return Press(lot.choice(PRESSERS), round(lot.random() ** 3, 3), lot.choice(ACTIONS), round(lot.random(), 3), stale)


def _span(lot: random.Random, low: float, high: float) -> float:
    return round(lot.uniform(low, high), 3)
