"""KPIs of the alarm system. The door is `compute`: rows of the journal and a question go in, a report comes out."""

from __future__ import annotations

from rules.kpi.figure import PARTS_MAX, Figure, Part, Rows
from rules.kpi.floods import Flood
from rules.kpi.health import Health
from rules.kpi.occurrence import Excluded
from rules.kpi.question import Entry, Question, RowId, RuleFacts, Unread, entries_of, numbered
from rules.kpi.reading import KEYS, KINDS
from rules.kpi.report import Report, Section, compute, fingerprint_of
from rules.kpi.revision import BinMark, Fingerprint, Revision
from rules.kpi.targets import MEASURES, Bound, Kpi, Sense, Source, Target, Unit, Verdict

__all__ = [
    "KEYS",
    "KINDS",
    "MEASURES",
    "PARTS_MAX",
    "BinMark",
    "Bound",
    "Entry",
    "Excluded",
    "Figure",
    "Fingerprint",
    "Flood",
    "Health",
    "Kpi",
    "Part",
    "Question",
    "Report",
    "Revision",
    "RowId",
    "Rows",
    "RuleFacts",
    "Section",
    "Sense",
    "Source",
    "Target",
    "Unit",
    "Unread",
    "Verdict",
    "compute",
    "entries_of",
    "fingerprint_of",
    "numbered",
]
