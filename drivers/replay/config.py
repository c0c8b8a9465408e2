"""What can be set for a device that is played from a recording, with defaults, ranges and what each means.

Not here: reading files (`reading.py`), when a row is played (`plan.py`).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from edge.config.point import Point
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, TimeZone, refuse

FASTEST = "as_fast_as_possible"
SPEED_MAX = 100_000.0


class ValueType(StrEnum):
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"


class Stamps(StrEnum):
    """When a sample says that it was."""

    SHIFTED = "shifted"
    """When it is played, as if it were now."""
    KEPT = "kept"
    """When it was recorded: for backtests on virtual time."""


class AtEnd(StrEnum):
    """What becomes of the session after the last row."""

    STAY = "stay"
    """It stays up; tags grow stale by themselves."""
    LOST = "lost"


def _file(given: str, info: ValidationInfo) -> str:
    """A relative path counts from the plant folder, as those of secrets do."""
    folder = (info.context or {}).get("folder")
    return given if given.startswith("/") or folder is None else f"{folder}/{given}"


def _speed(given: Any) -> Any:
    if given == FASTEST:
        return 0.0
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= SPEED_MAX:
        raise refuse("drivers.replay.speed_form", most=f"{SPEED_MAX:g}")
    return float(given)


Speed = Annotated[float, BeforeValidator(_speed, json_schema_input_type=float | Literal["as_fast_as_possible"])]


class ReplayConnection(FileModel):
    """`connection:` of a device: one recording."""

    file: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00{}*?\[]+$"), AfterValidator(_file)] = Field(
        description="A .csv or .parquet file with a column for each tag, or a folder of the gateway's own history."
    )
    separator: str = Field(default=",", min_length=1, max_length=1, description="Between the cells of a CSV file.")
    time: str = Field(
        default="time", min_length=1, max_length=200, description="The column with the moments; not of a history."
    )
    time_zone: TimeZone = Field(default="UTC", description="Of moments that state no offset.")
    speed: Speed = Field(default=1.0, description="Recorded seconds in one second, or as_fast_as_possible.")
    loop: bool = Field(default=False, description="Whether it begins anew after the last row.")
    stamps: Stamps = Field(default=Stamps.SHIFTED, description="shifted: samples are of now; kept: of when they were recorded.")
    at_end: AtEnd = Field(default=AtEnd.STAY, description="stay: the session stays up, tags grow stale; lost: it is lost.")

    @model_validator(mode="after")
    def _kept_times_only_rise(self) -> ReplayConnection:
        if self.stamps is Stamps.KEPT and self.loop:
            raise refuse("drivers.replay.loop_of_kept")
        if self.stamps is Stamps.SHIFTED and self.is_fastest:
            raise refuse("drivers.replay.fast_needs_kept", fastest=FASTEST)
        return self

    @property
    def is_fastest(self) -> bool:
        return self.speed == 0.0

    @property
    def is_history(self) -> bool:
        """A folder: what has no ending of a file."""
        return PurePath(self.file).suffix.lower() not in (".csv", ".txt", ".parquet")


class ReplayPoint(Point):
    """What a replayed tag says beyond the keys that every tag has."""

    is_recorded: ClassVar[bool] = True

    column: str = Field(
        min_length=1, max_length=400, description="The header of its column; of a history the recorded tag's name."
    )
    type: ValueType = Field(default=ValueType.FLOAT, description="float, bool or text.")

    @property
    def is_switch(self) -> bool:
        return self.type is ValueType.BOOL

    @property
    def is_text(self) -> bool:
        return self.type is ValueType.TEXT

    @property
    def not_writable(self) -> Phrase:
        return Phrase("drivers.nobody_takes_it")
