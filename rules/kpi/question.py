"""What is asked of the journal, and the rows it is asked of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.model.alarm import Priority
from edge.model.event import Event, JournalRow
from edge.model.moment import HOUR, Moment, Span
from rules.definition import SHELVE_MAX
from rules.kpi.targets import Kpi, Target

#: The longest period: some years of 10-minute bins.
PERIOD_MAX: Span = 3 * 366 * 24 * HOUR


class RowId(NamedTuple):
    """The identity of a row of the journal, wherever it was merged from."""

    site: str
    agent: str
    epoch: int
    sequence: int


class Entry(NamedTuple):
    row: RowId
    event: Event


def entries_of(rows: Iterable[JournalRow]) -> Iterator[Entry]:
    """The rows of the journal as they are asked."""
    return (Entry(RowId(row.site, row.agent, row.epoch, row.sequence), row.event) for row in rows)


@dataclass(frozen=True, slots=True)
class Unread:
    """Rows of the journal that are not among the entries, because none of them tells of an alarm's life. within: how many lie
    in the period, by subject (any text that is no alarm for all that are of none). known: there is one before the end."""

    within: Mapping[str, int] = field(default_factory=dict)
    known: bool = False


NOTHING_UNREAD = Unread()


def numbered(events: Iterable[Event]) -> Iterator[Entry]:
    """Events that no journal has recorded (of a backtest, of a scenario), numbered from 1 in the order given."""
    return (Entry(RowId("", "", 0, sequence), event) for sequence, event in enumerate(events, start=1))


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What the figures need to know of a rule. id: of its alarm. position: the role whose alarm it is; None: nobody's in
    particular. respond_within: how soon it must be acknowledged; None: not stated."""

    id: str
    priority: Priority
    position: str | None = None
    area: str = ""
    ack_required: bool = True
    latching: bool = False
    respond_within: Span | None = None
    max_shelve: Span = SHELVE_MAX


@dataclass(frozen=True, slots=True)
class Question:
    """start, end: source times, the end excluded; the end is the "now" of what stands or is shelved. zone: the plant's IANA
    name, by whose clock days, hours and bins are cut. positions: by name, whether it is staffed in this period; none at all:
    one person gets everything. targets: a site's own, in place of those of `targets.py`."""

    start: Moment
    end: Moment
    zone: str
    rules: Mapping[str, RuleFacts] = field(default_factory=dict)
    positions: Mapping[str, bool] = field(default_factory=dict)
    targets: Mapping[Kpi, Target] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.end - self.start <= PERIOD_MAX:
            raise ValueError(f"a period ends after it starts, and lasts at most {PERIOD_MAX // (24 * HOUR)} days")
        ZoneInfo(self.zone)

    @property
    def span(self) -> Span:
        """How long the period really lasts, whatever the clocks showed."""
        return self.end - self.start

    @property
    def persons(self) -> int:
        """Staffed positions; at least 1, for somebody gets what has no position."""
        return max(1, sum(self.positions.values()))

    def position_of(self, alarm: str) -> str | None:
        """None: its rule is unknown, names none, or one that is not among the positions."""
        rule = self.rules.get(alarm)
        return rule.position if rule is not None and rule.position in self.positions else None
