"""What hides an alarm from people, in words: `explained by air supply pressure low`, `mill: threading`.

The rules name a cover by design `cause` or `cause:name` (`rules/suppression.py`): the name is an alarm's id, or that of a
suppression, which may have words. They say whether the line was in the wrong state, and the record adds in which:
`machine_state:LINE/STATE`.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.model.event import Event
from edge.response.alarm_words import AlarmWords
from edge.response.policy import Policy
from edge.response.wording import Wording
from rules.definition import Cause, Rule

#: Covers that people make; they have facts, and lines on the card, of their own.
OF_PEOPLE = frozenset({"shelved", "out_of_service"})

_BY_ALARM = frozenset({Cause.PARENT, Cause.MORE_SEVERE})
#: Those whose name is that of a suppression, then what its sides have in common.
OF_SUPPRESSIONS = frozenset({Cause.GROUP, Cause.INHIBITED})


def by_design(event: Event) -> tuple[str, ...]:
    """What hides the alarm beside people."""
    return tuple(each for each in event.data.get("suppressed", ()) if each not in OF_PEOPLE)


def with_line(covers: tuple[str, ...], rule: Rule | None, state_of: Callable[[str], str | None]) -> tuple[str, ...]:
    """The covers, the state of the line among them by name."""
    line = rule.validity.line if rule is not None and rule.validity is not None else ""
    state = state_of(line) if line else None
    if state is None:
        return covers
    return tuple(f"{each}:{line}/{state}" if each == Cause.MACHINE_STATE else each for each in covers)


def covers_text(policy: Policy, wording: Wording, covers: tuple[str, ...]) -> str:
    """All of them on one line; empty for none."""
    return wording.say("line.between_covers").join(_cover_text(policy, wording, each) for each in covers)


def alarm_text(policy: Policy, wording: Wording, alarm: str) -> str:
    """Device and what is wrong, as people call them."""
    words = AlarmWords(policy, wording, alarm)
    return f"{words.device} {words.what}"


def _cover_text(policy: Policy, wording: Wording, cover: str) -> str:
    cause, _, name = cover.partition(":")
    if cause in _BY_ALARM:
        return wording.say(f"cover.{cause}", alarm=alarm_text(policy, wording, name))
    if cause == Cause.MACHINE_STATE and name:
        line, _, state = name.partition("/")
        words = policy.lines.get(line)
        line_words, state_words = ({}, {}) if words is None else (words.words, words.states.get(state, {}))
        return wording.say("cover.in_state", line=wording.words(line_words, line), state=wording.words(state_words, state))
    said = policy.suppressions.get(name.partition(" ")[0]) if cause in OF_SUPPRESSIONS else None
    if said:
        return wording.say("cover.by_words", words=wording.words(said, name))
    return wording.say(f"cover.{cause}", name=name)
