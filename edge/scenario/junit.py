"""`andon test --junit`: JUnit XML, from which CI servers list the scenarios and mark the failing step. Pure.

A scenario is a test case. Of several expectations that did not hold the first gives the line, and all stand in the text: most
readers of JUnit look at one failure only. A plant folder with problems is one test case with an error. Times are virtual
seconds: equal scenarios give equal files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from edge.config.check.location import path_from
from edge.config.plant import Plant
from edge.model.errors import Problem
from edge.model.moment import SECOND, Span
from edge.scenario.verdict import Verdict, sentence, timeline


def junit_of_verdicts(plant: Plant, verdicts: Sequence[Verdict], base: Path, language: str) -> str:
    """All scenarios of a plant that were played. base: the folder that files are counted from, absolute."""
    failed = sum(not verdict.passed for verdict in verdicts)
    root, suite = _suite(plant.site, tests=len(verdicts), failures=failed, lasted=sum(each.lasted for each in verdicts))
    for verdict in verdicts:
        place = verdict.scenario.place
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"scenarios.{verdict.scenario.name}",
            name=verdict.title(language),
            file=path_from(base, plant.folder, place.file).as_posix(),
            line=str(place.line),
            time=_seconds(verdict.lasted),
        )
        _add_failure(case, verdict, language)
        ElementTree.SubElement(case, "system-out").text = timeline(verdict, language)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def junit_of_problems(folder: Path, problems: Sequence[Problem], base: Path) -> str:
    """A plant folder that no scenario could be played for. problems: sorted, with at least one error."""
    first = next(problem for problem in problems if problem.severity == "error")
    root, suite = _suite(folder.name, tests=1, errors=1)
    where = {"file": path_from(base, folder, first.file).as_posix(), "line": str(first.line)}
    case = ElementTree.SubElement(suite, "testcase", {"classname": "check", "name": "andon check", "time": "0.000", **where})
    error = ElementTree.SubElement(case, "error", {"message": first.text, "type": first.code, **where})
    error.text = "\n".join(f"{problem} [{problem.code}]" for problem in problems)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(
    name: str, *, tests: int, failures: int = 0, errors: int = 0, lasted: Span = 0
) -> tuple[ElementTree.Element, ElementTree.Element]:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "time": _seconds(lasted)}
    root = ElementTree.Element("testsuites", {"name": "andon", **counts})
    return root, ElementTree.SubElement(root, "testsuite", {"name": name, "skipped": "0", **counts})


def _add_failure(case: ElementTree.Element, verdict: Verdict, language: str) -> None:
    if verdict.passed:
        return
    first = verdict.failures[0]
    where = {"file": case.attrib["file"], "line": case.attrib["line"] if first.where is None else str(first.where.line)}
    failure = ElementTree.SubElement(case, "failure", {"message": sentence(first, language), "type": "expectation", **where})
    failure.text = "\n".join(f"{entry.where}: {sentence(entry, language)}" for entry in verdict.failures)


def _seconds(span: Span) -> str:
    return f"{span / SECOND:.3f}"
