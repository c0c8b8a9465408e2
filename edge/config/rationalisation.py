"""Why a rule is there: cause, consequence, time to respond, owner; and the matrix that gives a priority from them. Pure.

ISA-18.2 calls it rationalisation: what nobody can answer for is no alarm. What to do is the rule's `guidance`, which
people read when it speaks. Nothing of this is needed to evaluate a rule. Not here: what was reviewed, by whom and when
(`reviews.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from edge.config.text.values import FileModel, duration, refuse
from edge.model.alarm import Priority
from edge.model.moment import Span
from edge.model.tag import Words

ResponseTime = Annotated[Span, duration("1s", "7d")]


class ConsequenceClass(StrEnum):
    """How bad it becomes when nobody acts."""

    MINOR = "minor"
    MAJOR = "major"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Rationale:
    """What the rationalisation of a rule says beside its priority and guidance. cause, consequence: in both languages, or
    empty. respond_within: how long somebody has to act before the consequence is there. owner: who answers for the rule, or
    empty."""

    cause: Words = field(default_factory=dict)
    consequence: Words = field(default_factory=dict)
    consequence_class: ConsequenceClass | None = None
    respond_within: Span | None = None
    owner: str = ""


NO_RATIONALE = Rationale()


def _bands_ascend(given: list[Span]) -> list[Span]:
    if any(first >= second for first, second in pairwise(given)):
        raise refuse("config.matrix_bands_order")
    return given


class PriorityMatrixFile(FileModel):
    """bands: times to respond; a row has a priority for each, up to and including it, and one for every longer time."""

    bands: Annotated[list[ResponseTime], Field(min_length=1, max_length=6), AfterValidator(_bands_ascend)]
    severe: list[Priority]
    major: list[Priority]
    minor: list[Priority]

    @field_validator("severe", "major", "minor")
    @classmethod
    def _row_fits(cls, given: list[Priority], info: ValidationInfo) -> list[Priority]:
        bands = info.data.get("bands")
        if bands is None:
            return given
        if len(given) != len(bands) + 1:
            raise refuse("config.matrix_row_length", wanted=len(bands) + 1)
        if any(first.rank > second.rank for first, second in pairwise(given)):
            raise refuse("config.matrix_row_order")
        worse = {"major": "severe", "minor": "major"}.get(info.field_name or "")
        if worse is not None and any(mine.rank < its.rank for mine, its in zip(given, info.data.get(worse, ()), strict=False)):
            raise refuse("config.matrix_class_order", worse=worse)
        return given

    def priority(self, consequence: ConsequenceClass, respond_within: Span) -> Priority:
        """The priority of a rule of which only this is known."""
        row: list[Priority] = getattr(self, consequence)
        return row[sum(respond_within > band for band in self.bands)]


#: Near what EEMUA 191 proposes; few alarms are severe and quick.
DEFAULT_MATRIX = PriorityMatrixFile.model_validate(
    {
        "bands": ["5min", "30min"],
        "severe": [Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM],
        "major": [Priority.HIGH, Priority.MEDIUM, Priority.LOW],
        "minor": [Priority.MEDIUM, Priority.LOW, Priority.LOW],
    }
)
