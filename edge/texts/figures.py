"""Figures of alarm performance in words: how the command line and the console say what the API answers. Pure.

A *figure* here is one as the report has it in JSON: `figure`, `value`, `unit`, `verdict`, `target`, `limit`, `standard` and
`excluded`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.texts import render

#: In the order in which they are read; every figure is in one group.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "load": (
        "alarms", "alarms_per_day", "alarms_per_hour", "alarms_per_10_min", "current_rate", "peak_minute", "peak_10_min",
        "peak_hour", "busy_10_min", "busy_hours", "priority_deviation", "configured_deviation",
    ),
    "floods": ("floods", "time_in_flood", "after_upset"),
    "nuisance": (
        "top_10_share", "chattering_alarms", "chattering_by_turns", "flapping_alarms", "chatter_index",
        "raised_while_chattering", "fleeting_alarms", "most_realarms",
    ),
    "standing": ("standing_alarms", "standing_throughout", "standing_time", "longest_active"),
    "hidden": ("hidden_alarms", "shelved_now", "shelved_over_limit", "shelf_length", "unauthorised_suppression"),
    "answers": (
        "acknowledged", "acknowledged_in_time", "time_to_acknowledge", "time_to_acknowledge_p50", "time_to_acknowledge_p90",
        "longest_unacknowledged", "returned_first", "acknowledged_without_action", "time_to_resolve", "time_to_resolve_p50",
        "time_to_resolve_p90",
    ),
}  # fmt: skip
#: What of a report that leaves it in a stage that is not live yet.
NOT_LIVE = ("shadow", "commissioning")


def figure_name(name: str, language: str) -> str:
    return render(f"performance.figure.{name}", {}, language)


def value_text(value: float | None, unit: str, language: str) -> str:
    """Three digits are enough for any decision; whole numbers are whole. Without data, a dash."""
    if value is None:
        return "–"
    if unit == "seconds":
        return _time(value, language)
    return render(f"performance.unit.{unit}", {"number": _number(value)}, language)


def judged_text(figure: Mapping[str, Any], language: str) -> str:
    """`over limit: target at most 150 per day, limit at most 300 per day (ISA-18.2)`; where nothing is judged, only that."""
    verdict = render(f"performance.verdict.{figure['verdict']}", {}, language)
    bounds = [
        render(f"performance.{name}", {"bound": _bound(figure[name], figure["unit"], language)}, language)
        for name in ("target", "limit")
        if figure[name] is not None
    ]
    if bounds and figure["verdict"] == "not_judged":
        return render("performance.by_position", {}, language)
    if not bounds:
        return verdict
    told = {
        "verdict": verdict,
        "bounds": _listed(bounds, language),
        "standard": render(f"performance.standard.{figure['standard']}", {}, language),
    }
    return render("performance.judged", told, language)


def made_of_text(figure: Mapping[str, Any], language: str) -> str:
    """What it counted, and what it left out by reason, the most frequent first."""
    made_of = render("performance.made_of", {"count": figure["counted"]}, language)
    ranked = sorted(figure["excluded"].items(), key=lambda each: (-each[1], each[0]))
    reasons = [
        render(
            "performance.reason_count",
            {"count": count, "reason": render(f"performance.excluded.{why}", {}, language)},
            language,
        )
        for why, count in ranked
    ]
    if not reasons:
        return made_of
    return f"{made_of} · {render('performance.left_out', {'reasons': _listed(reasons, language)}, language)}"


def part_text(name: str, words: Mapping[str, Mapping[str, str]], language: str) -> str:
    """What a part is called: an alarm or an area by its words, a priority, a bucket of times; else as it stands."""
    if name in words:
        return words[name].get(language) or next(iter(words[name].values()), name)
    if name in ("hidden", "critical", "high", "medium", "low"):
        return render(f"performance.part.{name}", {}, language)
    if name in NOT_LIVE or name in ("shelved", "out_of_service", "suppressed"):
        return render(f"performance.excluded.{name}", {}, language)
    for sign, key in (("<=", "up_to_s"), (">", "over_s")):
        if name.startswith(sign) and (bound := int(name.removeprefix(sign))) >= _SHORTEST_BUCKET_S:
            return render(f"performance.part.{key}", {"time": _time(bound, language)}, language)
    return name


#: Buckets of times begin with it; those of counts have smaller bounds.
_SHORTEST_BUCKET_S = 60


def not_live(report: Mapping[str, Any]) -> int:
    """How many alarms the report leaves out because they were in shadow or commissioning."""
    excluded = next(each["excluded"] for each in report["total"]["figures"] if each["figure"] == "alarms")
    return sum(excluded.get(stage, 0) for stage in NOT_LIVE)


def _bound(bound: Mapping[str, Any], unit: str, language: str) -> str:
    return render(f"performance.bound.{bound['sense']}", {"value": value_text(bound["at"], unit, language)}, language)


def _listed(texts: list[str], language: str) -> str:
    return render("performance.list", {}, language).join(texts)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def _time(seconds: float, language: str) -> str:
    def said(key: str, **numbers: object) -> str:
        return render(f"performance.unit.{key}", numbers, language)

    whole = round(seconds)
    if whole < 60:
        return said("seconds", number=_number(seconds) if seconds < 10 else whole)
    if whole < 3_600:
        return said("minutes", minutes=whole // 60, seconds=whole % 60)
    if whole < 172_800:
        return said("hours", hours=whole // 3_600, minutes=whole % 3_600 // 60)
    return said("days", days=whole // 86_400, hours=whole % 86_400 // 3_600)
