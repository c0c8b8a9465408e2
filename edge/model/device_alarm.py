"""Alarms that a device raises by itself (an OPC UA condition, an alarm telegram), as the values of tags.

A driver that hears of such an alarm shows it by tags like any other, so that history, trends, expressions and rules need to
know nothing of it: its severity is a number that rules compare, its message is a text that a device's `context` writes down.
Both are samples of one batch with the device's own time, the message before the severity, so that whoever is told of the one
is told the other with it. Nothing of the device's becomes an alarm of ours by itself: a rule says which, how urgent it is here,
and what to do (`docs/device_alarms.md`). Not here: how a device says it; that is each driver's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.model.moment import Moment

#: OPC UA Part 5, 6.4.2: 1 is the least urgent, 1000 the most. Who has other grades of urgency maps them to these.
SEVERITY_MIN, SEVERITY_MAX = 1, 1000


class AlarmPart(StrEnum):
    """What of an alarm a tag shows."""

    SEVERITY = "severity"
    """1 to 1000 while it is active, 0 while it is not."""
    MESSAGE = "message"
    """What the device says of it; kept after it is over, until it says something else."""
    ACKNOWLEDGED = "acknowledged"
    """1 when somebody has acknowledged it at the device, 0 while nobody has."""

    @property
    def is_text(self) -> bool:
        return self is AlarmPart.MESSAGE


@dataclass(frozen=True, slots=True)
class DeviceAlarm:
    """One alarm as a device told of it last. severity: as the device grades it, also while it is not active; what is no grade
    counts as the nearest one, so that an active alarm is never 0. message: one line. acknowledged: None: the device does not
    say. time: when it became so, by the device's clock; None: it does not say."""

    active: bool
    severity: int = SEVERITY_MIN
    message: str = ""
    acknowledged: bool | None = None
    time: Moment | None = None

    def value(self, part: AlarmPart) -> float | str | None:
        """What a tag of this part shows; None: the device says nothing of it."""
        match part:
            case AlarmPart.SEVERITY:
                return float(min(max(self.severity, SEVERITY_MIN), SEVERITY_MAX)) if self.active else 0.0
            case AlarmPart.MESSAGE:
                return self.message
            case AlarmPart.ACKNOWLEDGED:
                return None if self.acknowledged is None else float(self.acknowledged)
