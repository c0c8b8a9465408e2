"""`andon check --format sarif`: SARIF 2.1.0, from which GitHub, GitLab and Azure annotate the lines of a change. Pure.

No line of a file is copied into it: it is uploaded to others, and a line may hold by mistake what should be secret.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from edge.config.check.check import CheckReport
from edge.config.check.location import path_from
from edge.config.text.finding import meaning_of
from edge.model.errors import Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LANGUAGE_TAG = {"zh": "zh-CN", "en": "en-US"}


def sarif_of(report: CheckReport, base: Path) -> dict[str, Any]:
    """The report as a log with one run. base: the folder that its paths are counted from, absolute; that of the checkout
    in a CI job."""
    codes = sorted({problem.code for problem in report.problems})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "andon", "rules": [_rule(code, report) for code in codes]}},
                "language": _LANGUAGE_TAG[report.language],
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "exitCode": report.exit_code}],
                "results": [
                    {
                        "ruleId": problem.code,
                        "ruleIndex": codes.index(problem.code),
                        "level": problem.severity,
                        "message": {"text": _literal(problem.text)},
                        "locations": [{"physicalLocation": _location(problem, report.folder, base)}],
                    }
                    for problem in report.problems
                ],
            }
        ],
    }


def _rule(code: str, report: CheckReport) -> dict[str, Any]:
    level = next(problem.severity for problem in report.problems if problem.code == code)
    return {
        "id": code,
        "shortDescription": {"text": _literal(meaning_of(code, report.language))},
        "defaultConfiguration": {"level": level},
    }


def _literal(text: str) -> str:
    """SARIF takes single braces for placeholders (3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")


def _location(problem: Problem, folder: Path, base: Path) -> dict[str, Any]:
    path = path_from(base, folder, problem.file)
    region = {"startLine": problem.line, "startColumn": problem.column}
    if problem.end is not None and problem.end > (problem.line, problem.column):
        region |= {"endLine": problem.end[0], "endColumn": problem.end[1]}
    return {
        "artifactLocation": {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())},
        "region": region,
    }
