"""What has changed since a reader asked last: the one poll by which faces stay up to date.

A reader that brings no cursor, or one of another boot, gets everything again, in parts; `full` says where that begins. A cursor
says how far the reader is in the turns of alarms and of tags, until when it knows what has become stale, and how many of the
tags it has got for the first time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import alarm_form, is_to_be_seen
from edge.api.authorise import Caller, needs
from edge.api.door import Door, door_of
from edge.api.tags import reading_form
from edge.model.moment import NEVER, Moment, to_iso
from edge.model.permission import Permission

router = APIRouter(prefix="/api/v1/live")

#: An answer holds at most so many alarms, and so many tags of those that are sent for the first time: what is built at once
#: holds up the engine, which shares our thread.
ALARMS_A_PART = 500
TAGS_A_PART = 1_000


_NUMBER = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """alarms, tags: turns. then: when the reader asked. sent: how many tags it has got of the first time's."""

    boot: str
    alarms: int = 0
    tags: int = 0
    then: Moment = 0
    sent: int = 0

    def __str__(self) -> str:
        return f"{self.boot}.{self.alarms}.{self.tags}.{self.then}.{self.sent}"

    @classmethod
    def read(cls, text: str, boot: str) -> Self | None:
        """None for whatever is not a cursor of this boot."""
        given, *numbers = text.split(".")
        if given != boot or len(numbers) != 4 or not all(_NUMBER.fullmatch(number) for number in numbers):
            return None
        return cls(boot, *map(int, numbers))


@router.get("")
async def live(
    request: Request,
    _: Annotated[Caller, needs(Permission.SEE)],
    since: Annotated[str, Query(max_length=100, description="`cursor` of the answer before; left out: everything")] = "",
) -> JSONResponse:
    """alarms: those somebody has to look at that changed, as `/alarms` lists them; their value moves with their tag. gone: ids
    of those nobody has to look at any more. tags: what moves of the tags that changed. more: the rest is there to be asked for
    at once. full: forget what you know, this begins anew."""
    door = door_of(request)
    known = Cursor.read(since, door.boot)
    at = known or _beginning(door)
    answer, following, more = _changes(door, at)
    return JSONResponse(
        {"cursor": str(following), "more": more, "full": known is None, "now": to_iso(following.then), **answer}
    )


def _beginning(door: Door) -> Cursor:
    """Tags are news from now on; those of before come as the first time's."""
    now = door.gateway.clock.now()
    _, turn = door.gateway.moved_tags(NEVER, now)
    return Cursor(door.boot, tags=turn, then=now)


def _changes(door: Door, at: Cursor) -> tuple[dict[str, Any], Cursor, bool]:
    gateway, now = door.gateway, door.gateway.clock.now()
    views, alarms = gateway.moved_alarms(at.alarms, ALARMS_A_PART)
    names, turn = gateway.moved_tags(at.tags, at.then)
    first = dict(islice(door.tags.items(), at.sent, at.sent + TAGS_A_PART))
    tags = first | {name: door.tags[name] for name in names}
    answer = {
        "alarms": [alarm_form(view, gateway.plant) for view in views if is_to_be_seen(view)],
        "gone": [view.rule.id for view in views if not is_to_be_seen(view)],
        "tags": [{"tag": name, **reading_form(gateway, device, tag)} for name, (device, tag) in tags.items()],
    }
    following = replace(at, alarms=alarms, tags=turn, then=now, sent=at.sent + len(first))
    return answer, following, len(views) == ALARMS_A_PART or following.sent < len(door.tags)
