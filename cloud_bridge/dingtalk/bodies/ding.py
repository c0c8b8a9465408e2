"""DING: a person is rung in the app, by SMS or by a telephone call that reads the text aloud. Pure. dingtalk-api 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloud_bridge.dingtalk.endpoints import DING_APP, DING_PAID, Request
from cloud_bridge.dingtalk.verdicts import MEND_AFTER_S, REASON_BYTES_MAX, Accepted, Answer, ended
from cloud_bridge.fitting import cut, fold, one_line
from cloud_bridge.marks import Marks, mark_texts
from edge.model.act import CallMedium
from edge.model.intent import Delivered, Intent, Outcome, Refused, Retry, Unknown

REMIND_TYPE = {CallMedium.APP: 1, CallMedium.SMS: 2, CallMedium.PHONE: 3}
#: Our own limits, in bytes; the reference names none. What is sent by SMS is paid by the piece, what is read aloud must be
#: understood at the first hearing.
BYTES_MAX = {CallMedium.APP: 2_000, CallMedium.SMS: 400, CallMedium.PHONE: 400}


def send(
    intent: Intent, medium: CallMedium, users: Sequence[str], *, robot_code: str, voice: str, marks: Marks, link: str
) -> Request:
    """link: where the rest of a folded text can be read; a telephone call reads none aloud."""
    message = intent.message
    parts = [message.in_full, *mark_texts(marks, message.language)]
    if medium is CallMedium.APP:
        parts += [f"{label} {text}" for label, text in message.lines]
    parts.append(message.guidance)
    text = "\n".join(line for line in map(one_line, parts) if line)
    rest = "" if medium is CallMedium.PHONE else link
    body: dict[str, Any] = {
        "robotCode": robot_code,
        "remindType": REMIND_TYPE[medium],
        "receiverUserIdList": list(users),
        "content": fold(text, BYTES_MAX[medium], rest),
    }
    if medium is CallMedium.PHONE:
        body["callVoice"] = voice
    return Request(DING_APP if medium is CallMedium.APP else DING_PAID, body)


def outcome(answer: Answer) -> Outcome:
    """HTTP 200 with a person in `failedList` did not ring that person. What only a mended installation could send is refused
    at once: a call that rings an hour later helps nobody, and the next step of the escalation must not wait for it."""
    if isinstance(answer, Accepted):
        failed = answer.body.get("failedList")
        if isinstance(failed, Mapping) and any(failed.values()):
            return Refused(cut(f"not rung: {_named(failed)}", REASON_BYTES_MAX))
        ding = answer.body.get("openDingId")
        return Delivered(str(ding)) if ding else Unknown("DingTalk took it, and does not say that it rings")
    end = ended(answer)
    return Refused(end.reason) if isinstance(end, Retry) and end.after_s >= MEND_AFTER_S else end


def _named(failed: Mapping[str, Any]) -> str:
    """`reason: user, user; reason: user`."""
    groups = ((reason, users if isinstance(users, list) else [users]) for reason, users in failed.items())
    return "; ".join(f"{one_line(str(reason))}: {', '.join(map(str, users))}" for reason, users in groups)
