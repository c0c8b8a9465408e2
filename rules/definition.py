"""A rule as the engine takes it: one per device instance, all parameters filled in, all checks done by the configuration.

Of a condition kind the engine needs two things: a *signal*, the value worked out from tags that it is about (none: the tag
itself), and a *comparison* that says when that value is the condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from edge.model.alarm import Priority
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.model.tag import Words
from rules.signals.base import Signal

#: A shelf never lasts longer than this, whatever a person asks for.
SHELVE_MAX: Span = 8 * HOUR
#: Of which priorities alarms may be shelved, unless the plant says otherwise.
USUALLY_SHELVED = frozenset({Priority.MEDIUM, Priority.LOW, Priority.JOURNAL})


class Kind(StrEnum):
    """The condition kinds, as people name them."""

    HIGH_HIGH = "high_high"
    HIGH = "high"
    LOW = "low"
    LOW_LOW = "low_low"
    DEVIATION = "deviation"
    RATE = "rate"
    DISCRETE = "discrete"
    MISMATCH = "mismatch"
    STALE = "stale"
    COMM_LOSS = "comm_loss"
    BAD_QUALITY = "bad_quality"
    SENSOR_FAULT = "sensor_fault"
    FROZEN = "frozen"
    TREND = "trend"
    REPEAT = "repeat"
    N_OF_M = "n_of_m"
    WINDOW = "window"
    COUNTER_RATE = "counter_rate"
    COUNTER_STOP = "counter_stop"
    RUNS = "runs"
    EWMA = "ewma"
    CUSUM = "cusum"
    EXPRESSION = "expression"
    EVENT = "event"


class Comparison(StrEnum):
    """When a value is the condition. The first six compare values and have a bank in `rules/banks/`; the last three watch how
    samples arrive, and not what they are worth."""

    HIGH = "high"
    LOW = "low"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    IN_SET = "in_set"
    BIT = "bit"
    SILENT = "silent"
    FAULTY = "faulty"
    BAD = "bad"


#: Comparisons that watch arrivals live on our clock, and nothing pauses their delays.
ON_STEADY_CLOCK = frozenset({Comparison.SILENT, Comparison.FAULTY, Comparison.BAD})

#: Of each kind, unless the rule says otherwise.
COMPARISON_OF: Mapping[Kind, Comparison] = {
    Kind.HIGH_HIGH: Comparison.HIGH,
    Kind.HIGH: Comparison.HIGH,
    Kind.LOW: Comparison.LOW,
    Kind.LOW_LOW: Comparison.LOW,
    Kind.DEVIATION: Comparison.HIGH,
    Kind.RATE: Comparison.HIGH,
    Kind.DISCRETE: Comparison.EQUAL,
    Kind.MISMATCH: Comparison.EQUAL,
    Kind.STALE: Comparison.SILENT,
    Kind.COMM_LOSS: Comparison.EQUAL,
    Kind.BAD_QUALITY: Comparison.BAD,
    Kind.SENSOR_FAULT: Comparison.FAULTY,
    Kind.FROZEN: Comparison.HIGH,
    Kind.TREND: Comparison.LOW,
    Kind.REPEAT: Comparison.HIGH,
    Kind.N_OF_M: Comparison.HIGH,
    Kind.WINDOW: Comparison.HIGH,
    Kind.COUNTER_RATE: Comparison.HIGH,
    Kind.COUNTER_STOP: Comparison.HIGH,
    Kind.RUNS: Comparison.HIGH,
    Kind.EWMA: Comparison.HIGH,
    Kind.CUSUM: Comparison.HIGH,
    Kind.EXPRESSION: Comparison.NOT_EQUAL,
    Kind.EVENT: Comparison.EQUAL,
}


class Cause(StrEnum):
    """Why an alarm is suppressed by design."""

    PARENT = "parent"
    """Another alarm explains it."""
    MORE_SEVERE = "more_severe"
    """The next limit of the same tag is reached, too."""
    GROUP = "group"
    """A group of alarms is suppressed together, while any of some others is active."""
    INHIBITED = "inhibited"
    """Another alarm with matching labels mutes it."""
    MACHINE_STATE = "machine_state"
    """The line is in a state in which it does not matter."""
    TIME = "time"
    """It does not matter at this time."""


class Times(Protocol):
    """Weekly times in a time zone (`rules/schedule.py`)."""

    def contains(self, moment: Moment) -> bool: ...

    def next_change(self, moment: Moment) -> Moment | None: ...


@dataclass(frozen=True, slots=True)
class Chatter:
    """An alarm chatters when it is raised `count` times within `within` and nobody does anything; it has settled when nothing
    changed for `quiet` (reference: three within a minute)."""

    count: int = 3
    within: Span = 1 * MINUTE
    quiet: Span = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Validity:
    """When rules matter: in these states of a line (empty: in all), at these times (None: at all). settle: not before so long
    after it began to be so. While nobody knows the state of the line, they matter."""

    line: str = ""
    states: tuple[str, ...] = ()
    times: Times | None = None
    settle: Span = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line whose state is known from tags. signal: its value is the number of the state in `states`."""

    name: str
    states: tuple[str, ...]
    signal: Signal


