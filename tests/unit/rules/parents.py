"""Alarms that explain another one: the supplies of a motor, for the stories of suppression by design."""

from __future__ import annotations

from collections.abc import Sequence

from edge.model.event import Event
from edge.model.tag import Tag
from rules.definition import Cause, Rule, Suppressor
from tests.unit.rules.plant import HOT, MOTOR, Story, rule, span, tag

POWER, AIR = f"{MOTOR}.power", f"{MOTOR}.air"
TAGS: Sequence[Tag] = (tag(), tag(POWER), tag(AIR))
NO_POWER, NO_AIR = f"{MOTOR}/power", f"{MOTOR}/air"
PARENT, OTHER, CHILD = rule("power", reads=POWER), rule("air", reads=AIR), rule()


def hides(*sources: str, targets: Sequence[str] = (HOT,), cause: Cause = Cause.PARENT, hold: float = 0.0) -> Suppressor:
    return Suppressor(cause, sources[0], sources, tuple(targets), span(hold))


def story_of(*suppressors: Suppressor, child: Rule = CHILD) -> Story:
    return Story(PARENT, OTHER, child, tags=TAGS, suppressors=suppressors or (hides(NO_POWER),))


def notices(events: Sequence[Event], alarm: str = HOT) -> list[Event]:
    """What people must be told of an alarm that is active."""
    return [
        event
        for event in events
        if event.subject == alarm
        and ((event.kind == "raised" and not event.data["suppressed"]) or event.data.get("announce", False))
    ]
