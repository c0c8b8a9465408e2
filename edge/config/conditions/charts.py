"""Statistical process control: run tests, EWMA and CUSUM against a baseline, stated or learned. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from edge.config.conditions.rule import Condition, Finite, RuleFile
from edge.config.conditions.tags import Tags
from edge.config.values import FileModel, Name, duration, refuse
from edge.model.moment import Span
from rules.signals.baseline import LEARNED_MAX, LEARNED_MIN, Learned, Stated
from rules.signals.cusum import Cusum
from rules.signals.ewma import Ewma
from rules.signals.limit_multiple import OUTSIDE
from rules.signals.runs import NELSON, WESTERN_ELECTRIC, Runs, RunTests

TestNumbers = Annotated[list[Annotated[int, Field(ge=1, le=8)]], Field(min_length=1)]
#: By what is written: only what is wrong with that is said.
Tests = Annotated[
    Annotated[Literal["nelson", "western_electric"], Tag("word")] | Annotated[TestNumbers, Tag("numbers")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "numbers"),
]
Every = Annotated[Span, duration("0s", "24h")]


class BaselineFile(FileModel):
    """mean and sigma as they are known; or learn: from so many good points, and then frozen."""

    mean: Finite | None = None
    sigma: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    learn: Annotated[int, Field(ge=LEARNED_MIN, le=LEARNED_MAX)] | None = None

    @model_validator(mode="after")
    def _stated_or_learned(self) -> BaselineFile:
        stated = self.mean is not None and self.sigma is not None
        if stated == (self.learn is not None) or (self.learn is not None and (self.mean, self.sigma) != (None, None)):
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

    def chart(self, tags: Tags) -> dict[str, Any]:
        return {"tag": tags.own.name, "baseline": self.baseline.baseline, "every": self.every}


class RunsRuleFile(ChartRuleFile):
    """runs: the newest point fails one of these tests, by Nelson's numbers."""

    tests: Tests = "nelson"

    def condition(self, tags: Tags) -> Condition | None:
        tests = {"nelson": NELSON, "western_electric": WESTERN_ELECTRIC}.get(str(self.tests))
        if tests is None:
            tests = RunTests(tuple(sorted({*map(int, self.tests)})))
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
    """cusum: a cumulative sum is beyond its interval; both numbers count in sigmas."""

    slack: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.5
    interval: Annotated[float, Field(gt=0.0, le=1000.0)] = 5.0

    def condition(self, tags: Tags) -> Condition | None:
        signal = Cusum(**self.chart(tags), slack=self.slack, decision_interval=self.interval)
        return Condition(OUTSIDE, signal=signal, unit="")
