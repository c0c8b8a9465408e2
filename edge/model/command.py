"""All that enters the gateway except samples: commands of people, receipts of channels, steps of the clock.

Each arrives as an `InboxRow`, unique by (source, message_id), and is committed before whoever sent it gets an answer. Alarm
commands are consumed by the engine (transaction A), receipts by the response (transaction B). Every alarm command ends in
exactly one event, an accepted one or `rejected` with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.model.deed import DeedEnd, Value
from edge.model.moment import Moment, Span
from edge.model.person import Role
from edge.model.stage import Stage


class Rejection(StrEnum):
    """Why a command changed nothing (OPC UA Part 9 status codes, in our words)."""

    UNKNOWN_ALARM = "unknown_alarm"
    NOT_UNACKNOWLEDGED = "not_unacknowledged"
    STALE_OCCURRENCE = "stale_occurrence"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    """Answered with who did it and when; nobody is scolded for pressing second."""
    NOT_LATCHED = "not_latched"
    STILL_ACTIVE = "still_active"
    ACKNOWLEDGE_FIRST = "acknowledge_first"
    NOT_SHELVED = "not_shelved"
    ALREADY_SHELVED = "already_shelved"
    DURATION_OUT_OF_RANGE = "duration_out_of_range"
    REASON_MISSING = "reason_missing"
    SHELF_NOT_LENGTHENED = "shelf_not_lengthened"
    PRIORITY_NOT_SHELVABLE = "priority_not_shelvable"
    SAFETY_NEVER_SHELVED = "safety_never_shelved"
    NOT_PERMITTED = "not_permitted"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOTHING_TO_CONFIRM = "nothing_to_confirm"
    ALREADY_CONFIRMED = "already_confirmed"
    CONFIRM_FIRST = "confirm_first"
    ALREADY_OUT_OF_SERVICE = "already_out_of_service"
    IN_SERVICE = "in_service"
    SAFETY_STAYS_IN_SERVICE = "safety_stays_in_service"
    WORK_ORDER_MISSING = "work_order_missing"
    NOTHING_TO_LEARN = "nothing_to_learn"
    NO_SUMS = "no_sums"
    UNKNOWN_SCOPE = "unknown_scope"
    SAME_STAGE = "same_stage"
    NOBODY_NAMED = "nobody_named"
    UNKNOWN_DEVICE = "unknown_device"
    SPAN_BACKWARDS = "span_backwards"
    WINDOW_TAKEN = "window_taken"
    UNKNOWN_WINDOW = "unknown_window"
    PERMIT_MISSING = "permit_missing"
    COMMENT_EMPTY = "comment_empty"
    COMMENT_TOO_LONG = "comment_too_long"
    NOT_GRANTED = "not_granted"
    WRONG_ROLE = "wrong_role"
    NOT_A_VALUE = "not_a_value"
    OUT_OF_RANGE = "out_of_range"
    STEP_TOO_LARGE = "step_too_large"
    VALUE_NOT_KNOWN = "value_not_known"
    """How large the step would be cannot be told: the tag is bad, or nobody has heard of it."""
    TOO_OFTEN = "too_often"
    POINT_LOCKED = "point_locked"
    WRITE_EXPIRED = "write_expired"
    WRITE_OPEN = "write_open"
    HANG_TAG = "hang_tag"
    UNKNOWN_WRITE = "unknown_write"
    NOT_TO_CONFIRM = "not_to_confirm"
    SAME_PERSON = "same_person"
    UNKNOWN_TAG = "unknown_tag"
    NOT_ENTERED_BY_HAND = "not_entered_by_hand"
    VALUE_FORM = "value_form"
    IMPLAUSIBLE = "implausible"
    CONFIRM_IMPLAUSIBLE = "confirm_implausible"
    """Outside what is plausible; whoever is sure of it enters it again, confirmed."""
    MOMENT_IMPOSSIBLE = "moment_impossible"
    NEWER_VALUE_STANDS = "newer_value_stands"
    NOT_FORCIBLE = "not_forcible"
    SAFETY_NEVER_FORCED = "safety_never_forced"
    TOO_MANY_FORCED = "too_many_forced"
    NOT_FORCED = "not_forced"
    UNKNOWN_HANG_TAG = "unknown_hang_tag"
    NOT_YOUR_HANG_TAG = "not_your_hang_tag"
    TOO_MANY_HANG_TAGS = "too_many_hang_tags"
    UNKNOWN_MESSAGE = "unknown_message"
    NOTHING_TO_TELL = "nothing_to_tell"
    """It is over: nobody is rung for that any more."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person has seen this occurrence."""

    alarm: str
    occurrence: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class OnMyWay:
    """A person has seen this occurrence and goes there; acknowledges it when nobody has yet."""

    alarm: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on any state; never changes it. At most 500 characters."""

    alarm: str
    text: str


@dataclass(frozen=True, slots=True)
class Shelve:
    """Hide an alarm from people for a limited time, with a reason; the alarm machine keeps running underneath.

    occurrence: the one that whoever asks has seen (a card may be old); 0: whichever there is. one_shot: it covers the present
    activation, or the next one, and ends with it; duration is then the longest it may last."""

    alarm: str
    duration: Span
    reason: str
    occurrence: int = 0
    one_shot: bool = False


@dataclass(frozen=True, slots=True)
class Unshelve:
    """End a shelf before its time."""

    alarm: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Clear the latch of an alarm whose condition is gone and that was acknowledged."""

    alarm: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """The second step after the acknowledgement, where a rule asks for it: the work is done."""

    alarm: str
    occurrence: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Unacknowledge:
    """Take an acknowledgement back: nobody looks after it after all."""

    alarm: str
    occurrence: int
    reason: str


