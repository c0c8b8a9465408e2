"""The journal: pages of it, and a web socket of all that is written from now on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from edge.api.alarm_form import name_of, recipient_name, states_form, tag_of
from edge.api.authorise import MaySee, caller_of
from edge.api.cover_form import cover_form
from edge.api.derived_form import past_derived_form, unit_of
from edge.api.door import door_of
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import to_iso
from edge.model.permission import Permission, may
from edge.response.digest import position_text
from edge.response.policy import LineWords
from rules.definition import Rule

router = APIRouter(prefix="/api/v1/journal")

PAGE_MAX = 500
#: What a column of the database can hold.
SEQUENCE_MAX = (1 << 63) - 1
#: A follower whose log-in has ended is noticed before the next row, and after this long without one.
ASK_AGAIN_S = 10.0


@router.get("")
async def read_journal(
    request: Request,
    _: MaySee,
    after: Annotated[int, Query(ge=0, le=SEQUENCE_MAX)] = 0,
    before: Annotated[int | None, Query(ge=0, le=SEQUENCE_MAX)] = None,
    subject: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> JSONResponse:
    """Rows above `after`, ascending; with `before` or `subject` rows below `before`, newest first, of that subject alone."""
    gateway = door_of(request).gateway
    if before is None and subject is None:
        rows = await gateway.journal(after, limit)
    else:
        start, subjects = (SEQUENCE_MAX if before is None else before), ([] if subject is None else [subject])
        rows = await gateway.run_in_store(lambda store: store.read_back(start, limit, subjects=subjects))
    return JSONResponse([journal_form(row, gateway.plant) for row in rows])


@router.websocket("/follow")
async def follow_journal(socket: WebSocket, _: MaySee) -> None:
    """One row a frame. A reader that falls too far behind is cut off (1013): it reads the pages and follows again. A log-in
    that has ended closes it (1008)."""
    gateway = door_of(socket).gateway
    await socket.accept()
    rows = gateway.follow()
    closed = asyncio.create_task(_until_closed(socket))
    try:
        while not closed.done():
            following = asyncio.create_task(rows.get())
            await asyncio.wait({following, closed}, timeout=ASK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
            if not await _may_still(socket):
                await socket.close(1008, "log_in")
                return
            if following.done() and not following.cancelled():
                await socket.send_json(journal_form(following.result(), gateway.plant))
            # Whoever fills the queue drops it when it is full, and one place came free by the row just taken.
            if rows.qsize() >= rows.maxsize - 1:
                await socket.close(1013, "too slow")
                return
    except WebSocketDisconnect:
        return
    finally:
        closed.cancel()
        gateway.unfollow(rows)


async def _may_still(socket: WebSocket) -> bool:
    try:
        caller = await caller_of(socket)
    except Refusal:
        return False
    return may(caller.role, Permission.SEE)


async def _until_closed(socket: WebSocket) -> None:
    """What a follower sends is ignored; its going is not."""
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()


def journal_form(row: JournalRow, plant: Plant) -> dict[str, Any]:
    """by_name: of whoever did it, where somebody did. recipient_name: of whom a message was for, where it is about one. about:
    words and unit of the alarm it is about, None for anything else and for an alarm whose rule is gone. covers: what hides it,
    or of `released` what hid it last; absent for nothing. other: the alarm that was first before. line: what a line and its
    states are called. positions: what those are called that an alarm flood is about, or who was not reached. derived:
    of `raised` and `returned`, what was worked out of tags: `value` and `peak` in words."""
    event = row.event
    rule = plant.policy.rules.get(str(event.data.get("alarm", event.subject)))
    recipient = event.data.get("recipient")
    by = event.data.get("by") if event.command is not None else None
    return {
        "site": row.site,
        "agent": row.agent,
        "epoch": row.epoch,
        "sequence": row.sequence,
        "recorded_at": to_iso(row.recorded_at),
        "hash": row.hash,
        "stream": event.stream,
        "kind": event.kind,
        "subject": event.subject,
        "time": to_iso(event.time),
        "data": dict(event.data),
        "by_name": name_of(plant, by),
        "recipient_name": None if recipient is None else recipient_name(plant, str(recipient)),
        "about": None if rule is None else _about(rule, plant),
        **_named(event, rule, plant),
        **_derived(event, rule, plant),
    }


def _derived(event: Event, rule: Rule | None, plant: Plant) -> dict[str, Any]:
    """What the rule's signal had come to, where the rule has one."""
    form = past_derived_form(event, rule, plant) if rule is not None and event.kind in {"raised", "returned"} else None
    return {} if form is None else {"derived": form}


def _named(event: Event, rule: Rule | None, plant: Plant) -> dict[str, Any]:
    """Words for names that stand in the data of a few kinds."""
    if event.stream is Stream.LINE:
        line = plant.policy.lines.get(event.subject, LineWords({}, {}))
        states = {str(name): dict(line.states.get(str(name), {})) for name in (event.data["before"], event.data["state"])}
        return {"line": {"words": dict(line.words), "states": states}}
    match event.kind:
        case "raised" | "suppressed" if event.data.get("suppressed"):
            return {"covers": [cover_form(each, rule, plant) for each in event.data["suppressed"]]}
        case "released":
            return {"covers": [cover_form(event.data["cause"], rule, plant)]}
        case "first_out_moved":
            other = plant.policy.rules.get(event.data["before"])
            return {"other": None if other is None else _about(other, plant)}
        case "folded" | "missed" | "flood_entered" | "flood_left":
            return {"positions": [position_text(plant.policy.directory, each) for each in positions_of(event)]}
    return {}


def positions_of(event: Event) -> list[str]:
    """As whom people are told of it, in a flood; or who was not reached."""
    match event.kind:
        case "folded":
            return [flood.rpartition("#")[0] for flood in event.data["floods"]]
        case "missed":
            return list(event.data["recipients"])
    return [event.subject]


def _about(rule: Rule, plant: Plant) -> dict[str, Any]:
    tag = tag_of(plant, rule)
    return {
        "alarm": rule.id,
        "kind": rule.kind,
        "compare": rule.comparison,
        "words": dict(rule.words),
        "device_words": dict(plant.devices[rule.device].words),
        "area_words": dict(plant.areas[rule.area]),
        "unit": unit_of(rule, plant),
        "states": states_form(tag),
    }
