"""The report on the alarm system as the page shows it: periods to choose, tiles, rows of its tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from edge.console.plain_table import Cell
from edge.console.plant_time import PlantTime
from edge.console.rows import alarm_path
from edge.console.words import Words
from edge.texts import render
from edge.texts.figures import figure_name, judged_text, not_live, part_text, value_text

Told = Mapping[str, Any]

PERIODS = ("last_30_days", "last_7_days", "today", "yesterday", "this_month", "last_month", "custom")
#: What somebody wants to know who looks for ten seconds.
TILES = ("alarms_per_day", "peak_10_min", "time_in_flood", "top_10_share", "standing_alarms", "time_to_acknowledge")
#: All positions together, and how the API calls the one that is nobody's.
ALL, NOBODY = "", "-"
#: Bars of a tile; one alone says nothing.
BARS_MAX = 31


@dataclass(frozen=True, slots=True)
class Tile:
    """verdict: also the class of its colour. judged: verdict and target in words. bars: of its days, each from 0 to 100."""

    figure: str
    name: str
    value: str
    verdict: str
    judged: str
    bars: tuple[int, ...]


def asked(choice: str, begin: str, end: str, time: PlantTime) -> dict[str, str] | None:
    """What the API is asked for; None while somebody is still choosing. begin, end: of `custom`, days."""
    if choice == "custom":
        return {"begin": begin, "end": end} if begin and end else None
    today = date.fromisoformat(time.date)
    return {
        "last_30_days": {},
        "last_7_days": {"begin": str(today - timedelta(days=6))},
        "today": {"day": str(today)},
        "yesterday": {"day": str(today - timedelta(days=1))},
        "this_month": {"month": f"{today:%Y-%m}"},
        "last_month": {"month": f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"},
    }[choice]


def sections(report: Told, words: Words) -> dict[str, str]:
    """The positions to choose, by key."""
    named = {ALL: _say("all_positions", words)}
    for each in report["positions"]:
        if each["position"] is not None or figures_of(each)["alarms"]["value"]:
            named[each["position"] or NOBODY] = position_name(each, words)
    return named


def section_of(report: Told, key: str) -> Told:
    """All together where there is no such position any more."""
    return next((each for each in report["positions"] if (each["position"] or NOBODY) == key), report["total"])


def position_name(section: Told, words: Words) -> str:
    name = str(section["name"] or _say("nobody", words))
    return name if section["staffed"] else f"{name} ({_say('unstaffed', words)})"


def figures_of(section: Told) -> dict[str, Told]:
    return {each["figure"]: each for each in section["figures"]}


def period_text(report: Told, words: Words) -> str:
    time = PlantTime(report["time_zone"], report["made_at"])
    ends = {"from_": time.minute(report["from"]), "to": time.minute(report["to"])}
    return render("performance.period", ends, words.language)


def notes(report: Told, words: Words) -> list[str]:
    """What a reader has to know before the figures."""
    found = [] if report["over"] else [_say("goes_on", words)]
    if report["brief"]:
        found.append(_say("brief", words))
    if count := not_live(report):
        found.append(_say("not_live", words, count=count))
    return found


def health_text(report: Told, section: Told, words: Words) -> str:
    """What the word for it means; of all together it is that of the worst position."""
    told = render(f"performance.health_means.{section['health']}", {}, words.language)
    shared = section is report["total"] and report["persons"] > 1
    return _say("worst_position", words, text=told) if shared else told


def revised_text(report: Told, words: Words) -> str:
    late = report["late"]
    return _say("revised", words, rows=late["rows_total"], bins=late["revised_total"]) if late["rows_total"] else ""


def tiles(section: Told, words: Words) -> list[Tile]:
    figures = figures_of(section)
    return [_tile(figures[name], words) for name in TILES]


def _tile(figure: Told, words: Words) -> Tile:
    name, language = figure["figure"], words.language
    values = [part["value"] for part in figure["parts"]] if name in ("alarms_per_day", "standing_alarms") else []
    most = max(values, default=0)
    bars = tuple(round(100 * value / most) for value in values[-BARS_MAX:]) if most and len(values) > 1 else ()
    value = value_text(figure["value"], figure["unit"], language)
    return Tile(name, figure_name(name, language), value, figure["verdict"], judged_text(figure, language), bars)


def figure_row(figure: Told, words: Words) -> list[Cell]:
    """Value, verdict, what it is measured against and who says so."""
    language = words.language
    bounds = [_bound(figure, name, words) for name in ("target", "limit")]
    standard = render(f"performance.standard.{figure['standard']}", {}, language) if figure["standard"] else ""
    judged = figure["verdict"] == "not_judged" and figure["standard"] is not None
    verdict = _say("by_position", words) if judged else render(f"performance.verdict.{figure['verdict']}", {}, language)
    return [
        Cell(value_text(figure["value"], figure["unit"], language), "figure"),
        Cell(verdict, f"verdict {figure['verdict']}"),
        *(Cell(bound) for bound in bounds),
        Cell(standard, "soft"),
    ]


def worst_alarms(section: Told, report: Told, words: Words) -> list[tuple[str, str, float]]:
    """(name, its page, share in percent) of the most frequent."""
    parts = figures_of(section)["top_10_share"]["parts"]
    return [
        (part_text(part["name"], report["words"], words.language), alarm_path(part["name"], words), part["value"])
        for part in parts
    ]


def position_row(section: Told, words: Words) -> list[Cell]:
    figures = figures_of(section)
    health = section["health"]
    told = render(f"performance.health.{health}", {}, words.language) if health else "–"
    shown = (figures[name] for name in ("alarms_per_day", "peak_10_min", "time_in_flood"))
    return [
        Cell(position_name(section, words)),
        Cell(told, f"verdict health-{health}"),
        *(Cell(value_text(each["value"], each["unit"], words.language), f"verdict {each['verdict']}") for each in shown),
    ]


def flood_row(flood: Told, report: Told, words: Words, time: PlantTime) -> list[Cell]:
    first = part_text(flood["first"], report["words"], words.language)
    return [
        Cell(time.shown(flood["from"])),
        Cell(words("performance.still_on") if flood["still_on"] else time.shown(flood["to"])),
        Cell(str(flood["count"]), "figure"),
        Cell(str(flood["peak"]), "figure"),
        Cell(first, href=alarm_path(flood["first"], words)),
    ]


def late_rows(report: Told, words: Words, time: PlantTime) -> Iterator[list[Cell]]:
    for row in report["late"]["rows"]:
        yield [
            Cell(time.shown(row["time"])),
            Cell(part_text(row["alarm"], report["words"], words.language), href=alarm_path(row["alarm"], words)),
            Cell(render(f"performance.kind.{row['kind']}", {}, words.language)),
            Cell(time.shown(row["recorded_at"])),
        ]


def part_rows(page: Told, words: Words) -> list[tuple[str, str]]:
    """Of one figure, (what, how much)."""
    unit = "seconds" if page["unit"] == "seconds" and page["figure"] == "standing_time" else ""
    return [
        (
            part_text(part["name"], page["words"], words.language),
            value_text(part["value"], unit or _unit_of_part(page, part["name"]), words.language),
        )
        for part in page["parts"]
    ]


def _unit_of_part(page: Told, name: str) -> str:
    """Parts are counts but for these."""
    if page["figure"] in ("top_10_share", "priority_deviation", "configured_deviation"):
        return "percent"
    if page["figure"] == "chatter_index":
        return "per_second"
    return "seconds" if name == "hidden" or page["figure"] == "shelved_now" else "count"


def _bound(figure: Told, name: str, words: Words) -> str:
    bound = figure[name]
    if bound is None:
        return ""
    # The unit of a rate stands beside the value, and takes room.
    unit = "count" if figure["unit"].startswith("per_") else figure["unit"]
    value = value_text(bound["at"], unit, words.language)
    return render(f"performance.bound.{bound['sense']}", {"value": value}, words.language)


def _say(key: str, words: Words, **arguments: Any) -> str:
    return render(f"performance.{key}", arguments, words.language)
