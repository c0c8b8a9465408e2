"""KPIs of the alarm system. The door is `compute`: rows of the journal and a question go in, a report comes out."""

from __future__ import annotations

from rules.kpi.figure import Figure, Part, Rows
from rules.kpi.floods import Flood
from rules.kpi.health import Health
from rules.kpi.occurrence import Excluded
from rules.kpi.question import Entry, Question, RowId, RuleFacts, entries_of, numbered
from rules.kpi.report import Report, Section, compute
from rules.kpi.revision import BinMark, Fingerprint, Revision
from rules.kpi.targets import Bound, Kpi, Sense, Target, Unit, Verdict

__all__ = [
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
    "Target",
    "Unit",
    "Verdict",
    "compute",
    "entries_of",
    "numbered",
]
