"""What is heard of alarms: how the records of a step follow their events, and who is told what by that.

Each event finds the record it is about, changes it (`reaction.py`), and shows or tells what follows. First-out groups, and
alarms that chatter, have ways of their own. Of one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from edge.model.event import Event, JournalRow, Stream
from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.announce import announce, announces
from edge.response.calls import plan_calls
from edge.response.cards import keep, show
from edge.response.chattering import carry_on, rings
from edge.response.covers import with_line
from edge.response.cut_off import CutOff
from edge.response.draft import Because, Draft
from edge.response.fallback import fall_back
from edge.response.first_out import is_tie, joined_by, named_first, passed_by, place_of
from edge.response.folding import Folding
from edge.response.ledger import Ledger
from edge.response.news import tell_all, tell_given_back, tell_return, update_cards
from edge.response.occurrence import Closed, Occurrence
from edge.response.policy import Policy
from edge.response.reaction import REACTIONS, Reaction, Reminders, has_returned
from edge.response.reminder import begin_reminders, end_reminders, realarm
from edge.response.telling import Refusal, Telling
from rules.first_out import By


class AlarmNews:
    def __init__(self, policy: Policy, ledger: Ledger, cut_off: CutOff, draft: Draft, folding: Folding) -> None:
        self._policy = policy
        self._ledger = ledger
        self._cut_off = cut_off
        self._draft = draft
        self._folding = folding

    def announcements(self, rows: Sequence[JournalRow]) -> Iterator[Event]:
        """What people will be told of, as far as that is known before the first row is heard."""
        for row in rows:
            event = row.event
            if (
                event.stream is Stream.ALARM
                and announces(event)
                and not (event.data.get("suppressed") or self._is_hidden(event))
            ):
                newest = self._ledger.newest(event.subject)
                if not event.data.get("chattering") or newest is None or newest.is_over:
                    yield event

    def hear(self, event: Event) -> None:
        if event.kind == "rejected":
            self._answer_press(event)
        elif event.kind == "realarmed":
            self._alarm_again(event)
        elif event.kind == "first_out_moved":
            self._move_first_out(event)
        elif announces(event) and not self._is_hidden(event):
            self._hear_raise(event)
        elif event.kind in REACTIONS:
            self._react(event, REACTIONS[event.kind])

    def _hear_raise(self, event: Event) -> None:
        alarm, number = event.subject, event.data["occurrence"]
        newest = self._ledger.newest(alarm)
        if event.data.get("chattering") and newest is not None and not newest.is_over:
            self._count_on(newest, event)
            return
        for older in self._ledger.unfinished_before(alarm, number):
            self._succeed(older, number, event.time)
        if event.data.get("suppressed"):
            self._join_first(event)
            return
        routed = self._folding.route(event)
        for recipient, reason in routed.unrouted:
            self._draft.journal_unrouted(alarm, event.data, event.time, recipient, reason)
        previous = self._ledger.find(alarm, number)
        if not routed.addressees and previous is None:
            return
        place = place_of(event.data.get("first_out"), self._first_of(event))
        folded = self._folding.fold(event, routed.addressees)
        announced = announce(self._policy, self._draft, event, routed.addressees, previous, place, folded)
        announced = plan_calls(self._policy, self._draft, announced, event, folded=bool(folded))
        keep(self._ledger, self._draft, fall_back(self._draft, announced))
        self._join_first(event)

    def _count_on(self, newest: Occurrence, event: Event) -> None:
        """It chatters, and people have its card: told to nobody."""
        rule = self._policy.rules.get(event.subject)
        again = carry_on(newest, event, rule)
        again = replace(again, suppressed=with_line(again.suppressed, rule, self._ledger.line_state))
        again = end_reminders(self._draft, again, Because("chattering", event.time))
        telling = Telling(Purpose.STATE, self._draft.reading(event.subject))
        keep(self._ledger, self._draft, update_cards(self._draft, again, telling, event.time))

    def _is_hidden(self, event: Event) -> bool:
        """Of an alarm that became more urgent; other events say it themselves."""
        if event.kind != "severer":
            return False
        known = self._ledger.find(event.subject, event.data["occurrence"])
        return known is not None and known.is_hidden

    def _alarm_again(self, event: Event) -> None:
        known = self._ledger.find(event.subject, event.data["occurrence"])
        if known is not None and not known.is_over and not known.is_hidden and not known.is_chattering:
            keep(self._ledger, self._draft, realarm(self._draft, known, event.data["count"], event.time))

    # --- first-out ------------------------------------------------------------------------------------------------

    def _first_of(self, event: Event) -> Occurrence | None:
        place = event.data.get("first_out")
        first = None if place is None else self._ledger.first_of(place["group"])
        return None if first is None or first.alarm == event.subject else first

    def _join_first(self, event: Event) -> None:
        """The card of the first one says who cannot be told apart from it, though people are not told of that one itself."""
        first = self._first_of(event)
        place = place_of(event.data.get("first_out"), first)
        if first is not None and place is not None and place.together:
            show(self._ledger, self._draft, joined_by(first, event.subject), event.time)

    def _move_first_out(self, event: Event) -> None:
        """The raise before it took the first place, or the PLC's word names another one; the one that held it steps back."""
        group, before, now_first = event.data["group"], self._ledger.newest(event.data["before"]), event.subject
        if before is None or before.first_out is None or before.first_out.group != group:
            return
        first = self._ledger.find(now_first, event.data["occurrence"])
        by_word = event.data.get("by") == By.PLC_WORD
        tie = first is not None and not by_word and is_tie(before, first)
        show(self._ledger, self._draft, passed_by(before, now_first, tie=tie), event.time)
        if by_word and first is not None and named_first(first) != first:
            show(self._ledger, self._draft, named_first(first), event.time)
        if tie and first is not None:
            show(self._ledger, self._draft, joined_by(first, before.alarm), event.time)

    # --- what is known already --------------------------------------------------------------------------------------

    def _succeed(self, older: Occurrence, number: int, at: Moment) -> None:
        """Another occurrence takes its place: what is told and acknowledged from now on is the new one."""
        older = end_reminders(self._draft, self._cut_off.take_back(self._draft, older), Because("raised", at))
        older = replace(older, closed=Closed.SUCCEEDED, succeeded_by=number, version=older.version + 1)
        keep(self._ledger, self._draft, update_cards(self._draft, older, Telling(Purpose.STATE), at))

    def _react(self, event: Event, reaction: Reaction) -> None:
        if reaction.names_occurrence:
            before = self._ledger.find(event.subject, event.data["occurrence"])
        else:
            before = self._ledger.newest(event.subject)
        if before is None or before.is_over:
            return
        after = reaction.fold(before, event)
        covers = with_line(after.suppressed, self._policy.rules.get(event.subject), self._ledger.line_state)
        after = self._cut_off.take_back(self._draft, replace(after, version=after.version + 1, suppressed=covers))
        if reaction.reminders is Reminders.END:
            after = end_reminders(self._draft, after, Because(event.kind, event.time))
        elif reaction.reminders is Reminders.BEGIN:
            after = begin_reminders(self._draft, after)
        after = update_cards(self._draft, after, Telling(Purpose.STATE, self._draft.reading(event.subject)), event.time)
        if event.kind == "unacknowledged" and after.needs_somebody:
            after = tell_given_back(self._draft, after, event.data["by"], event.time)
        if has_returned(before, after):
            after = tell_return(self._draft, after, event.time)
        if (purpose := rings(before, after, event.kind)) is not None:
            telling = Telling(purpose, self._draft.reading(event.subject))
            after = tell_all(self._draft, after, telling, event.time, after.version)
        self._folding.turned(before, after)
        keep(self._ledger, self._draft, after)

    def _answer_press(self, event: Event) -> None:
        """A press on a card that changed nothing: the card says why, and shows the state as it is. A command that came another
        way is answered there."""
        occurrence = self._ledger.newest(event.subject)
        if occurrence is None or event.data["via"] != self._policy.channel:
            return
        by = event.data["by"]
        refusal = Refusal(by, event.data["reason"], event.data.get("acknowledged_by", ""))
        telling = Telling(Purpose.STATE, self._draft.reading(event.subject), refusal=refusal)
        occurrence = replace(occurrence, version=occurrence.version + 1)
        maybe_pressed = {r for r in occurrence.recipients if r == f"person:{by}" or r.startswith("group:")}
        keep(self._ledger, self._draft, update_cards(self._draft, occurrence, telling, event.time, maybe_pressed))
