"""What can be made of an answer of DingTalk's, and the verdicts from which `codes` builds its tables. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud_bridge.fitting import cut, one_line
from edge.model.intent import Outcome, Refused, Retry, Unknown
from edge.model.intent import Scope as Reach
from edge.model.moment import MINUTE, SECOND, Moment

REASON_BYTES_MAX = 400
BUSY_AFTER_S = 1.0
#: A webhook robot that was too fast is blocked for ten minutes; a try within them may prolong the block (2.4).
BLOCKED_AFTER_S = 600.0
#: An address that was too fast is banned for five minutes (0.5).
BANNED_AFTER_S = 300.0
#: An installation that a person has to mend is tried again after this long: late is better than never.
MEND_AFTER_S = 120.0
#: A monthly quota that is spent: the planner knows it then, and says what comes of the alarm.
QUOTA_AFTER_S = 1.0
#: Something between us and DingTalk answered in its place: a portal, a proxy.
INTERCEPTED_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Accepted:
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenRejected:
    reason: str


@dataclass(frozen=True, slots=True)
class Exists:
    """What was to be made is there already under its key, or may be: DingTalk gives a to-do's second creation the code of any
    wrong parameter (dingtalk-api 10)."""

    reason: str


@dataclass(frozen=True, slots=True)
class RobotRefused:
    """The robot cannot write to this person, or is switched off: another way may do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """The person is not in the organisation, or no longer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """What the call is about is no more: the group was dissolved, the conference has ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class ScopeDenied:
    """The app was not given a permission. scopes: those that would do, by their names in the console; may be empty."""

    reason: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockRejected:
    """Our time stamp is too far from the server's clock. server_date: its `Date` header."""

    reason: str
    server_date: str | None


#: What a call ends with, as its caller sees it.
Answer = Accepted | Exists | RobotRefused | Nobody | Gone | ScopeDenied | Retry | Refused | Unknown
#: And before the call was made once more with a new token, or with the server's time.
Judgement = Answer | TokenRejected | ClockRejected


@dataclass(frozen=True, slots=True)
class Case:
    """What a row of a table may look at. code: as text. said: code and message, for people."""

    code: str
    said: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    now: Moment


Verdict = Callable[[Case], Judgement]


def retry(after_s: float, reach: Reach = Reach.ADDRESS) -> Verdict:
    return lambda case: Retry(after_s, case.said, reach)


def mend(advice: str, after_s: float = MEND_AFTER_S, reach: Reach = Reach.ADDRESS) -> Verdict:
    """Our side of the installation is wrong for every message: a person mends it, and then all that waited is told, late.
    reach: whether any other call could succeed meanwhile."""
    return lambda case: Retry(after_s, f"{advice} ({case.said})", reach)


def refuse(advice: str) -> Verdict:
    """This message can never arrive: its recipient is gone, or the call makes no sense."""
    return lambda case: Refused(f"{advice} ({case.said})")


def unknown(case: Case) -> Judgement:
    return Unknown(f"DingTalk gave up waiting for itself ({case.said})")


def token(case: Case) -> Judgement:
    return TokenRejected(case.said)


def exists(case: Case) -> Judgement:
    return Exists(case.said)


def nobody(advice: str) -> Verdict:
    return lambda case: Nobody(f"{advice} ({case.said})")


def gone(advice: str) -> Verdict:
    return lambda case: Gone(f"{advice} ({case.said})")


def robot_refused(case: Case) -> Judgement:
    return RobotRefused(case.said)


def next_minute(case: Case) -> Judgement:
    return Retry((MINUTE - case.now % MINUTE) / SECOND, case.said)


def scope(case: Case) -> Judgement:
    detail = case.body.get("accessdenieddetail")
    named = detail.get("requiredScopes") if isinstance(detail, Mapping) else None
    return scope_denied(case.said, tuple(str(each) for each in named) if isinstance(named, list) else ())


def scope_denied(said: str, scopes: tuple[str, ...]) -> ScopeDenied:
    return ScopeDenied(f"a permission is not granted to the app: {', '.join(scopes) or 'see its console'} ({said})", scopes)


def insecure(case: Case) -> Judgement:
    """310000 has two generations of wording; the phrase inside tells which security mode failed (dingtalk-api 2.1)."""
    if "invalid timestamp" in case.said:
        return ClockRejected(f"this machine's clock is more than an hour off ({case.said})", case.headers.get("date"))
    for phrase, advice in _SECURITY_ADVICE:
        if phrase in case.said:
            return Retry(MEND_AFTER_S, f"{advice} ({case.said})")
    return Retry(MEND_AFTER_S, f"the webhook robot's security settings refuse the message ({case.said})")


_SECURITY_ADVICE = (
    ("sign not match", "the webhook's secret is not the robot's"),
    ("keywords not in content", "none of the robot's keywords is in the message: use its signature mode instead"),
    ("not in whitelist", "this machine's address is not in the robot's IP list"),
)


def said(code: Any, message: Any) -> str:
    """Code and message as one line for people, of at most `REASON_BYTES_MAX` bytes."""
    return cut(one_line(": ".join(str(part) for part in (code, message) if part)), REASON_BYTES_MAX)


def ended(answer: Exists | RobotRefused | Nobody | Gone | ScopeDenied | Retry | Refused | Unknown) -> Outcome:
    """How an attempt ends whose answer nobody could make more of."""
    match answer:
        case Exists(reason) | Nobody(reason) | Gone(reason):
            return Refused(reason)
        case RobotRefused(reason) | ScopeDenied(reason):
            return Retry(MEND_AFTER_S, reason)
        case outcome:
            return outcome
