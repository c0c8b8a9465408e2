"""A trend as ECharts draws it: the band from least to greatest, the last value of each bucket, limits, delays and gaps. Pure.

The time axis is drawn in UTC and given the plant's local time, so that it shows the plant's clock wherever the browser is. All
words go to the canvas as text; the tooltip too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.quantity import number, with_unit
from edge.console.words import Words

_INK, _SOFT, _LINE = "#22292f", "#59636b", "#bcc2c7"
_CURVE, _BAND, _GAP = "#37546d", "rgba(55, 84, 109, 0.18)", "rgba(89, 99, 107, 0.16)"
_LIMIT, _DEADBAND, _DELAY = "#8f1d1d", "rgba(143, 29, 29, 0.09)", "rgba(176, 132, 16, 0.22)"
#: Of the axis beyond what is drawn, at either end.
_MARGIN = 0.06
#: Labels of moments stand above the chart, the next one a line higher where two are close.
_LABEL_ROWS, _LABEL_HEIGHT_PX = 4, 15
_NEAR_THE_END = 0.08

Trend = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limit:
    """text: at the line. release: where the condition ends (the limit less the deadband, or plus it); None: at the limit."""

    value: float
    text: str
    release: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at an ISO time."""

    time: str
    text: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn beside the values. delay: from when the condition began to when it was raised, with its name."""

    limits: Sequence[Limit] = ()
    moments: Sequence[Moment] = ()
    delay: tuple[str, str, str] | None = None


def trend_option(trend: Trend, marks: Marks, states: Mapping[float, str], words: Words, time: PlantTime) -> dict[str, Any]:
    """states: what numbers mean; then the curve has steps, and the axis says the words."""
    start, stop = time.on_axis(trend["from"]), time.on_axis(trend["to"])
    unit = trend["unit"]
    rows = _label_rows(marks, time, start, stop) + (marks.delay is not None)
    low, high = _ends(trend["buckets"], marks.limits, states)
    axis = {
        "type": "value",
        "name": unit,
        "nameLocation": "end",
        "nameTextStyle": {"color": _SOFT, "align": "right", "padding": [0, 6, 0, 0]},
        "min": low,
        "max": high,
        "axisLabel": {"color": _SOFT, "showMinLabel": False, "showMaxLabel": False},
        "splitLine": {"lineStyle": {"color": "#d3d8db"}},
    }
    if states:
        axis |= {"interval": 0.5, "axisLabel": {"color": _SOFT, ":formatter": _state_label(states)}}
    return {
        "animation": False,
        "useUTC": True,
        "grid": {"left": 64, "right": 24, "top": 26 + rows * _LABEL_HEIGHT_PX, "bottom": 30},
        "tooltip": {"trigger": "axis", "renderMode": "richText", ":formatter": _tooltip(unit, states, words)},
        "xAxis": {
            "type": "time",
            "min": start,
            "max": stop,
            "axisLabel": {"color": _SOFT, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": _LINE}},
        },
        "yAxis": axis,
        "series": _curves(trend, marks, words, time, steps=bool(states)),
    }


def _curves(trend: Trend, marks: Marks, words: Words, time: PlantTime, *, steps: bool) -> list[dict[str, Any]]:
    points = list(_points(trend, time))
    band: dict[str, Any] = {
        "type": "line",
        "stack": "band",
        "stackStrategy": "all",
        "symbol": "none",
        "lineStyle": {"opacity": 0},
        "silent": True,
    }
    curve = {
        "name": "value",
        "type": "line",
        "data": [[at, last] for at, _, _, last in points],
        "symbol": "circle",
        "symbolSize": 3,
        "showSymbol": len(points) <= 2,
        "connectNulls": False,
        "lineStyle": {"color": _CURVE, "width": 1.6},
        "itemStyle": {"color": _CURVE},
        "markLine": _lines(marks, time, (trend["from"], trend["to"])),
        "markArea": _areas(trend, marks, words, time),
    }
    if steps:
        curve["step"] = "end"
    return [
        {**band, "name": "low", "data": [[at, least] for at, least, _, _ in points]},
        {
            **band,
            "name": "spread",
            "data": [[at, None if least is None else most - least] for at, least, most, _ in points],
            "areaStyle": {"color": _BAND},
        },
        curve,
    ]


def _points(trend: Trend, time: PlantTime) -> Iterator[tuple[int, Any, Any, Any]]:
    """(milliseconds on the axis, least, greatest, last), in order. A value holds until the next one, a gap, or the end of the
    window, because a history may leave out what did not change; Nones at both ends of a gap: nothing is drawn across it."""
    breaks = sorted((time.on_axis(gap[end]), end == "from") for gap in trend["gaps"] for end in ("from", "to"))
    held: Any = None
    for bucket in [*trend["buckets"], None]:
        at = time.on_axis(trend["to"] if bucket is None else bucket["t"])
        while breaks and breaks[0][0] <= at:
            moment, begins = breaks.pop(0)
            if begins and held is not None:
                yield moment, held, held, held
            yield moment, None, None, None
            held = None
        if bucket is not None:
            held = bucket["last"]
            yield at, bucket["min"], bucket["max"], held
        elif held is not None:
            yield at, held, held, held


def _lines(marks: Marks, time: PlantTime, window: tuple[str, str]) -> dict[str, Any]:
    start, stop = (time.on_axis(end) for end in window)
    lines: list[dict[str, Any]] = [
        {
            "yAxis": limit.value,
            "lineStyle": {"color": _LIMIT, "type": "dashed", "width": 1.4},
            "label": {"formatter": limit.text, "position": "insideStartTop", "color": _LIMIT},
        }
        for limit in marks.limits
    ]
    for place, (at, text) in enumerate(_inside(marks, time, start, stop)):
        height = 4 + (place % _LABEL_ROWS) * _LABEL_HEIGHT_PX
        label = {"formatter": text, "position": "end", "distance": [0, height], "color": _INK}
        label["align"] = _alignment((at - start) / max(1, stop - start))
        lines.append({"xAxis": at, "lineStyle": {"color": _SOFT, "type": "solid", "width": 1}, "label": label})
    return {"symbol": "none", "silent": True, "animation": False, "data": lines}


def _inside(marks: Marks, time: PlantTime, start: int, stop: int) -> list[tuple[int, str]]:
    """The moments that the window shows, in order."""
    return sorted((at, moment.text) for moment in marks.moments if start <= (at := time.on_axis(moment.time)) <= stop)


def _label_rows(marks: Marks, time: PlantTime, start: int, stop: int) -> int:
    return min(_LABEL_ROWS, len(_inside(marks, time, start, stop)))


def _alignment(share: float) -> str:
    """So that a label near an end of the chart stays inside. share: of the chart's width, from the left."""
    if share > 1 - _NEAR_THE_END:
        return "right"
    return "left" if share < _NEAR_THE_END else "center"


