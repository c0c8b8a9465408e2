"""What hides an alarm from people, as plain JSON. Pure.

The rules name a cover by design `cause` or `cause:name`; here the name gets the words of the alarm, the suppression or the line
that it is.
"""

from __future__ import annotations

from typing import Any

from edge.config.plant import Plant
from edge.model.tag import Words
from edge.response.covers import OF_SUPPRESSIONS
from edge.response.policy import LineWords
from rules.definition import Cause, Rule
from rules.view import AlarmView

_BY_ALARM = frozenset({Cause.PARENT, Cause.MORE_SEVERE})
_UNKNOWN = LineWords({}, {})


def cover_forms(view: AlarmView, plant: Plant) -> list[dict[str, Any]]:
    """Those by design; a shelf and out of service have fields of their own."""
    return [cover_form(each, view.rule, plant, view.line_state) for each in view.suppressed]


def cover_form(cover: str, rule: Rule | None, plant: Plant, line_state: str | None = None) -> dict[str, Any]:
    """cause: of `rules.definition.Cause`, or `shelved`, `out_of_service`. name: an alarm's id, or a suppression's or line's
    name; may be empty. words: what it is called, of an alarm behind the words of its device. rule: the one that is hidden.
    line_state: of its line, if that is known; then state_words has its words."""
    cause, _, name = cover.partition(":")
    words: dict[str, str] = {}
    device_words: dict[str, str] = {}
    if cause in _BY_ALARM and (other := plant.policy.rules.get(name)) is not None:
        words, device_words = dict(other.words), dict(plant.devices[other.device].words)
    elif cause == Cause.MACHINE_STATE and rule is not None and rule.validity is not None:
        name = rule.validity.line
        line = plant.policy.lines.get(name, _UNKNOWN)
        words = dict(line.words)
        if line_state is not None:
            return {**_form(cause, name, words, {}), "state_words": dict(line.states.get(line_state, {}))}
    elif cause in OF_SUPPRESSIONS:
        words = dict(plant.policy.suppressions.get(name.partition(" ")[0], {}))
    return _form(cause, name, words, device_words)


def _form(cause: str, name: str, words: Words, device_words: Words) -> dict[str, Any]:
    return {"cause": cause, "name": name, "words": words, "device_words": device_words}
