"""May this leave now? The one place that says so, before an intent is claimed. Pure.

    question                                            if not, it waits for
    does the channel work (`breaker.py`)?               the end of its opening; then one leaves as the probe
    is a hand free?                                     an attempt to end
    is the recipient under way often enough already?    an attempt at that recipient to end
    is it in trouble, and are there many that are?      an attempt at one of those to end
    is there room in the pace of its robot?             the window to open; some of it is kept for critical alarms

A recipient is in trouble when the last attempt was slow or did not arrive, or one is under way for long: it then has one
attempt under way, and all recipients in trouble together half of the hands. An attempt that is under way for long holds no hand
any more: it only waits. So however many addresses are dead, the others find a hand.

The probe of a circuit that opens goes to another recipient each time, and is another intent, as long as there are others: an
intent that makes the cloud answer with an error each time cannot keep the circuit open, however urgent it is.

Whether it is worth telling at all is asked after the claim (`retry.forgone`), and what it may cost by the quota's plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cloud_bridge.pace import Pace, PaceWindow
from edge.model.alarm import Priority
from edge.model.intent import Delivered, Ending, Intent, Purpose, Refused, Retry
from edge.model.moment import SECOND, Moment, Span
from edge.ports import Candidate

#: Attempts of a channel under way at once, beside those that only wait: few enough for a small machine.
HANDS = 8
#: While so many wait, nothing leaves for recipients in trouble.
WAITING_MAX = 32
#: Of the hands so many for one recipient, and so many for all recipients in trouble.
HANDS_OF_ONE = 4
HANDS_OF_TROUBLED = HANDS // 2
#: An attempt that takes longer puts its recipient in trouble.
SLOW: Span = 3 * SECOND


class Verdict(StrEnum):
    LEAVES = "leaves"
    NO_HAND = "no_hand"
    BUSY = "busy"
    HAD_ITS_TURN = "had_its_turn"
    PACE = "pace"


@dataclass(frozen=True, slots=True)
class Room:
    """What is left in the window of a pace. left: how many may leave now, by urgency. opens: when there is room again."""

    left: Mapping[Priority, int]
    opens: Mapping[Priority, Moment]


@dataclass(slots=True)
class Look:
    """One look into the outbox, `edge.ports.Admission`: it counts what leaves while it is looked. Made anew for each, so that
    the thread of the store may have it to itself.

    many: how many claims a hand takes. hands: how many are free. under_way: claims by recipient. troubled: those in trouble, of
    whose claims so many hold hands. rooms: by the name of a pace. paces: which pace a recipient's intents of a purpose keep;
    None: none. had_their_turn: recipients and keys of intents that are not the next probe. until: when there is room in a pace
    that has none now, or a hand of those in trouble only waits."""

    many: int
    hands: int
    under_way: Counter[str]
    troubled: frozenset[str]
    held_by_troubled: int
    rooms: Mapping[str, Room]
    paces: Mapping[str, Mapping[Purpose, Pace | None]]
    had_their_turn: Collection[str] = ()
    held: Collection[tuple[str, Priority]] = ()
    until: Moment | None = None
    _leaving: Counter[str] = field(default_factory=Counter)
    _taken: Counter[str] = field(default_factory=Counter)

    def admits(self, candidate: Candidate) -> bool:
        if self.verdict(candidate) is not Verdict.LEAVES:
            return False
        self.under_way[candidate.recipient] += 1
        self.held_by_troubled += candidate.recipient in self.troubled
        self._leaving[candidate.recipient] += 1
        if (pace := self._pace(candidate)) is not None:
            self._taken[pace.name] += 1
        return True

    def verdict(self, candidate: Candidate) -> Verdict:
        who = candidate.recipient
        if self._leaving[who] % self.many == 0 and self._hands_taken() >= self.hands:
            return Verdict.NO_HAND
        if self.is_busy(who):
            return Verdict.BUSY
        if who in self.had_their_turn or candidate.key in self.had_their_turn:
            return Verdict.HAD_ITS_TURN
        pace = self._pace(candidate)
        if pace is not None and pace.name in self.rooms:
            room = self.rooms[pace.name]
            if room.left[candidate.urgency] <= self._taken[pace.name]:
                opens = room.opens[candidate.urgency]
                self.until = opens if self.until is None else min(self.until, opens)
                return Verdict.PACE
        return Verdict.LEAVES

    def is_busy(self, who: str) -> bool:
        """Whether a recipient has as many attempts under way as it may, or those in trouble have together."""
        if who not in self.troubled:
            return self.under_way[who] >= HANDS_OF_ONE * self.many
        return self.under_way[who] >= self.many or self.held_by_troubled >= HANDS_OF_TROUBLED * self.many

    def _pace(self, candidate: Candidate) -> Pace | None:
        return self.paces.get(candidate.recipient, {}).get(candidate.purpose)

    def _hands_taken(self) -> int:
        return sum(-(-count // self.many) for count in self._leaving.values())


class Gate:
    """What a lane knows of its attempts under way, its recipients and its robots. many: how many claims one hand takes."""

    def __init__(self, many: int = 1) -> None:
        self._many = many
        #: When the attempts at a recipient began.
        self._under_way: dict[str, list[Moment]] = {}
        self._troubled: set[str] = set()
        self._windows: dict[str, PaceWindow] = {}
        self._paces: dict[str, dict[Purpose, Pace | None]] = {}
        #: Recipients and keys of the probes since the channel failed.
        self._probed_recipients: set[str] = set()
        self._probed_keys: set[str] = set()

    @property
    def troubled(self) -> int:
        """How many recipients are in trouble."""
        return len(self._troubled)

    def looks_for_a_probe(self, now: Moment) -> Iterator[Look]:
        """What may be the next probe: to be looked for in this order until one is found."""
        for had_their_turn in (self._probed_recipients | self._probed_keys, self._probed_keys):
            look = self.look(now, 1)
            look.had_their_turn = frozenset(had_their_turn)
            yield look
        self.came_back()
        yield self.look(now, 1)

    def probes(self, intent: Intent) -> None:
        """It is the probe."""
        self._probed_recipients.add(intent.recipient)
        self._probed_keys.add(intent.key)

    def came_back(self) -> None:
        """The circuit is closed, or everything that waits was a probe once."""
        self._probed_recipients.clear()
        self._probed_keys.clear()

    def look(self, now: Moment, hands: int) -> Look:
        """What may leave now by so many free hands."""
        rooms = {name: _room(window, now) for name, window in self._windows.items()}
        under_way = Counter({who: len(began) for who, began in self._under_way.items()})
        slow = {who: began for who, began in self._under_way.items() if now - began[0] >= SLOW}
        troubled = frozenset(self._troubled | slow.keys())
        holding = [each for who in troubled for each in self._under_way.get(who, ()) if now - each < SLOW]
        waiting = sum(now - each >= SLOW for began in slow.values() for each in began)
        held_by_troubled = len(holding) if waiting < WAITING_MAX * self._many else HANDS_OF_TROUBLED * self._many
        look = Look(self._many, hands, under_way, troubled, held_by_troubled, rooms, self._paces)
        look.held = frozenset((*self._busy(look), *self._without_room(rooms)))
        opens = [room.opens[urgency] for room in rooms.values() for urgency in Priority if not room.left[urgency]]
        look.until = min([*opens, *(each + SLOW for each in holding)], default=None)
        return look

    def began(self, intent: Intent, pace: Pace | None, now: Moment) -> None:
        """It was claimed. pace: the one that it keeps."""
        self._under_way.setdefault(intent.recipient, []).append(now)
        self._paces.setdefault(intent.recipient, {})[intent.purpose] = pace

    def sent(self, pace: Pace | None, now: Moment) -> None:
        """An attempt is made."""
        if pace is not None:
            self._windows.setdefault(pace.name, PaceWindow(pace)).take(now)

    def ended(self, intent: Intent) -> None:
        """It is not under way any more. Which one of a recipient it was makes no difference: what hangs is told by `heard`."""
        self._under_way[intent.recipient].pop(0)
        if not self._under_way[intent.recipient]:
            del self._under_way[intent.recipient]

    def heard(self, intent: Intent, pace: Pace | None, ending: Ending, *, took: Span, now: Moment) -> None:
        """How an attempt at it ended. pace: the one that it kept. What the cloud asks of one robot holds for all that the robot
        would tell."""
        if took <= SLOW and isinstance(ending, Delivered | Refused):
            self._troubled.discard(intent.recipient)
        else:
            self._troubled.add(intent.recipient)
        if pace is not None and isinstance(ending, Retry) and ending.after_s > 0:
            self._windows[pace.name].block(now + int(ending.after_s * SECOND))

    def _busy(self, look: Look) -> Iterator[tuple[str, Priority]]:
        """Those who have as many attempts under way as they may."""
        asked = look.troubled if look.held_by_troubled >= HANDS_OF_TROUBLED * self._many else self._under_way
        for who in {*asked, *self._under_way}:
            if look.is_busy(who):
                yield from ((who, urgency) for urgency in Priority)

    def _without_room(self, rooms: Mapping[str, Room]) -> Iterator[tuple[str, Priority]]:
        """Those of whom nothing could leave whatever it was for, because each known way keeps a pace without room."""
        full = {(name, urgency) for name, room in rooms.items() for urgency in Priority if not room.left[urgency]}
        for who, paces in self._paces.items() if full else ():
            for urgency in Priority:
                if all(pace is not None and (pace.name, urgency) in full for pace in paces.values()):
                    yield who, urgency


def _room(window: PaceWindow, now: Moment) -> Room:
    return Room(
        {urgency: window.room(urgency, now) for urgency in Priority},
        {urgency: window.opens(urgency, now) for urgency in Priority},
    )
