"""A report on paper: what the command line prints for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge.texts import render
from edge.texts.figures import (
    GROUPS,
    figure_name,
    judged_text,
    made_of_text,
    not_live,
    part_text,
    value_text,
)

#: Parts of a figure that stand below it where nobody asked for that figure alone.
PARTS_SHOWN = 5
_WITH_PARTS = frozenset({"top_10_share", "chattering_alarms", "standing_time", "hidden_alarms"})


def report_text(report: Mapping[str, Any], section: Mapping[str, Any], language: str) -> str:
    """section: of the report, all together or one position."""
    return "\n".join(_lines(report, section, language))


def figure_text(page: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], zone: str, language: str) -> str:
    """One figure with all its parts, and the journal rows that it was made of, if they were asked for. rows: sequence, time,
    kind and subject, of the first of them."""
    lines = [*_figure(page, page["words"], language, parts_max=len(page["parts"]))]
    lines.append("  " + render(f"performance.means.{page['figure']}", {}, language))
    lines.append("  " + made_of_text(page, language))
    if rows:
        name = figure_name(page["figure"], language)
        lines.append(_say("rows_of", language, figure=name, count=page["rows_total"]))
    for row in rows:
        told = {"sequence": row["sequence"], "time": _clock(row["time"], zone), "alarm": row["subject"]}
        lines.append(_say("row", language, kind=_say(f"kind.{row['kind']}", language), **told))
    if rows and page["rows_total"] > len(rows):
        lines.append(_say("more", language, count=page["rows_total"] - len(rows)))
    return "\n".join(lines)


def _lines(report: Mapping[str, Any], section: Mapping[str, Any], language: str) -> Iterator[str]:
    zone, figures = report["time_zone"], {each["figure"]: each for each in section["figures"]}
    period = _say("period", language, from_=_clock(report["from"], zone), to=_clock(report["to"], zone))
    who = section_name(section, language)
    yield f"{_say('title', language)} · {period} · {who}"
    if section["health"] is not None:
        level, means = (render(f"performance.{key}.{section['health']}", {}, language) for key in ("health", "health_means"))
        worst = section is report["total"] and report["persons"] > 1
        means = _say("worst_position", language, text=means) if worst else means
        yield _say("named", language, name=level, text=means)
    else:
        yield _say("no_data", language)
    yield from notes(report, language)
    for group, names in GROUPS.items():
        yield ""
        yield render(f"performance.group.{group}", {}, language)
        for name in names:
            yield from _figure(figures[name], report["words"], language, PARTS_SHOWN if name in _WITH_PARTS else 0)
        if group == "floods":
            yield from _floods(section, report, language)
    yield ""
    yield made_of_text(figures["alarms"], language)
    yield from _late(report, language)


def notes(report: Mapping[str, Any], language: str) -> Iterator[str]:
    """What a reader has to know before the figures."""
    if not report["over"]:
        yield _say("goes_on", language)
    if report["brief"]:
        yield _say("brief", language)
    if count := not_live(report):
        yield _say("not_live", language, count=count)
    late = report["late"]
    if late["rows_total"]:
        yield _say("revised", language, rows=late["rows_total"], bins=late["revised_total"])


def section_name(section: Mapping[str, Any], language: str) -> str:
    if "position" not in section:
        return _say("all_positions", language)
    return str(section["name"] or _say("nobody", language))


def _figure(figure: Mapping[str, Any], words: Mapping[str, Mapping[str, str]], language: str, parts_max: int) -> Iterator[str]:
    value = value_text(figure["value"], figure["unit"], language)
    named = _say("named", language, name=figure_name(figure["figure"], language), text=value)
    yield f"  {named}  [{judged_text(figure, language)}]"
    for part in figure["parts"][:parts_max]:
        yield "      " + _say("named", language, name=part_text(part["name"], words, language), text=f"{part['value']:.3g}")


def _floods(section: Mapping[str, Any], report: Mapping[str, Any], language: str) -> Iterator[str]:
    zone = report["time_zone"]
    for flood in section["floods"]:
        told = {"count": flood["count"], "peak": flood["peak"], "first": part_text(flood["first"], report["words"], language)}
        yield _say("flood", language, from_=_clock(flood["from"], zone), to=_clock(flood["to"], zone), **told)
    if section["floods_total"] > len(section["floods"]):
        yield _say("more", language, count=section["floods_total"] - len(section["floods"]))


def _late(report: Mapping[str, Any], language: str) -> Iterator[str]:
    late, zone = report["late"], report["time_zone"]
    for each in late["revised"]:
        yield _say("revised_bin", language, time=_clock(each["from"], zone), before=each["before"], now=each["now"])
    for row in late["rows"]:
        told = {"time": _clock(row["time"], zone), "recorded_at": _clock(row["recorded_at"], zone), "alarm": row["alarm"]}
        yield _say("late_row", language, kind=_say(f"kind.{row['kind']}", language), **told)
    if late["rows_total"] > len(late["rows"]):
        yield _say("more", language, count=late["rows_total"] - len(late["rows"]))


def _clock(iso: str, zone: str) -> str:
    """`2026-05-04 08:00:00` on the plant's clock."""
    return f"{datetime.fromisoformat(iso).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def _say(key: str, language: str, **arguments: Any) -> str:
    return render(f"performance.{key}", arguments, language)
