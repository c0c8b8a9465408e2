"""What came of a scenario: a timeline for people, JUnit XML for machines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

from edge.config.scenario import Scenario
from edge.model.moment import MINUTE, SECOND, Span
from edge.texts import render


class Who(StrEnum):
    """Whose line it is: the column that people read first."""

    LINE = "line"
    GATEWAY = "gateway"
    PHONE = "phone"
    PERSON = "person"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, `at` after the start. key, arguments: a sentence of `edge/texts`. held: of an expectation,
    whether it was so; where: `file:line:column` of one that was not."""

    at: Span
    who: Who
    key: str
    arguments: Mapping[str, Any]
    held: bool | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    scenario: Scenario
    entries: tuple[Entry, ...]

    @property
    def failures(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.held is False]

    @property
    def passed(self) -> bool:
        return not self.failures


def timeline(verdict: Verdict, language: str) -> str:
    """One line an entry: when, whose, what; expectations with a tick or a cross."""
    lines = [f"{verdict.scenario.title.get(language, verdict.scenario.name)}  ({verdict.scenario.name}.yaml)"]
    for entry in sorted(verdict.entries, key=lambda each: each.at):
        mark = {None: " ", True: "✓", False: "✗"}[entry.held]
        who = render(f"scenario.who.{entry.who}", {}, language)
        lines.append(f"  {_clock(entry.at)} {mark} {who:<8} {_sentence(entry, language)}")
        if entry.held is False:
            lines.append(f"{'':13}   {entry.where}")
    result = "passed" if verdict.passed else "failed"
    lines.append(render(f"scenario.{result}", {"count": len(verdict.failures)}, language))
    return "\n".join(lines) + "\n"


def junit_xml(verdicts: Sequence[Verdict], language: str) -> str:
    """A test suite with a test case for each scenario; a failure's text names file, line and column. time: virtual seconds."""
    failed = sum(not verdict.passed for verdict in verdicts)
    suite = ElementTree.Element("testsuite", name="andon", tests=str(len(verdicts)), failures=str(failed), errors="0")
    for verdict in verdicts:
        name = verdict.scenario.title.get(language, verdict.scenario.name)
        lasted = max((entry.at for entry in verdict.entries), default=0) / SECOND
        file = f"scenarios/{verdict.scenario.name}.yaml"
        case = ElementTree.SubElement(
            suite, "testcase", classname=verdict.scenario.name, name=name, file=file, time=f"{lasted:.3f}"
        )
        for entry in verdict.failures:
            text = _sentence(entry, language)
            failure = ElementTree.SubElement(case, "failure", message=text)
            failure.text = f"{entry.where}: {text}"
        ElementTree.SubElement(case, "system-out").text = timeline(verdict, language)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _sentence(entry: Entry, language: str) -> str:
    return render(f"scenario.{entry.key}", entry.arguments, language)


def _clock(at: Span) -> str:
    minutes, rest = divmod(at, MINUTE)
    return f"{minutes:>4}:{rest / SECOND:04.1f}"