@dataclass(frozen=True, slots=True)
class TakeOutOfService:
    """Hide an alarm while its device is being worked on: bound to a reason and the number of the work order or permit. It does
    not end by itself."""

    alarm: str
    reason: str
    work_order: str


@dataclass(frozen=True, slots=True)
class ReturnToService:
    """The work is done; what is active is announced again."""

    alarm: str


@dataclass(frozen=True, slots=True)
class LearnAnew:
    """Let the statistics of an alarm learn their normal again."""

    alarm: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResetSums:
    """Return the cumulative sums of an alarm to zero, by the same baseline: the cause is removed."""

    alarm: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetStage:
    """Promote or take back: a person's act, with a reason. scope: an alarm's id, `line:NAME` or `plant`. only: for
    commissioning, who is told (`person:ID`, `group:ID`); duration: how long that lasts."""

    scope: str
    stage: Stage
    reason: str
    only: tuple[str, ...] = ()
    duration: Span = 0


@dataclass(frozen=True, slots=True)
class PlanMaintenance:
    """Work on some devices: from then on until then, their alarms are out of service. The owner is whoever asks."""

    window: str
    devices: tuple[str, ...]
    begin: Moment
    end: Moment
    permit: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndMaintenance:
    """The work is done before its time, or will not be."""

    window: str


@dataclass(frozen=True, slots=True)
class WritePoint:
    """Write a value, in the tag's unit, to a point that has a grant. role: of whoever asks, as the door knows it."""

    tag: str
    value: Value
    reason: str
    role: Role


@dataclass(frozen=True, slots=True)
class ConfirmWrite:
    """The second step of a write: somebody else agrees. write: its name, `PLC1.LAMP~17`."""

    write: str
    role: Role


@dataclass(frozen=True, slots=True)
class RefuseWrite:
    """The second step of a write, answered with no: it is never sent. Whoever asked for it takes it back so."""

    write: str
    role: Role


@dataclass(frozen=True, slots=True)
class LeaveDevices:
    """The gateway is about to stop in order: what rules hold at devices is left as each grant says."""


@dataclass(frozen=True, slots=True)
class DeedReceipt:
    """What became of a deed (`edge.model.deed`), on its way back to the response."""

    deed: str
    end: DeedEnd
    detail: str
    at: Moment
    sent_at: Moment | None = None
    shown: Value | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Hang a tag on a device: nothing is written to it while it hangs. It is whoever asks that hangs it."""

    device: str
    order: str
    phone: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveHangTag:
    """Take a tag off. in_charge: whoever asks may take off those of others, with a reason; the door knows that."""

    tag: str
    reason: str = ""
    in_charge: bool = False


@dataclass(frozen=True, slots=True)
class EnterValue:
    """A value that a person has measured or read off. measured_at: when. confirmed: it is outside what is plausible, and right
    all the same."""

    tag: str
    value: float | str
    measured_at: Moment
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class ForceValue:
    """For commissioning: a tag shows this, whatever its device says, until its time is over. One that is forced already is
    forced anew."""

    tag: str
    value: float | str
    duration: Span
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseValue:
    """A forced tag shows again what its device says."""

    tag: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an intent: the channel's answer, on its way back to the response.

    outcome: the outcome's name in lower case (`delivered`, `refused`, `unknown`, `expired`). detail: the channel's own
    receipt or reason. late_by: how long after `wanted_at` it arrived, in microseconds.
    """

    intent: str
    outcome: str
    detail: str
    at: Moment
    late_by: Span = 0
    possible_repeat: bool = False


@dataclass(frozen=True, slots=True)
class ReplayIntent:
    """Let an intent be tried anew that did not arrive, or perhaps not. intent: its key."""

    intent: str


