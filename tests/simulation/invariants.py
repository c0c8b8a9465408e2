"""What must hold of every play, whatever happened in it. Each invariant says in words what it found wrong; none found: empty.

no_alarm_lost        every alarm that should be told is told to each of its people, and every excursion was seen
order_per_alarm      on each phone: raised, reminded, returned; cards never go back; occurrences follow each other
no_unmarked_repeat   nothing is shown twice for one intent unless the second says that it may be a repeat
commands_answered    every press that was taken ends in exactly one event; every answered press was taken, none twice
faults_are_no_news   while a sensor fails no alarm on what it measures changes; its failing is one alarm, told to one person
folded_is_counted    what is folded is in one digest of each of its people; digests say how many; it is told in no other way
over_is_not_raised   who was not reached while an alarm stood gets a digest, never its raise and return afterwards
no_call_for_nothing  nobody's phone rings for what is over, acknowledged or hidden, nor before its time
journal_holds        the hash chain is whole; what died before its commit was decided again, alike; quiet came

What people do to devices has its own beside this, `device_invariants.py`, and so have the quota, `quota_invariants.py`, and
digests, `digest_invariants.py`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from cloud_bridge.dingtalk.payloads import card_params
from cloud_bridge.marks import IN_TIME, in_language
from edge.model.act import Call
from edge.model.event import Event, Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND, Moment
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.presses import PressStatus
from tests.simulation.device_invariants import forces_end, hang_tags_hang, writes_hold
from tests.simulation.digest_invariants import folded_is_counted, over_is_not_raised, times_folded, times_missed
from tests.simulation.findings import REFUSED, said_at
from tests.simulation.play import Record, Told
from tests.simulation.quota_invariants import usage_is_known
from tests.simulation.truth import MARGIN, VALID_TO
from tests.simulation.wire import ADDRESSES, MAKE_CARDS, UPDATE_CARDS
from tests.simulation.witness import Call as WireCall

Invariant = Callable[[Record], list[str]]

#: Who is told, written down again by hand: by priority, the recipients of `plant/response.yaml`.
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "critical": ("person:ann", "person:ben", "group:line"),
    "high": ("person:ann", "person:ben", "group:line"),
    "medium": ("person:ben", "group:office"),
    "low": ("person:eve", "person:ann", "group:board"),
    "journal": (),
}
#: What is about a sensor goes to the instrument people alone.
INSTRUMENT_PEOPLE = ("person:ben",)
#: When people are called, as `plant/response.yaml` says.
CALL_AFTER = MINUTE
#: What a refusal on request says of itself.
FAULT_TEXT = "fault on request"
_RANK = {
    Purpose.RAISED: 0,
    Purpose.FLOOD: 0,
    Purpose.REMINDER: 1,
    Purpose.GIVEN_BACK: 1,
    Purpose.RETURNED: 2,
    Purpose.MISSED: 2,
    Purpose.FLOOD_OVER: 2,
}


# --- no alarm lost --------------------------------------------------------------------------------------------------


def no_alarm_lost(record: Record) -> list[str]:
    return [*_excursions_not_seen(record), *_announcements_not_told(record), *_returns_not_told(record)]


def _excursions_not_seen(record: Record) -> Iterator[str]:
    moments: dict[str, list[Moment]] = defaultdict(list)
    states: dict[str, list[bool]] = defaultdict(list)
    for row in record.journal:
        if row.event.stream is Stream.ALARM and row.event.kind in ("raised", "returned"):
            moments[row.event.subject].append(row.recorded_at)
            states[row.event.subject].append(row.event.kind == "raised")
    said: set[tuple[str, bool, Moment]] = set()
    for due in record.truth.dues:
        place = bisect_right(moments[due.alarm], due.at)
        active = states[due.alarm][place - 1] if place else False
        if active is not due.active and (due.alarm, due.active, due.since) not in said:
            said.add((due.alarm, due.active, due.since))
            wanted = "active" if due.active else "normal"
            since, at = said_at(due.since), said_at(due.at)
            yield f"{due.alarm}: the device has said so since {since}, but the alarm is not {wanted} at {at}"


def _announcements_not_told(record: Record) -> Iterator[str]:
    raises: dict[tuple[str, int, str], list[Told]] = defaultdict(list)
    for told in record.told:
        if told.intent.purpose is Purpose.RAISED:
            raises[told.intent.alarm, told.intent.occurrence, told.intent.recipient].append(told)
    folded, missed = times_folded(record), times_missed(record)
    shelved: set[str] = set()
    for row in record.journal:
        event = row.event
        if event.stream is not Stream.ALARM:
            continue
        if event.kind == "shelved":
            shelved.add(event.subject)
        elif event.kind == "unshelved":
            shelved.discard(event.subject)
        if not _announces(event) or event.subject in shelved:
            continue
        number = event.data["occurrence"]
        for recipient in _people_of(event):
            intended = raises[event.subject, number, recipient]
            if folded[event.subject, number, recipient]:
                folded[event.subject, number, recipient] -= 1
            elif intended:
                told = intended.pop(0)
                # Unknown: an attempt of it had been in doubt when it was taken back.
                taken_back = told.state in ("withdrawn", "unknown") and missed[event.subject, number, recipient]
                yield from () if taken_back else _not_shown(record, told)
            else:
                yield f"{event.subject}#{number}: {event.kind} at {said_at(event.time)}, but nobody intends to tell {recipient}"
    for intended in raises.values():
        yield from (f"{told.intent.key}: told, though nothing was announced" for told in intended)


def _returns_not_told(record: Record) -> Iterator[str]:
    """Who was told of a raise hears that it is over; of a latching alarm only when it is reset, which nobody does here."""
    latching = {rule.id for rule in record.plant.rules if rule.latching}
    hearing = {_about(told.intent) for told in record.told if told.intent.purpose is Purpose.RETURNED}
    missed = times_missed(record)
    raises = (told for told in record.told if told.intent.purpose is Purpose.RAISED and told.state == "delivered")
    raised = [told for told in raises if not missed[_about(told.intent)]]
    returned = {
        (row.event.subject, row.event.data["occurrence"])
        for row in record.journal
        if row.event.stream is Stream.ALARM and row.event.kind == "returned" and row.event.subject not in latching
    }
    for told in raised:
        if (told.intent.alarm, told.intent.occurrence) in returned and _about(told.intent) not in hearing:
            yield f"{told.intent.key}: told, and over, but {told.intent.recipient} never hears that it is over"
    for told in record.told:
        if told.intent.purpose is Purpose.RETURNED:
            yield from _not_shown(record, told)


def _people_of(event: Event) -> tuple[str, ...]:
    return INSTRUMENT_PEOPLE if event.subject.endswith("_sensor_fault") else PEOPLE[event.data["priority"]]


def _about(intent: Intent) -> tuple[str, int, str]:
    return intent.alarm, intent.occurrence, intent.recipient


def _announces(event: Event) -> bool:
    """A raise that nothing hides, and an alarm that is not hidden any more. What shelves hide is found out here once more."""
    if event.kind == "raised":
        return all(cover == "shelved" for cover in event.data["suppressed"])
    return bool(event.data.get("announce"))


def _not_shown(record: Record, told: Told) -> Iterator[str]:
    key = told.intent.key
    if told.state in REFUSED:
        asked = any(call.effect is Effect.REFUSED for call in record.wire.calls(key))
        # Without a token no call is made at all: then the cause is what the token's call was answered.
        if not asked and FAULT_TEXT not in told.detail:
            yield f"{key}: {told.state} without a cause that DingTalk gave ({told.detail!r})"
        if not any(row.event.kind == told.state and row.event.subject == key for row in record.journal):
            yield f"{key}: {told.state}, and the journal does not say so"
    elif told.state == "withdrawn" and told.intent.purpose is Purpose.RETURNED:
        return  # the raise was refused: who never heard of it need not hear that it is over
    elif told.state not in ("delivered", "unknown"):
        yield f"{key}: still {told.state} when all was quiet"
    elif not record.wire.shown(key):
        yield f"{key}: {told.state} by its record, but no phone ever showed it"
    elif told.intent.purpose is Purpose.RAISED and told.intent.recipient in ADDRESSES and told.intent.card not in record.cards:
        yield f"{key}: the card is on no phone in the end"


def cards_show_the_state(record: Record) -> list[str]:
    """In the end every card shows what its youngest told intent says, or a younger one whose answer was lost; and the youngest
    state of a card is never the one that was dropped."""
    wrong = []
    last = {told.intent.card: told for told in record.told if told.intent.purpose is Purpose.STATE}
    wrong += [
        f"{told.intent.key}: dropped, though no younger state followed" for told in last.values() if told.state == "superseded"
    ]
    allowed: dict[str, set[str]] = {}
    youngest: dict[str, Told] = {}
    for told in record.told:
        if told.intent.purpose in MAKE_CARDS | UPDATE_CARDS and told.attempts:
            state = told.intent.message.state
            if told.state == "delivered":
                allowed[told.intent.card], youngest[told.intent.card] = {state}, told
            elif told.unknown_attempts:
                allowed.setdefault(told.intent.card, set()).add(state)
    for card, told in youngest.items():
        if card in record.cards and record.cards[card].params["state"] not in allowed[card]:
            wrong.append(f"{told.intent.key}: card shows {record.cards[card].params['state']}, not {told.intent.message.state}")
    return wrong


# --- order ----------------------------------------------------------------------------------------------------------


def order_per_alarm(record: Record) -> list[str]:
    wrong = []
    firsts: list[tuple[int, Told]] = []
    for told in record.told:
        place = record.wire.first_shown(told.intent.key)
        if place is not None and told.intent.purpose is not Purpose.STATE:
            firsts.append((place, told))
    latest: dict[tuple[str, str], Told] = {}
    for _, told in sorted(firsts, key=lambda each: each[0]):
        intent = told.intent
        before = latest.get((intent.recipient, intent.alarm))
        latest[intent.recipient, intent.alarm] = told
        if before is None:
            continue
        if before.sequence > told.sequence:
            wrong.append(f"{intent.key}: shown after {before.intent.key}, which was decided later")
        same = before.intent.occurrence == intent.occurrence
        if same and before.intent.card == intent.card and _RANK[before.intent.purpose] > _RANK[intent.purpose]:
            wrong.append(f"{intent.key}: {intent.purpose} after {before.intent.purpose}")
        if before.intent.occurrence > intent.occurrence:
            wrong.append(f"{intent.key}: told after occurrence {before.intent.occurrence}")
    return [*wrong, *_cards_going_back(record)]


def _cards_going_back(record: Record) -> Iterator[str]:
    states: dict[str, list[Told]] = defaultdict(list)
    for told in record.told:
        if told.intent.purpose in MAKE_CARDS | UPDATE_CARDS:
            states[told.intent.card].append(told)
    at: dict[str, int] = defaultdict(int)
    for call in record.calls:
        if call.effect is not Effect.CARD_UPDATED:
            continue
        card = call.body["outTrackId"]
        shows = _without_footer(call.body["cardData"]["cardParamMap"])
        places = [
            place
            for place, told in enumerate(states[card])
            if _without_footer(card_params(told.intent.message, IN_TIME)) == shows
        ]
        ahead = [place for place in places if place >= at[card]]
        if not ahead:
            yield f"{card}: at {said_at(call.at)} it shows {shows['state']} again, an older state than it had shown"
        else:
            at[card] = ahead[0]


def _without_footer(params: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in params.items() if name != "footer"}


# --- repeats --------------------------------------------------------------------------------------------------------


def no_unmarked_repeat(record: Record) -> list[str]:
    wrong = []
    for told in record.told:
        key, calls = told.intent.key, record.wire.shown(told.intent.key)
        if told.intent.purpose is Purpose.STATE or not calls:
            continue
        marked = sum(_is_marked(call, told.intent) for call in calls)
        if len(calls) - marked > 1:
            wrong.append(f"{key}: shown {len(calls)} times, {len(calls) - marked} of them unmarked")
        if marked and not told.unknown_attempts:
            wrong.append(f"{key}: marked as a possible repeat though no attempt had been in doubt")
        if len(calls) > 1 + told.unknown_attempts:
            wrong.append(f"{key}: shown {len(calls)} times for {told.unknown_attempts} attempts in doubt")
    doubts = sum(told.unknown_attempts for told in record.told)
    if doubts and not record.lost_answers and not record.deaths:
        wrong.append(f"{doubts} attempts in doubt, though every call was answered and nothing died")
    return wrong


def _is_marked(call: WireCall, intent: Intent) -> bool:
    return in_language(intent.message.language, "marks.possible_repeat") in json.dumps(call.body, ensure_ascii=False)


# --- commands -------------------------------------------------------------------------------------------------------


def commands_answered(record: Record) -> list[str]:
    wrong = []
    answers: dict[tuple[str, str], int] = defaultdict(int)
    for row in record.journal:
        if row.event.command is not None:
            answers[row.event.command] += 1
    for taken in record.taken:
        times = answers.pop((taken.source, taken.message_id), 0)
        # What became of a deed ends no command: its write was answered when it was asked for.
        if times != (0 if taken.kind == "deed_receipt" else 1) or not taken.consumed:
            wrong.append(
                f"{taken.source} {taken.message_id} ({taken.kind}): ended in {times} events, consumed: {taken.consumed}"
            )
    wrong += [f"{source} {message_id}: answered, but it never came in" for source, message_id in answers]
    persons = {address: recipient.partition(":")[2] for recipient, address in ADDRESSES.items()}
    cards = {told.intent.card: (told.intent.alarm, told.intent.occurrence) for told in record.told}
    pressed, answered = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for touch in record.touches:
        what = (persons[touch.user_id], touch.action, cards[touch.out_track_id][0])
        pressed[what] += 1
        # eve may do nothing: her presses are answered with that, and go no further.
        answered[what] += touch.status is PressStatus.ANSWERED and persons[touch.user_id] != "eve"
    rows = Counter((row.actor, row.kind, row.body.get("alarm")) for row in record.taken if row.source == "dingtalk")
    for (person, action, alarm), times in pressed.items():
        entered, sure = rows[person, action, alarm], answered[person, action, alarm]
        if entered < sure:
            wrong.append(f"{person} pressed {action} on {alarm} {sure} times and was answered, but {entered} came in")
        if entered > times:
            wrong.append(f"{person} pressed {action} on {alarm} {times} times, and {entered} came in")
    return wrong


# --- sensors --------------------------------------------------------------------------------------------------------


def faults_are_no_news(record: Record) -> list[str]:
    wrong = []
    alarms = [row.event for row in record.journal if row.event.stream is Stream.ALARM]
    for fault in record.truth.faults:
        device, _, key = fault.tag.rpartition(".")
        # What was read just before is on its way for a while; a delay that was over then completes.
        quiet_from = fault.since + MARGIN
        for event in alarms:
            changes = event.kind in ("raised", "returned", "filtered") and quiet_from <= event.time <= fault.until
            if changes and event.subject in (f"{device}/oil_hot", f"{device}/oil_warm"):
                wrong.append(f"{event.subject}: {event.kind} at {said_at(event.time)}, while its sensor failed")
        told = [
            event
            for event in alarms
            if event.subject == f"{device}/{key}_sensor_fault"
            and event.kind == "raised"
            and fault.since <= event.time <= fault.until
        ]
        if len(told) > 1:
            wrong.append(f"{fault.tag}: failed once, at {said_at(fault.since)}, and was told {len(told)} times")
    wrong += [
        f"{event.subject}: {event.kind} with {event.data['value']}, which is no measurement"
        for event in alarms
        if event.kind in ("raised", "returned")
        and event.subject.endswith(("/oil_hot", "/oil_warm"))
        and (event.data["value"] or 0) > VALID_TO
    ]
    return wrong


# --- calls -----------------------------------------------------------------------------------------------------------


def no_call_for_nothing(record: Record) -> list[str]:
    wrong = []
    calls = [told for told in record.told if told.intent.purpose is Purpose.CALL]
    for told in calls:
        intent = told.intent
        if not isinstance(intent.act, Call):
            wrong.append(f"{intent.key}: rings nobody")
        for tried in told.tried:
            why = _needs_nobody(record, intent, tried)
            if why:
                wrong.append(f"{intent.key}: called at {said_at(tried)}, though {why}")
        raised = [
            row.recorded_at
            for row in record.journal
            if row.event.kind == "raised"
            and (row.event.subject, row.event.data["occurrence"]) == (intent.alarm, intent.occurrence)
        ]
        if raised and intent.created_at < raised[0] + CALL_AFTER:
            wrong.append(f"{intent.key}: made at {said_at(intent.created_at)}, before its time")
    return wrong


def _needs_nobody(record: Record, intent: Intent, at: Moment) -> str:
    """Why nobody was to be called for it at a moment; empty when somebody was. What was committed in that very second may not
    have reached the outbox yet."""
    why = ""
    for row in record.journal:
        event = row.event
        if event.subject != intent.alarm or event.stream is not Stream.ALARM or row.recorded_at > at - SECOND:
            continue
        if event.data.get("occurrence", intent.occurrence) != intent.occurrence:
            continue
        if event.kind in ("returned", "acknowledged", "shelved", "suppressed", "retired"):
            why = f"it was {event.kind} at {said_at(row.recorded_at)}"
        elif event.kind in ("raised", "unshelved", "released", "unacknowledged"):
            why = ""
    return why


# --- the journal ----------------------------------------------------------------------------------------------------


def journal_holds(record: Record) -> list[str]:
    wrong = []
    if record.broken is not None:
        wrong.append(f"the journal's chain is broken: {record.broken}")
    if not record.is_quiet:
        wrong.append("it never became quiet: something is still to be told, or told for ever")
    wrong += [f"a task failed: {text}" for text in record.failures_of_tasks]
    by_key = {told.intent.key: told.intent for told in record.told}
    folded, missed = times_folded(record), times_missed(record)
    for commit in record.lost_commits:
        for intent in commit.intents:
            again = by_key.get(intent.key)
            if intent.purpose is Purpose.RAISED and again is None and folded[_about(intent)]:
                continue  # decided with more alarms the second time, it is in a digest
            if intent.purpose is Purpose.RETURNED and again is None and missed[_about(intent)]:
                continue  # decided later the second time, nobody is told of it by itself any more
            if intent.purpose in (Purpose.RAISED, Purpose.RETURNED) and (again is None or _meaning(again) != _meaning(intent)):
                wrong.append(f"{intent.key}: decided before a crash, but not alike after it: {again}")
    return wrong


def _meaning(intent: Intent) -> tuple[object, ...]:
    return (intent.card, intent.thread, intent.recipient, intent.priority, intent.wanted_at, intent.message.headline)


INVARIANTS: Mapping[str, Invariant] = {
    "no alarm lost": no_alarm_lost,
    "order per alarm": order_per_alarm,
    "no unmarked repeat": no_unmarked_repeat,
    "cards show the state": cards_show_the_state,
    "commands answered": commands_answered,
    "faults are no news": faults_are_no_news,
    "folded is counted": folded_is_counted,
    "over is not raised": over_is_not_raised,
    "no call for nothing": no_call_for_nothing,
    "journal holds": journal_holds,
    "writes hold": writes_hold,
    "hang-tags hang": hang_tags_hang,
    "forces end": forces_end,
    "usage is known": usage_is_known,
}
