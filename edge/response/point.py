"""What is known of a point that may be written: its writes and how each has ended, which rules ask for what, and its lock.

Theory of operation. A write moves by the table below, and nowhere else. What has ended stays ended, but for two moves: a
read-back may find out what became of an unknown one, and what was withdrawn may have been under way already.

    from        by                               to
    proposed    another person agrees            intended
    proposed    nobody has in time               expired
    intended    done                             done
    intended    different                        different
    intended    failed                           failed
    intended    unknown                          unknown
    intended    expired                          expired
    intended    withdrawn                        withdrawn
    unknown     done (by a read-back)            done
    unknown     different (by a read-back)       different
    withdrawn   any end of a deed but expired    that end

Pure. A point is a value; every function answers with the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge.model.deed import DeedEnd, Value
from edge.model.moment import Moment
from edge.response.grants import Until

#: Writes that have ended and are kept for people to look at; the journal has all.
ENDED_KEPT = 10


class WriteState(StrEnum):
    PROPOSED = "proposed"
    """A second person has to agree."""
    INTENDED = "intended"
    """It is on its way, or waits for the device."""
    DONE = "done"
    DIFFERENT = "different"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Turn(StrEnum):
    """What moves a write, beside the ends of deeds."""

    AGREED = "agreed"
    WITHDRAWN = "withdrawn"


_S = WriteState
_MOVES: Mapping[tuple[WriteState, DeedEnd | Turn], WriteState] = {
    (_S.PROPOSED, Turn.AGREED): _S.INTENDED,
    (_S.PROPOSED, DeedEnd.EXPIRED): _S.EXPIRED,
    (_S.PROPOSED, Turn.WITHDRAWN): _S.WITHDRAWN,
    **{(_S.INTENDED, end): WriteState(end) for end in DeedEnd},
    (_S.INTENDED, Turn.WITHDRAWN): _S.WITHDRAWN,
    (_S.UNKNOWN, DeedEnd.DONE): _S.DONE,
    (_S.UNKNOWN, DeedEnd.DIFFERENT): _S.DIFFERENT,
    **{(_S.WITHDRAWN, end): WriteState(end) for end in DeedEnd if end is not DeedEnd.EXPIRED},
}

OPEN = frozenset({WriteState.PROPOSED, WriteState.INTENDED})


def after(state: WriteState, by: DeedEnd | Turn) -> WriteState | None:
    """Where a write stands then; None: nothing moves."""
    return _MOVES.get((state, by))


@dataclass(frozen=True, slots=True)
class Write:
    """number: counts the writes of a point from 1. by: a person's id, or `rule:ALARM`. due: until when somebody must agree, of
    one that is proposed; else until when it may leave us. before, shown: what the tag showed
    when it was asked for, and afterwards; None where nobody knows."""

    number: int
    value: Value
    state: WriteState
    by: str
    reason: str
    asked_at: Moment
    due: Moment
    confirmed_by: str = ""
    ended_at: Moment | None = None
    detail: str = ""
    before: Value | None = None
    shown: Value | None = None

    @property
    def by_rule(self) -> bool:
        return self.by.startswith(RULE)


#: In the place of a person, before the id of an alarm.
RULE = "rule:"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a rule wants at a point. rank: of its alarm's priority, 0 the most urgent. since: when it was raised. forced: it was
    raised by what people have forced, and counts for nothing as long as that is so; freed_at: since when its tags show what
    their devices say again."""

    value: Value
    rank: int
    until: Until
    since: Moment
    forced: bool = False
    freed_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """count: writes so far. left_at: when writes were intended, as far back as the rate counts. refused_at: when one was
    refused as too often. asks: by alarm. settled: what rules last wrote here, or what was left; None: nothing yet.
    tries: how often in a row what rules wrote came to nothing; try_at: not again before. held: whether it was said that a
    rule's value waits for a hang-tag. objection: what the grant has against a rule's value, as it was said (a Rejection);
    empty: nothing."""

    tag: str
    count: int = 0
    writes: tuple[Write, ...] = ()
    left_at: tuple[Moment, ...] = ()
    refused_at: tuple[Moment, ...] = ()
    locked_until: Moment | None = None
    asks: Mapping[str, Ask] = field(default_factory=dict)
    settled: Value | None = None
    tries: int = 0
    try_at: Moment | None = None
    held: bool = False
    objection: str = ""

    def find(self, number: int) -> Write | None:
        return next((write for write in self.writes if write.number == number), None)

    @property
    def open(self) -> tuple[Write, ...]:
        return tuple(write for write in self.writes if write.state in OPEN)

    def with_write(self, changed: Write) -> Point:
        """The point with a write that is new or has changed; of those that have ended it keeps the last."""
        others = [write for write in self.writes if write.number != changed.number]
        writes = sorted([*others, changed], key=lambda write: write.number)
        ended = [write.number for write in writes if write.state not in OPEN]
        dropped = set(ended[: max(0, len(ended) - ENDED_KEPT)])
        return replace(
            self,
            count=max(self.count, changed.number),
            writes=tuple(write for write in writes if write.number not in dropped),
        )


@dataclass(frozen=True, slots=True)
class WriteTrouble:
    """failed: writes that the device refused, or after which it shows another value. unknown: of which nobody knows."""

    failed: int
    unknown: int


def trouble_since(points: Iterable[Point], moment: Moment) -> WriteTrouble:
    """With writes that have ended since then; of each point as many as are kept."""
    ends = Counter(
        write.state for point in points for write in point.writes if write.ended_at is not None and write.ended_at >= moment
    )
    return WriteTrouble(ends[WriteState.FAILED] + ends[WriteState.DIFFERENT], ends[WriteState.UNKNOWN])


def write_name(tag: str, number: int) -> str:
    """`PLC1.LAMP~17`, as people and the journal call it."""
    return f"{tag}~{number}"


def parse_write_name(name: str) -> tuple[str, int] | None:
    """The tag and the number; None for any other text."""
    tag, tilde, number = name.rpartition("~")
    return (tag, int(number)) if tilde and number.isascii() and number.isdecimal() and len(number) < 16 else None
