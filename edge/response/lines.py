"""The lines of a message below its headline: everything that is known, a label and a text each, in reading order."""

from __future__ import annotations

from collections.abc import Sequence

from edge.model.intent import Purpose
from edge.model.sample import Mark, Quality
from edge.response.alarm_words import AlarmWords
from edge.response.covers import covers_text
from edge.response.first_out import first_out_text
from edge.response.hang_tags import HangTag
from edge.response.headline import shorten
from edge.response.machine_lines import context_lines, fact_texts
from edge.response.occurrence import SHORT, UNWATCHED, Act, Again, Occurrence
from edge.response.policy import Policy
from edge.response.telling import Telling
from edge.response.wording import Wording
from rules.definition import Kind

#: A comment may have 500 characters; a card shows this many, the journal has all of them.
COMMENT_SHOWN = 100

#: Where the context tags stand, a line each under its own name.
CONTEXT = "context"

#: The order of the lines; one without text is left out. Last is what may be cut for want of room: a card's lines have 1 KB.
#: First what is wrong and who is on it; then where to go, what was being made and what to lock out; then the times; what one
#: looks up at the cabinet or in the store comes behind.
LABELS = (
    "trial", "forced", "refusal", "reminder", "chattering", "device", "alarm", "safety", "hang_tag", "value", "condition",
    "first_out", "now", "trend", "acknowledged", "passed_on", "unacknowledged", "coming", "confirmed", "shelved", "suppressed",
    "out_of_service", "returned", "peak", "lasted", "place", CONTEXT, "phone", "isolation", "comment", "again", "only_now",
    "instead_of", "raised", "began", "breaker", "panel", "drawing", "spares", "quality", "event",
)  # fmt: skip


#: What a short message says; the card has the rest.
OF_SHORT = frozenset((
    "trial", "forced", "reminder", "device", "alarm", "safety", "hang_tag", "value", "now", "acknowledged", "passed_on",
    "unacknowledged", "coming", "out_of_service", "place", "phone", "isolation", "event",
))  # fmt: skip


def compose_lines(
    policy: Policy,
    words: AlarmWords,
    wording: Wording,
    occurrence: Occurrence,
    telling: Telling,
    hanging: Sequence[HangTag] = (),
) -> tuple[tuple[str, str], ...]:
    """(label, text) pairs. Trigger, return and present value stand apart, each with its own time. hanging: the tags that hang
    on the device."""
    texts = {
        "hang_tag": wording.say("line.hang_tag", people=_hangers(wording, hanging)) if hanging else "",
        **_of_alarm(words, wording, occurrence),
        **_of_people(policy, words, wording, occurrence),
        **_of_covers(policy, words, wording, occurrence),
        **_of_return(words, wording, occurrence),
        **_of_moment(words, wording, occurrence, telling),
        # Who hears that it is over need not go there.
        **(fact_texts(words.facts, wording) if occurrence.facts.active else {}),
    }
    lines = []
    for label in LABELS if telling.purpose not in SHORT else [each for each in LABELS if each in OF_SHORT]:
        if label == CONTEXT:
            lines += context_lines(policy, occurrence, wording)
        elif texts.get(label):
            lines.append((wording.say(f"label.{label}"), texts[label]))
    return tuple(lines)


def _hangers(wording: Wording, hanging: Sequence[HangTag]) -> str:
    return wording.say("line.between_names").join(dict.fromkeys(wording.who(tag.by) for tag in hanging))


def _of_alarm(words: AlarmWords, wording: Wording, occurrence: Occurrence) -> dict[str, str]:
    raised = occurrence.raised
    again = wording.say(f"line.again_{occurrence.again}") if occurrence.again else ""
    # What was covered until now is no news that comes again.
    is_first = occurrence.round == 1 and occurrence.again not in (Again.REALARM, Again.SEVERER)
    trusted = occurrence.quality == Quality.GOOD.name.lower()
    return {
        "device": words.full_device,
        "alarm": words.what,
        "safety": wording.say("line.safety") if words.rule is not None and words.rule.safety else "",
        "value": words.trigger_line(occurrence.value, occurrence.found, raised),
        "condition": words.condition(occurrence.limit),
        "quality": "" if trusted or words.kind is Kind.SENSOR_FAULT else wording.say(f"quality.{occurrence.quality}"),
        "began": "" if occurrence.began == raised else wording.time(occurrence.began, raised),
        "raised": wording.time(raised, raised),
        "forced": wording.say("line.forced") if occurrence.forced else "",
        "trial": wording.say("line.trial") if occurrence.trial else "",
        "again": "" if is_first else again,
        "only_now": again if is_first else "",
        "event": wording.say("line.event", number=occurrence.facts.occurrence, date=wording.date(raised)),
        "chattering": _chattering(wording, occurrence),
    }


