"""How many alarms when, as ECharts draws it: a bar a day, or of a short period a bar for ten minutes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge.console.performance_view import figures_of
from edge.console.plant_time import PlantTime
from edge.console.words import Words

_SOFT, _LINE, _BAR = "#59636b", "#bcc2c7", "#7b8f9d"
_OVER_TARGET, _OVER_LIMIT = "#c98a1b", "#8f1d1d"
#: More in ten minutes is a flood.
FLOOD_OVER = 10
_TEN_MINUTES_MS = 600_000


def performance_chart(report: Mapping[str, Any], section: Mapping[str, Any], words: Words, persons: int) -> dict[str, Any]:
    """persons: among whom the section's alarms are shared; so many times the target of one stands as a line."""
    bins = report["bins"]
    if bins is not None and "position" not in section:
        return _by_10_min(report, bins, words)
    figure = figures_of(section)["alarms_per_day"]
    marks = {
        name: figure[name]["at"] * persons
        for name in ("target", "limit")
        if figure[name] is not None and figure["verdict"] != "not_judged"
    }
    names = [part["name"] for part in figure["parts"]]
    counts = [part["value"] for part in figure["parts"]]
    lines = [(words(f"performance.at_{name}", value=f"{at:g}"), at) for name, at in marks.items()]
    bars = [{"value": count, "itemStyle": {"color": _colour(count, marks)}} for count in counts]
    most = max(counts, default=0)
    option = _option(bars, lines, max([most, *marks.values()]) if _near(most, marks) else max(1, most))
    option["xAxis"] = {"type": "category", "data": names, **_X, "axisLabel": {"color": _SOFT, "hideOverlap": True}}
    return option


def _by_10_min(report: Mapping[str, Any], bins: Sequence[Mapping[str, Any]], words: Words) -> dict[str, Any]:
    time = PlantTime(report["time_zone"], report["made_at"])
    marks = {"limit": FLOOD_OVER}
    bars = [
        {
            "value": [time.on_axis(each["from"]) + _TEN_MINUTES_MS // 2, each["alarms"]],
            "itemStyle": {"color": _colour(each["alarms"], marks)},
        }
        for each in bins
    ]
    lines = [(words("performance.at_flood", value=FLOOD_OVER), FLOOD_OVER)]
    option = _option(bars, lines, max([FLOOD_OVER, *(each["alarms"] for each in bins)]))
    ends = {"min": time.on_axis(report["from"]), "max": time.on_axis(report["to"])}
    option["xAxis"] = {"type": "time", **ends, **_X, "axisLabel": {"color": _SOFT, "hideOverlap": True}}
    return option


_X: Mapping[str, Any] = {"axisLine": {"lineStyle": {"color": _LINE}}, "axisTick": {"show": False}}


def _near(most: float, marks: Mapping[str, float]) -> bool:
    """Lines far above all bars would press them flat."""
    return most * 3 >= max(marks.values(), default=0)


def _option(bars: list[dict[str, Any]], lines: Sequence[tuple[str, float]], most: float) -> dict[str, Any]:
    shown = [(text, at) for text, at in lines if at <= most]
    return {
        "animation": False,
        "useUTC": True,
        "grid": {"left": 46, "right": 16, "top": 18, "bottom": 26},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "axisPointer": {"type": "shadow"}},
        "yAxis": {
            "type": "value",
            "max": most,
            "minInterval": 1,
            "axisLabel": {"color": _SOFT, "showMaxLabel": most >= 1},
            "splitLine": {"lineStyle": {"color": "#d3d8db"}},
        },
        "series": [
            {
                "type": "bar",
                "name": "",
                "data": bars,
                "barMaxWidth": 26,
                "barMinWidth": 3,
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "animation": False,
                    "data": [
                        {
                            "yAxis": at,
                            "lineStyle": {"color": _SOFT, "type": "dashed", "width": 1},
                            "label": {"formatter": text, "position": "insideStartTop", "color": _SOFT},
                        }
                        for text, at in shown
                    ],
                },
            }
        ],
    }


def _colour(count: float, marks: Mapping[str, float]) -> str:
    if "limit" in marks and count > marks["limit"]:
        return _OVER_LIMIT
    return _OVER_TARGET if "target" in marks and count > marks["target"] else _BAR
