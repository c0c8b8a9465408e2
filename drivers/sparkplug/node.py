"""The session with one edge node and its devices, as messages tell it. Pure: the moment comes in by argument.

Theory of operation (Sparkplug 3.0, 5.4 to 5.6 and 6.4). An edge node is AWAITED when we have connected, ALIVE from its birth to
its death, GONE after that, and when no birth comes in time. Births are not retained, so one that we missed is asked for: at
once, then after ever longer. A birth and a death belong together by their bdSeq; a death of an elder session is left out.

Every message but the node's death carries a sequence number, 0 to 255 and then 0 again, over the node and all its devices. One
that comes too early is held until those before it have come, `reorder` at most. If they have not, something is lost that we do
not know: nodes report changes only, so that any old value may be wrong. Then the node is in DOUBT: every tag is bad until it
has a new value, what was held is taken, and a birth is asked for. A birth may be among what is lost, and give the aliases
another meaning: until the next birth a metric counts by its name only. A number that lies behind is late, or of a node that has
begun anew without our hearing of it: it is left out, and brings doubt if there is none yet. So does, at once, a message that
nobody can read or that has no number, because it may have said anything; a death that nobody can read is a death.

A birth of the node ends the sessions of all its devices, unless it has the bdSeq that we know: then it is a rebirth, and the
devices have `birth_within` for theirs.

| state   | NBIRTH | NDEATH    | of a device, data   | birth_within is over |
|---------|--------|-----------|---------------------|----------------------|
| AWAITED | ALIVE  | GONE      | left out, ask       | GONE                 |
| ALIVE   | ALIVE  | GONE (*)  | in order: see above | devices unborn: lost |
| GONE    | ALIVE  | -         | left out, ask       | -                    |

(*) with the bdSeq of the birth; without one, or after a birth without one, it counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from drivers.backoff import Backoff
from edge.model.moment import MINUTE, NEVER, SECOND, Moment, Span

T = TypeVar("T")

SEQUENCE_LENGTH = 256
#: A number further ahead than this is one that lies behind.
AHEAD_MAX = SEQUENCE_LENGTH // 2
#: More than wait for one lost message in any order that a broker makes.
HELD_MAX = 100
#: How often a birth is asked for.
REBIRTH_BACKOFF = Backoff(first=5 * SECOND, cap=1 * MINUTE)


class Kind(StrEnum):
    """Of a message, as in its topic."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    NDATA = "NDATA"
    DDATA = "DDATA"


class State(Enum):
    AWAITED = "awaited"
    ALIVE = "alive"
    GONE = "gone"


class Cause(StrEnum):
    """Why a message is left out, or a birth asked for."""

    UNBORN = "unborn"
    OLD_DEATH = "old_death"
    NO_SEQUENCE = "no_sequence"
    LATE = "late"
    GAP = "gap"


class Act(Enum):
    """What a message, or the time, comes to."""

    BORN = "born"
    REBORN = "reborn"
    DATA = "data"
    LOST = "lost"
    DOUBT = "doubt"
    ASK_BIRTH = "ask_birth"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """device: None: the node itself. seq, bd_seq: None where there is none. body: as the caller wants it back."""

    kind: Kind
    device: str | None
    seq: int | None
    bd_seq: int | None
    body: T


@dataclass(frozen=True, slots=True)
class Effect(Generic[T]):
    """device: None: the node itself; DOUBT concerns all. said: of BORN, REBORN, DATA and LEFT_OUT. cause: of LEFT_OUT, and of
    DOUBT for a gap. reason: of LOST, for the log."""

    act: Act
    device: str | None = None
    said: Said[T] | None = None
    cause: Cause | None = None
    reason: str = ""


