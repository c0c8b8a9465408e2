"""How it is with a device's connection, in words: in one line, and as a text that an engineer puts into a ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edge.console.connections import Condition, DeviceState
from edge.console.plant_time import PlantTime
from edge.console.quantity import number, quality_text, span
from edge.console.words import Words

#: Refused inputs in a ticket; the page has all.
REFUSED_TOLD_MAX = 20
#: Tags that are bad or stale; the page of tags has all.
UNWELL_TOLD_MAX = 20


def device_name(state: DeviceState, words: Words) -> str:
    """As people call it."""
    return words.of(state.device_words) or state.device


def rate_text(state: DeviceState, words: Words) -> str:
    """`0.98 of 1 /s`; of a device that speaks by itself what it says; empty for a name that no device has."""
    if state.condition is Condition.STRANGER:
        return ""
    if not state.configured:
        return words("connections.rate_heard", achieved=figure(state.achieved))
    return words("connections.rate", achieved=figure(state.achieved), configured=figure(state.configured))


def figure(rate: float) -> str:
    return f"{rate:.3g}"


def lag_text(state: DeviceState, words: Words) -> str:
    return "" if state.lag_s is None else seconds(state.lag_s, words)


def seconds(length: float, words: Words) -> str:
    """`12 ms`, `3.2 s`."""
    if length < 1:
        return words("connections.milliseconds", count=f"{length * 1_000:.0f}")
    return words("age.seconds", count=f"{length:.3g}")


def scan_text(scan: Mapping[str, Any], words: Words) -> str:
    return words(
        "connections.scan",
        every=span(scan["every_s"], words),
        tags=scan["tags"],
        achieved=figure(scan["achieved"]),
        configured=figure(scan["configured"]),
        lag=seconds(scan["lag_s"], words),
        overruns=scan["overruns"],
    )


def meaning(state: DeviceState, word: str, words: Words) -> str:
    """What a count or cause means, and whose matter it is; empty where its name says all."""
    return words.of(state.meanings.get(word, {}))


def trouble_text(state: DeviceState, words: Words, time: PlantTime) -> str:
    """What is the matter, in one line; empty when nothing is."""
    match state.condition:
        case Condition.LOST:
            form = "connections.lost_because" if state.why else "connections.since"
            told = words(form, since=time.shown(state.since), why=state.why)
        case Condition.WAITING:
            told = words("connections.not_heard")
        case Condition.BAD_TAGS:
            count = words("connections.bad_tags", bad=state.bad, tags=state.tags)
            told = words("list_separator").join(part for part in (count, _first_refused(state, words)) if part)
        case Condition.STALE_TAGS:
            told = words("connections.stale_tags", stale=len(state.unwell), tags=state.tags)
        case Condition.SLOW if state.slowest is not None:
            told = scan_text(state.slowest, words)
        case _:
            told = _first_refused(state, words)
    return told


def _first_refused(state: DeviceState, words: Words) -> str:
    """Of the cause that came most often."""
    if not state.refused:
        return ""
    worst = max(state.refused, key=lambda each: int(each["times"]))
    return meaning(state, worst["cause"], words) or worst["cause"]


def status_line(state: DeviceState, words: Words, time: PlantTime) -> str:
    """`Lost  motor (ST3.MOTOR)  modbus 10.0.0.5:502  since 09:00:00: no answer`; of one that is well, how often it is read."""
    named = f"{words.of(state.device_words)} ({state.device})" if state.device_words else state.device
    told = trouble_text(state, words, time) or rate_text(state, words)
    return "  ".join((words(f"connections.condition.{state.condition}"), named, state.driver, told))


def ticket(state: DeviceState, site: str, words: Words, time: PlantTime) -> str:
    """All that is known of it, line by line, with moments that state their day: for somebody who is not here."""
    return "\n".join(_ticket_lines(state, site, words, time))


def _ticket_lines(state: DeviceState, site: str, words: Words, time: PlantTime) -> Iterator[str]:
    yield words("connections.ticket.head", site=site, at=time.minute(time.now), zone=time.zone)
    named = f"{words.of(state.device_words)} ({state.device})" if state.device_words else state.device
    yield words("connections.ticket.device", device=named)
    yield words("connections.ticket.connection", connection=state.driver)
    yield words("connections.ticket.state", state=words(f"connections.condition.{state.condition}"))
    if state.since is not None:
        yield words("connections.ticket.since", since=time.minute(state.since))
    if state.why:
        yield words("connections.ticket.why", why=state.why)
    if state.condition is not Condition.STRANGER:
        yield words("connections.ticket.tags", bad=state.bad, tags=state.tags)
        for tag in state.unwell[:UNWELL_TOLD_MAX]:
            yield "  " + unwell_text(tag, words)
        if len(state.unwell) > UNWELL_TOLD_MAX:
            yield "  " + words("connections.ticket.more_bad", count=number(len(state.unwell) - UNWELL_TOLD_MAX))
        yield words("connections.ticket.rate", rate=rate_text(state, words))
    for scan in state.scans:
        yield "  " + scan_text(scan, words)
    if state.counts:
        yield words("connections.ticket.counts")
    for word, times in state.counts.items():
        yield _with_meaning(f"  {word}: {times}", meaning(state, word, words))
    if state.refused:
        yield words("connections.ticket.refused")
    for each in state.refused[:REFUSED_TOLD_MAX]:
        where = " ".join(part for part in (each["tag"] or "", each["source"]) if part)
        at = time.minute(each["at"])
        told = words("connections.ticket.input", where=where, cause=each["cause"], times=each["times"], at=at)
        yield _with_meaning(f"  {told}", "" if each["cause"] in state.counts else meaning(state, each["cause"], words))
        if each["first"]:
            yield "    " + words("connections.ticket.first", first=each["first"])
    if len(state.refused) > REFUSED_TOLD_MAX:
        yield "  " + words("connections.ticket.more", count=number(len(state.refused) - REFUSED_TOLD_MAX))


def unwell_text(tag: Mapping[str, Any], words: Words) -> str:
    """`PLC.gone: bad: the device does not give it. holding 7: Configuration: ...`."""
    why = words.of(tag["why"] or {})
    form = "connections.ticket.bad_tag_because" if why else "connections.ticket.bad_tag"
    return words(form, tag=tag["tag"], quality=quality_text(tag["quality"], tag["reason"], words), why=why)


def _with_meaning(text: str, told: str) -> str:
    return f"{text}  ({told})" if told else text
