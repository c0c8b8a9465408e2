"""An alarm as faces and card texts see it: a value, taken at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.moment import NEVER, Moment, Span
from edge.model.stage import Stage
from rules.annunciator import Annunciator
from rules.board import Board
from rules.definition import Comparison, Rule
from rules.maintenance import COVER
from rules.tag_state import NOT_YET


@dataclass(frozen=True, slots=True)
class AlarmView:
    """state: the name people see; process_state: the one under any shelf.

    evaluable: raw is true or false now, else the last state is held. Needs a tag that is good and fresh; for a sensor's fault
    one whose sensor fails will do, for silence any. raw: the predicate; it may differ from `facts.active` while a delay is
    pending. value, quality: what the tag shows (`good`, `uncertain`, `bad`); stale: nothing good came for its `stale_after`.

    began, raised, returned, peak, acknowledged_by, acknowledged_at: of the newest occurrence, None before the first.
    acknowledged_by is `system` where nobody is asked to; coming_by is who said last that they are on their way. suppressed:
    what hides it by design, empty for nothing. line_state: of the line in whose states it matters, None for unknown or no line.
    work_order: under which it is out of service. chattering: how often it was raised since it began to chatter, 0: it does not.
    first_out: its rank in its group since that was clear, 0 for none; first_out_named: the PLC's word says so.
    tag_value, tag_quality, tag_news_at: of the tag itself, where a signal is compared in its stead; else the same as value,
    quality and news_at.
    cover_ends: of what hides it although its reason is over (start-up grace, a hold), when that ends.
    stage: whether people are told; trial_until, trial_only: until when only these.
    pending_since: when raw began to differ (source time), None when no delay is pending. pending_due: when it will be complete
    (steady UTC), None when it is paused. pending_length: of the delay that runs.
    """

    rule: Rule
    facts: AlarmFacts
    state: AlarmState
    process_state: AlarmState
    evaluable: bool
    raw: bool
    value: float | None
    quality: str
    stale: bool
    began: Moment | None
    raised: Moment | None
    returned: Moment | None
    peak: float | None
    pending_since: Moment | None
    pending_due: Moment | None
    pending_length: Span
    pending_remains: Span
    news_at: Moment | None
    tag_value: float | None
    tag_quality: str
    tag_news_at: Moment | None
    signal: Mapping[str, float | str | None]
    acknowledged_by: str | None
    acknowledged_at: Moment | None
    shelved_by: str | None
    shelve_reason: str | None
    coming_by: str | None
    coming_at: Moment | None
    suppressed: tuple[str, ...]
    cover_ends: Mapping[str, Moment]
    stage: Stage
    trial_until: Moment | None
    trial_only: tuple[str, ...]
    service_by: str | None
    service_reason: str | None
    work_order: str | None
    chattering: int
    first_out: int
    first_out_named: bool
    line_state: str | None


def view_row(board: Board, annunciator: Annunciator, row: int) -> AlarmView:
    rule, alarm = board.layout.rules[row], annunciator.alarms[row]
    suppressed = annunciator.suppression.of(row)
    reading = board.reading(row, board.time)
    slot, own = int(board.layout.slot_of[row]), board.layout.slots[rule.tag]
    own_reading = reading if own == slot else board.reading_of(own)
    holds = annunciator.acts.stages.of(row)
    since, due = int(board.delays.since[row]), int(board.delays.due_steady[row])
    return AlarmView(
        rule=rule,
        facts=alarm.facts,
        state=_state(alarm.facts, suppressed),
        process_state=alarm.facts.process_state,
        evaluable=_is_evaluable(board, row, reading.quality),
        raw=bool(board.delays.raw[row]),
        value=reading.value,
        quality=reading.quality,
        stale=board.is_stale(row, board.time),
        began=alarm.began,
        raised=alarm.raised,
        returned=alarm.returned,
        peak=None if alarm.raised is None else board.peak_of(row),
        pending_since=None if since == NEVER else since,
        pending_due=None if due == NEVER else due,
        pending_length=int(board.delays.length[row]),
        pending_remains=int(board.delays.remains[row]),
        news_at=_news_at(board, slot),
        tag_value=own_reading.value,
        tag_quality=own_reading.quality,
        tag_news_at=_news_at(board, own),
        signal={} if rule.signal is None else board.signals.facts(board.layout.signal_number[rule.signal]),
        acknowledged_by=alarm.acknowledged_by,
        acknowledged_at=alarm.acknowledged_at,
        shelved_by=alarm.shelved_by,
        shelve_reason=alarm.shelve_reason,
        coming_by=alarm.coming_by,
        coming_at=alarm.coming_at,
        suppressed=suppressed,
        cover_ends=annunciator.suppression.ends_of(row),
        stage=holds.stage,
        trial_until=None if holds.until == NEVER else holds.until,
        trial_only=holds.only,
        service_by=alarm.service_by,
        service_reason=alarm.service_reason,
        work_order=alarm.work_order,
        chattering=alarm.chattering,
        first_out=alarm.first_out,
        first_out_named=alarm.first_out_named,
        line_state=annunciator.suppression.states.get(rule.validity.line) if rule.validity is not None else None,
    )


def _news_at(board: Board, slot: int) -> Moment | None:
    return int(board.tags.news_arrival[slot]) if board.tags.news_source[slot] != NOT_YET else None


def _state(facts: AlarmFacts, suppressed: tuple[str, ...]) -> AlarmState:
    """During maintenance an alarm is out of service, although nobody took it out by itself."""
    if any(cover.startswith(COVER) for cover in suppressed):
        return AlarmState.OOSRV
    return facts.state_when(suppressed=bool(suppressed))


def _is_evaluable(board: Board, row: int, quality: str) -> bool:
    comparison = board.layout.rules[row].comparison
    if comparison in (Comparison.SILENT, Comparison.BAD) or quality == "good":
        return True
    return comparison is Comparison.FAULTY and bool(board.delays.raw[row])
