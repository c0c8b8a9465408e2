"""What follows an attempt: pure decisions, each with a reason from a closed set. Reads no clock and draws no lot.

    outcome      call      before             what follows
    Delivered                                 done
    Refused                                   done
    Retry                                     tried again after the cloud's wish or the back-off, whichever is longer
    Unknown      keyed                        tried again with the same key: the cloud shows it once
    Unknown      unkeyed   nothing unknown    repeated once, marked as a possible repeat
    Unknown      unkeyed   an unknown one     done as unknown: this was the repeat

An attempt that a crash cut short counts as unknown: it comes back as a claim with `after_unknown`, and trying that claim is
its one repeat. Nothing is given up before `GIVE_UP_AFTER`; whoever no longer wants an intent told withdraws it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from edge.model.intent import Claim, Delivered, Outcome, Refused, Retry, Unknown
from edge.model.moment import HOUR, SECOND, Moment, Span

BACK_OFF_MIN: Span = 1 * SECOND
BACK_OFF_MAX: Span = 60 * SECOND
#: Longer than the 72 h without a network that nothing may be lost in; short enough that an outbox cannot grow for ever.
GIVE_UP_AFTER: Span = 7 * 24 * HOUR


class Reason(StrEnum):
    """Why an attempt is followed by what follows it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ACCEPTED_YET = "not_accepted_yet"
    REPEAT_WITH_SAME_KEY = "repeat_with_same_key"
    REPEAT_ONCE_MARKED = "repeat_once_marked"
    WAS_THE_ONE_REPEAT = "was_the_one_repeat"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class RetryAt:
    """detail: what the channel said."""

    moment: Moment
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt was the last, and its outcome is put on record. A Retry that nobody will make is an intent that expired."""

    reason: Reason


def after(outcome: Outcome, claim: Claim, *, keyed: bool, now: Moment) -> RetryAt | Done:
    """What follows an attempt at `claim` that ended with `outcome` at `now`."""
    if isinstance(outcome, Delivered):
        return Done(Reason.ACCEPTED)
    if isinstance(outcome, Refused):
        return Done(Reason.REFUSED)
    if isinstance(outcome, Unknown) and not keyed and claim.after_unknown:
        return Done(Reason.WAS_THE_ONE_REPEAT)
    if now - claim.intent.created_at > GIVE_UP_AFTER:
        return Done(Reason.TOO_OLD)
    if isinstance(outcome, Retry):
        wish = int(outcome.after_s * SECOND)
        return RetryAt(now + delay(claim.attempt, claim.intent.key, at_least=wish), Reason.NOT_ACCEPTED_YET, outcome.reason)
    reason = Reason.REPEAT_WITH_SAME_KEY if keyed else Reason.REPEAT_ONCE_MARKED
    return RetryAt(now + delay(claim.attempt, claim.intent.key), reason, outcome.reason)


def delay(attempt: int, seed: str, *, at_least: Span = 0) -> Span:
    """How long to wait after the attempt of that number, counted from 1: about 1 s, doubling to 60 s.

    seed: spreads those who failed together (jitter), the same seed and attempt always by as much. at_least: a wish of the
    cloud; spread by up to a second beyond it, never under it.
    """
    base = min(BACK_OFF_MIN << min(attempt - 1, 10), BACK_OFF_MAX)
    spread = _fraction(f"{attempt}/{seed}")
    back_off = int(base * (1 + spread) / 2)
    return max(back_off, at_least + int(SECOND * spread)) if at_least else back_off


def _fraction(seed: str) -> float:
    """0 inclusive to 1 exclusive, evenly spread over seeds."""
    return int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=6).digest(), "big") / (1 << 48)
