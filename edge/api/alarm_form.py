"""What the API says of an alarm and of its device, as plain JSON: words in both languages, moments as ISO texts. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from edge.api.cover_form import cover_forms
from edge.api.derived_form import derived_form
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.moment import SECOND, Moment, Span, to_iso
from edge.model.tag import Device, Tag
from rules.definition import Kind, Rule
from rules.view import AlarmView


def is_to_be_seen(view: AlarmView) -> bool:
    """Somebody has to look at it: of interest, or hidden by a person, and not of the priority that is only written down. What
    the design hides while it is at rest is not."""
    facts = view.facts
    by_person = facts.shelved_until is not None or facts.out_of_service
    return (facts.retained or by_person or bool(view.chattering)) and view.rule.priority is not Priority.JOURNAL


def is_hidden(view: AlarmView) -> bool:
    """A person or the design hides it."""
    return view.facts.shelved_until is not None or view.facts.out_of_service or bool(view.suppressed)


def alarm_form(view: AlarmView, plant: Plant) -> dict[str, Any]:
    rule = view.rule
    tag = tag_of(plant, rule)
    return {
        "alarm": rule.id,
        "occurrence": view.facts.occurrence,
        "priority": rule.priority,
        "state": view.state,
        "process_state": view.process_state,
        "active": view.facts.active,
        "acked": view.facts.acked,
        "confirmed": view.facts.confirmed,
        "hidden": is_hidden(view),
        "suppressed": cover_forms(view, plant),
        "chattering": view.chattering,
        "first_out": view.first_out or None,
        "first_out_group": rule.first_out,
        "first_out_by": "plc_word" if view.first_out_named else None,
        "evaluable": view.evaluable,
        "area": rule.area,
        "area_words": dict(plant.areas[rule.area]),
        "device": rule.device,
        "device_words": dict(plant.devices[rule.device].words),
        "words": dict(rule.words),
        "guidance": dict(rule.guidance),
        "kind": rule.kind,
        "compare": rule.comparison,
        "tag": rule.tag,
        "unit": tag.unit,
        "states": states_form(tag),
        "limit": rule.limit,
        "values": list(rule.values),
        "value": finite(view.tag_value),
        "quality": "stale" if view.stale and view.tag_quality != "bad" else view.tag_quality,
        "derived": derived_form(view, plant),
        "peak": finite(view.peak),
        "began": iso(view.began),
        "raised": iso(view.raised),
        "returned": iso(view.returned),
        "pending_since": iso(view.pending_since),
        "pending_due": iso(view.pending_due),
        "acknowledged_by": view.acknowledged_by,
        "acknowledged_by_name": name_of(plant, view.acknowledged_by),
        "acknowledged_at": iso(view.acknowledged_at),
        "coming_by": view.coming_by,
        "coming_by_name": name_of(plant, view.coming_by),
        "coming_at": iso(view.coming_at),
        "shelved_until": iso(view.facts.shelved_until),
        "shelved_by": view.shelved_by,
        "shelved_by_name": name_of(plant, view.shelved_by),
        "shelve_reason": view.shelve_reason,
        "one_shot": view.facts.one_shot,
        "shelvable": rule.shelvable,
        "service_by": view.service_by,
        "service_by_name": name_of(plant, view.service_by),
        "service_reason": view.service_reason,
        "work_order": view.work_order,
        "serviceable": not rule.safety,
        "learns": view.signal.get("learned") is not None,
        "sums": rule.kind is Kind.CUSUM,
    }


def rule_form(rule: Rule) -> dict[str, Any]:
    """What the alarm's condition is made of; spans in seconds, None where the kind has none."""
    return {
        "kind": rule.kind,
        "compare": rule.comparison,
        "limit": rule.limit,
        "values": list(rule.values),
        "deadband": rule.deadband,
        "on_delay_s": seconds(rule.on_delay),
        "off_delay_s": seconds(rule.off_delay),
        "stale_after_s": seconds(rule.stale_after),
        "latching": rule.latching,
        "ack_required": rule.ack_required,
        "confirm": rule.confirm,
        "realarm_after_s": seconds(rule.realarm_after),
        "safety": rule.safety,
    }


def facts_form(device: Device) -> dict[str, Any]:
    """What people need to know before they go there; empty texts and lists say nothing."""
    facts = device.facts
    return {
        "place": dict(facts.place),
        "panel": facts.panel,
        "breaker": facts.breaker,
        "isolation": list(facts.isolation),
        "drawing": facts.drawing,
        "spares": [{"part": spare.part, "bin": spare.bin} for spare in facts.spares],
        "phone": facts.phone,
    }


def states_form(tag: Tag) -> list[dict[str, Any]]:
    """What its numbers mean."""
    return [{"value": value, "words": dict(words)} for value, words in tag.states.items()]


def tag_of(plant: Plant, rule: Rule) -> Tag:
    """The tag that a rule reads: nearly always of its own device."""
    for tag in plant.devices[rule.device].tags:
        if tag.name == rule.tag:
            return tag
    return find_tag(plant, rule.tag)[1]


def find_tag(plant: Plant, name: str) -> tuple[Device, Tag]:
    """Raises KeyError for a name that no tag has."""
    for device in plant.devices.values():
        for tag in device.tags:
            if tag.name == name:
                return device, tag
    raise KeyError(name)


def name_of(plant: Plant, actor: str | None) -> str | None:
    """A person's name for their id, an account's for `user:NAME`; other actors (`system`) as they are."""
    if actor is None:
        return None
    person = plant.policy.directory.persons.get(actor)
    return actor.removeprefix("user:") if person is None else person.name


def recipient_name(plant: Plant, recipient: str) -> str:
    """Of `person:ID` or `group:ID`; as it is when the directory does not know it any more."""
    kind, _, key = recipient.partition(":")
    directory = plant.policy.directory
    known: Mapping[str, Any] = {"person": directory.persons, "group": directory.groups}.get(kind, {})
    return known[key].name if key in known else recipient


def finite(value: float | None) -> float | None:
    """JSON has no word for the others."""
    return value if value is not None and math.isfinite(value) else None


def iso(moment: Moment | None) -> str | None:
    return None if moment is None else to_iso(moment)


def seconds(span: Span | None) -> float | None:
    return None if span is None else span / SECOND