@dataclass(frozen=True, slots=True)
class HeardAgain:
    """The way back of a channel stands again. since: from when on it was lost; what people pressed in between is lost too."""

    channel: str
    since: Moment


@dataclass(frozen=True, slots=True)
class ForeignPress:
    """Somebody pressed on a card that this gateway never made: another one shares its application, or its database was
    replaced. by: the person's id; empty for somebody whom nobody here knows."""

    channel: str
    card: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """A person is no longer in the organisation, as the channel's own directory says."""

    person: str
    channel: str


@dataclass(frozen=True, slots=True)
class PersonReturned:
    """A person who had left is in the organisation again."""

    person: str
    channel: str


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The wall clock jumped by this much against the steady clock (positive: forward)."""

    by: Span


AlarmCommand = (
    Acknowledge
    | OnMyWay
    | Comment
    | Shelve
    | Unshelve
    | Reset
    | Confirm
    | Unacknowledge
    | TakeOutOfService
    | ReturnToService
    | LearnAnew
    | ResetSums
)
PlantCommand = SetStage | PlanMaintenance | EndMaintenance
#: What people do to the samples themselves, before any rule sees them.
SampleCommand = EnterValue | ForceValue | ReleaseValue
#: Answered by the response, not by the engine.
WriteCommand = WritePoint | ConfirmWrite | RefuseWrite
HangTagCommand = Hang | RemoveHangTag
PersonCommand = AlarmCommand | PlantCommand | SampleCommand | WriteCommand | HangTagCommand | ReplayIntent
#: What a channel has found out by itself; nobody has asked for it, and its actor is `system`.
ChannelNews = HeardAgain | ForeignPress | PersonLeft | PersonReturned
InboxBody = PersonCommand | LeaveDevices | DeedReceipt | Receipt | ChannelNews | ClockStepped

_BODIES: Mapping[str, type[Any]] = {
    "acknowledge": Acknowledge,
    "on_my_way": OnMyWay,
    "comment": Comment,
    "shelve": Shelve,
    "unshelve": Unshelve,
    "reset": Reset,
    "confirm": Confirm,
    "unacknowledge": Unacknowledge,
    "take_out_of_service": TakeOutOfService,
    "return_to_service": ReturnToService,
    "learn_anew": LearnAnew,
    "reset_sums": ResetSums,
    "set_stage": SetStage,
    "plan_maintenance": PlanMaintenance,
    "end_maintenance": EndMaintenance,
    "write_point": WritePoint,
    "confirm_write": ConfirmWrite,
    "refuse_write": RefuseWrite,
    "leave_devices": LeaveDevices,
    "deed_receipt": DeedReceipt,
    "hang": Hang,
    "remove_hang_tag": RemoveHangTag,
    "enter_value": EnterValue,
    "force_value": ForceValue,
    "release_value": ReleaseValue,
    "receipt": Receipt,
    "replay_intent": ReplayIntent,
    "heard_again": HeardAgain,
    "foreign_press": ForeignPress,
    "person_left": PersonLeft,
    "person_returned": PersonReturned,
    "clock_stepped": ClockStepped,
}
_KINDS: Mapping[type[Any], str] = {body: kind for kind, body in _BODIES.items()}


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One message that entered, as committed.

    source: the way it came (`api`, `console`, `dingtalk`, `delivery`, `system`); message_id: unique within the source, so
    that a message delivered twice enters once. actor: the person's id, or `system`. sequence: given by the store at commit,
    0 before.
    """

    source: str
    message_id: str
    actor: str
    body: InboxBody
    received_at: Moment
    sequence: int = 0

    @property
    def for_engine(self) -> bool:
        own = Receipt | ClockStepped | WriteCommand | HangTagCommand | LeaveDevices | DeedReceipt | ChannelNews | ReplayIntent
        return not isinstance(self.body, own)


def body_kind(body: InboxBody) -> str:
    """The name under which a body is stored: `acknowledge`, `receipt`, ..."""
    return _KINDS[type(body)]


def encode_body(body: InboxBody) -> dict[str, Any]:
    """A JSON object that `decode_body` turns back into an equal body. None has another inside, which `dataclasses.asdict` would
    look for, at some cost: a receipt follows each message."""
    return {name: getattr(body, name) for name in body.__dataclass_fields__}


def decode_body(kind: str, data: Mapping[str, Any]) -> InboxBody:
    """Raises KeyError for an unknown kind and TypeError for data of another shape."""
    made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    if "stage" in made:
        made["stage"] = Stage(made["stage"])
    if "role" in made:
        made["role"] = Role(made["role"])
    if kind == "deed_receipt":
        made["end"] = DeedEnd(made["end"])
    body: InboxBody = _BODIES[kind](**made)
    return body