class NodeSession(Generic[T]):
    """devices: those that somebody wants to hear of. may_ask: whether a birth may be asked for."""

    def __init__(self, devices: Iterable[str], *, reorder: Span, birth_within: Span, may_ask: bool) -> None:
        self._devices = tuple(devices)
        self._reorder, self._birth_within, self._may_ask = reorder, birth_within, may_ask
        self.state = State.GONE
        self._alive: set[str] = set()
        self._bd_seq: int | None = None
        self._expected = 0
        #: By sequence number, with the moment of its arrival.
        self._held: dict[int, tuple[Said[T], Moment]] = {}
        self._in_doubt = False
        self._gap_ends = NEVER
        self._birth_ends = NEVER
        self._ask_at = NEVER
        self._not_asked_before: Moment = 0
        self._asking = REBIRTH_BACKOFF
        #: Whether the birth that comes next was asked for because we do not understand the node.
        self._misunderstood = False

    @property
    def next_due(self) -> Moment:
        """When `due` has something to do; NEVER."""
        return min(self._gap_ends, self._birth_ends, self._ask_at)

    def connected(self, now: Moment) -> Sequence[Effect[T]]:
        self._forget()
        self.state = State.AWAITED
        self._birth_ends = now + self._birth_within
        self._want_birth(now)
        return self.due(now)

    def disconnected(self) -> None:
        """Nothing is due any more; who calls knows that all are lost."""
        self._forget()
        self.state = State.GONE

    def hear(self, said: Said[T], now: Moment) -> Sequence[Effect[T]]:
        """In the order in which messages arrived. What was due before is done before."""
        effects = list(self.due(now))
        if said.kind is Kind.NDEATH:
            effects += self._died(said)
        elif said.seq is None or not 0 <= said.seq < SEQUENCE_LENGTH:
            effects += [*self._doubt(now), Effect(Act.LEFT_OUT, said.device, said, Cause.NO_SEQUENCE)]
        elif said.kind is Kind.NBIRTH:
            effects += self._born(said, now)
        elif self.state is not State.ALIVE:
            effects.append(Effect(Act.LEFT_OUT, said.device, said, Cause.UNBORN))
            self._want_birth(now)
        else:
            effects += self._in_order(said, said.seq, now)
        return [*effects, *self.due(now)]

    def unreadable(self, kind: Kind, now: Moment) -> Sequence[Effect[T]]:
        """A message that nobody can read."""
        effects = list(self.due(now))
        effects += self._gone() if kind is Kind.NDEATH else self._doubt(now)
        return [*effects, *self.due(now)]

    def misunderstood(self, now: Moment) -> None:
        """What it says does not fit its births, so we have missed one."""
        self._misunderstood = True
        self._want_birth(now)

    def due(self, now: Moment) -> Sequence[Effect[T]]:
        """What the time has come for."""
        effects: list[Effect[T]] = []
        if self._gap_ends <= now:
            effects += self._give_up_the_missing(now)
        if self._birth_ends <= now:
            effects += self._unborn_are_lost()
        if self._ask_at <= now:
            self._asking = self._asking.failed()
            self._ask_at = self._not_asked_before = now + self._asking.wait
            effects.append(Effect(Act.ASK_BIRTH))
        return effects

    # --- births and deaths ----------------------------------------------------------------------------------------

    def _born(self, said: Said[T], now: Moment) -> Sequence[Effect[T]]:
        known, self._bd_seq = self._bd_seq, said.bd_seq
        again = self.state is State.ALIVE and known == said.bd_seq
        effects: list[Effect[T]] = [Effect(Act.REBORN if again else Act.BORN, None, said)]
        if not again:
            effects += [Effect(Act.LOST, device, reason="its edge node began anew") for device in sorted(self._alive)]
        self.state = State.ALIVE
        self._alive.clear()
        self._ask_at = NEVER
        if not self._misunderstood:
            self._asking = REBIRTH_BACKOFF
        self._misunderstood = False
        self._drop_held()
        self._in_doubt = False
        self._expected = ((said.seq or 0) + 1) % SEQUENCE_LENGTH
        self._birth_ends = now + self._birth_within if self._devices else NEVER
        return effects

    def _died(self, said: Said[T]) -> Sequence[Effect[T]]:
        if None not in (said.bd_seq, self._bd_seq) and said.bd_seq != self._bd_seq:
            return [Effect(Act.LEFT_OUT, None, said, Cause.OLD_DEATH)]
        return self._gone()

    def _gone(self) -> Sequence[Effect[T]]:
        self._forget()
        self.state = State.GONE
        reason = "its edge node has died"
        return [Effect(Act.LOST, None, reason=reason), *(Effect(Act.LOST, device, reason=reason) for device in self._devices)]

    def _unborn_are_lost(self) -> Sequence[Effect[T]]:
        self._birth_ends = NEVER
        missing: list[str | None] = [device for device in self._devices if device not in self._alive]
        if self.state is State.AWAITED:
            self.state = State.GONE
            missing = [None, *missing]
        return [Effect(Act.LOST, device, reason="no birth came") for device in missing]

    def _want_birth(self, now: Moment) -> None:
        if self._may_ask and self._ask_at == NEVER:
            # The pause since the last time goes on over births and connections: a node that is asked is busy answering.
            self._ask_at = max(now, self._not_asked_before)

    def _doubt(self, now: Moment) -> Sequence[Effect[T]]:
        """Something was said, and nobody knows what."""
        self.misunderstood(now)
        if self.state is not State.ALIVE:
            return []
        self._in_doubt = True
        return [Effect(Act.DOUBT)]

    # --- sequence numbers -----------------------------------------------------------------------------------------

    def _in_order(self, said: Said[T], seq: int, now: Moment) -> Sequence[Effect[T]]:
        if self._ahead(seq) >= AHEAD_MAX:
            doubt = [] if self._in_doubt else self._give_up_the_missing(now)
            return [*doubt, Effect(Act.LEFT_OUT, said.device, said, Cause.LATE)]
        self._held.setdefault(seq, (said, now))
        effects = self._take_held(now)
        return effects if len(self._held) <= HELD_MAX else [*effects, *self._give_up_the_missing(now)]

    def _ahead(self, seq: int) -> int:
        return (seq - self._expected) % SEQUENCE_LENGTH

    def _take(self, said: Said[T], now: Moment) -> Sequence[Effect[T]]:
        self._expected = (self._expected + 1) % SEQUENCE_LENGTH
        device = said.device
        if said.kind is Kind.NDATA or device is None:
            return [Effect(Act.DATA, None, said)]
        if said.kind is Kind.DBIRTH:
            self._alive.add(device)
            return [Effect(Act.BORN, device, said)]
        if said.kind is Kind.DDEATH:
            self._alive.discard(device)
            return [Effect(Act.LOST, device, reason="it has died, says its edge node")]
        if device in self._alive:
            return [Effect(Act.DATA, device, said)]
        self._want_birth(now)
        return [Effect(Act.LEFT_OUT, device, said, Cause.UNBORN)]

    def _take_held(self, now: Moment) -> list[Effect[T]]:
        effects: list[Effect[T]] = []
        while self._expected in self._held:
            effects += self._take(self._held.pop(self._expected)[0], now)
        self._gap_ends = min((arrived + self._reorder for _, arrived in self._held.values()), default=NEVER)
        return effects

    def _give_up_the_missing(self, now: Moment) -> Sequence[Effect[T]]:
        """What is held is taken in the order of its numbers, whatever is missing between."""
        effects: list[Effect[T]] = [Effect(Act.DOUBT, cause=Cause.GAP)]
        self._in_doubt = True
        for seq in sorted(self._held, key=self._ahead):
            self._expected = seq
            effects += self._take(self._held[seq][0], now)
        self._drop_held()
        self._want_birth(now)
        return effects

    def _drop_held(self) -> None:
        self._held.clear()
        self._gap_ends = NEVER

    def _forget(self) -> None:
        self._alive.clear()
        self._bd_seq = None
        self._in_doubt = self._misunderstood = False
        self._drop_held()
        self._birth_ends = self._ask_at = NEVER
        self._asking = REBIRTH_BACKOFF
