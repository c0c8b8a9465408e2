"""What follows an attempt, and whether one is made at all: pure decisions, each with a reason from a closed set. Reads no clock
and draws no lot.

    ending       call             before             what follows
    Delivered                                        done
    Refused                                          done
    Retry                                            tried again
    Unknown      keyed                               tried again with the same key: the cloud shows it once
    Unknown      unkeyed          nothing unknown    repeated once, marked as a possible repeat
    Unknown      unkeyed          an unknown one     done as unknown: this was the repeat; a person may have it replayed
    Crashed      as Unknown; what has crashed CRASHES_MAX times is put into quarantine, and so is what would have been done
    Unknown, Crashed   SMS, telephone                done: who pays for a call, or is woken by it, is never rung twice
    any          past its deadline                   done; a Retry that nobody will make is an intent that expired

An attempt that a crash of the agent cut short counts as Crashed: it comes back as a claim with `after_unknown`, and trying that
claim is its one repeat. An intent with which the agent went down CRASHES_MAX times is not tried again.

What follows waits for the channel's wish or the back-off, whichever is longer. The back-off of an intent counts its own
attempts. What fails with the whole channel waits some seconds at most: the circuit breaker lets few attempts be made, and when
that lets go nothing has long to wait.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cloud_bridge.delivery.deadline import deadline
from edge.model.intent import Claim, Crashed, Delivered, Ending, Refused, Retry, Scope, Unknown
from edge.model.moment import SECOND, Moment, Span

BACK_OFF_MIN: Span = 1 * SECOND
BACK_OFF_MAX: Span = 60 * SECOND
#: What fails with the whole channel backs off as if this were its attempt: for 2 to 4 s.
ATTEMPTS_OF_CHANNEL_MAX = 3
#: More than chance, power cuts included, brings upon one intent.
CRASHES_MAX = 5


class Reason(StrEnum):
    """Why an attempt is followed by what follows it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_ACCEPTED_YET = "not_accepted_yet"
    REPEAT_WITH_SAME_KEY = "repeat_with_same_key"
    REPEAT_ONCE_MARKED = "repeat_once_marked"
    WAS_THE_ONE_REPEAT = "was_the_one_repeat"
    CALLS_ARE_NOT_REPEATED = "calls_are_not_repeated"
    CRASHES = "crashes"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True)
class RetryAt:
    """detail: what the channel said."""

    moment: Moment
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt was the last, and its ending is put on record."""

    reason: Reason


def forgone(claim: Claim, now: Moment) -> Ending | None:
    """How an attempt ends that had better not be made; None: make it."""
    if claim.after_unknown and claim.intent.is_never_repeated:
        return Unknown("cut short, and a call is never repeated")
    if claim.crashes >= CRASHES_MAX:
        return Crashed(f"the agent or the channel went down with it {claim.crashes} times")
    if now > deadline(claim.intent):
        return Retry(0.0, "too late to be told")
    return None


def after(ending: Ending, claim: Claim, *, keyed: bool, now: Moment) -> RetryAt | Done:
    """What follows an attempt at `claim` that ended with `ending` at `now`."""
    if (reason := _why_last(ending, claim, keyed=keyed)) is not None:
        return Done(reason)
    assert not isinstance(ending, Delivered | Refused)
    wish = 0 if isinstance(ending, Crashed) else int(ending.after_s * SECOND)
    is_of_channel = not isinstance(ending, Crashed) and ending.scope is Scope.CHANNEL
    counted = min(claim.attempt, ATTEMPTS_OF_CHANNEL_MAX) if is_of_channel else claim.attempt
    moment = now + delay(counted, claim.intent.key, at_least=wish)
    if moment > deadline(claim.intent):
        return Done(Reason.TOO_OLD)
    if isinstance(ending, Retry):
        return RetryAt(moment, Reason.NOT_ACCEPTED_YET, ending.reason)
    return RetryAt(moment, Reason.REPEAT_WITH_SAME_KEY if keyed else Reason.REPEAT_ONCE_MARKED, ending.reason)


def _why_last(ending: Ending, claim: Claim, *, keyed: bool) -> Reason | None:
    """Why nothing follows, whatever the time is; None: something does."""
    match ending:
        case Delivered():
            return Reason.ACCEPTED
        case Refused():
            return Reason.REFUSED
        case Unknown() | Crashed() if claim.intent.is_never_repeated:
            return Reason.CALLS_ARE_NOT_REPEATED
        case Crashed() if claim.crashes + 1 >= CRASHES_MAX:
            return Reason.CRASHES
        case Unknown() | Crashed() if not keyed and claim.after_unknown:
            return Reason.WAS_THE_ONE_REPEAT
    return None


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
