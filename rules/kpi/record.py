"""What the journal has on record for a period, read once for all figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.moment import Moment
from rules.kpi.occurrence import Activation, Excluded, Occurrence
from rules.kpi.question import RowId


@dataclass(frozen=True, slots=True)
class Hidden:
    """A raise in the period of which nobody was told."""

    row: RowId
    alarm: str
    position: str | None
    reason: Excluded


@dataclass(frozen=True, slots=True)
class Shelf:
    """row: of the first `shelved`. ended: None while it lasts. Shelving again makes a shelf longer, not another."""

    row: RowId
    alarm: str
    position: str | None
    began: Moment
    ended: Moment | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """A person hid an alarm in the period. authorised: a person is named, a reason, and a work order where one is due."""

    row: RowId
    alarm: str
    position: str | None
    authorised: bool


@dataclass(frozen=True, slots=True)
class Record:
    """All in order of time. known: there is a row before the end of the period. activations: of the period. occurrences: all
    that are known by its end. excluded: rows of the period that are no activation; excluded_at: the same by position. seen: by
    alarm, when people did something about it, up to the end of the period."""

    known: bool
    activations: tuple[Activation, ...]
    occurrences: tuple[Occurrence, ...]
    excluded: Mapping[Excluded, int]
    hidden: tuple[Hidden, ...]
    shelves: tuple[Shelf, ...]
    covers: tuple[Cover, ...]
    seen: Mapping[str, tuple[Moment, ...]]
    excluded_at: Mapping[str | None, Mapping[Excluded, int]]

    def at(self, position: str | None) -> Record:
        """What is on record for one position."""
        return Record(
            self.known,
            tuple(each for each in self.activations if each.of.position == position),
            tuple(each for each in self.occurrences if each.position == position),
            self.excluded_at.get(position, {}),
            tuple(each for each in self.hidden if each.position == position),
            tuple(each for each in self.shelves if each.position == position),
            tuple(each for each in self.covers if each.position == position),
            self.seen,
            self.excluded_at,
        )
