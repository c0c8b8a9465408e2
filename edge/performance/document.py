"""A report as plain JSON: an overview, and for each figure a page with the rows that it was made of. Pure.

Moments are ISO texts. A position is its name, null for what is nobody's; a figure is called as in `rules.kpi.Kpi`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from edge.config.plant import Plant
from edge.model.moment import HOUR, Moment, to_iso
from edge.model.person import Directory
from edge.model.tag import Words
from edge.performance.facts import alarm_words
from edge.performance.reading import SETTLED_AFTER, LateRow
from edge.response.digest import position_text
from rules.kpi import MEASURES, PARTS_MAX, Bound, Figure, Flood, Kpi, Part, Report, RowId, Section

#: Late rows and changed bins that are listed; how many there are in all stands beside.
LISTED_MAX = 100
#: Parts in the overview, but of days, which are drawn; the page of a figure has all that the figure has.
PARTS_IN_OVERVIEW = 20
_BY_DAY = frozenset({Kpi.ALARMS_PER_DAY, Kpi.STANDING_ALARMS})
#: Of a longer period the overview has no bins of ten minutes, only days.
BINS_UP_TO = 49 * HOUR


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report says beside its figures. words: of all alarms, by id."""

    directory: Directory
    words: dict[str, Words]
    areas: dict[str, Words]
    made_at: Moment
    over: bool


def facts_of(plant: Plant, made_at: Moment, *, over: bool) -> Facts:
    areas: dict[str, Words] = {name: dict(words) for name, words in plant.areas.items()}
    return Facts(plant.policy.directory, alarm_words(plant), areas, made_at, over)


def overview(report: Report, facts: Facts, late: list[LateRow]) -> dict[str, Any]:
    """over: the period is; else it goes on. settled: so long ago that what comes now comes late. brief: shorter than what the
    standard asks for. bins: of ten minutes with alarms, of all positions together; null for a long period. words: of every
    alarm and area that is named."""
    question = report.question
    total = _section(report.total)
    positions = [
        {**_position(name, facts), "staffed": question.positions.get(name or "", True), **_section(each)}
        for name, each in report.positions.items()
    ]
    named = {part["name"] for each in (total, *positions) for figure in each["figures"] for part in figure["parts"]}
    named |= {alarm for each in (total, *positions) for flood in each["floods"] for alarm in _alarms_of(flood)}
    named |= {each.alarm for each in islice(late, LISTED_MAX)}
    return {
        "from": to_iso(question.start),
        "to": to_iso(question.end),
        "time_zone": question.zone,
        "made_at": to_iso(facts.made_at),
        "over": facts.over,
        "settled": facts.over and facts.made_at >= question.end + SETTLED_AFTER,
        "brief": report.brief,
        "persons": question.persons,
        "total": total,
        "positions": positions,
        "late": _late(report, late),
        "bins": _bins(report),
        "words": {name: dict(words) for name in sorted(named) if (words := facts.words.get(name, facts.areas.get(name)))},
    }


def pages(report: Report, facts: Facts) -> Iterator[tuple[str | None, Kpi, dict[str, Any]]]:
    """(position, figure, its page); the position `""` is all together. rows: the first that it was made of, in order of time,
    as site, agent, epoch and sequence; rows_total: how many there are."""
    sections = {"": report.total, **report.positions}
    for name, section in sections.items():
        for kpi, figure in section.figures.items():
            words = {part.name: dict(facts.words[part.name]) for part in figure.parts if part.name in facts.words}
            page = {
                **_figure(figure, len(figure.parts)),
                "position": name,
                "words": words | {part.name: dict(facts.areas[part.name]) for part in figure.parts if part.name in facts.areas},
                "rows": [_row_id(row) for row in figure.rows.ids],
            }
            yield name, kpi, page


def _position(name: str | None, facts: Facts) -> dict[str, Any]:
    return {"position": name, "name": None if name is None else position_text(facts.directory, name)}


def _section(section: Section) -> dict[str, Any]:
    return {
        "health": section.health,
        "figures": [_figure(section.figures[kpi], PARTS_MAX if kpi in _BY_DAY else PARTS_IN_OVERVIEW) for kpi in Kpi],
        "floods": [_flood(each) for each in section.floods[:LISTED_MAX]],
        "floods_total": len(section.floods),
    }


def _figure(figure: Figure, parts_max: int) -> dict[str, Any]:
    """standard: who says what is acceptable; null where nobody does."""
    target = figure.target
    stated = target.target is not None or target.limit is not None
    return {
        "figure": figure.kpi,
        "value": figure.value,
        "unit": figure.unit,
        "verdict": figure.verdict,
        "target": _bound(target.target),
        "limit": _bound(target.limit),
        "standard": MEASURES[figure.kpi].source if stated else None,
        "counted": figure.counted,
        "excluded": {str(reason): count for reason, count in sorted(figure.excluded.items())},
        "parts": [_part(each) for each in figure.parts[:parts_max]],
        "parts_total": len(figure.parts),
        "rows_total": figure.rows.total,
    }


def _bound(bound: Bound | None) -> dict[str, Any] | None:
    return None if bound is None else {"at": bound.at, "sense": bound.sense}


def _part(part: Part) -> dict[str, Any]:
    return {"name": part.name, "value": part.value}


def _flood(flood: Flood) -> dict[str, Any]:
    return {
        "from": to_iso(flood.start),
        "to": to_iso(flood.end),
        "still_on": flood.still_on,
        "count": flood.count,
        "peak": flood.peak,
        "first": flood.first,
        "first_out": list(flood.first_out),
        "top": [_part(each) for each in flood.top],
        "after_upset": flood.after_upset,
        "row": _row_id(flood.row),
    }


def _alarms_of(flood: dict[str, Any]) -> set[str]:
    return {flood["first"], *flood["first_out"], *(each["name"] for each in flood["top"])}


def _late(report: Report, late: list[LateRow]) -> dict[str, Any]:
    """rows: of the period that were recorded when it was settled. revised: the ten minutes whose alarms are not as they were in
    a report made then."""
    return {
        "rows_total": len(late),
        "rows": [
            {
                **_row_id(each.row),
                "alarm": each.alarm,
                "kind": each.kind,
                "time": to_iso(each.time),
                "recorded_at": to_iso(each.recorded_at),
            }
            for each in late[:LISTED_MAX]
        ],
        "revised_total": len(report.revised),
        "revised": [
            {"from": to_iso(each.start), "before": each.before, "now": each.now} for each in report.revised[:LISTED_MAX]
        ],
    }


def _bins(report: Report) -> list[dict[str, Any]] | None:
    if report.question.span > BINS_UP_TO:
        return None
    return [{"from": to_iso(start), "alarms": mark.count} for start, mark in sorted(report.fingerprint.bins.items())]


def _row_id(row: RowId) -> dict[str, Any]:
    return {"site": row.site, "agent": row.agent, "epoch": row.epoch, "sequence": row.sequence}
