"""What devices without a wire say of themselves: the instruments of a laboratory, a gauge on a wall, a paper record. Pure."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from edge.config.measure import Ends, ends_ascend
from edge.config.point import Point
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, duration, refuse
from edge.model.moment import Span
from edge.model.tag import Entry


class ManualConnection(FileModel):
    """There is nothing to connect to, so `connection:` is left out."""


class ManualPoint(Point):
    """What a tag says of the values that people enter for it."""

    is_found_by_name: ClassVar[bool] = True

    type: Literal["number", "switch", "text"] = Field(default="number", description="What is entered.")
    every: Annotated[Span, duration("1min", "366d")] | None = Field(
        default=None, description="A value is due so often, and without one the tag is stale; left out: whenever there is one."
    )
    between: Annotated[Ends, AfterValidator(ends_ascend)] | None = Field(
        default=None, description="[low, high]: what is plausible, both ends included; left out: any number."
    )
    anyway: bool = Field(default=False, description="A value outside may be entered by who says twice that it is right.")

    @field_validator("between")
    @classmethod
    def _is_of_numbers(cls, given: list[float] | None, info: ValidationInfo) -> list[float] | None:
        if given is not None and info.data.get("type", "number") != "number":
            raise refuse("drivers.manual.between_of_no_number")
        return given

    @field_validator("anyway")
    @classmethod
    def _goes_with_between(cls, given: bool, info: ValidationInfo) -> bool:
        if given and info.data.get("between", ()) is None:
            raise refuse("drivers.manual.anyway_of_anything")
        return given

    @property
    def is_switch(self) -> bool:
        return self.type == "switch"

    @property
    def is_text(self) -> bool:
        return self.type == "text"

    @property
    def not_writable(self) -> Phrase:
        return Phrase("drivers.nobody_takes_it")

    @property
    def entry(self) -> Entry:
        between = None if self.between is None else (self.between[0], self.between[1])
        return Entry(self.every, between, self.anyway, self.is_switch)