_INSIDE = {"left": "insideBottomLeft", "center": "insideBottom", "right": "insideBottomRight"}


def _areas(trend: Trend, marks: Marks, words: Words, time: PlantTime) -> dict[str, Any]:
    start, stop = time.on_axis(trend["from"]), time.on_axis(trend["to"])
    areas: list[list[dict[str, Any]]] = [
        [{"yAxis": limit.value, "itemStyle": {"color": _DEADBAND}}, {"yAxis": limit.release}]
        for limit in marks.limits
        if limit.release is not None
    ]
    if marks.delay is not None:
        begin, end, text = marks.delay
        # Above the chart, over the moments: inside, the curve goes through it.
        height = 4 + _label_rows(marks, time, start, stop) * _LABEL_HEIGHT_PX
        label = {"position": "top", "distance": height, "color": "#6b5000", "formatter": text}
        areas.append(
            [{"xAxis": time.on_axis(begin), "itemStyle": {"color": _DELAY}, "label": label}, {"xAxis": time.on_axis(end)}]
        )
    for gap in trend["gaps"]:
        middle = (time.on_axis(gap["from"]) + time.on_axis(gap["to"])) / 2
        label = {
            "position": _INSIDE[_alignment((middle - start) / max(1, stop - start))],
            "color": _SOFT,
            "formatter": words(f"trend.gap_{_gap_reason(gap)}"),
        }
        areas.append(
            [
                {"xAxis": time.on_axis(gap["from"]), "itemStyle": {"color": _GAP}, "label": label},
                {"xAxis": time.on_axis(gap["to"])},
            ]
        )
    return {"silent": True, "animation": False, "data": areas}


GAP_REASONS = ("bad", "sensor_fault", "stale", "no_data")


def _gap_reason(gap: Mapping[str, Any]) -> str:
    return gap["reason"] if gap["reason"] in GAP_REASONS else "no_data"


def _ends(buckets: Sequence[Mapping[str, Any]], limits: Sequence[Limit], states: Mapping[float, str]) -> tuple[float, float]:
    """Of the value axis: everything that is drawn, and a little air."""
    seen = [bucket[end] for bucket in buckets for end in ("min", "max") if bucket[end] is not None]
    seen += [limit.value for limit in limits] + [limit.release for limit in limits if limit.release is not None] + list(states)
    least, most = min(seen, default=0.0), max(seen, default=1.0)
    if states:
        return least - 0.5, most + 0.5
    air = (most - least) * _MARGIN or abs(most) * _MARGIN or 1.0
    return _rounded(least - air), _rounded(most + air)


def _rounded(value: float) -> float:
    """Six digits: an axis has no use for more."""
    return float(number(value))


def _state_label(states: Mapping[float, str]) -> str:
    named = {number(value): text for value, text in states.items()}
    return f"value => ({json.dumps(named)})[String(value)] ?? ''"


def _tooltip(unit: str, states: Mapping[float, str], words: Words) -> str:
    """What stands beside the pointer: when, the last value, and the spread where there is one."""
    given = {
        "named": {number(value): text for value, text in states.items()},
        "unit": with_unit("", unit),
        "between": words("trend.between", low="{low}", high="{high}"),
    }
    return f"series => {{ const given = {json.dumps(given)}; {_TOOLTIP} }}"


_TOOLTIP = """
    const of = name => series.find(one => one.seriesName === name)?.value?.[1];
    const [last, low, spread] = [of("value"), of("low"), of("spread")];
    if (last == null) return "";
    const rounded = value => Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
    const shown = value => given.named[String(value)] ?? String(rounded(value)) + given.unit;
    const lines = [new Date(series[0].axisValue).toISOString().slice(5, 19).replace("T", " "), shown(last)];
    if (spread > 0) lines.push(given.between.replace("{low}", shown(low)).replace("{high}", shown(low + spread)));
    return lines.join("\\n");
"""
