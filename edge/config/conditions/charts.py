"""Statistical process control: run tests, EWMA and CUSUM against a baseline, stated or learned. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from edge.config.conditions.rule import Condition, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.text.values import FileModel, Name, duration, refuse
from edge.model.moment import Span
from rules.signals.baseline import GREATEST, LEARNED_MAX, LEARNED_MIN, LEAST, Learned, Stated
from rules.signals.cusum import IN_SIGMAS_MAX, Cusum
from rules.signals.ewma import Ewma
from rules.signals.limit_multiple import OUTSIDE
from rules.signals.runs import NELSON, ONE_SIDE_MAX, ONE_SIDE_MIN, WESTERN_ELECTRIC, Runs, RunTests

TestNumbers = Annotated[list[Annotated[int, Field(ge=1, le=8)]], Field(min_length=1)]
#: By what is written: only what is wrong with that is said.
Tests = Annotated[
    Annotated[Literal["nelson", "western_electric"], Tag("word")] | Annotated[TestNumbers, Tag("numbers")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "numbers"),
]
Every = Annotated[Span, duration("0s", "24h")]


class BaselineFile(FileModel):
    """mean and sigma as they are known, or mean alone where the rule counts in the tag's unit; or learn: from so many good
    points, and then frozen."""

    mean: Annotated[float, Field(ge=-GREATEST, le=GREATEST)] | None = None
    sigma: Annotated[float, Field(ge=LEAST, le=GREATEST)] | None = None
    learn: Annotated[int, Field(ge=LEARNED_MIN, le=LEARNED_MAX)] | None = None

    @model_validator(mode="after")
    def _stated_or_learned(self) -> BaselineFile:
        learned = self.learn is not None
        if learned == (self.mean is not None) or (self.mean is None and self.sigma is not None):
            raise refuse("config.baseline_one_of")
        return self

    @property
    def baseline(self) -> Stated | Learned:
        return Stated(self.mean or 0.0, self.sigma) if self.learn is None else Learned(self.learn)


class ChartRuleFile(RuleFile):
    """What all charts say. every: one point in so long; 0: each sample."""

    tag: Name
    baseline: BaselineFile
    every: Every = 0

    @property
    def counts_in_sigmas(self) -> bool:
        return True

    @model_validator(mode="after")
    def _has_a_sigma(self) -> ChartRuleFile:
        if self.counts_in_sigmas and self.baseline.learn is None and self.baseline.sigma is None:
            raise refuse("config.baseline_sigma")
        return self

    def chart(self, tags: Tags) -> dict[str, Any]:
        return {"tag": tags.own.name, "baseline": self.baseline.baseline, "every": self.every}


class RunsRuleFile(ChartRuleFile):
    """runs: the newest point fails one of these tests, by Nelson's numbers. one_side: so many in a row on one side of the mean
    fail test 2; by itself 9, and 8 with western_electric."""

    tests: Tests = "nelson"
    one_side: Annotated[int, Field(ge=ONE_SIDE_MIN, le=ONE_SIDE_MAX)] | None = None

    def condition(self, tags: Tags) -> Condition | None:
        tests = {"nelson": NELSON, "western_electric": WESTERN_ELECTRIC}.get(str(self.tests))
        if tests is None:
            tests = RunTests(tuple(sorted({*map(int, self.tests)})))
        if self.one_side is not None:
            tests = RunTests(tests.numbers, self.one_side)
        return Condition(1.0, signal=Runs(**self.chart(tags), tests=tests), unit="")


class EwmaRuleFile(ChartRuleFile):
    """ewma: the weighted average is outside its limits."""

    weight: Annotated[float, Field(ge=0.001, le=1.0)] = 0.2
    width: Annotated[float, Field(ge=0.1, le=10.0)] = 3.0
    settled: bool = False

    def condition(self, tags: Tags) -> Condition | None:
        signal = Ewma(**self.chart(tags), weight=self.weight, width=self.width, settled=self.settled)
        return Condition(OUTSIDE, signal=signal, unit="")


class CusumRuleFile(ChartRuleFile):
    """cusum: a cumulative sum is beyond its interval. in_sigmas: both numbers count in sigmas; otherwise in the tag's unit, and
    both are to be written."""

    slack: Annotated[float, Field(ge=0.0, le=GREATEST)] = 0.5
    interval: Annotated[float, Field(ge=LEAST, le=GREATEST)] = 5.0
    in_sigmas: bool = True

    @model_validator(mode="after")
    def _fits_its_unit(self) -> CusumRuleFile:
        if self.in_sigmas and max(self.slack, self.interval) > IN_SIGMAS_MAX:
            raise refuse("config.cusum_sigmas", most=f"{IN_SIGMAS_MAX:g}")
        if not self.in_sigmas and not {"slack", "interval"} <= self.model_fields_set:
            raise refuse("config.cusum_unit")
        return self

    @property
    def counts_in_sigmas(self) -> bool:
        return self.in_sigmas

    def condition(self, tags: Tags) -> Condition | None:
        signal = Cusum(**self.chart(tags), slack=self.slack, decision_interval=self.interval, in_sigmas=self.in_sigmas)
        return Condition(OUTSIDE, signal=signal, unit="")
