"""Live alarms, and the commands on them. Every command is a row of the inbox and is answered by the event that ended it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from edge.api.authorise import Caller, Permission, needs
from edge.api.door import door_of
from edge.api.passwords import new_token
from edge.api.refusal import Refusal, language_of
from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, AlarmCommand, Comment, InboxRow, OnMyWay, Reset, Shelve, Unshelve
from edge.model.moment import SECOND, to_iso
from edge.texts import render
from rules.definition import SHELVE_MAX
from rules.view import AlarmView

router = APIRouter(prefix="/api/v1/alarms")

#: A client that sends one repeats a command safely: the same key enters once.
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]
AlarmId = Annotated[str, Field(min_length=1, max_length=200)]


class AcknowledgeAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    occurrence: Annotated[int, Field(ge=1)]
    comment: Annotated[str, Field(max_length=500)] = ""


class OnMyWayAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    occurrence: Annotated[int, Field(ge=1)]


class CommentAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    text: Annotated[str, Field(min_length=1, max_length=500)]


class ShelveAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    minutes: Annotated[float, Field(gt=0, le=SHELVE_MAX / SECOND / 60)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class AlarmAsked(BaseModel, extra="forbid"):
    alarm: AlarmId


class Answer(BaseModel):
    """The event that the command became: `acknowledged`, `shelved`, ..."""

    event: str
    alarm: str
    data: dict[str, Any]


@router.get("")
async def list_alarms(
    request: Request,
    _: Annotated[Caller, needs(Permission.SEE)],
    every: Annotated[bool, Query(description="also those at rest")] = False,
) -> list[dict[str, Any]]:
    """What somebody has to look at: active, unacknowledged, latched or shelved. Most urgent first, then eldest."""
    gateway = door_of(request).gateway
    views = [view for view in gateway.alarms() if every or view.state is not AlarmState.NORM]
    views.sort(key=lambda view: (view.rule.priority.rank, view.raised or 0, view.rule.id))
    return [_shown(view, gateway.plant.devices[view.rule.device].words) for view in views]


@router.post("/acknowledge")
async def acknowledge(
    request: Request, asked: AcknowledgeAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, Acknowledge(asked.alarm, asked.occurrence, asked.comment), key)


@router.post("/on-my-way")
async def on_my_way(
    request: Request, asked: OnMyWayAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, OnMyWay(asked.alarm, asked.occurrence), key)


@router.post("/comment")
async def comment(
    request: Request, asked: CommentAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, Comment(asked.alarm, asked.text), key)


@router.post("/shelve")
async def shelve(
    request: Request, asked: ShelveAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, Shelve(asked.alarm, round(asked.minutes * 60 * SECOND), asked.reason), key)


@router.post("/unshelve")
async def unshelve(
    request: Request, asked: AlarmAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, Unshelve(asked.alarm), key)


@router.post("/reset")
async def reset(
    request: Request, asked: AlarmAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, Reset(asked.alarm), key)


async def _command(request: Request, caller: Caller, command: AlarmCommand, key: str | None) -> Answer:
    gateway = door_of(request).gateway
    # The key is the client's own: two accounts may use the same one without knowing of each other.
    message_id = f"{caller.account}:{key or new_token()}"
    event = await gateway.answer(InboxRow("api", message_id, caller.actor, command, gateway.clock.now()))
    if event is None:
        raise Refusal(409, "taken_before")
    if event.kind == "rejected":
        reason = str(event.data["reason"])
        told = render(f"api.rejections.{reason}", {"by": "", "at": "", **_who(event.data)}, language_of(request))
        raise Refusal(409, "rejected", reason=reason, sentence=told)
    return Answer(event=event.kind, alarm=event.subject, data=dict(event.data))


def _who(data: Any) -> dict[str, str]:
    if "acknowledged_by" not in data:
        return {}
    return {"by": str(data["acknowledged_by"]), "at": str(data["acknowledged_at"])}


def _shown(view: AlarmView, device_words: Any) -> dict[str, Any]:
    """Plain JSON with words in both languages; moments as ISO texts."""
    rule = view.rule
    return {
        "alarm": rule.id,
        "occurrence": view.facts.occurrence,
        "priority": rule.priority,
        "state": view.state,
        "active": view.facts.active,
        "acked": view.facts.acked,
        "evaluable": view.evaluable,
        "area": rule.area,
        "device": rule.device,
        "device_words": dict(device_words),
        "words": dict(rule.words),
        "guidance": dict(rule.guidance),
        "tag": rule.tag,
        "limit": rule.limit,
        "value": view.value,
        "quality": "stale" if view.stale else view.quality,
        "peak": view.peak,
        "began": _iso(view.began),
        "raised": _iso(view.raised),
        "returned": _iso(view.returned),
        "pending_since": _iso(view.pending_since),
        "pending_due": _iso(view.pending_due),
        "acknowledged_by": view.acknowledged_by,
        "acknowledged_at": _iso(view.acknowledged_at),
        "shelved_until": _iso(view.facts.shelved_until),
        "shelved_by": view.shelved_by,
        "shelve_reason": view.shelve_reason,
        "shelvable": rule.shelvable,
    }


def _iso(moment: int | None) -> str | None:
    return None if moment is None else to_iso(moment)
