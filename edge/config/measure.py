"""The keys of a tag that say what its raw numbers are worth, and which of them are no measurement."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from edge.config.text.values import FileModel, refuse
from edge.model.tag import Measure

Finite = Annotated[float, Field(allow_inf_nan=False)]


def _ends_differ(given: list[float]) -> list[float]:
    if given[0] == given[1]:
        raise refuse("config.range_empty")
    return given


def ends_ascend(given: list[float]) -> list[float]:
    if given[0] >= given[1]:
        raise refuse("config.range_order")
    return given


Ends = Annotated[list[Finite], Field(min_length=2, max_length=2)]


class MeasureFile(FileModel):
    """See `edge.model.tag.Measure`. They may use parameters."""

    scale: float = Field(default=1.0, allow_inf_nan=False, description="What a count is worth in the tag's unit.")
    offset: float = Field(default=0.0, allow_inf_nan=False, description="Added after scaling, in the tag's unit.")
    range: Annotated[Ends, AfterValidator(_ends_differ)] | None = Field(
        default=None, description="[low, high]: the span of the instrument in the tag's unit."
    )
    raw_range: Annotated[Ends, AfterValidator(_ends_differ)] | None = Field(
        default=None, description="[low, high]: the raw numbers at the ends of range, instead of scale and offset."
    )
    valid: Annotated[Ends, AfterValidator(ends_ascend)] | None = Field(
        default=None, description="[low, high]: a value outside is no measurement but a failed sensor."
    )
    bad_values: list[Finite] = Field(
        default=[], max_length=20, description="Raw numbers by which the device says that it has no value, e.g. [32767]."
    )
    ne43: bool = Field(default=False, description="NAMUR NE 43: below 3.6 or above 21 mA the sensor has failed.")

    @field_validator("scale")
    @classmethod
    def _scale_is_usable(cls, given: float) -> float:
        if not 1e-12 <= abs(given) <= 1e12:
            raise refuse("config.scale_range")
        return given

    @field_validator("raw_range")
    @classmethod
    def _raw_range_alone_scales(cls, given: list[float] | None, info: ValidationInfo) -> list[float] | None:
        if given is None:
            return None
        if info.data.get("range", ()) is None:
            raise refuse("config.raw_range_without_range")
        if info.data.get("scale", 1.0) != 1.0 or info.data.get("offset", 0.0) != 0.0:
            raise refuse("config.raw_range_and_scale")
        return given

    @cached_property
    def measure(self) -> Measure:
        """One for all tags that are read by it."""
        return Measure(
            scale=self.scale,
            offset=self.offset,
            range=_pair(self.range),
            raw_range=_pair(self.raw_range),
            valid=_pair(self.valid),
            bad_values=tuple(self.bad_values),
            ne43=self.ne43,
        )


def _pair(ends: list[float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0], ends[1])
