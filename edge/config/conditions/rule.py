"""What every rule says, and what a rule's keys become: the condition that the engine compares. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from edge.config.conditions.tags import Tags
from edge.config.labels import LabelsFile
from edge.config.rationalisation import ConsequenceClass, Rationale, ResponseTime
from edge.config.text.values import (
    DEVICE_NAME_MAX,
    FileModel,
    Name,
    ShortText,
    SwitchOrNumber,
    TwoLanguages,
    TwoLanguagesLong,
    duration,
    refuse,
)
from edge.config.times import Times
from edge.model.alarm import Priority
from edge.model.moment import SECOND, Span
from rules.definition import Chatter, Comparison, Kind
from rules.signals.base import Signal

Delay = Annotated[Span, duration("0s", "24h")]
Positive = Annotated[Span, duration("100ms", "7d")]
Deadband = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


#: In place of states: the rule matters in all of them, and whoever wrote it has thought of it.
ALWAYS = "always"


def _always(given: Any) -> Any:
    return [ALWAYS] if given == ALWAYS else given


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule's keys mean to the engine; see `rules.definition.Rule`."""

    limit: float | None = None
    deadband: float = 0.0
    values: tuple[float, ...] = ()
    compare: Comparison | None = None
    signal: Signal | None = None
    unit: str | None = None
    stale_after: Span | None = None


class RuleClass(StrEnum):
    """What a rule is about beside the process."""

    SAFETY = "safety"


class ChatterFile(FileModel):
    """When the alarm chatters: raised so often within so long; it has settled when it has been quiet for so long."""

    count: Annotated[int, Field(ge=2, le=20)] = 3
    within: Annotated[Span, duration("1s", "1h")] = 60 * SECOND
    quiet: Annotated[Span, duration("1s", "24h")] = 300 * SECOND

    @property
    def chatter(self) -> Chatter:
        return Chatter(self.count, self.within, self.quiet)


#: In place of numbers: each raise is told, however often it comes.
OFF = "off"


def _off(given: Any) -> Any:
    """`off` is a switch in YAML 1.1 and a word in YAML 1.2; both are written here."""
    return OFF if given is False else given


ChatterOrOff = Annotated[
    Annotated[Literal["off"], Tag("word")] | Annotated[ChatterFile, Tag("numbers")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "numbers"),
    BeforeValidator(_off),
]


class RuleFile(FileModel):
    """What every rule says. for: a device type, or one device. priority: the matrix gives it, by consequence_class and
    respond_within, when it is not written. class: `safety` warns people of a danger to them."""

    for_: str = Field(alias="for", min_length=1, max_length=DEVICE_NAME_MAX)
    kind: Kind
    priority: Priority | None = None
    class_: RuleClass | None = Field(default=None, alias="class")
    words: TwoLanguages
    guidance: TwoLanguagesLong | None = None
    on_delay: Delay = 0
    off_delay: Delay = 0
    latching: bool = False
    ack_required: bool = True
    confirm: bool = Field(default=False, description="Somebody must say that the work is done, too.")
    ack_on_return: bool = Field(default=False, description="Its return acknowledges it by itself.")
    keep_ack: bool = Field(default=False, description="What was acknowledged stays so when it was hidden meanwhile.")
    realarm_after: Annotated[Span, duration("1min", "7d")] | None = None
    realarm_max: Annotated[int, Field(ge=1, le=100)] = 10
    first_out: Name | None = Field(default=None, description="The group in which the first alarm counts.")
    labels: LabelsFile = Field(default_factory=dict, description="What suppressions may choose and compare it by.")
    chatter: ChatterOrOff = Field(default_factory=ChatterFile, description="When it chatters; `off`: each raise is told.")
    only_in: Annotated[list[Name], Field(min_length=1, max_length=30), BeforeValidator(_always)] | None = Field(
        default=None, description="States of the line in which it matters; `always`: in all, and that is meant so."
    )
    only_at: Times | None = Field(default=None, description="Times of the week at which it matters.")
    settle: Delay = Field(default=0, description="Not before so long after it began to matter.")
    suppressed_by: Annotated[list[str], Field(max_length=100)] = Field(
        default=[], description="Other alarms that explain it: rules of the same device, or DEVICE/rule."
    )
    write: Annotated[dict[str, SwitchOrNumber | ShortText], Field(max_length=10)] = Field(
        default={}, description="While it is raised: points and their values; each needs a grant in writes.yaml."
    )
    write_until: Literal["returned", "acknowledged"] = Field(
        default="returned", description="How long it asks for what it writes: till the return, or till somebody has seen it."
    )
    cause: TwoLanguagesLong | None = None
    consequence: TwoLanguagesLong | None = None
    consequence_class: ConsequenceClass | None = None
    respond_within: ResponseTime | None = None
    owner: ShortText | None = None

    @model_validator(mode="after")
    def _settles_after_something(self) -> RuleFile:
        if self.settle and not self.states and self.only_at is None:
            raise refuse("config.settle_alone")
        return self

    @property
    def states(self) -> tuple[str, ...]:
        """In which it matters; none: in all."""
        return () if self.only_in in (None, [ALWAYS]) else tuple(self.only_in or ())

    @property
    def chatters(self) -> Chatter | None:
        """None: it never does."""
        return self.chatter.chatter if isinstance(self.chatter, ChatterFile) else None

    @property
    def rationale(self) -> Rationale:
        return Rationale(
            cause=self.cause.words if self.cause is not None else {},
            consequence=self.consequence.words if self.consequence is not None else {},
            consequence_class=self.consequence_class,
            respond_within=self.respond_within,
            owner=self.owner or "",
        )

    #: The key under which the rule names the tag that it is about.
    about: ClassVar[str] = "tag"

    def condition(self, tags: Tags) -> Condition | None:
        """tags: of the rule's device and of all others. None, with a finding, when something is not as it must be."""
        return Condition()
