"""Commands on alarms. Every one is a row of the inbox and is answered by the event that ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from edge.api.alarm_form import name_of
from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.api.passwords import new_token
from edge.api.refusal import Refusal, language_of
from edge.config.plant import Plant
from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    Confirm,
    InboxRow,
    LearnAnew,
    OnMyWay,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
)
from edge.model.moment import SECOND, from_iso, to_datetime
from edge.model.permission import Permission
from edge.texts import render
from rules.definition import SHELVE_MAX

router = APIRouter(prefix="/api/v1/alarms")

#: A command that is in the inbox is carried out, but while the store refuses rows nobody knows when.
ANSWER_WITHIN_S = 8.0
#: A client that sends one repeats a command safely: the same key enters once.
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]
AlarmId = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


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
    one_shot: Annotated[bool, Field(description="ends with the present activation, or with the next one")] = False


class UnacknowledgeAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    occurrence: Annotated[int, Field(ge=1)]
    reason: Reason


class TakeOutOfServiceAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    reason: Reason
    work_order: Annotated[str, Field(min_length=1, max_length=200, description="number of the work order or permit")]


class LearnAnewAsked(BaseModel, extra="forbid"):
    alarm: AlarmId
    reason: Reason


class AlarmAsked(BaseModel, extra="forbid"):
    alarm: AlarmId


class Answer(BaseModel):
    """The event that the command became: `acknowledged`, `shelved`, ..."""

    event: str
    alarm: str
    data: dict[str, Any]


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
    duration = round(asked.minutes * 60 * SECOND)
    return await _command(request, caller, Shelve(asked.alarm, duration, asked.reason, one_shot=asked.one_shot), key)


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


@router.post("/unacknowledge")
async def unacknowledge(
    request: Request, asked: UnacknowledgeAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    """Nobody looks after it after all."""
    return await _command(request, caller, Unacknowledge(asked.alarm, asked.occurrence, asked.reason), key)


@router.post("/confirm")
async def confirm(
    request: Request, asked: AcknowledgeAsked, caller: Annotated[Caller, needs(Permission.ACT)], key: IdempotencyKey = None
) -> Answer:
    """The work is done, where the rule asks for that."""
    return await _command(request, caller, Confirm(asked.alarm, asked.occurrence, asked.comment), key)


@router.post("/take-out-of-service")
async def take_out_of_service(
    request: Request,
    asked: TakeOutOfServiceAsked,
    caller: Annotated[Caller, needs(Permission.MAINTAIN)],
    key: IdempotencyKey = None,
) -> Answer:
    return await _command(request, caller, TakeOutOfService(asked.alarm, asked.reason, asked.work_order), key)


@router.post("/return-to-service")
async def return_to_service(
    request: Request, asked: AlarmAsked, caller: Annotated[Caller, needs(Permission.MAINTAIN)], key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, ReturnToService(asked.alarm), key)


@router.post("/learn-anew")
async def learn_anew(
    request: Request, asked: LearnAnewAsked, caller: Annotated[Caller, needs(Permission.MAINTAIN)], key: IdempotencyKey = None
) -> Answer:
    """Its statistics learn their normal again."""
    return await _command(request, caller, LearnAnew(asked.alarm, asked.reason), key)


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
    return {"by": name_of(plant, str(data["acknowledged_by"])) or "", "at": f"{at:%H:%M:%S}"}
