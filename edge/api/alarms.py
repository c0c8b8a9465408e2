"""Live alarms, and the commands on them. Every command is a row of the inbox and is answered by the event that ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.api.passwords import new_token
from edge.api.refusal import Refusal, language_of
from edge.config.plant import Plant
from edge.model.alarm import AlarmState, Priority
from edge.model.command import Acknowledge, AlarmCommand, Comment, InboxRow, OnMyWay, Reset, Shelve, Unshelve
from edge.model.moment import MINUTE, SECOND, Moment, from_iso, to_datetime, to_iso
from edge.model.permission import Permission
from edge.texts import render
from rules.definition import SHELVE_MAX
from rules.view import AlarmView

router = APIRouter(prefix="/api/v1/alarms")

#: A command that is in the inbox is carried out, but while the store refuses rows nobody knows when.
ANSWER_WITHIN_S = 8.0
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


class ShelveReason(BaseModel):
    id: str
    words: dict[str, str]


class Shelving(BaseModel):
    """reasons: those that the plant presets; any other text is taken too. minutes: how long, unless somebody says otherwise."""

    reasons: list[ShelveReason]
    minutes: float
    minutes_max: float


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
    """What somebody has to look at: active, unacknowledged, latched or shelved; most urgent first, then eldest.

    Alarms of the priority `journal` are only written down: they are listed with `every`."""
    gateway = door_of(request).gateway
    views = [view for view in gateway.alarms() if every or _is_to_be_seen(view)]
    views.sort(key=lambda view: (view.rule.priority.rank, view.raised or 0, view.rule.id))
    units = {tag.name: tag.unit for device in gateway.plant.devices.values() for tag in device.tags}
    return [_shown(view, gateway.plant, units[view.rule.tag]) for view in views]


@router.get("/shelving")
async def shelving(request: Request, _: Annotated[Caller, needs(Permission.SEE)]) -> Shelving:
    """What a face may offer when somebody shelves."""
    policy = door_of(request).gateway.plant.policy
    reasons = [ShelveReason(id=key, words=dict(words)) for key, words in policy.shelve_reasons]
    return Shelving(reasons=reasons, minutes=policy.shelve_for / MINUTE, minutes_max=SHELVE_MAX / MINUTE)


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
    row = InboxRow("api", message_id, caller.actor, command, gateway.clock.now())
    try:
        event = await asyncio.wait_for(gateway.answer(row), ANSWER_WITHIN_S)
    except TimeoutError as error:
        raise Refusal(504, "not_answered") from error
    if event is None:
        raise Refusal(409, "taken_before")
    if event.kind == "rejected":
        reason = str(event.data["reason"])
        told = render(f"api.rejections.{reason}", _who(gateway.plant, event.data), language_of(request))
        raise Refusal(409, "rejected", reason=reason, sentence=told)
    return Answer(event=event.kind, alarm=event.subject, data=dict(event.data))


def _who(plant: Plant, data: Mapping[str, Any]) -> dict[str, str]:
    """Who was quicker, by name, and when, on the plant's clock."""
    if "acknowledged_by" not in data:
        return {"by": "", "at": ""}
    at = to_datetime(from_iso(str(data["acknowledged_at"]))).astimezone(ZoneInfo(plant.time_zone))
    return {"by": _name(plant, str(data["acknowledged_by"])) or "", "at": f"{at:%H:%M:%S}"}


def _name(plant: Plant, actor: str | None) -> str | None:
    """A person's name for their id, an account's for `user:NAME`; other actors (`system`) as they are."""
    if actor is None:
        return None
    person = plant.policy.directory.persons.get(actor)
    return actor.removeprefix("user:") if person is None else person.name


def _is_to_be_seen(view: AlarmView) -> bool:
    return view.state is not AlarmState.NORM and view.rule.priority is not Priority.JOURNAL


def _shown(view: AlarmView, plant: Plant, unit: str) -> dict[str, Any]:
    """Plain JSON with words in both languages; moments as ISO texts."""
    rule = view.rule
    return {
        "alarm": rule.id,
        "occurrence": view.facts.occurrence,
        "priority": rule.priority,
        "state": view.state,
        "process_state": view.process_state,
        "active": view.facts.active,
        "acked": view.facts.acked,
        "evaluable": view.evaluable,
        "area": rule.area,
        "area_words": dict(plant.areas[rule.area]),
        "device": rule.device,
        "device_words": dict(plant.devices[rule.device].words),
        "words": dict(rule.words),
        "guidance": dict(rule.guidance),
        "kind": rule.kind,
        "tag": rule.tag,
        "unit": unit,
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
        "acknowledged_by_name": _name(plant, view.acknowledged_by),
        "acknowledged_at": _iso(view.acknowledged_at),
        "shelved_until": _iso(view.facts.shelved_until),
        "shelved_by": view.shelved_by,
        "shelved_by_name": _name(plant, view.shelved_by),
        "shelve_reason": view.shelve_reason,
        "shelvable": rule.shelvable,
    }


def _iso(moment: Moment | None) -> str | None:
    return None if moment is None else to_iso(moment)
