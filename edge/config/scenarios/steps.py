"""A scenario: what happens to a plant and what must come of it, as typed steps on one time axis that begins at 0 s. Pure.

Not here: how files write it (`file.py`) and the running of it (`edge/scenario.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edge.config.text.finding import Place
from edge.model.alarm import AlarmState
from edge.model.command import Rejection
from edge.model.moment import Moment, Span
from edge.model.stage import Stage
from edge.model.tag import Words

Button = Literal["acknowledge", "on_my_way", "shelve"]
Form = Literal["card", "message"]


@dataclass(frozen=True, slots=True)
class SetTags:
    """From now on the device shows exactly this, in the tag's unit; true and false are 1 and 0; texts are for text tags."""

    values: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class RampTags:
    """On a straight line to a value, which then stays: tag -> (value, how long it takes)."""

    targets: Mapping[str, tuple[float, Span]]


@dataclass(frozen=True, slots=True)
class FailDevice:
    """The device can no longer be reached."""

    device: str


@dataclass(frozen=True, slots=True)
class MendDevice:
    device: str


@dataclass(frozen=True, slots=True)
class Play:
    """An upset of the plant's `simulation.yaml` begins: many things in a few seconds, such as a strip break."""

    upset: str


@dataclass(frozen=True, slots=True)
class CutCloud:
    """Nothing reaches the collaboration cloud, and nothing comes from there."""


@dataclass(frozen=True, slots=True)
class MendCloud:
    pass


@dataclass(frozen=True, slots=True)
class SetQuota:
    """The cloud's quota of the month is spent, or there is some again."""

    spent: bool


@dataclass(frozen=True, slots=True)
class Press:
    """A person presses a button on their newest card of an alarm. choice: the reason that a shelve button asks for."""

    person: str
    alarm: str
    button: Button
    choice: str | None


@dataclass(frozen=True, slots=True)
class Say:
    """A person writes to the robot."""

    person: str
    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """A person leaves the organisation."""

    person: str


@dataclass(frozen=True, slots=True)
class Promote:
    """The plant, `line:NAME` or an alarm goes into another stage. only, lasts: of commissioning."""

    scope: str
    stage: Stage
    only: tuple[str, ...]
    lasts: Span


@dataclass(frozen=True, slots=True)
class BeginMaintenance:
    """A maintenance window that begins now. owner: a person's id."""

    window: str
    devices: tuple[str, ...]
    lasts: Span
    owner: str


@dataclass(frozen=True, slots=True)
class EndMaintenance:
    """Its owner ends it before its time."""

    window: str


@dataclass(frozen=True, slots=True)
class WriteTag:
    """A person writes a value to a point."""

    tag: str
    value: float | str
    person: str


@dataclass(frozen=True, slots=True)
class ConfirmTag:
    """A person agrees to the newest write of a point that waits for a second one."""

    tag: str
    person: str


@dataclass(frozen=True, slots=True)
class HangTag:
    """A person hangs a tag on a device."""

    device: str
    by: str


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """A person takes the eldest of their tags off a device; who has none there, the eldest of all."""

    device: str
    by: str


@dataclass(frozen=True, slots=True)
class ExpectWritten:
    """The newest write of each of these points is done, and was of this value."""

    values: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Enter:
    """A person enters values of tags without a wire, measured now."""

    values: Mapping[str, float | str]
    by: str


@dataclass(frozen=True, slots=True)
class Force:
    """An engineer forces tags for commissioning."""

    values: Mapping[str, float | str]
    by: str
    lasts: Span


@dataclass(frozen=True, slots=True)
class Release:
    """Forced tags show again what their devices say."""

    tags: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class ExpectAlarm:
    """The alarm is in this state (`AlarmFacts.state`)."""

    alarm: str
    state: AlarmState


@dataclass(frozen=True, slots=True)
class ExpectTold:
    """A card or message on the phone of a recipient (`person:ID` or `group:ID`).

    contains: somewhere in its text. alarm, state: what the card is about and which state it shows; None: any."""

    form: Form
    recipient: str
    contains: str
    alarm: str | None
    state: AlarmState | None


@dataclass(frozen=True, slots=True)
class ExpectNothing:
    """Nothing at all is told to a recipient within the window; None: to nobody."""

    recipient: str | None


@dataclass(frozen=True, slots=True)
class ExpectCount:
    """So many cards or messages from the start until now, to one recipient or (None) to all together."""

    form: Form
    recipient: str | None
    count: int


#: What people do to many alarms at once.
PlantAct = Promote | BeginMaintenance | EndMaintenance
#: What people do to devices.
DeviceAct = WriteTag | ConfirmTag
#: What people do who work at a device.
HangTagAct = HangTag | RemoveTag
#: What people do to samples.
SampleAct = Enter | Force | Release
#: What happens without anybody at the console.
LineAct = SetTags | RampTags | Play | FailDevice | MendDevice | CutCloud | MendCloud | SetQuota
#: What people do with their phones, and in the organisation.
PhoneAct = Press | Say | Leave
Action = LineAct | PhoneAct | PlantAct | DeviceAct | SampleAct | HangTagAct
Expectation = ExpectAlarm | ExpectTold | ExpectNothing | ExpectCount | ExpectWritten


@dataclass(frozen=True, slots=True)
class Step:
    """since, until: from the start of the scenario; equal for what happens at a moment. An expectation with a window holds when
    it is true at some moment of it (nothing told: during all of it). refused: what a person asks for is
    answered with this reason; None: it is taken. place: for messages."""

    since: Span
    until: Span
    does: Action | Expectation
    place: Place
    refused: Rejection | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """name: the file's name without its ending. start: the moment of 0 s. steps: as written. place: of its title."""

    name: str
    title: Words
    start: Moment
    steps: tuple[Step, ...]
    place: Place
