"""What the figures need to know of a plant: its rules, and the positions that share its alarms. Pure.

A *position* is a role that somebody holds, not a person: the team that the first matching route names; where none names a team
its first person; else its first group. So an alarm that is sent to a team and to a chat group is one alarm of that team.
"""

from __future__ import annotations

from edge.config.plant import Plant
from edge.config.rationalisation import NO_RATIONALE
from edge.model.person import Directory
from edge.model.tag import Words
from edge.performance.period import Period
from edge.response.routing import Filtered, named_by_routes
from rules.definition import Rule
from rules.kpi import Question, RuleFacts

_KINDS = ("team", "person", "group")


def question_of(plant: Plant, period: Period) -> Question:
    facts = {rule.id: rule_facts(plant, rule) for rule in plant.rules}
    positions = dict.fromkeys(sorted({each.position for each in facts.values() if each.position is not None}))
    staffed = {name: is_staffed(plant.policy.directory, name) for name in positions}
    return Question(period.start, period.end, plant.time_zone, facts, staffed)


def rule_facts(plant: Plant, rule: Rule) -> RuleFacts:
    return RuleFacts(
        rule.id,
        rule.priority,
        position_of(plant, rule),
        rule.area,
        rule.ack_required,
        rule.latching,
        plant.rationales.get(rule.id, NO_RATIONALE).respond_within,
    )


def position_of(plant: Plant, rule: Rule) -> str | None:
    """`team:fitters`, `person:ID` or `group:ID`; None for an alarm that no route tells anybody of."""
    named = named_by_routes(plant.policy, Filtered(rule.priority, rule.area, rule.device_type, rule.kind))
    return next((who for kind in _KINDS for who in named if who.startswith(f"{kind}:")), None)


def is_staffed(directory: Directory, position: str) -> bool:
    """Whether anybody stands behind it. A group has people in it that only the channel knows."""
    kind, _, name = position.partition(":")
    match kind:
        case "team":
            return name in directory.teams and bool(directory.teams[name].members)
        case "person":
            return name in directory.persons
    return name in directory.groups


def alarm_words(plant: Plant) -> dict[str, Words]:
    """What every alarm is called in both languages: the device, with its place where others go by that
    name too, and what is wrong."""
    return {rule.id: {each: _alarm_text(plant, rule, each) for each in rule.words} for rule in plant.rules}


def _alarm_text(plant: Plant, rule: Rule, language: str) -> str:
    device = _in(plant.devices[rule.device].words, language)
    place = _in(plant.areas[rule.area], language) if device in plant.policy.shared_names else ""
    return " ".join(text for text in (place, device, rule.words[language]) if text)


def _in(words: Words, language: str) -> str:
    return words.get(language) or next(iter(words.values()), "")
