"""A rule in words: when its alarm begins and when it is over, and the same as marks of a trend. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import number, rough, span, with_unit
from edge.console.rows import limit_of
from edge.console.trend_chart import Limit, Marks, Moment
from edge.console.words import Words

#: By comparison, on which side of the limit the condition ends.
_RELEASE_SIGN: Mapping[str, int] = {"high": -1, "low": 1}
#: Kinds that compare the tag itself: their limit is a line in its trend.
_OF_THE_TAG = frozenset({"high_high", "high", "low", "low_low"})
#: Kinds with words of their own for the end; of the others the condition just does not hold any more.
_ENDS = frozenset({"discrete", "stale", "comm_loss", "sensor_fault"})
#: Where two moments of an occurrence are one, the second says enough.
_SAME_AS: Mapping[str, str] = {"began": "raised", "acknowledged_at": "coming_at"}


def rule_facts(alarm: Mapping[str, Any], words: Words) -> dict[str, str]:
    """By the keys under `rule`; empty texts say nothing. alarm: all that the API says of one."""
    rule, derived = alarm["rule"], alarm["derived"]
    unit = alarm["unit"] if derived is None else derived["unit"]
    release = release_of(rule)
    how = rule["compare"] if release is not None else rule["kind"] if rule["kind"] in _ENDS else "other"
    ends = words(f"rule.ends_{how}", limit="" if release is None else with_unit(number(release), unit))
    return {
        "begins": _held(_condition(alarm, words), rule["on_delay_s"], words),
        "ends": _held(ends, rule["off_delay_s"], words),
        "deadband": with_unit(number(rule["deadband"]), unit) if rule["deadband"] and release is not None else "",
        "latching": words("rule.latching_told") if rule["latching"] else "",
        "acknowledgement": "" if rule["ack_required"] else words("rule.no_acknowledgement"),
        "confirmation": words("rule.confirmation_told") if rule["confirm"] else "",
        "safety": words("rule.safety_told") if rule["safety"] else "",
    }


def release_of(rule: Mapping[str, Any]) -> float | None:
    """Where the condition ends; None for one without a limit on one side."""
    if rule["limit"] is None or rule["compare"] not in _RELEASE_SIGN:
        return None
    return float(rule["limit"] + _RELEASE_SIGN[rule["compare"]] * rule["deadband"])


def trend_marks(alarm: Mapping[str, Any], words: Words) -> Marks:
    """The limit with its deadband; and of the newest occurrence its moments, and its delay."""
    rule = alarm["rule"]
    limits = []
    if rule["kind"] in _OF_THE_TAG and rule["limit"] is not None:
        shown = limit_of(alarm, words)
        release = release_of(rule) if rule["deadband"] else None
        limits.append(Limit(rule["limit"], words("trend.limit", limit=shown), release))
    moments = [
        Moment(alarm[key], words(f"trend.{key}"))
        for key in ("began", "raised", "acknowledged_at", "coming_at", "returned")
        if alarm[key] is not None and (key not in _SAME_AS or alarm[key] != alarm[_SAME_AS[key]])
    ]
    delay = None
    if alarm["began"] is not None and alarm["raised"] is not None and alarm["began"] < alarm["raised"]:
        delay = (alarm["began"], alarm["raised"], words("trend.delay", span=span(rule["on_delay_s"], words)))
    return Marks(limits, moments, delay)


def occurrence_facts(alarm: Mapping[str, Any], words: Words, time: PlantTime) -> dict[str, str]:
    """How long it took, by the keys under `panel`."""
    if alarm["raised"] is None:
        return {}
    end = None if alarm["active"] else alarm["returned"]
    lasted = time.seconds_since(alarm["began"]) - (0.0 if end is None else time.seconds_since(end))
    return {"began": time.shown(alarm["began"]), "lasted": rough(max(0.0, lasted), words)}


def _condition(alarm: Mapping[str, Any], words: Words) -> str:
    rule = alarm["rule"]
    if rule["kind"] == "stale":
        return words("rule.begins_stale", span=span(rule["stale_after_s"] or 0.0, words))
    limit = limit_of({**rule, **{key: alarm[key] for key in ("unit", "states", "derived")}}, words)
    return limit or words(f"rule.begins_{rule['kind']}")


def _held(condition: str, delay_s: float, words: Words) -> str:
    return words("rule.held", condition=condition, span=span(delay_s, words)) if delay_s else condition
