"""Lines about the machine: what else was so when its alarm began, and what one must know before one goes there."""

from __future__ import annotations

from edge.model.facts import DeviceFacts
from edge.model.tag import Tag
from edge.response.data_classes import may_say, read_by
from edge.response.occurrence import Occurrence
from edge.response.policy import Policy
from edge.response.tag_words import value_text
from edge.response.wording import Wording


def fact_texts(facts: DeviceFacts, wording: Wording) -> dict[str, str]:
    """By label. Points to lock out stand in their order."""
    spares = (wording.say("line.spare", part=spare.part, bin=spare.bin) for spare in facts.spares)
    return {
        "place": wording.words(facts.place, ""),
        "phone": facts.phone,
        "isolation": " → ".join(facts.isolation),
        "breaker": facts.breaker,
        "panel": facts.panel,
        "drawing": facts.drawing,
        "spares": " · ".join(spares),
    }


def context_lines(policy: Policy, occurrence: Occurrence, wording: Wording) -> list[tuple[str, str]]:
    """A line for each context tag: its name, and what it showed when the alarm was raised; also when it began and returned,
    where that was something else. A tag that had no value says so; one whose values stay in the plant says that."""
    returned = occurrence.returned.context if occurrence.returned is not None else {}
    rule = policy.rules.get(occurrence.alarm)
    about = read_by(rule) if rule is not None else frozenset()
    lines = []
    for name, raised in occurrence.context.items():
        tag = policy.tag(name)
        if not may_say(policy, name, about_it=name in about):
            lines.append((wording.words(tag.words if tag is not None else {}, name), wording.say("red.value")))
            continue
        began, ended = occurrence.context_began.get(name, raised), returned.get(name, raised)
        parts = [_read(tag, raised, wording)]
        if began != raised:
            parts = [
                wording.say("line.context_began", value=_read(tag, began, wording)),
                wording.say("line.context_raised", value=parts[0]),
            ]
        if ended != raised:
            parts.append(wording.say("line.context_returned", value=_read(tag, ended, wording)))
        lines.append((wording.words(tag.words if tag is not None else {}, name), " · ".join(parts)))
    return lines


def _read(tag: Tag | None, value: float | str | None, wording: Wording) -> str:
    return value_text(tag, value, wording) or wording.say("line.unknown")
