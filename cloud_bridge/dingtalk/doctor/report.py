"""The findings for people, in plain words with what to click, and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cloud_bridge.dingtalk.doctor.findings import Finding, Reason, Verdict, state_of
from edge.texts import render

MARKS: Mapping[Verdict, str] = {
    Verdict.FINE: "✓",
    Verdict.ADVICE: "!",
    Verdict.UNCHECKED: "?",
    Verdict.MEND: "✗",
    Verdict.UNREACHABLE: "✗",
}
#: Where DingTalk's own words help who mends it.
_EXPLAINED = (Verdict.MEND, Verdict.UNREACHABLE)


def text_of(findings: Iterable[Finding], language: str) -> str:
    """A line each, and for what is not fine what to do; the last line says what it comes to."""
    found = tuple(findings)
    lines: list[str] = []
    for finding in found:
        said = {"mark": MARKS[finding.verdict], "what": _what(finding, language), "is_": _sentence("is", finding, language)}
        lines.append(render("doctor.line", said, language))
        if finding.verdict is not Verdict.FINE:
            lines.append(f"    {_sentence('do', finding, language)}")
        if finding.said and (finding.verdict in _EXPLAINED or finding.reason in (Reason.UNCLEAR, Reason.BUSY)):
            lines.append(f"    {render('doctor.said', {'said': finding.said}, language)}")
    counted = {verdict.value: sum(each.verdict is verdict for each in found) for verdict in Verdict}
    return "\n".join([*lines, "", render(f"doctor.state.{state_of(found).name.lower()}", counted, language)])


def document_of(findings: Iterable[Finding], language: str) -> dict[str, Any]:
    """The same as JSON: `check`, `verdict` and `reason` are the values of the enums, the texts in the language."""
    found = tuple(findings)
    return {
        "state": state_of(found).name.lower(),
        "findings": [
            {
                "check": finding.check.value,
                "subject": finding.subject,
                "verdict": finding.verdict.value,
                "reason": finding.reason.value,
                "what": _what(finding, language),
                "is": _sentence("is", finding, language),
                "do": "" if finding.verdict is Verdict.FINE else _sentence("do", finding, language),
                "said": finding.said,
            }
            for finding in found
        ],
    }


def _what(finding: Finding, language: str) -> str:
    return render(f"doctor.check.{finding.check}", {"subject": finding.subject}, language).strip()


def _sentence(kind: str, finding: Finding, language: str) -> str:
    arguments = {"subject": finding.subject, **(finding.arguments or {})}
    if "why" in arguments:
        arguments["why"] = render(arguments["why"], {}, language)
    return render(f"doctor.{kind}.{finding.reason}", arguments, language)
