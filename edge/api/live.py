"""What has changed since a reader asked last: the one poll by which faces stay up to date.

A reader that brings no cursor, or one of another boot, gets all alarms again, in parts; `full` says where that begins. It then
asks `/api/v1/tags` for what the tags are and show, and from there on follows both. A cursor says how far the reader is in the
turns of alarms and of tags, and until when it knows what has become old or stale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import alarm_form, is_to_be_seen
from edge.api.authorise import MaySee
from edge.api.derived_form import derived_form
from edge.api.door import Door, door_of
from edge.api.forced import forced_form
from edge.api.gateway import GatewayFace
from edge.api.hang_tags import hang_tags_form
from edge.api.tags import reading_form
from edge.api.why_bad import WhyBad
from edge.config.plant import Plant
from edge.model.moment import NEVER, Moment, to_iso
from edge.response.digest import position_text
from edge.response.flood import Flood

router = APIRouter(prefix="/api/v1/live")

#: An answer holds at most so many alarms: what is built at once holds up the engine, which shares our thread.
ALARMS_A_PART = 500
#: Alarms looked at in one answer because a tag moved that something is worked out of; of more, others the next time.
DERIVED_A_PART = 100


_NUMBER = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """alarms, tags: turns. then: when the reader asked."""

    boot: str
    alarms: int = 0
    tags: int = 0
    then: Moment = 0

    def __str__(self) -> str:
        return f"{self.boot}.{self.alarms}.{self.tags}.{self.then}"

    @classmethod
    def read(cls, text: str, boot: str) -> Self | None:
        """None for whatever is not a cursor of this boot."""
        given, *numbers = text.split(".")
        if given != boot or len(numbers) != 3 or not all(_NUMBER.fullmatch(number) for number in numbers):
            return None
        return cls(boot, *map(int, numbers))


@router.get("")
async def live(
    request: Request,
    _: MaySee,
    since: Annotated[str, Query(max_length=100, description="`cursor` of the answer before; left out: everything")] = "",
) -> JSONResponse:
    """alarms: those somebody has to look at that changed, as `/alarms` lists them; their value moves with their tag. derived:
    what is worked out of tags that moved, of alarms listed before. gone: ids
    of those nobody has to look at any more. tags: what moves of the tags that changed. more: the rest is there to be asked for
    at once. floods: the positions that are told of alarms in digests just now. channels_down: those that
    deliver nothing, and since when; services_hanging: those of channels that have not let go of a message, so that nothing is
    sent there; cut_off: channels_down are all there are; horn: since when, once that has to be heard. forced: the
    tags that people have forced just now, as `/forced` lists them. hang_tags: as `/hang-tags` lists them.
    full: forget what you know, this begins anew."""
    door = door_of(request)
    known = Cursor.read(since, door.boot)
    at = known or _beginning(door)
    answer, following, more = _changes(door, at)
    return JSONResponse(
        {"cursor": str(following), "more": more, "full": known is None, "now": to_iso(following.then), **answer}
    )


def _beginning(door: Door) -> Cursor:
    """Alarms from the first turn, tags from now on."""
    now = door.gateway.clock.now()
    _, turn = door.gateway.moved_tags(NEVER, now)
    return Cursor(door.boot, tags=turn, then=now)


def flood_form(position: str, flood: Flood, plant: Plant) -> dict[str, Any]:
    """name: as people call the position. alarms: of the flood so far."""
    since = None if flood.since is None else to_iso(flood.since)
    return {
        "position": position,
        "name": position_text(plant.policy.directory, position),
        "since": since,
        "alarms": flood.count,
    }


def _changes(door: Door, at: Cursor) -> tuple[dict[str, Any], Cursor, bool]:
    gateway, now = door.gateway, door.gateway.clock.now()
    views, alarms = gateway.moved_alarms(at.alarms, ALARMS_A_PART)
    names, tags = gateway.moved_tags(at.tags, at.then)
    why = WhyBad(gateway)
    answer = {
        "alarms": [alarm_form(view, gateway.plant) for view in views if is_to_be_seen(view)],
        "gone": [view.rule.id for view in views if not is_to_be_seen(view)],
        "floods": [flood_form(position, flood, gateway.plant) for position, flood in gateway.floods().items()],
        **_cut_off(gateway, now),
        "forced": forced_form(gateway),
        "hang_tags": hang_tags_form(gateway),
        "derived": _derived(door, names, at.tags),
        "tags": [{"tag": name, **reading_form(gateway, *door.tags[name], why)} for name in names],
    }
    return answer, replace(at, alarms=alarms, tags=tags, then=now), len(views) == ALARMS_A_PART


def _cut_off(gateway: GatewayFace, now: Moment) -> dict[str, Any]:
    down, plant = gateway.channels_down(), gateway.plant
    since = max(down.values()) if down and len(down) == len(plant.channels) else None
    return {
        "channels_down": [{"channel": name, "since": to_iso(each)} for name, each in sorted(down.items())],
        "services_hanging": [
            {"channel": channel, "service": service, "since": to_iso(each)}
            for (channel, service), each in sorted(gateway.services_hanging().items())
        ],
        "cut_off": since is not None,
        "horn": "" if since is None or now - since < plant.horn_after else to_iso(since),
    }


def _derived(door: Door, moved: Sequence[str], turn: int) -> list[dict[str, Any]]:
    """Of the alarms that are to be seen, what is now worked out of tags that moved. turn: each begins at another place."""
    alarms = list(dict.fromkeys(alarm for name in moved for alarm in door.derived.get(name, ())))
    begin = turn % len(alarms) if len(alarms) > DERIVED_A_PART else 0
    views = [door.gateway.alarm(alarm) for alarm in (alarms[begin:] + alarms[:begin])[:DERIVED_A_PART]]
    seen = [view for view in views if view is not None and is_to_be_seen(view)]
    return [{"alarm": view.rule.id, "derived": derived_form(view, door.gateway.plant)} for view in seen]
