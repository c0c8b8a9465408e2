"""Forced values: for commissioning, a tag shows what a person says and not what its device says. Pure.

    free ── a person, for at most 8 h ──▶ forced ── its end, or a person ──▶ free
                                            └─ a person, anew ─▶ forced

A forced value replaces the device's for rules, image and history; it is never written to the device. What warns people of a
danger to them must not be talked out of it: no tag that such a rule reads can be forced. Nor can what is not a device's word:
sessions, what is derived, and the gateway's own figures.

Not here: the samples (intake.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.model.command import ForceValue, Rejection
from edge.model.moment import HOUR, MILLISECOND, SECOND, Moment, Span
from edge.model.sample import Sample
from edge.model.tag import SYSTEM, Tag
from rules.definition import Rule
from rules.derived import sources_of
from rules.entering import value_for
from rules.shelving import TEXT_MAX

FORCE_MAX: Span = 8 * HOUR
FORCED_MAX = 100
#: A forced value is given anew in this rhythm, so that its tag does not go stale when nothing is connected.
REPEAT_EVERY: Span = 1 * SECOND
REPEAT_EVERY_AT_LEAST: Span = 100 * MILLISECOND


@dataclass(frozen=True, slots=True)
class Forced:
    """by: a person's id. next: when the value is given anew. actual: what the device said last; None while nobody knows."""

    tag: str
    value: float
    text: str | None
    since: Moment
    until: Moment
    by: str
    reason: str
    next: Moment
    actual: Sample | None = None

    @property
    def due(self) -> Moment:
        return min(self.until, self.next)

    def again(self, now: Moment, every: Span) -> Forced:
        return replace(self, next=now + every)

    def record(self) -> list[Any]:
        return [self.tag, self.value, self.text, self.since, self.until, self.by, self.reason]

    @staticmethod
    def of(record: list[Any], now: Moment) -> Forced:
        """After a restart: given anew at once; the device has not spoken yet."""
        tag, value, text, since, until, by, reason = record
        return Forced(tag, value, text, since, until, by, reason, next=now)


def refuse_force(command: ForceValue, tag: Tag | None, safety: frozenset[str], forced: int) -> Rejection | None:
    """Why it cannot be forced so; None when it can. safety: tags by which people are warned of a danger. forced: how many
    others are."""
    if tag is None:
        return Rejection.UNKNOWN_TAG
    if (never := never_forced(tag, safety)) is not None:
        return never
    reasons = (
        (value_for(tag, command.value) is None, Rejection.VALUE_FORM),
        (not 0 < command.duration <= FORCE_MAX, Rejection.DURATION_OUT_OF_RANGE),
        (not command.reason.strip(), Rejection.REASON_MISSING),
        (len(command.reason) > TEXT_MAX, Rejection.COMMENT_TOO_LONG),
        (forced >= FORCED_MAX, Rejection.TOO_MANY_FORCED),
    )
    return next((rejection for applies, rejection in reasons if applies), None)


def never_forced(tag: Tag, safety: frozenset[str]) -> Rejection | None:
    """Why nobody can force it, whatever the value."""
    if tag.point is None or tag.derived is not None or tag.device == SYSTEM:
        return Rejection.NOT_FORCIBLE
    return Rejection.SAFETY_NEVER_FORCED if tag.safety or tag.name in safety else None


def repeat_every(tag: Tag) -> Span:
    """Often enough for the tag to stay fresh."""
    if tag.stale_after is None:
        return REPEAT_EVERY
    return max(REPEAT_EVERY_AT_LEAST, min(REPEAT_EVERY, tag.stale_after // 2))


def safety_tags(tags: Sequence[Tag], rules: Iterable[Rule]) -> frozenset[str]:
    """The tags that rules read which warn people of a danger to them, and what those follow from."""
    sources = sources_of(tags)
    read = {name for rule in rules if rule.safety for name in rule.reads}
    return frozenset(read).union(*(sources.get(name, ()) for name in read))
