"""What came of a scenario, and its timeline for people. For machines: `junit.py`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.config.scenarios.steps import Scenario
from edge.config.text.finding import Place
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
    whether it was so; where: the step of one that was not."""

    at: Span
    who: Who
    key: str
    arguments: Mapping[str, Any]
    held: bool | None = None
    where: Place | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    scenario: Scenario
    entries: tuple[Entry, ...]

    @property
    def failures(self) -> list[Entry]:
        """By time."""
        return sorted((entry for entry in self.entries if entry.held is False), key=lambda entry: entry.at)

    @property
    def lasted(self) -> Span:
        return max((entry.at for entry in self.entries), default=0)

    def title(self, language: str) -> str:
        return self.scenario.title.get(language, self.scenario.name)

    @property
    def passed(self) -> bool:
        return not self.failures


def timeline(verdict: Verdict, language: str) -> str:
    """One line an entry: when, whose, what; expectations with a tick or a cross."""
    lines = [f"{verdict.title(language)}  ({verdict.scenario.place.file})"]
    for entry in sorted(verdict.entries, key=lambda each: each.at):
        mark = {None: " ", True: "✓", False: "✗"}[entry.held]
        who = render(f"scenario.who.{entry.who}", {}, language)
        lines.append(f"  {_clock(entry.at)} {mark} {who:<8} {sentence(entry, language)}")
        if entry.held is False:
            lines.append(f"{'':13}   {entry.where}")
    result = "passed" if verdict.passed else "failed"
    lines.append(render(f"scenario.{result}", {"count": len(verdict.failures)}, language))
    return "\n".join(lines) + "\n"


def sentence(entry: Entry, language: str) -> str:
    return render(f"scenario.{entry.key}", entry.arguments, language)


def _clock(at: Span) -> str:
    minutes, rest = divmod(at, MINUTE)
    return f"{minutes:>4}:{rest / SECOND:04.1f}"
