"""What a receiver's answer means. Pure.

status                        of one event        of several events
2xx                           delivered           delivered
408 409 425 429 5xx           tried again         tried again
400 413 422                   refused             halved           one of them may be at fault, or there are too many
3xx                           tried again         tried again      redirects are not followed: a person must mend the address
1xx, other 4xx                tried again         tried again      it is not about an event: a person must mend what it is about
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from edge.model.intent import Delivered, Outcome, Refused, Retry
from edge.model.moment import SECOND, Moment

#: What a person has to mend is tried again this often.
MENDING_AFTER_S = 120.0
#: A receiver may ask us to wait, but not for longer than this: alarms do not wait for a day.
RETRY_AFTER_MAX_S = 3_600.0

_AGAIN = frozenset({408, 409, 425, 429})
_PERHAPS_ONE_OF_THEM = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Halve:
    """Send the events again in two requests; of one alone the outcome is `otherwise`."""

    otherwise: Refused


def judge_answer(status: int, headers: Mapping[str, str], wall: Moment) -> Outcome | Halve:
    """headers: names in lower case. wall: what the wall clock says, for a moment in Retry-After."""
    if 200 <= status < 300:
        return Delivered(f"HTTP {status}")
    if status in _AGAIN or status >= 500:
        return Retry(_retry_after(headers.get("retry-after"), wall), f"HTTP {status}")
    if status in _PERHAPS_ONE_OF_THEM:
        return Halve(Refused(f"HTTP {status}: the receiver does not want it"))
    if 300 <= status < 400:
        return Retry(MENDING_AFTER_S, f"HTTP {status}: a redirect, which is not followed; give the final address")
    return Retry(MENDING_AFTER_S, f"HTTP {status}: mend the address or what the receiver asks for; tried every 2 min")


def _retry_after(text: str | None, wall: Moment) -> float:
    """Seconds; 0 where the header says nothing that can be understood."""
    if text is None:
        return 0.0
    try:
        seconds = float(text) if text.strip().isdecimal() else parsedate_to_datetime(text).timestamp() - wall / SECOND
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)
