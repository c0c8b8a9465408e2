"""What the doctor looks at, and what can come of it: closed sets. Pure.

The sentences are in `edge/texts/doctor.*`: `is.REASON` says what is, `do.REASON` what a person does about it; the latter for
every reason whose verdict asks for something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Check(StrEnum):
    """What is looked at, in the order in which it is."""

    SECRET = "secret"
    HOST = "host"
    CLOCK = "clock"
    CREDENTIALS = "credentials"
    STREAM = "stream"
    CALLBACKS = "callbacks"
    SCOPE = "scope"
    AGENT = "agent"
    TEMPLATE = "template"
    GROUP = "group"
    WEBHOOK = "webhook"
    PERSON = "person"
    QUOTA = "quota"
    BALANCE = "balance"
    SCENE_GROUP = "scene_group"


class Verdict(StrEnum):
    FINE = "fine"
    ADVICE = "advice"
    """It works as it is; somebody should know."""
    UNCHECKED = "unchecked"
    """No call tells it that disturbs nobody, or this one could not be made now."""
    MEND = "mend"
    UNREACHABLE = "unreachable"


class Reason(StrEnum):
    """Why a check ended as it did."""

    SET = "set"
    UNSET = "unset"

    ANSWERS = "answers"
    NAME_UNKNOWN = "name_unknown"
    NO_WAY = "no_way"
    NOT_TRUSTED = "not_trusted"
    PROXY_REFUSES = "proxy_refuses"
    INTERCEPTED = "intercepted"
    BANNED = "banned"

    CLOCK_RIGHT = "clock_right"
    CLOCK_OFF = "clock_off"
    CLOCK_WRONG = "clock_wrong"
    CLOCK_UNTOLD = "clock_untold"

    ACCEPTED = "accepted"
    CREDENTIALS_WRONG = "credentials_wrong"
    ADDRESS_NOT_LISTED = "address_not_listed"

    GRANTED = "granted"
    MISSING = "missing"
    MISSING_UNUSED = "missing_unused"
    NO_CALL = "no_call"
    ROBOT_UNKNOWN = "robot_unknown"
    ROBOT_OFF = "robot_off"

    AGENT_KNOWN = "agent_known"
    AGENT_UNKNOWN = "agent_unknown"

    TEMPLATE_KNOWN = "template_known"
    TEMPLATE_UNKNOWN = "template_unknown"
    TEMPLATE_UNPUBLISHED = "template_unpublished"
    NO_TEMPLATE = "no_template"

    ROBOT_IS_IN = "robot_is_in"
    ROBOT_IS_NOT_IN = "robot_is_not_in"
    GROUP_UNKNOWN = "group_unknown"
    GROUP_GONE = "group_gone"
    MEMBERS_HIDDEN = "members_hidden"

    WEBHOOK_KNOWN = "webhook_known"
    WEBHOOK_UNKNOWN = "webhook_unknown"
    WEBHOOK_OFF = "webhook_off"
    WEBHOOK_BLOCKED = "webhook_blocked"
    SIGNATURE_WRONG = "signature_wrong"
    STAMP_REFUSED = "stamp_refused"
    KEYWORDS = "keywords"
    WEBHOOK_ADDRESS = "webhook_address"

    FOUND = "found"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_HIDDEN = "person_hidden"

    CALLBACKS_UNTOLD = "callbacks_untold"
    QUOTA_UNTOLD = "quota_untold"
    QUOTA_USED = "quota_used"
    QUOTA_SPENT = "quota_spent"
    BALANCE_UNTOLD = "balance_untold"
    SCENE_GROUP_UNTOLD = "scene_group_untold"

    BUSY = "busy"
    UNCLEAR = "unclear"
    SKIPPED = "skipped"


_FINE = (
    Reason.SET,
    Reason.ANSWERS,
    Reason.CLOCK_RIGHT,
    Reason.ACCEPTED,
    Reason.GRANTED,
    Reason.AGENT_KNOWN,
    Reason.TEMPLATE_KNOWN,
    Reason.ROBOT_IS_IN,
    Reason.FOUND,
    Reason.QUOTA_USED,
)
_ADVICE = (Reason.CLOCK_OFF, Reason.MISSING_UNUSED, Reason.NO_TEMPLATE)
_UNCHECKED = (
    Reason.CLOCK_UNTOLD,
    Reason.NO_CALL,
    Reason.MEMBERS_HIDDEN,
    Reason.WEBHOOK_KNOWN,
    Reason.KEYWORDS,
    Reason.WEBHOOK_BLOCKED,
    Reason.CALLBACKS_UNTOLD,
    Reason.QUOTA_UNTOLD,
    Reason.BALANCE_UNTOLD,
    Reason.SCENE_GROUP_UNTOLD,
    Reason.BUSY,
    Reason.UNCLEAR,
    Reason.SKIPPED,
)
_UNREACHABLE = (
    Reason.NAME_UNKNOWN,
    Reason.NO_WAY,
    Reason.NOT_TRUSTED,
    Reason.PROXY_REFUSES,
    Reason.INTERCEPTED,
    Reason.BANNED,
)
_RARER: Mapping[Verdict, tuple[Reason, ...]] = {
    Verdict.FINE: _FINE,
    Verdict.ADVICE: _ADVICE,
    Verdict.UNCHECKED: _UNCHECKED,
    Verdict.UNREACHABLE: _UNREACHABLE,
}
#: All others are to be mended.
VERDICTS: Mapping[Reason, Verdict] = dict.fromkeys(Reason, Verdict.MEND) | {
    reason: verdict for verdict, reasons in _RARER.items() for reason in reasons
}


@dataclass(frozen=True, slots=True)
class Finding:
    """subject: what of its kind was looked at, as the plant names it. said: DingTalk's own words, or the network's; no secret
    is in them. arguments: of the sentence."""

    check: Check
    subject: str
    reason: Reason
    said: str = ""
    arguments: Mapping[str, str] | None = None

    @property
    def verdict(self) -> Verdict:
        return VERDICTS[self.reason]


class State(IntEnum):
    """What all findings together come to: the exit codes of the command."""

    FINE = 0
    TO_MEND = 1
    UNREACHABLE = 3


def state_of(findings: Iterable[Finding]) -> State:
    verdicts = {finding.verdict for finding in findings}
    if Verdict.UNREACHABLE in verdicts:
        return State.UNREACHABLE
    return State.TO_MEND if Verdict.MEND in verdicts else State.FINE
