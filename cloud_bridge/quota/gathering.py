"""Gathering: claims whose window has ended, until all of them are there and leave as one digest. No clock, sends nothing.

    after_last ─▶ put ─▶ batches ─▶ digest ─▶ (the attempt) ─▶ told

A recipient gets one digest a window for each budget: what comes up behind a folded alarm, its return say, waits for the next.

A digest that is to be tried again is the same one: its claims come back together, it has the same name and the same lines, and
what has come up meanwhile is not among them. So a cloud that shows it already shows it once, and where names are not known the
same message comes again, marked.

A digest of low alarms draws the card of the same recipient's last one of that day anew, with all that it told: silent, in
place. Any other is a new message, which rings. An alarm that was told in a digest has no card, so its changes of state need
none; that is known until the agent stops, afterwards the cloud says that there is no such card.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cloud_bridge.quota.budgets import budget_of, is_silent
from cloud_bridge.quota.digest import card_of, digest_of
from cloud_bridge.quota.planner import WINDOWS, Fold, window_end
from edge.model.alarm import Priority
from edge.model.intent import Claim, Delivered, Ending, Intent, Purpose
from edge.model.moment import Moment
from edge.response.calendar import day_at

K = TypeVar("K")
V = TypeVar("V")

#: Claims that leave as one digest. The next begins where it ends.
BATCH_MAX = 100
#: Recipients whose last digest is remembered, and cards that there are not.
PAGES_MAX = 500
CARDS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Page:
    """The card of a recipient's digest. told: what stands on it."""

    day: str
    card: str
    told: tuple[Intent, ...]


class Gathering:
    def __init__(self, time_zone: str) -> None:
        self._time_zone = time_zone
        #: By recipient, and the card of the digest that they were in before.
        self._waiting: dict[tuple[str, str], list[Claim]] = {}
        #: The digest that is to be tried again, by the keys of the intents in it.
        self._again: OrderedDict[str, Intent] = OrderedDict()
        #: When the window of the last digest ends, by recipient and budget.
        self._next: OrderedDict[tuple[str, Priority], Moment] = OrderedDict()
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._without_card: OrderedDict[str, None] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def after_last(self, intent: Intent, fold: Fold) -> Fold:
        """The same, not within the window of the recipient's last digest, unless it was in that one."""
        if intent.key in self._again:
            return fold
        return replace(fold, until=max(fold.until, self._next.get((intent.recipient, budget_of(intent)), fold.until)))

    def put(self, claim: Claim) -> None:
        again = self._again.get(claim.intent.key)
        self._waiting.setdefault((claim.intent.recipient, again.card if again is not None else ""), []).append(claim)

    def batches(self) -> list[tuple[Claim, ...]]:
        """All that waits, by recipient and digest; then nothing waits any more."""
        waiting, self._waiting = self._waiting, {}
        return [
            tuple(claims[start : start + BATCH_MAX])
            for claims in waiting.values()
            for start in range(0, len(claims), BATCH_MAX)
        ]

    def digest(self, claims: Sequence[Claim], now: Moment) -> Claim:
        """The claims of one batch as one. One that may have arrived makes the whole a possible repeat."""
        return Claim(
            self._again.get(claims[0].intent.key) or self._new_digest(tuple(claim.intent for claim in claims), now),
            attempt=max(claim.attempt for claim in claims),
            after_unknown=any(claim.after_unknown for claim in claims),
            crashes=max(claim.crashes for claim in claims),
        )

    def _new_digest(self, intents: Sequence[Intent], now: Moment) -> Intent:
        page = self._pages.get(intents[0].recipient)
        if page is not None and page.day == day_at(now, self._time_zone) and _is_low(intents) and _is_low(page.told):
            return digest_of((*page.told, *intents)[-BATCH_MAX:], page.card, Purpose.STATE, now, self._time_zone)
        return digest_of(intents, card_of(intents), Purpose.FLOOD, now, self._time_zone)

    def told(self, claims: Sequence[Claim], digest: Claim, ending: Ending, now: Moment, *, again: bool) -> None:
        """How the attempt at a digest ended. again: it is to be tried again. A receipt that is the card's name says that there
        is a card."""
        for claim in claims:
            self._again.pop(claim.intent.key, None)
            # What draws a card anew may be drawn with what came up meanwhile: only the newest counts.
            if again and not is_silent(digest.intent):
                _remember(self._again, claim.intent.key, digest.intent, CARDS_MAX)
        if not isinstance(ending, Delivered):
            return
        for claim in claims:
            budget = budget_of(claim.intent)
            _remember(self._without_card, claim.intent.card, None, CARDS_MAX)
            _remember(self._next, (claim.intent.recipient, budget), window_end(now, WINDOWS[budget]), PAGES_MAX)
        intents = tuple(claim.intent for claim in claims)
        recipient, card = digest.intent.recipient, digest.intent.card
        if ending.receipt == card:
            before = self._pages.get(recipient)
            told = (*before.told, *intents) if before is not None and before.card == card else intents
            _remember(self._pages, recipient, _Page(day_at(now, self._time_zone), card, told[-BATCH_MAX:]), PAGES_MAX)

    def is_without_card(self, intent: Intent) -> bool:
        """Whether it draws anew a card that was never made."""
        return is_silent(intent) and intent.card in self._without_card


def _remember(known: OrderedDict[K, V], key: K, value: V, at_most: int) -> None:
    """As the newest; the eldest goes."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > at_most:
        known.popitem(last=False)


def _is_low(intents: Sequence[Intent]) -> bool:
    return all(budget_of(intent) is Priority.LOW for intent in intents)
