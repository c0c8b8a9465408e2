"""An occurrence of an alarm as its rows tell it, and why one is not counted. What rows there are: `edge.model.event`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.model.alarm import Priority
from edge.model.moment import Moment
from rules.kpi.question import RowId


class Excluded(StrEnum):
    """Why something is not counted. The first group: of rows that are no activation presented to a person. The others: of
    activations, bins and alarms that one figure has no use for."""

    OTHER_ROW = "other_row"
    """Not an activation: a return, what people do, a message, the system's own."""
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out_of_service"
    SUPPRESSED = "suppressed"
    SHADOW = "shadow"
    COMMISSIONING = "commissioning"
    JOURNAL_ONLY = "journal_only"
    UNSTAFFED = "unstaffed"
    REPEATED = "repeated"
    """An occurrence that is counted already: announced again, or a second row of the same raise."""

    PARTIAL_BIN = "partial_bin"
    NEEDS_NO_ACKNOWLEDGEMENT = "needs_no_acknowledgement"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    RETURNED_FIRST = "returned_first"
    """Over before anybody acknowledged it."""
    NO_TIME_STATED = "no_time_stated"
    STILL_OPEN = "still_open"
    RULE_GONE = "rule_gone"
    ONE_ACTIVATION = "one_activation"


#: Somebody, or the design, hid the alarm.
HIDDEN = frozenset({Excluded.SHELVED, Excluded.OUT_OF_SERVICE, Excluded.SUPPRESSED})


class Ending(StrEnum):
    """How an occurrence ended."""

    RETURNED = "returned"
    RAISED_AGAIN = "raised_again"
    """The condition held; the next occurrence took its place."""
    RETIRED = "retired"
    """Its rule is gone."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """row: of the raise. told, told_row: when it was first presented to a person, None while it was not. left_out: why it is
    not presented; None once it is. ended: None while active at the end of the period. reset: for a latching rule.
    acknowledged: by a person, the first time. acknowledged_at_return: by then it was, if only by the system. acted: somebody
    did more than acknowledge. reminders: how often it alarmed anew. again: the occurrence before was still active. first_out:
    the first of its group. chattering: it is one of many."""

    alarm: str
    number: int
    position: str | None
    priority: Priority
    row: RowId
    raised: Moment
    told: Moment | None = None
    told_row: RowId | None = None
    left_out: Excluded | None = None
    ended: Moment | None = None
    ending: Ending | None = None
    reset: Moment | None = None
    acknowledged: Moment | None = None
    acknowledged_at_return: bool = False
    acted: bool = False
    reminders: int = 0
    again: bool = False
    first_out: bool = False
    chattering: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """An occurrence that was presented to a person in the period: what all figures of load count. time, row: of that."""

    time: Moment
    row: RowId
    of: Occurrence


def why_left_out(data: Mapping[str, Any], priority: Priority, *, staffed: bool) -> Excluded | None:
    """Why an occurrence with this data of its raise, or of the end of a cover, is presented to nobody; None: it is."""
    stage = data.get("stage")
    if stage in (Excluded.SHADOW, Excluded.COMMISSIONING):
        return Excluded(stage)
    if priority is Priority.JOURNAL:
        return Excluded.JOURNAL_ONLY
    hidden = data.get("suppressed") or ()
    if hidden:
        persons = next((each for each in (Excluded.OUT_OF_SERVICE, Excluded.SHELVED) if each in hidden), None)
        return persons or Excluded.SUPPRESSED
    return None if staffed else Excluded.UNSTAFFED


def is_first_out(data: Mapping[str, Any]) -> bool:
    """first_out: {rank, ...}, or a plain truth."""
    said = data.get("first_out", False)
    return said["rank"] == 1 if isinstance(said, Mapping) else bool(said)
