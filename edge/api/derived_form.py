"""What a rule compares that was worked out of tags, as plain JSON beside the tag's own reading: its name, its value, and the
sentences that faces show, in both languages. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from edge.config.plant import Plant
from edge.model.event import Event
from edge.response.signal_words import SignalWords
from edge.response.wording import Wording
from edge.texts import LANGUAGES
from rules.definition import Rule
from rules.view import AlarmView


def derived_form(view: AlarmView, plant: Plant) -> dict[str, Any] | None:
    """None for a rule that compares the tag itself. value: None where nothing can be worked out now. words: the value by its
    name; peak: the same of the most severe one, empty before the first; condition: when it is the alarm, empty where the rule
    alone says that."""
    rule = view.rule
    if rule.signal is None:
        return None
    value = view.value if view.evaluable and view.value is not None and math.isfinite(view.value) else None
    return {
        "name": _in_both(rule, plant, SignalWords.name),
        "value": value,
        "unit": unit_of(rule, plant),
        "words": _in_both(rule, plant, lambda words: words.brief(value, view.signal)),
        "peak": _in_both(rule, plant, lambda words: _named(words, view.peak)),
        "condition": _in_both(rule, plant, lambda words: words.asked(rule.limit)),
    }


def derived_from(plant: Plant) -> Mapping[str, tuple[str, ...]]:
    """By tag, the alarms whose rules compare what is worked out of it, in order."""
    found: dict[str, list[str]] = {}
    for rule in plant.rules:
        for tag in () if rule.signal is None else dict.fromkeys((rule.tag, *rule.signal.inputs)):
            found.setdefault(tag, []).append(rule.id)
    return {tag: tuple(alarms) for tag, alarms in found.items()}


def unit_of(rule: Rule, plant: Plant) -> str:
    """Of what is compared: of what was worked out, or the tag's."""
    tag = plant.policy.tag(rule.tag)
    return rule.unit if rule.unit is not None else "" if tag is None else tag.unit


def past_derived_form(event: Event, rule: Rule, plant: Plant) -> dict[str, Any] | None:
    """Of a row of the journal, `raised` or `returned`. value: as it was, by its name; peak: empty where the row has none."""
    if rule.signal is None:
        return None
    data = event.data
    facts, value, peak = data.get("facts"), data.get("value"), data.get("peak")
    return {
        "value": _in_both(rule, plant, lambda words: words.brief(value, facts) if facts else _named(words, value)),
        "peak": _in_both(rule, plant, lambda words: _named(words, peak)),
    }


def _named(words: SignalWords, value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else words.named(value)


def _in_both(rule: Rule, plant: Plant, say: Callable[[SignalWords], str]) -> dict[str, str]:
    zone = ZoneInfo(plant.time_zone)
    return {each: say(SignalWords(rule, plant.policy.tag, Wording(each, zone, plant.policy.directory))) for each in LANGUAGES}
