"""`andon report enforcement` for people and for programs. Pure.

JSON: version (1), counts by standing, and `rules`: rule, standing (as_reviewed, differs, never_reviewed, gone), by, on, and
`differences`: setting, device (null: all devices), reviewed, running; a value that is not there is an empty text. `not_yet`:
settings of which the record, being older, does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from edge.config.reviewed.enforcement import Enforced, Standing
from edge.texts import render

#: Settings that are named in one line.
SHOWN_MAX = 12


def document_of(found: Sequence[Enforced]) -> dict[str, Any]:
    return {"version": 1, "counts": _counts(found), "rules": [asdict(each) for each in found]}


def text_of(found: Sequence[Enforced], language: str) -> str:
    def say(key: str, **arguments: object) -> str:
        return render(f"alarm_list.{key}", arguments, language)

    nothing = render("sheets.nothing", {}, language)
    lines = []
    for each in found:
        if each.standing is Standing.DIFFERS:
            lines.append(say("enforcement_differs", rule=each.rule, by=each.by, on=each.on))
        for difference in each.differences:
            values = {
                "setting": difference.setting,
                "reviewed": difference.reviewed or nothing,
                "running": difference.running or nothing,
            }
            of_one = difference.device is not None
            lines.append(
                say("enforcement_setting_of", device=difference.device, **values)
                if of_one
                else say("enforcement_setting", **values)
            )
    for key, standing in (("enforcement_never", Standing.NEVER_REVIEWED), ("enforcement_gone", Standing.GONE)):
        if names := [each.rule for each in found if each.standing is standing]:
            lines.append(say(key, rules=", ".join(names)))
    if older := [each for each in found if each.not_yet]:
        settings = list(dict.fromkeys(key for each in older for key in each.not_yet))
        shown = ", ".join(settings[:SHOWN_MAX]) + (", ..." if len(settings) > SHOWN_MAX else "")
        lines.append(say("enforcement_not_yet", count=len(older), settings=shown))
    return "\n".join([*lines, say("enforcement_summary", **_counts(found))])


def _counts(found: Sequence[Enforced]) -> dict[str, int]:
    counted = Counter(each.standing for each in found)
    return {str(standing): counted[standing] for standing in Standing}
