"""Video conferences. Pure. dingtalk-api 9.

All ids of people are unionIds, also in the field called `userId`. A creation has no key; but the title ends with the
conference's name, so it is found among those that its host is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloud_bridge.dingtalk.endpoints import (
    CONFERENCE_CLOSE,
    CONFERENCE_CREATE,
    CONFERENCE_GET,
    CONFERENCE_INVITE,
    CONFERENCES_OF_USER,
    Request,
)
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import cut_signs, one_line

#: So much of a title is shown; more than 256 fails.
TITLE_SIGNS_MAX = 50
#: A host is in no more conferences at once than the plan has rooms.
LOOK_AT_MAX = 3
ENDED = 1


def title_of(conference: str, title: str) -> str:
    """conference: its name, which ends the title, so that it can be found by it."""
    name = _name(conference)
    return f"{cut_signs(one_line(title), TITLE_SIGNS_MAX - len(name) - 1)} {name}"


def create(title: str, *, host: str, members: Sequence[str]) -> Request:
    """title: from `title_of`. The host is rung as well."""
    body: dict[str, Any] = {"userId": host, "confTitle": title, "inviteUserIds": list(members), "inviteCaller": True}
    return Request(CONFERENCE_CREATE, body)


def invite(conference: str, *, host: str, members: Sequence[tuple[str, str]]) -> Request:
    """members: (unionId, name) pairs."""
    invitees = [{"unionId": union, "nick": one_line(name)} for union, name in members]
    return Request(CONFERENCE_INVITE, {"unionId": host, "inviteeList": invitees}, {"conference": conference})


def close(conference: str, *, host: str) -> Request:
    return Request(CONFERENCE_CLOSE, None, {"conference": conference}, {"unionId": host})


def of_user(union: str) -> Request:
    return Request(CONFERENCES_OF_USER, None, {}, {"unionId": union})


def get(conference: str) -> Request:
    return Request(CONFERENCE_GET, None, {"conference": conference})


def ongoing(answer: Accepted) -> list[str]:
    """Ids of the conferences a person is in."""
    ids = answer.body.get("onGoingConfIdList")
    return [str(each) for each in ids][:LOOK_AT_MAX] if isinstance(ids, list) else []


def is_it(answer: Accepted, conference: str) -> bool:
    """Whether the conference looked at is the one of this name, and is not over."""
    info = answer.body.get("confInfo")
    if not isinstance(info, dict) or str(info.get("status")) == str(ENDED):
        return False
    return str(info.get("title")).endswith(f" {_name(conference)}")


def receipt_of(answer: Answer) -> str | None:
    """Its id, and the address by which anybody may join; None when the answer holds no conference."""
    if not isinstance(answer, Accepted) or not answer.body.get("conferenceId"):
        return None
    return f"{answer.body['conferenceId']} {answer.body.get('externalLinkUrl') or ''}".strip()


def _name(conference: str) -> str:
    return cut_signs(one_line(conference), TITLE_SIGNS_MAX - 10)
