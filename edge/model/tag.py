"""Tags and the devices they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from enum import Enum, IntEnum

from edge.model.facts import NO_FACTS, DeviceFacts, Words
from edge.model.moment import Span

__all__ = [
    "AS_IT_COMES", "SESSION", "SYSTEM", "Count", "CountOver", "Counter", "DataClass", "Derivation", "Device", "Entry",
    "Measure", "Tag", "Words", "tag_name",
]  # fmt: skip

#: The tag that a driver itself writes for each device: 1 while the session with the device is up, 0 while it is lost.
SESSION = "session"
#: The device that is the gateway itself, its type and what stands for its driver.
SYSTEM = "system"


def tag_name(device: str, key: str) -> str:
    """`CRM.ST3.MOTOR` and `de_temp` make `CRM.ST3.MOTOR.de_temp`, unique in a plant."""
    return f"{device}.{key}"


@dataclass(frozen=True, slots=True)
class Measure:
    """From the raw number of a device to a value in the tag's unit, and which numbers are no measurement at all.

    value = raw * scale + offset; with raw_range the straight line that takes its ends to those of range. range alone is the
    span of the instrument, for axes. valid: values outside are none, both ends included. bad_values: raw numbers by which the
    device says that it has none (32767). ne43: NAMUR NE 43: below 3.6 or above 21 mA the sensor has failed; the ends of
    raw_range are 4 and 20 mA, without it the value itself is in mA.
    """

    scale: float = 1.0
    offset: float = 0.0
    range: tuple[float, float] | None = None
    raw_range: tuple[float, float] | None = None
    valid: tuple[float, float] | None = None
    bad_values: tuple[float, ...] = ()
    ne43: bool = False

    @property
    def can_fault(self) -> bool:
        """Whether it says what is no measurement, so that a failed sensor can be told."""
        return self.valid is not None or bool(self.bad_values) or self.ne43


AS_IT_COMES = Measure()


class DataClass(IntEnum):
    """How far a value may go; the greater one of two holds for what follows from both (`edge/response/data_classes.py`)."""

    GREEN = 0
    YELLOW = 1
    RED = 2


@dataclass(frozen=True, slots=True)
class Counter:
    """Of a tag that counts (strokes, pieces, energy). rolls_over_at: the number that would follow the greatest one, above 0;
    None for unknown. resets: whether it may begin anew at 0; if not, a fall that is no roll-over is no reading."""

    rolls_over_at: float | None = None
    resets: bool = True


class CountOver(Enum):
    """For how long a tag counts."""

    SAMPLE = "sample"
    """What was counted since the reading before."""
    WINDOW = "window"
    """What was counted in the windows that the plant's clock sets, one after the other."""
    ALL = "all"
    """What was counted since it is counted: it never falls."""


@dataclass(frozen=True, slots=True)
class Count:
    """What of a counter a tag shows (`rules/counting.py`). length, phase, zone: of its windows
    (`rules/signals/clock_window.py`)."""

    over: CountOver
    length: Span = 0
    phase: Span = 0
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a tag follows from others. expression: as it is written, parameters filled in (`rules/expression`). reads: the names
    of the tags that its names stand for, in the order in which they appear first in it. count: it follows from the one counter
    that it reads, and not by an expression."""

    expression: str
    reads: tuple[str, ...]
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Of a tag whose values people enter. every: how often one is due; None: when there is one. between: what is plausible,
    both ends included; None: anything. anyway: whether a value outside may be entered by who confirms it. is_switch: 0 or 1."""

    every: Span | None = None
    between: tuple[float, float] | None = None
    anyway: bool = False
    is_switch: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """One named measurement or state of a device.

    point: what the device's driver needs to read it, in the form of that driver's own point model; None for the session tag.
    stale_after: no good sample for longer than this makes the tag stale; None: never. on_change: the history leaves out samples
    that differ by less from the last one kept; on_change_share: by less than this share of it; None both: keeps all. Rules see
    every sample. states: what numbers mean, in words. safety: people's safety hangs on it: nobody writes it. is_text: its
    samples are texts. is_plain_switch: it is true or false, and nobody gave it other words than yes and no. derived: of a tag
    that no driver reads but we work out. data_class: how far its values may go. entry: of a tag without a wire, whose values
    people enter. counter: of one that counts.
    """

    name: str
    device: str
    key: str
    unit: str
    words: Words
    stale_after: Span | None = None
    point: object | None = None
    measure: Measure = AS_IT_COMES
    on_change: float | None = None
    on_change_share: float | None = None
    states: Mapping[float, Words] = field(default_factory=dict)
    is_text: bool = False
    is_plain_switch: bool = False
    safety: bool = False
    derived: Derivation | None = None
    data_class: DataClass = DataClass.GREEN
    entry: Entry | None = None
    counter: Counter | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One machine, or one part of a machine that is read on its own.

    connection: how the driver reaches it, in the form of the driver's own connection model. context: names of the tags that are
    written down with its alarms at begin, raise and return (the coil, the recipe, the speed); they may be of other devices.
    """

    name: str
    type: str
    driver: str
    area: str
    words: Words
    connection: object
    tags: tuple[Tag, ...] = field(default=())
    facts: DeviceFacts = NO_FACTS
    context: tuple[str, ...] = ()

    @property
    def as_read(self) -> Device:
        """Without what we work out ourselves: what its driver is given, and says to be bad when the device is lost."""
        if all(tag.derived is None for tag in self.tags):
            return self
        return replace(self, tags=tuple(tag for tag in self.tags if tag.derived is None))
