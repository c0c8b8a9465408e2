"""A rule as the engine takes it: one per device instance, all parameters filled in, all checks done by the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from edge.model.alarm import Priority
from edge.model.moment import HOUR, Span
from edge.model.tag import Words

#: A shelf never lasts longer than this, whatever a person asks for.
SHELVE_MAX: Span = 8 * HOUR


class Kind(StrEnum):
    """The condition kinds; each has its bank in `rules/banks/`."""

    HIGH = "high"
    LOW = "low"
    DISCRETE = "discrete"
    STALE = "stale"
    COMM_LOSS = "comm_loss"
    SENSOR_FAULT = "sensor_fault"


#: Kinds that watch how samples arrive, and not what they are worth: they live on our clock, and nothing pauses their delays.
ON_STEADY_CLOCK = frozenset({Kind.STALE, Kind.SENSOR_FAULT})


@dataclass(frozen=True, slots=True)
class Rule:
    """id: the alarm's id (`CRM.ST3.MOTOR/de_temp_high`). tag: the name of the tag it reads; for COMM_LOSS the device's
    session tag. limit: for HIGH and LOW, in the tag's unit; for DISCRETE the value that is the alarm. deadband: >= 0,
    same unit. stale_after: for STALE, how long without a good sample. on_delay, off_delay: >= 0, in source time. words:
    what is wrong, in the shop's words. guidance: what to do. journal priority is evaluated and written down but never
    announced. safety: it warns people of a danger to them. context: tags whose values are written down with begin, raise and
    return, in order."""

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
    limit: float | None = None
    deadband: float = 0.0
    stale_after: Span | None = None
    on_delay: Span = 0
    off_delay: Span = 0
    latching: bool = False
    ack_required: bool = True
    safety: bool = False
    context: tuple[str, ...] = ()

    @property
    def shelvable(self) -> bool:
        """The two highest priorities, and what concerns people's safety, are never hidden by a button press."""
        return not self.safety and self.priority not in (Priority.CRITICAL, Priority.HIGH)
