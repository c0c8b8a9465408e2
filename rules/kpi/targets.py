"""The figures by name, and what each is measured against (reference: alarms 3.2).

The *target* is "very likely acceptable", the *limit* "maximum manageable" or red. What a figure is and how it is computed
stands in the module that yields it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import ge, le, lt


class Kpi(StrEnum):
    ALARMS = "alarms"
    ALARMS_PER_DAY = "alarms_per_day"
    ALARMS_PER_HOUR = "alarms_per_hour"
    ALARMS_PER_10_MIN = "alarms_per_10_min"
    CURRENT_RATE = "current_rate"
    PEAK_10_MIN = "peak_10_min"
    PEAK_HOUR = "peak_hour"
    PEAK_MINUTE = "peak_minute"
    BUSY_10_MIN = "busy_10_min"
    BUSY_HOURS = "busy_hours"
    FLOODS = "floods"
    TIME_IN_FLOOD = "time_in_flood"
    AFTER_UPSET = "after_upset"
    TOP_10_SHARE = "top_10_share"
    PRIORITY_DEVIATION = "priority_deviation"
    CONFIGURED_DEVIATION = "configured_deviation"
    CHATTERING_ALARMS = "chattering_alarms"
    CHATTERING_BY_TURNS = "chattering_by_turns"
    FLAPPING_ALARMS = "flapping_alarms"
    CHATTER_INDEX = "chatter_index"
    RAISED_WHILE_CHATTERING = "raised_while_chattering"
    FLEETING_ALARMS = "fleeting_alarms"
    STANDING_ALARMS = "standing_alarms"
    STANDING_THROUGHOUT = "standing_throughout"
    STANDING_TIME = "standing_time"
    HIDDEN_ALARMS = "hidden_alarms"
    SHELVED_NOW = "shelved_now"
    SHELVED_OVER_LIMIT = "shelved_over_limit"
    SHELF_LENGTH = "shelf_length"
    UNAUTHORISED_SUPPRESSION = "unauthorised_suppression"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGED_IN_TIME = "acknowledged_in_time"
    TIME_TO_ACKNOWLEDGE = "time_to_acknowledge"
    TIME_TO_ACKNOWLEDGE_P50 = "time_to_acknowledge_p50"
    TIME_TO_ACKNOWLEDGE_P90 = "time_to_acknowledge_p90"
    RETURNED_FIRST = "returned_first"
    ACKNOWLEDGED_WITHOUT_ACTION = "acknowledged_without_action"
    TIME_TO_RESOLVE = "time_to_resolve"
    TIME_TO_RESOLVE_P50 = "time_to_resolve_p50"
    TIME_TO_RESOLVE_P90 = "time_to_resolve_p90"
    LONGEST_ACTIVE = "longest_active"
    LONGEST_UNACKNOWLEDGED = "longest_unacknowledged"
    MOST_REALARMS = "most_realarms"


class Unit(StrEnum):
    COUNT = "count"
    PER_DAY = "per_day"
    PER_HOUR = "per_hour"
    PER_10_MIN = "per_10_min"
    PER_SECOND = "per_second"
    PERCENT = "percent"
    POINTS = "points"
    """Of percent."""
    SECONDS = "seconds"


class Sense(StrEnum):
    AT_MOST = "at_most"
    BELOW = "below"
    AT_LEAST = "at_least"


_COMPARES: Mapping[Sense, Callable[[float, float], bool]] = {Sense.AT_MOST: le, Sense.BELOW: lt, Sense.AT_LEAST: ge}


@dataclass(frozen=True, slots=True)
class Bound:
    at: float
    sense: Sense = Sense.AT_MOST

    def holds(self, value: float) -> bool:
        return _COMPARES[self.sense](value, self.at)


@dataclass(frozen=True, slots=True)
class Target:
    """None: there is none."""

    target: Bound | None = None
    limit: Bound | None = None


class Source(StrEnum):
    """Who says what is acceptable."""

    ISA_18_2 = "isa_18_2"
    """ISA-18.2, IEC 62682."""
    EEMUA_191 = "eemua_191"
    ICINGA_2 = "icinga_2"
    KONDAVEETI = "kondaveeti"


@dataclass(frozen=True, slots=True)
class Measure:
    """source: of the target. personal: the target is what one person can handle, so that it says nothing of what several get
    together."""

    unit: Unit
    target: Target = Target()
    personal: bool = False
    source: Source = Source.ISA_18_2


class Verdict(StrEnum):
    NO_DATA = "no_data"
    NOT_JUDGED = "not_judged"
    """There is no target, or none for so many people together."""
    ACCEPTABLE = "acceptable"
    OVER_TARGET = "over_target"
    OVER_LIMIT = "over_limit"


def judge(value: float | None, target: Target) -> Verdict:
    """Over a target means: on its wrong side."""
    if value is None:
        return Verdict.NO_DATA
    if target.limit is not None and not target.limit.holds(value):
        return Verdict.OVER_LIMIT
    if target.target is not None and not target.target.holds(value):
        return Verdict.OVER_TARGET
    return Verdict.NOT_JUDGED if target == Target() else Verdict.ACCEPTABLE


def _at_most(target: float, limit: float | None = None) -> Target:
    return Target(Bound(target), None if limit is None else Bound(limit))


def _below(target: float, limit: float | None = None) -> Target:
    return Target(Bound(target, Sense.BELOW), None if limit is None else Bound(limit, Sense.BELOW))


#: Every figure. Those of people's answers have no target that holds everywhere: a site states its own.
MEASURES: Mapping[Kpi, Measure] = {
    Kpi.ALARMS: Measure(Unit.COUNT),
    Kpi.ALARMS_PER_DAY: Measure(Unit.PER_DAY, _at_most(150, 300)),
    Kpi.ALARMS_PER_HOUR: Measure(Unit.PER_HOUR, _at_most(6, 12)),
    Kpi.ALARMS_PER_10_MIN: Measure(Unit.PER_10_MIN, _at_most(1, 2)),
    Kpi.CURRENT_RATE: Measure(Unit.PER_HOUR),
    Kpi.PEAK_10_MIN: Measure(Unit.COUNT, _at_most(10), personal=True),
    Kpi.PEAK_HOUR: Measure(Unit.COUNT, _at_most(15), personal=True, source=Source.EEMUA_191),
    Kpi.PEAK_MINUTE: Measure(Unit.COUNT, _at_most(2), personal=True, source=Source.EEMUA_191),
    Kpi.BUSY_10_MIN: Measure(Unit.PERCENT, _below(1, 5), personal=True),
    Kpi.BUSY_HOURS: Measure(Unit.PERCENT, _below(1), personal=True),
    Kpi.FLOODS: Measure(Unit.COUNT, _at_most(0), personal=True),
    Kpi.TIME_IN_FLOOD: Measure(Unit.PERCENT, _below(1, 5), personal=True),
    Kpi.AFTER_UPSET: Measure(Unit.COUNT, _at_most(10, 100), personal=True, source=Source.EEMUA_191),
    Kpi.TOP_10_SHARE: Measure(Unit.PERCENT, _at_most(5, 15)),
    Kpi.PRIORITY_DEVIATION: Measure(Unit.POINTS, Target(limit=Bound(15))),
    Kpi.CONFIGURED_DEVIATION: Measure(Unit.POINTS, Target(limit=Bound(15))),
    Kpi.CHATTERING_ALARMS: Measure(Unit.COUNT, _at_most(0)),
    Kpi.CHATTERING_BY_TURNS: Measure(Unit.COUNT, _at_most(0)),
    Kpi.FLAPPING_ALARMS: Measure(Unit.COUNT, _at_most(0), source=Source.ICINGA_2),
    Kpi.CHATTER_INDEX: Measure(Unit.PER_SECOND, _below(0.05), source=Source.KONDAVEETI),
    Kpi.RAISED_WHILE_CHATTERING: Measure(Unit.COUNT),
    Kpi.FLEETING_ALARMS: Measure(Unit.COUNT, _at_most(0)),
    Kpi.STANDING_ALARMS: Measure(Unit.COUNT, _below(5)),
    Kpi.STANDING_THROUGHOUT: Measure(Unit.COUNT, _at_most(0)),
    Kpi.STANDING_TIME: Measure(Unit.SECONDS),
    Kpi.HIDDEN_ALARMS: Measure(Unit.COUNT),
    Kpi.SHELVED_NOW: Measure(Unit.COUNT),
    Kpi.SHELVED_OVER_LIMIT: Measure(Unit.COUNT, _at_most(0)),
    Kpi.SHELF_LENGTH: Measure(Unit.SECONDS),
    Kpi.UNAUTHORISED_SUPPRESSION: Measure(Unit.COUNT, _at_most(0)),
    Kpi.ACKNOWLEDGED: Measure(Unit.PERCENT),
    Kpi.ACKNOWLEDGED_IN_TIME: Measure(Unit.PERCENT),
    Kpi.TIME_TO_ACKNOWLEDGE: Measure(Unit.SECONDS),
    Kpi.TIME_TO_ACKNOWLEDGE_P50: Measure(Unit.SECONDS),
    Kpi.TIME_TO_ACKNOWLEDGE_P90: Measure(Unit.SECONDS),
    Kpi.RETURNED_FIRST: Measure(Unit.PERCENT),
    Kpi.ACKNOWLEDGED_WITHOUT_ACTION: Measure(Unit.PERCENT),
    Kpi.TIME_TO_RESOLVE: Measure(Unit.SECONDS),
    Kpi.TIME_TO_RESOLVE_P50: Measure(Unit.SECONDS),
    Kpi.TIME_TO_RESOLVE_P90: Measure(Unit.SECONDS),
    Kpi.LONGEST_ACTIVE: Measure(Unit.SECONDS),
    Kpi.LONGEST_UNACKNOWLEDGED: Measure(Unit.SECONDS),
    Kpi.MOST_REALARMS: Measure(Unit.COUNT),
}
