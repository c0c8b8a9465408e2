"""What an annunciator writes down beside its alarms, and takes up again after a restart or with a new layout: what hides
alarms, stages and maintenance, and what PLCs said of who came first. Not here: alarms and columns (succession.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edge.model.event import Event
from edge.model.moment import Moment, Span
from rules.annunciator import Annunciator
from rules.board import Board
from rules.events import returned_to_service
from rules.service import bring_back


def is_altered(annunciator: Annunciator) -> bool:
    """Whether what `write_down` gives has changed since it was asked."""
    return annunciator.suppression.altered or annunciator.acts.altered or annunciator.ranks.altered


def write_down(annunciator: Annunciator) -> dict[str, Any]:
    """What is durable beside the alarms, as plain JSON."""
    annunciator.suppression.altered = False
    return {
        **annunciator.suppression.record(),
        "acts": annunciator.acts.record(),
        "words": annunciator.ranks.record(),
    }


def take_up(annunciator: Annunciator, board: Board, written: Mapping[str, Any], now: Moment, outage: Span) -> Iterator[Event]:
    """Take up such a record, when the alarms are in their places; what people must be told, because covers ended or began
    that nobody saw. An outage is no quiet time, and of the re-alarms that it held up, one is made up for."""
    rules = board.layout.rules
    annunciator.began = now
    active = [row for row, alarm in enumerate(annunciator.alarms) if alarm.facts.active]
    annunciator.acts.restore(written.get("acts", {}))
    known = frozenset(row for row, alarm in enumerate(annunciator.alarms) if alarm.facts.retained) if outage else None
    annunciator.suppression.restore(written, active, now, known)
    annunciator.ranks.restore(written.get("words", {}))
    states = annunciator.suppression.states
    board.line_states = {line: state for line, state in states.items() if state is not None}
    # `alarm` is what it was before; what one of these makes of it, the next goes on with.
    for row, alarm in enumerate(annunciator.alarms):
        if outage and alarm.quiet_at is not None:
            annunciator.put(row, alarm._replace(quiet_at=alarm.quiet_at + outage))
        if alarm.realarm_at is not None and alarm.realarm_at < now:
            annunciator.put(row, annunciator.alarms[row]._replace(realarm_at=now))
        if alarm.first_out:
            annunciator.ranks.clear(row)
        if alarm.facts.out_of_service and rules[row].safety:
            annunciator.put(row, bring_back(annunciator.alarms[row]))
            standing = annunciator.uncovered(row, alarm, now, board.reading(row, now))
            yield returned_to_service(rules[row], annunciator.alarms[row], standing, now)
        if alarm.stands and bool(alarm.covered_by) != bool(annunciator.suppression.of(row)):
            yield annunciator.covers_turned(row, now, alarm.covered_by)