def _chattering(wording: Wording, occurrence: Occurrence) -> str:
    chatter = occurrence.chatter
    if chatter is None:
        return ""
    key, at = ("chattering", chatter.newest) if chatter.settled is None else ("settled", chatter.settled)
    return wording.say(f"line.{key}", count=chatter.count, time=wording.time(at, occurrence.raised))


def _of_people(policy: Policy, words: AlarmWords, wording: Wording, occurrence: Occurrence) -> dict[str, str]:
    def seen(act: Act | None) -> str:
        return wording.say("line.act", who=wording.who(act.by), time=wording.time(act.at, occurrence.raised)) if act else ""

    def said(act: Act | None) -> str:
        text = seen(act)
        return f"{text} · {_written(words, wording, act.text)}" if act is not None and act.text else text

    texts = {
        "acknowledged": seen(occurrence.acknowledged),
        "passed_on": wording.say(f"line.passed_on_{occurrence.passed_on}") if occurrence.passed_on else "",
        "unacknowledged": said(occurrence.unacknowledged),
        "coming": seen(occurrence.coming),
        "confirmed": said(occurrence.confirmed),
        "first_out": "" if occurrence.first_out is None else first_out_text(policy, wording, occurrence.first_out),
    }
    if (comment := occurrence.comment) is not None:
        text = _written(words, wording, comment.text)
        texts["comment"] = wording.say("line.comment", who=wording.who(comment.by), text=text)
    return texts


def _written(words: AlarmWords, wording: Wording, text: str) -> str:
    """What a person wrote, who may well have written the value down."""
    return wording.say("red.value") if words.is_red else shorten(text, COMMENT_SHOWN)


def _of_covers(policy: Policy, words: AlarmWords, wording: Wording, occurrence: Occurrence) -> dict[str, str]:
    """What hides it, while it is active."""
    texts = {"suppressed": covers_text(policy, wording, occurrence.suppressed) if occurrence.facts.active else ""}
    if (service := occurrence.service) is not None:
        who, reason = wording.who(service.by), _written(words, wording, service.text)
        order = _written(words, wording, occurrence.work_order)
        time = wording.time(service.at, occurrence.raised)
        texts["out_of_service"] = wording.say("line.out_of_service", who=who, time=time, order=order, reason=reason)
    if (shelved := occurrence.shelved) is not None and (until := occurrence.facts.shelved_until) is not None:
        reason = wording.words(dict(policy.shelve_reasons).get(shelved.text, {}), _written(words, wording, shelved.text))
        time = wording.time(until, occurrence.raised)
        form = "line.shelved_once" if occurrence.facts.one_shot else "line.shelved"
        texts["shelved"] = wording.say(form, who=wording.who(shelved.by), until=time, reason=reason)
    return texts


def _of_return(words: AlarmWords, wording: Wording, occurrence: Occurrence) -> dict[str, str]:
    returned = occurrence.returned
    if returned is None:
        return {}
    value, time = words.value(returned.value), wording.time(returned.at, occurrence.raised)
    return {
        "returned": wording.say("line.returned", value=value, time=time) if value else time,
        "peak": words.value(returned.peak) if words.is_number else "",
        "lasted": wording.duration(returned.at - occurrence.began),
    }


def _of_moment(words: AlarmWords, wording: Wording, occurrence: Occurrence, telling: Telling) -> dict[str, str]:
    texts = {}
    if (count := telling.reminder) is not None:
        span = wording.duration(count.since)
        form = "line.realarm" if count.of is None else "line.reminder"
        texts["reminder"] = wording.say(form, number=count.number, of=count.of, span=span)
    if telling.instead_of:
        texts["instead_of"] = wording.say("line.instead_of", channel=wording.say(f"channel.{telling.instead_of}"))
    if (refusal := telling.refusal) is not None:
        reason = wording.say(f"refusal.{refusal.reason}", acknowledged_by=wording.who(refusal.acknowledged_by))
        texts["refusal"] = wording.say("line.refusal", who=wording.who(refusal.by), reason=reason)
    if telling.peak is not None and telling.peak != occurrence.value and words.is_number:
        texts["peak"] = words.value(telling.peak)
    # Of a rule that was changed or removed, the tag of today is not what the card is about.
    is_watched = occurrence.closed not in UNWATCHED
    texts["trend"] = words.trend(telling.trail) if is_watched else ""
    reading = telling.reading if is_watched else None
    if reading is not None and occurrence.facts.active and telling.purpose is not Purpose.RAISED:
        value, time = words.present(reading), wording.time(reading.source_time, occurrence.raised)
        says_something = value and (reading.quality is not Quality.BAD or reading.mark & Mark.SENSOR_FAULT)
        texts["now"] = wording.say("line.reading", value=value, time=time) if says_something else value
    return texts
