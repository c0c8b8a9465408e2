"""The keys of a rule, a model a condition kind. A new kind is a model in one of these files, and a row here."""

from __future__ import annotations

from collections.abc import Mapping

from edge.config.conditions.charts import CusumRuleFile, EwmaRuleFile, RunsRuleFile
from edge.config.conditions.limits import (
    BadQualityRuleFile,
    CommLossRuleFile,
    DiscreteRuleFile,
    LimitRuleFile,
    SensorFaultRuleFile,
    StaleRuleFile,
)
from edge.config.conditions.over_tags import DeviationRuleFile, ExpressionRuleFile, MismatchRuleFile
from edge.config.conditions.over_time import (
    CounterRateRuleFile,
    CounterStopRuleFile,
    EventRuleFile,
    FrozenRuleFile,
    NOfMRuleFile,
    RateRuleFile,
    RepeatRuleFile,
    TrendRuleFile,
    WindowRuleFile,
)
from edge.config.conditions.rule import RuleFile
from rules.definition import Kind

FILE_OF_KIND: Mapping[Kind, type[RuleFile]] = {
    Kind.HIGH_HIGH: LimitRuleFile,
    Kind.HIGH: LimitRuleFile,
    Kind.LOW: LimitRuleFile,
    Kind.LOW_LOW: LimitRuleFile,
    Kind.DISCRETE: DiscreteRuleFile,
    Kind.STALE: StaleRuleFile,
    Kind.COMM_LOSS: CommLossRuleFile,
    Kind.BAD_QUALITY: BadQualityRuleFile,
    Kind.SENSOR_FAULT: SensorFaultRuleFile,
    Kind.DEVIATION: DeviationRuleFile,
    Kind.MISMATCH: MismatchRuleFile,
    Kind.EXPRESSION: ExpressionRuleFile,
    Kind.RATE: RateRuleFile,
    Kind.FROZEN: FrozenRuleFile,
    Kind.TREND: TrendRuleFile,
    Kind.REPEAT: RepeatRuleFile,
    Kind.N_OF_M: NOfMRuleFile,
    Kind.WINDOW: WindowRuleFile,
    Kind.COUNTER_RATE: CounterRateRuleFile,
    Kind.COUNTER_STOP: CounterStopRuleFile,
    Kind.EVENT: EventRuleFile,
    Kind.RUNS: RunsRuleFile,
    Kind.EWMA: EwmaRuleFile,
    Kind.CUSUM: CusumRuleFile,
}
