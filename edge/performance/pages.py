"""From the database to finished pages: what the command line prints and the API answers, byte for byte the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from edge.config.plant import Plant
from edge.model.moment import Moment
from edge.performance.document import Facts, facts_of, overview, pages
from edge.performance.facts import question_of
from edge.performance.period import Wish, period_of
from edge.performance.reading import read_rows
from rules.kpi import Question, compute, fingerprint_of

#: The overview has this for its figure, and all together this for their position.
OVERVIEW = ALL = ""
#: How the position is called that is nobody's.
NOBODY = "-"

#: By position and figure, JSON in UTF-8.
Pages = Mapping[tuple[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    question: Question
    facts: Facts


def asked_of(plant: Plant, wish: Wish, now: Moment) -> Asked:
    """Raises UnclearPeriod."""
    period = period_of(wish, now, plant.time_zone)
    return Asked(question_of(plant, period), facts_of(plant, now, over=period.over))


def pages_of(connection: Connection, asked: Asked) -> Pages:
    """Raises TooManyRows, and what the database raises."""
    question = asked.question
    reading = read_rows(connection, question)
    earlier = fingerprint_of(reading.in_time(), question) if reading.left_out else None
    report = compute(reading.entries, question, earlier, reading.unread)
    made = {(ALL, OVERVIEW): _json(overview(report, asked.facts, reading.late))}
    for position, kpi, page in pages(report, asked.facts):
        made[NOBODY if position is None else position, str(kpi)] = _json(page)
    return made


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
