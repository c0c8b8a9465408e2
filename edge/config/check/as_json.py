"""`andon check --format json`: the report for programs. Pure.

version       1; a key may be added, none changes its meaning without another version
folder        as asked for
language      of the messages: zh or en
usable        whether `andon run` would take the folder; the exit code is 0 then, else 1
errors, warnings, notes    how many
problems      sorted by file, line and column:
                code                    docs/problems.md; the same in every language
                severity                "error", "warning" or "note"
                file                    relative to the folder, with /
                line, column            from 1, in characters
                end_line, end_column    just behind what is meant, or null
                message                 what is wrong and what to do
                hint                    the part of the message that says what may be meant, or null
plant         what it has, null while there is an error:
                site, agent, revision
                devices, tags, alarms, routes, scenarios    how many
                devices_by_type         type to number
                alarms_by_priority      critical, high, medium, low, journal
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from edge.config.check.check import CheckReport
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.errors import Problem


def document_of(report: CheckReport) -> dict[str, Any]:
    """The report in the form above, ready for JSON."""
    return {
        "version": 1,
        "folder": str(report.folder),
        "language": report.language,
        "usable": report.usable,
        "errors": report.errors,
        "warnings": report.warnings,
        "notes": report.notes,
        "problems": [_problem(problem) for problem in report.problems],
        "plant": None if report.plant is None else _plant(report.plant),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    end_line, end_column = problem.end or (None, None)
    return {
        "code": problem.code,
        "severity": problem.severity,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "end_line": end_line,
        "end_column": end_column,
        "message": problem.text,
        "hint": problem.hint or None,
    }


def _plant(plant: Plant) -> dict[str, Any]:
    by_priority = Counter(rule.priority for rule in plant.rules)
    by_type = Counter(device.type for device in plant.devices.values())
    return {
        "site": plant.site,
        "agent": plant.agent,
        "revision": plant.revision,
        "devices": len(plant.devices),
        "tags": sum(len(device.tags) for device in plant.devices.values()),
        "alarms": len(plant.rules),
        "routes": len(plant.policy.routes),
        "scenarios": len(plant.scenarios),
        "devices_by_type": dict(sorted(by_type.items())),
        "alarms_by_priority": {str(priority): by_priority[priority] for priority in Priority},
    }
