"""One occasion of telling: why, and what is known at that moment beside the record."""

from __future__ import annotations

from dataclasses import dataclass

from edge.model.act import TELL, Act
from edge.model.intent import Purpose
from edge.model.moment import Span
from edge.model.sample import Sample
from edge.model.trail import Trail


@dataclass(frozen=True, slots=True)
class ReminderCount:
    """The `number`-th of at most `of` reminders, `since` after the raise. of: None where the rule itself alarms again."""

    number: int
    of: int | None
    since: Span


@dataclass(frozen=True, slots=True)
class Refusal:
    """A press that changed nothing. reason: a `Rejection` value; acknowledged_by: a person, when that is the reason."""

    by: str
    reason: str
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """reading: the newest sample of the alarm's tag; None when there is none yet. moved: the occurrence is announced again on
    another card, this one ends. peak: the most severe value so far, while it is active. instead_of: the channel that did not
    reach the recipient, who is told by this one; empty: none. act: what is asked beside telling. trail: what the tag showed of
    late."""

    purpose: Purpose
    reading: Sample | None = None
    reminder: ReminderCount | None = None
    refusal: Refusal | None = None
    moved: bool = False
    peak: float | None = None
    instead_of: str = ""
    act: Act = TELL
    trail: Trail = ()
