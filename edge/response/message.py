"""What a message says, in the recipient's language.

A message states the whole state and not the change, so that a card update may be dropped for a younger one. Who reads both
languages gets one text above or beside the other (`both`); below that, code knows one language at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from edge.model.alarm import AlarmState
from edge.model.intent import Button, Message, Purpose
from edge.response.alarm_words import AlarmWords
from edge.response.buttons import card_buttons
from edge.response.hang_tags import HangTag
from edge.response.headline import compose_headline, whole_headline
from edge.response.lines import compose_lines
from edge.response.occurrence import SHORT, Occurrence
from edge.response.policy import Policy
from edge.response.program_data import program_data
from edge.response.telling import Telling
from edge.response.wording import BOTH, Wording, above, beside, say


def compose_message(
    policy: Policy,
    agent: str,
    occurrence: Occurrence,
    telling: Telling,
    language: str,
    hanging: Sequence[HangTag] = (),
    *,
    may_press: bool = True,
) -> Message:
    """The message for one recipient. language: zh, en or both. hanging: the tags that hang on the alarm's device. may_press:
    whether the recipient may do what buttons ask for."""
    if language == BOTH:
        one = partial(compose_message, policy, agent, occurrence, telling, hanging=hanging, may_press=may_press)
        zh, en = one("zh"), one("en")
        return both(zh, en)
    wording = Wording(language, ZoneInfo(policy.time_zone), policy.directory)
    words = AlarmWords(policy, wording, occurrence.alarm, occurrence.watched)
    priority = wording.say(f"priority.{occurrence.priority}")
    takes_presses = occurrence.closed is None and not telling.moved and telling.purpose is not Purpose.RETURNED
    prefix, value = _prefix(wording, occurrence, telling.purpose, priority), _value(words, occurrence, telling.purpose)
    named = (words.place, words.device, words.what, value)
    headline, whole = compose_headline(prefix, *named, has_namesakes=words.has_namesakes), whole_headline(prefix, *named)
    return Message(
        headline=headline,
        whole="" if whole == headline else whole,
        lines=compose_lines(policy, words, wording, occurrence, telling, hanging),
        state=str(occurrence.state),
        state_text=_state_text(wording, occurrence, telling),
        priority=occurrence.priority,
        priority_text=priority,
        guidance=words.guidance if occurrence.facts.active and telling.purpose not in SHORT else "",
        footer=wording.say("line.footer", site=policy.site, agent=agent),
        language=language,
        buttons=card_buttons(policy, occurrence, wording) if takes_presses and may_press else (),
        data=program_data(policy, occurrence),
    )


def _prefix(wording: Wording, occurrence: Occurrence, purpose: Purpose, priority: str) -> str:
    opening = Purpose.RAISED if purpose is Purpose.STATE else purpose
    prefix = wording.say(f"headline.{opening}", priority=priority)
    return wording.say("headline.trial", prefix=prefix) if occurrence.trial else prefix


def _value(words: AlarmWords, occurrence: Occurrence, purpose: Purpose) -> str:
    """A card keeps its first line, with the value of the trigger; the returned notice has the value of the return."""
    ended = purpose is Purpose.RETURNED or (purpose is Purpose.SETTLED and not occurrence.facts.active)
    if ended and occurrence.returned is not None:
        return words.value(occurrence.returned.value)
    return words.trigger_value(occurrence.value)


def _state_text(wording: Wording, occurrence: Occurrence, telling: Telling) -> str:
    if telling.moved:
        return wording.say("state.announced_again")
    if occurrence.closed is not None:
        return wording.say(f"state.{occurrence.closed}", number=occurrence.succeeded_by)
    state = wording.say(f"state.{_state_key(occurrence)}")
    if occurrence.chatter is not None and occurrence.is_chattering:
        return wording.say("state.chattering", state=state, count=occurrence.chatter.count)
    return state


def _state_key(occurrence: Occurrence) -> str:
    if occurrence.state is AlarmState.ACKED and occurrence.coming is not None:
        return "coming"
    if occurrence.waits_for_confirmation and not occurrence.facts.active:
        return "to_be_confirmed"
    return str(occurrence.state)


def both(zh: Message, en: Message) -> Message:
    """Chinese above English: the English headline is the first line below the Chinese one."""
    lines = (
        (beside(zh_label, en_label), beside(zh_text, en_text))
        for (zh_label, zh_text), (en_label, en_text) in zip(zh.lines, en.lines, strict=True)
    )
    return Message(
        headline=zh.headline,
        whole=zh.whole,
        lines=((say("label.english", "zh"), en.headline), *lines),
        state=zh.state,
        state_text=beside(zh.state_text, en.state_text),
        priority=zh.priority,
        priority_text=beside(zh.priority_text, en.priority_text),
        guidance=above(zh.guidance, en.guidance),
        footer=beside(zh.footer, en.footer),
        language=BOTH,
        buttons=tuple(_both_labels(*pair) for pair in zip(zh.buttons, en.buttons, strict=True)),
        data=zh.data,
    )


def _both_labels(zh: Button, en: Button) -> Button:
    choices = zip(zh.choices, en.choices, strict=True)
    return Button(zh.action, beside(zh.label, en.label), tuple((i, beside(z, e)) for (i, z), (_, e) in choices))
