"""`andon check` for people: the problems, what the plant has, and how its alarms are spread over the priorities. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from unicodedata import east_asian_width

from edge.config.check.check import CheckReport
from edge.config.plant import Plant
from edge.model.alarm import PRIORITY_SHARE_TARGET, Priority
from edge.model.errors import Problem
from edge.texts import render

#: A share may be this far from its target before it is worth a word; small plants are always a little off.
SHARE_TOLERANCE = 0.15

_GROUPS: Mapping[str, tuple[Priority, ...]] = {
    "critical_and_high": (Priority.CRITICAL, Priority.HIGH),
    "medium": (Priority.MEDIUM,),
    "low": (Priority.LOW,),
}


def text_of(report: CheckReport) -> str:
    """All lines that `andon check` prints."""
    lines = [problem_line(problem, report.language) for problem in report.problems]
    if report.plant is not None:
        lines += [*_counts(report.plant, report.language), *priority_table(report.plant, report.language)]
    if report.warnings:
        lines.append(render("config.check_warnings", {"warnings": report.warnings}, report.language))
    verdict = "check_fine" if report.usable else "check_problems"
    lines.append(render(f"config.{verdict}", {"errors": report.errors, "notes": report.notes}, report.language))
    return "\n".join(lines)


def problem_line(problem: Problem, language: str) -> str:
    """`file:line:column: error: what, and what to do [code]`: the form of compilers, which editors turn into marks."""
    said = render(f"config.check_{problem.severity}", {"text": problem.text, "code": problem.code}, language)
    return f"{problem.file}:{problem.line}:{problem.column}: {said}"


def priority_table(plant: Plant, language: str) -> list[str]:
    """The configured alarms per priority and their share beside the target, and a note when they are far apart."""

    def say(key: str, **arguments: object) -> str:
        return render(f"config.{key}", arguments, language)

    counted = Counter(rule.priority for rule in plant.rules)
    total = sum(count for priority, count in counted.items() if priority is not Priority.JOURNAL)
    if not total:
        return ["", say("check_no_alarms")]
    rows = [[say("table_priority"), say("table_alarms"), say("table_share"), say("table_target")]]
    far_off = False
    for group, priorities in _GROUPS.items():
        target = PRIORITY_SHARE_TARGET[group]
        far_off |= abs(sum(counted[priority] for priority in priorities) / total - target) > SHARE_TOLERANCE
        for priority in priorities:
            goal = say("table_together", target=f"{target:.0%}") if len(priorities) > 1 else f"{target:.0%}"
            rows.append([say(f"priority.{priority}"), str(counted[priority]), f"{counted[priority] / total:.0%}", goal])
    if counted[Priority.JOURNAL]:
        rows.append([say("priority.journal"), str(counted[Priority.JOURNAL]), "-", "-"])
    return ["", *_columns(rows), *([say("shares_far_off")] if far_off else [])]


def _counts(plant: Plant, language: str) -> list[str]:
    by_type = Counter(device.type for device in plant.devices.values())
    types = ", ".join(f"{plant.device_types[name][language]} {count}" for name, count in sorted(by_type.items()))
    arguments = {
        "devices": len(plant.devices),
        "types": types or "-",
        "tags": sum(len(device.tags) for device in plant.devices.values()),
        "rules": len(plant.rules),
        "routes": len(plant.policy.routes),
        "scenarios": len(plant.scenarios),
    }
    return ["", render("config.check_counts", arguments, language)]


def _columns(rows: list[list[str]]) -> list[str]:
    """Rows as aligned text; a Chinese character is two columns wide."""
    widths = [max(_width(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
