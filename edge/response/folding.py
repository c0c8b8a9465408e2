"""Folding: in a flood, which alarms a position is told of one by one, and which in its digest.

Theory of operation. A step first counts what it is about to announce (`expect`), so that alarms that come together are decided
together. Then each announcement asks who of its addressees is told in a digest (`fold`). At the end digests are told (`tell`):
the first at once, later ones no more often than the position allows, the last when the flood is over.

One by one are told the highest priority, what warns of a danger to people, and the first of each first-out group: they say
what has happened. Who is named by a position for which the mode is off, too, is told of each alarm. Trials are neither counted
nor folded: who tries alarms out wants to see each. Nothing is lost: the alarm is in the list, the journal says in which digests
it is, and it is acknowledged from the console. Its return is in no message.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from edge.model.alarm import Priority
from edge.model.event import Event
from edge.model.intent import Purpose
from edge.model.moment import Moment, to_iso
from edge.model.stage import Stage
from edge.response.announce import Routings, route_event
from edge.response.digest import Digest, compose_digest
from edge.response.draft import Draft
from edge.response.flood import Flood, Turn, after, announced, digests_due, made_of, next_due, passed
from edge.response.identity import IntentName, flood_name, which_flood
from edge.response.ledger import Ledger
from edge.response.occurrence import Occurrence
from edge.response.policy import Policy
from edge.response.routing import Addressee, Routed
from edge.response.tally import Folded, Tally, most, tallied, told
from rules.kpi.floods import TOP_MAX


class Folding:
    """Of one step. routings: what this policy has answered in steps before."""

    def __init__(self, policy: Policy, ledger: Ledger, draft: Draft, agent: str, routings: Routings) -> None:
        self._policy = policy
        self._ledger = ledger
        self._draft = draft
        self._agent = agent
        self._routings = routings
        self._left: list[tuple[str, Flood]] = []
        #: By position: what was announced to it, what of it came first, and by recipient what was folded.
        self._alarms: dict[str, list[str]] = defaultdict(list)
        self._firsts: dict[str, list[str]] = defaultdict(list)
        self._folded: dict[str, dict[str, list[Folded]]] = defaultdict(lambda: defaultdict(list))
        self._counts: Counter[str] = Counter()
        self._addressees: dict[str, Addressee] = {}
        #: By flood: whose digests say of something folded what is no longer so.
        self._stale: dict[str, set[str]] = defaultdict(set)

    def route(self, event: Event) -> Routed:
        """Who is to be told of it, asked once for all that routes cannot tell apart."""
        return route_event(self._policy, event, self._routings)

    def expect(self, announcements: Iterable[Event]) -> None:
        """What this step will announce, before any of it is."""
        now = self._draft.now
        for position, flood in list(self._ledger.floods().items()):
            if flood.since is None:
                continue
            left, turn = passed(flood, self._policy.flood_limits(position), now)
            if turn is Turn.LEFT:
                self._leave(position, left, flood.since)
        counts = Counter(position for event in announcements for position in _positions(event, self.route(event).addressees))
        for position, count in counts.items():
            limits = self._policy.flood_limits(position)
            flood, _ = passed(self._ledger.flood_of(position), limits, now)
            flood, turn = announced(flood, limits, now, count)
            self._ledger.put_flood(position, flood)
            if turn is Turn.ENTERED:
                self._draft.journal_flood(position, turn, {"number": flood.number, "count": flood.count})

    def fold(self, event: Event, addressees: Sequence[Addressee]) -> Mapping[str, str]:
        """Who is told of it in a digest: by recipient, the flood whose it is."""
        flooded = [each for each in _positions(event, addressees) if self._ledger.flood_of(each).since is not None]
        if not flooded:
            return {}
        alarm, rule = event.subject, self._policy.rules.get(event.subject)
        place = event.data.get("first_out")
        is_first = place is not None and place["rank"] == 1
        for position in flooded:
            self._alarms[position].append(alarm)
            if is_first:
                self._firsts[position].append(alarm)
        priority = Priority(event.data["priority"])
        if is_first or priority is Priority.CRITICAL or (rule is not None and rule.safety):
            return {}
        what = Folded(alarm, priority, rule.area if rule is not None else "")
        folded = {}
        for addressee in addressees:
            heard_as = next((each for each in addressee.positions if each in flooded), None)
            if heard_as is not None and not self._hears_each(addressee):
                folded[addressee.id] = which_flood(heard_as, self._ledger.flood_of(heard_as).number)
                self._folded[heard_as][addressee.id].append(what)
                self._addressees[addressee.id] = addressee
        self._counts.update({each.rpartition("#")[0] for each in folded.values()})
        if folded:
            self._draft.journal_folded(event, folded)
        return folded

    def turned(self, before: Occurrence, after: Occurrence) -> None:
        """A record has changed: a digest that counts it among what is active or unacknowledged is to be told anew."""
        if _counted(before) == _counted(after):
            return
        for recipient in after.recipients.values():
            if recipient.folded_in:
                self._stale[recipient.folded_in].add(recipient.id)

    def tell(self) -> None:
        """The digests of this step, after all that it announces."""
        for position, alarms in self._alarms.items():
            flood = made_of(self._ledger.flood_of(position), alarms, self._firsts[position])
            tallies = dict(flood.tallies)
            for recipient, folded in self._folded[position].items():
                tallies[recipient] = tallied(tallies.get(recipient) or self._tally(recipient), folded)
            flood = replace(flood, folded=flood.folded + self._counts[position], tallies=tallies)
            self._ledger.put_flood(position, flood)
        for position, flood in self._left:
            self._tell(position, flood, list(flood.tallies), over=True)
        self._note_stale()
        for position, flood in list(self._ledger.floods().items()):
            if flood.since is None:
                continue
            recipients = list(digests_due(flood, self._policy.flood_limits(position), self._draft.now))
            if recipients:
                self._tell(position, flood, recipients, over=False)
                tallies = {who: told(flood.tallies[who], self._draft.now) for who in recipients}
                self._ledger.put_flood(position, replace(flood, tallies={**flood.tallies, **tallies}))

    @property
    def next_due(self) -> Moment | None:
        floods = self._ledger.floods().items()
        dues = (next_due(flood, self._policy.flood_limits(position)) for position, flood in floods)
        return min((due for due in dues if due is not None), default=None)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _note_stale(self) -> None:
        for name, recipients in self._stale.items():
            position, _, number = name.rpartition("#")
            flood = self._ledger.flood_of(position)
            if flood.since is not None and flood.number == int(number):
                tallies = {
                    who: replace(each, has_news=each.has_news or who in recipients) for who, each in flood.tallies.items()
                }
                self._ledger.put_flood(position, replace(flood, tallies=tallies))

    def _hears_each(self, addressee: Addressee) -> bool:
        return any(self._policy.flood_limits(position) is None for position in addressee.positions)

    def _leave(self, position: str, flood: Flood, began: Moment) -> None:
        """What it came to goes into the journal and the last digests."""
        self._left.append((position, flood))
        self._ledger.put_flood(position, after(flood))
        data = {
            "number": flood.number,
            "began": to_iso(began),
            "count": flood.count,
            "peak": flood.peak,
            "folded": flood.folded,
            "first_out": list(flood.first_out),
            "top": [list(each) for each in most(flood.alarms, TOP_MAX)],
        }
        self._draft.journal_flood(position, Turn.LEFT, data)

    def _tally(self, recipient: str) -> Tally:
        addressee = self._addressees[recipient]
        return Tally(addressee.language, addressee.address, self._draft.now, channel=addressee.channel)

    def _tell(self, position: str, flood: Flood, recipients: Sequence[str], *, over: bool) -> None:
        now, name = self._draft.now, which_flood(position, flood.number)
        still = self._ledger.folded_in(name)
        for recipient in recipients:
            tally = flood.tallies[recipient]
            open_now = [each for each in still if recipient in each.recipients and each.recipients[recipient].folded_in == name]
            digest = Digest(position, flood.since or now, tally, tuple(open_now), now if over else None)
            news = Purpose.STATE if tally.updates else Purpose.FLOOD
            purpose = Purpose.FLOOD_OVER if over else news
            self._draft.tell_plainly(
                IntentName(flood_name(position), flood.number, recipient, purpose, 1, tally.updates),
                Addressee(recipient, tally.language, tally.address, None, 0, channel=tally.channel),
                tally.priority,
                compose_digest(self._policy, self._agent, digest),
                wanted_at=self._draft.now,
            )


def _counted(occurrence: Occurrence) -> tuple[bool, bool, bool]:
    """All that a digest counts it by."""
    return occurrence.is_over, occurrence.facts.active, occurrence.facts.acked


def _positions(event: Event, addressees: Sequence[Addressee]) -> dict[str, None]:
    """As which people are told of it, once each; nobody counts a trial."""
    if event.data.get("stage") == Stage.COMMISSIONING:
        return {}
    return dict.fromkeys(position for addressee in addressees for position in addressee.positions)