#: A PLC's word and the alarms that it is about come in scans of their own.
WORD_WITHIN: Span = 5 * SECOND


@dataclass(frozen=True, slots=True)
class FirstOutWord:
    """A tag in which a PLC says which alarm of a first-out group came first. signal: its value is that of the tag. members: the
    rules' ids by the whole number that stands for them; bits: by the number of the bit, from 0, that alone is set. within: how
    far from the first alarm of the group it may take its value and still be about it."""

    group: str
    signal: Signal
    members: Mapping[int, str]
    bits: bool = False
    within: Span = WORD_WITHIN


@dataclass(frozen=True, slots=True)
class Suppressor:
    """Suppression by design by other alarms: while one of `sources` is active, and `hold` after the last of them is, the
    `targets` are told to nobody. Both are rule ids. cause, name: what records have as the reason. words: what people read for
    the name, empty for none."""

    cause: Cause
    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    hold: Span = 0
    words: Words = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """id: the alarm's id (`CRM.ST3.MOTOR/de_temp_high`). tag: the name of the tag it is about; for COMM_LOSS the device's
    session tag. signal: what is compared in the tag's stead; None: the tag itself. unit: of the signal, where it is not the
    tag's. compare: None: as the kind has it. limit: for HIGH and LOW, in the unit of what is compared; for EQUAL the value that
    is the alarm, for NOT_EQUAL the one that is not; for BIT the number of the bit, from 0. values: for IN_SET. deadband: >= 0,
    same unit. stale_after: for STALE, how long without a good sample. on_delay, off_delay: >= 0, in source time. words: what is
    wrong, in the shop's words. guidance: what to do. journal priority is evaluated and written down but never announced.
    confirm: somebody must say that the work is done, too. ack_on_return: its return acknowledges it, by the system. keep_ack:
    what was acknowledged stays so when it was covered meanwhile. realarm_after: active for so long after it was raised or
    acknowledged, it alarms again, at most realarm_max times an activation; None: never. first_out: the group in which the first
    one counts; scan: how uncertain its time is, because its tag is read only so often. chatter: None: it is not looked for.
    validity: when it matters; None: always. safety: it warns people of a danger to them. shelved: the priorities that may be.
    context: tags whose values are written down with begin, raise and return, in order. passes_on: the tag shows an alarm of
    the device's own, which is told of acknowledgements."""

    id: str
    key: str
    device: str
    device_type: str
    area: str
    kind: Kind
    tag: str
    priority: Priority
    words: Words
    guidance: Words = field(default_factory=dict)
    signal: Signal | None = None
    unit: str | None = None
    compare: Comparison | None = None
    limit: float | None = None
    values: tuple[float, ...] = ()
    deadband: float = 0.0
    stale_after: Span | None = None
    on_delay: Span = 0
    off_delay: Span = 0
    latching: bool = False
    ack_required: bool = True
    confirm: bool = False
    ack_on_return: bool = False
    keep_ack: bool = False
    realarm_after: Span | None = None
    realarm_max: int = 10
    first_out: str | None = None
    scan: Span = 0
    chatter: Chatter | None = None
    validity: Validity | None = None
    line: str = ""
    safety: bool = False
    shelved: frozenset[Priority] = USUALLY_SHELVED
    context: tuple[str, ...] = ()
    passes_on: bool = False

    @property
    def comparison(self) -> Comparison:
        return COMPARISON_OF[self.kind] if self.compare is None else self.compare

    @property
    def reads(self) -> tuple[str, ...]:
        """The tags that its condition follows from."""
        return (self.tag,) if self.signal is None else tuple(dict.fromkeys((self.tag, *self.signal.inputs)))

    @property
    def shelvable(self) -> bool:
        """Only of priorities that the plant allows; and what concerns people's safety is never hidden by a button press."""
        return not self.safety and self.priority in self.shelved
