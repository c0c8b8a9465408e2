"""The response: who is told what, when, and when no longer; pure, the decision of transaction B.

It hears the journal (events of alarms) and the inbox (receipts of channels), keeps a record of every occurrence that somebody
was told of, and answers with intents, withdrawals and events of its own. It sends nothing: the outbox and `cloud_bridge` do.

Theory of operation. Receipts come first, because they are about what was intended before; then the journal, in its order; then
what has come due by now; then the digests of floods. Keys and texts follow from records and events alone, and only times of
creation and reminders from `now`: a crash before the commit runs the step again and comes to the same intents under the same
keys. Whether an alarm is folded follows from what else the step announces: run again with more, it may be folded after all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.model.command import (
    ChannelNews,
    ConfirmWrite,
    DeedReceipt,
    ForeignPress,
    Hang,
    HangTagCommand,
    HeardAgain,
    InboxRow,
    LeaveDevices,
    PersonLeft,
    PersonReturned,
    Receipt,
    RefuseWrite,
    RemoveHangTag,
    ReplayIntent,
    WritePoint,
)
from edge.model.deed import Deed
from edge.model.event import Event, JournalRow, Stream
from edge.model.intent import Intent, Purpose
from edge.model.moment import Moment, to_iso
from edge.response.alarm_news import AlarmNews
from edge.response.announce import Routings
from edge.response.calls import call_ended
from edge.response.cards import keep, show
from edge.response.chat_answers import ChatAnswers
from edge.response.codes import CODE, Codes
from edge.response.cut_off import CutOff
from edge.response.draft import Because, CodeOf, Draft, Peaks, Readings, Trails, no_code, no_peak, no_trail
from edge.response.fallback import fall_back, first_way_is_there_again
from edge.response.flood import Flood
from edge.response.folding import Folding
from edge.response.foreign_presses import FOREIGN, ForeignPresses
from edge.response.hang_tags import HANG_TAGS, HangTag, HangTags
from edge.response.identity import MISSED, parse_intent_key
from edge.response.judgement import LockedBy
from edge.response.leavers import LEFT, Leavers
from edge.response.ledger import Ledger, is_stale
from edge.response.maintenance import tell_owner
from edge.response.news import refresh_values, update_cards
from edge.response.occurrence import NEEDED_AGAIN, Occurrence
from edge.response.old_hang_tags import tell_of_old
from edge.response.passing_on import pass_on, passed_on
from edge.response.point import Point
from edge.response.policy import Policy
from edge.response.receipt import settle
from edge.response.refresh import refresh_due
from edge.response.reminder import remind
from edge.response.replay import replay
from edge.response.telling import Telling
from edge.response.told import Told
from edge.response.write_ledger import WRITE
from edge.response.writing import Writing


@dataclass(frozen=True, slots=True)
class ResponseStep:
    """What to commit together. withdrawn: keys of intents and deeds no longer wanted. records: changed ones by key (None:
    forget it). consumed: sequences of inbox rows. next_due: step again no later than this; None: when something comes.
    replayed: keys of intents that are tried anew."""

    events: tuple[Event, ...]
    intents: tuple[Intent, ...]
    deeds: tuple[Deed, ...]
    withdrawn: tuple[str, ...]
    records: Mapping[str, Mapping[str, Any] | None]
    consumed: tuple[int, ...]
    next_due: Moment | None
    replayed: tuple[str, ...] = ()


class Response:
    """Holds its records in memory; what `step` returns, committed and given to `restore`, makes an equal one.

    database: tells one database of a site from the next. Occurrences count from 1 again in a new one, and the cloud still
    remembers the cards and keys of the old: without it, an alarm would pass for one that was told long ago."""

    def __init__(self, policy: Policy, agent: str, database: str = "") -> None:
        self._policy = policy
        self._routings: Routings = {}
        self._agent = agent
        self._scope = f"{policy.site}~{database}" if database else policy.site
        self._ledger = Ledger()
        self._writing = Writing(policy, self._scope, agent)
        self._hang_tags = HangTags(policy.devices)
        self._leavers = Leavers()
        self._foreign_presses = ForeignPresses()
        self._cut_off = CutOff(policy, self._scope, agent)
        self._codes = Codes(self._is_open)
        #: For who asks in a chat.
        self.chat = ChatAnswers(policy, agent, self._ledger, self._codes)
        #: By what stands behind the # of a record's key; all others are the ledger's.
        self._loads: Mapping[str, Callable[[str, Mapping[str, Any]], None]] = {
            WRITE: self._writing.load,
            HANG_TAGS: self._hang_tags.load,
            LEFT: self._leavers.load,
            FOREIGN: self._foreign_presses.load,
            MISSED: self._cut_off.load,
            CODE: self._codes.load,
        }

    def restore(self, records: Mapping[str, Mapping[str, Any]], now: Moment) -> None:
        """Take up what the last boot, or the response of the last configuration, has left. Call once, before the first step."""
        of_alarms = {}
        for key, data in records.items():
            name, _, kind = key.rpartition("#")
            load = self._loads.get(kind)
            if load is None:
                of_alarms[key] = data
            else:
                load(name, data)
        self._ledger.load(of_alarms, now)
        self._leave_out_leavers()

    def hang_tags(self) -> tuple[HangTag, ...]:
        """All that hang, by device."""
        return self._hang_tags.all()

    def hanging(self, device: str) -> tuple[HangTag, ...]:
        return self._hang_tags.hanging(device)

    def leavers(self) -> frozenset[str]:
        """Ids of the persons who are no longer in the organisation."""
        return self._leavers.ids()

    def foreign_presses(self, since: Moment) -> int:
        """How often somebody has pressed on cards that are not ours since then."""
        return self._foreign_presses.count(since)

    def _is_open(self, alarm: str, occurrence: int) -> bool:
        known = self._ledger.find(alarm, occurrence)
        return known is not None and not known.is_over

    def _code_of(self, now: Moment) -> CodeOf:
        if not self._policy.has_codes:
            return no_code
        return lambda alarm, occurrence: self._codes.of(alarm, occurrence, now)

    def points(self) -> Mapping[str, Point]:
        """The points that were ever asked to be written, by tag."""
        return self._writing.points()

    def write_ends(self) -> Mapping[str, int]:
        """How many writes have ended in each way since this response began; an unknown one that was found out counts twice."""
        return self._writing.ends

    def floods(self) -> Mapping[str, Flood]:
        """The positions that are in a flood of alarms."""
        return {position: flood for position, flood in self._ledger.floods().items() if flood.since is not None}

    def step(
        self,
        now: Moment,
        rows: Sequence[JournalRow],
        inbox: Sequence[InboxRow],
        readings: Readings,
        locked_by: LockedBy | None = None,
        peaks: Peaks = no_peak,
        failing: Collection[str] = (),
        trails: Trails = no_trail,
    ) -> ResponseStep:
        """Decide. rows: journal rows not seen before, ascending. inbox: rows not consumed before, of which it takes receipts
        and what is asked of devices, and leaves the others. readings: the newest sample of a tag by name. locked_by: who has
        locked a device against writes; None: whose hang-tag hangs there. peaks: the most severe value of an active alarm.
        failing: the channels that do not deliver just now. trails: what a tag showed of late, by name."""
        locked_by = locked_by or self._hang_tags.locked_by
        hanging, code_of = self._hang_tags.hanging, self._code_of(now)
        draft = Draft(self._policy, self._scope, self._agent, now, readings, hanging, peaks, code_of, failing, trails)
        consumed = self._hear_inbox(draft, inbox, readings, locked_by)
        folding = Folding(self._policy, self._ledger, draft, self._agent, self._routings)
        news = AlarmNews(self._policy, self._ledger, self._cut_off, draft, folding)
        folding.expect(news.announcements(rows))
        for journal_row in rows:
            event = journal_row.event
            if event.stream is Stream.ALARM:
                news.hear(event)
                self._pass_on(draft, event)
                self._writing.hear_alarm(draft, event, readings)
            elif event.stream is Stream.PLANT:
                tell_owner(self._policy, draft, self._agent, event)
            elif event.stream is Stream.LINE:
                self._ledger.line_turned(event.subject, event.data["state"])
            elif event.stream is Stream.SYSTEM and event.kind == "started":
                self._writing.hear_start()
        for occurrence in self._ledger.due(now):
            if is_stale(occurrence, now):
                self._ledger.forget(occurrence)
            else:
                keep(self._ledger, draft, self._do_due(draft, occurrence))
        folding.tell()
        self._cut_off.tell(draft, self._waits_for_somebody)
        tell_of_old(self._policy, draft, self._agent, self._hang_tags.take_old(now))
        self._writing.decide(draft, readings, locked_by)
        parts = (self._ledger, folding, self._cut_off, self._writing, self._hang_tags)
        dues = [due for part in parts if (due := part.next_due) is not None]
        keeping = (
            self._ledger,
            self._cut_off,
            self._writing,
            self._hang_tags,
            self._leavers,
            self._foreign_presses,
            self._codes,
        )
        return ResponseStep(
            events=tuple(draft.events),
            intents=tuple(draft.intents),
            deeds=tuple(draft.deeds),
            withdrawn=tuple(draft.withdrawn),
            records={key: record for part in keeping for key, record in part.take_changes().items()},
            consumed=tuple(consumed),
            next_due=min(dues, default=None),
            replayed=tuple(draft.replayed),
        )

    def _hear_inbox(self, draft: Draft, inbox: Sequence[InboxRow], readings: Readings, locked_by: LockedBy) -> list[int]:
        """The sequences of the rows that are the response's; the others it leaves."""
        consumed = []
        for row in inbox:
            match row.body:
                case Receipt() as receipt:
                    self._hear_receipt(draft, row, receipt)
                case WritePoint() | ConfirmWrite() | RefuseWrite() | LeaveDevices() | DeedReceipt():
                    self._hear_of_devices(draft, row, readings, locked_by)
                case Hang() | RemoveHangTag() as command:
                    self._hear_of_hang_tag(draft, row, command)
                case ReplayIntent() as command:
                    replay(self._ledger, self._scope, draft, row, command)
                case HeardAgain() | ForeignPress() | PersonLeft() | PersonReturned() as news:
                    self._hear_of_channel(draft, row, news)
                case _:
                    continue
            consumed.append(row.sequence)
        return consumed

    # --- devices --------------------------------------------------------------------------------------------------

    def _hear_of_devices(self, draft: Draft, row: InboxRow, readings: Readings, locked_by: LockedBy) -> None:
        match row.body:
            case WritePoint() | ConfirmWrite() | RefuseWrite() as command:
                self._writing.answer(draft, row, command, readings, locked_by)
            case LeaveDevices():
                self._writing.leave(draft, row)
            case DeedReceipt() as receipt:
                if not self._writing.hear_receipt(draft, receipt) and (told := passed_on(receipt, self._scope)) is not None:
                    self._tell_passed_on(draft, told)

    def _hear_of_hang_tag(self, draft: Draft, row: InboxRow, command: HangTagCommand) -> None:
        """Cards say at once whether somebody's hands may be in the device; no phone rings by it."""
        event = self._hang_tags.answer(row, command, draft.now)
        draft.events.append(event)
        for occurrence in self._ledger.unfinished() if event.kind != "rejected" else ():
            rule = self._policy.rules.get(occurrence.alarm)
            if rule is not None and rule.device == event.subject:
                show(self._ledger, draft, occurrence, event.time)

    def _tell_passed_on(self, draft: Draft, told: Event) -> None:
        """In the journal, and on the card, as long as the alarm has one."""
        draft.events.append(told)
        occurrence = self._ledger.find(told.subject, told.data["occurrence"])
        if occurrence is None or occurrence.is_over or occurrence.acknowledged is None:
            return
        after = replace(occurrence, passed_on=told.data["end"], version=occurrence.version + 1)
        telling = Telling(Purpose.STATE, draft.reading(told.subject))
        keep(self._ledger, draft, update_cards(draft, after, telling, told.time))

    def _pass_on(self, draft: Draft, event: Event) -> None:
        if event.kind == "acknowledged":
            deed = pass_on(self._policy.rules.get(event.subject), event, self._scope, draft.now)
            draft.deeds += [deed] if deed is not None else []

    # --- the way back -------------------------------------------------------------------------------------------------

    def _hear_of_channel(self, draft: Draft, row: InboxRow, news: ChannelNews) -> None:
        match news:
            case HeardAgain():
                self._draw_again(draft, row, news)
            case ForeignPress():
                draft.events += self._foreign_presses.hear(row, news)
            case PersonLeft() | PersonReturned():
                draft.events += self._leavers.hear(row, news)
                self._leave_out_leavers()

    def _leave_out_leavers(self) -> None:
        """Nobody who has left is told of anything from now on."""
        self._policy = replace(self._policy, left=self._leavers.ids())
        self._routings = {}

    def _draw_again(self, draft: Draft, row: InboxRow, news: HeardAgain) -> None:
        """Whoever pressed meanwhile has nothing to show for it: every open card says how it stands, and since when."""
        open_cards = self._ledger.unfinished() if news.channel == self._policy.channel else []
        for occurrence in open_cards:
            show(self._ledger, draft, occurrence, row.received_at)
        data = {"since": to_iso(news.since), "cards": len(open_cards)}
        answers = (row.source, row.message_id)
        draft.events.append(Event(Stream.SYSTEM, "heard_again", news.channel, row.received_at, data, answers))

    def _do_due(self, draft: Draft, occurrence: Occurrence) -> Occurrence:
        """What time alone brings about: what is overdue is taken back, reminders, the value on the cards."""
        occurrence = remind(draft, fall_back(draft, self._cut_off.take_back(draft, occurrence)))
        due = refresh_due(occurrence)
        return refresh_values(draft, occurrence) if due is not None and due <= draft.now else occurrence

    def _waits_for_somebody(self, alarm: str, number: int) -> bool:
        occurrence = self._ledger.find(alarm, number)
        return occurrence is not None and not occurrence.is_over and not occurrence.facts.acked

    # --- receipts -------------------------------------------------------------------------------------------------

    def _hear_receipt(self, draft: Draft, row: InboxRow, receipt: Receipt) -> None:
        name = parse_intent_key(self._scope, receipt.intent)
        draft.journal_receipt(row, receipt, name)
        if name is not None and name.purpose is Purpose.MISSED:
            self._cut_off.hear_receipt(draft, name)
        occurrence = self._ledger.find(name.alarm, name.occurrence) if name else None
        if occurrence is not None and name is not None and name.purpose is Purpose.CALL:
            keep(self._ledger, draft, call_ended(occurrence, receipt.intent))
            return
        recipient = occurrence.recipients.get(name.recipient) if name and occurrence else None
        if name is None or occurrence is None or recipient is None:
            return
        settled = settle(recipient, name, receipt)
        if settled.told is Told.NOT_TOLD:
            of_the_card = {Purpose.STATE, Purpose.CHATTERING, *NEEDED_AGAIN}
            pointless = of_the_card | (set() if settled.hears_the_return else {Purpose.RETURNED, Purpose.SETTLED})
            settled = draft.withdraw(occurrence, settled, pointless, Because("not_told", receipt.at))
        was_missed = recipient.told is Told.MISSED and settled.told.has_card
        occurrence = first_way_is_there_again(occurrence.with_recipient(settled), settled)
        keep(self._ledger, draft, fall_back(draft, occurrence))
        if was_missed:
            show(self._ledger, draft, occurrence, receipt.at)
