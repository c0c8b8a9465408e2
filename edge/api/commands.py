"""Commands on alarms. Every one is a row of the inbox and is answered by the event that ended it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from edge.api.authorise import Caller, MayAct, MayMaintain
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    Confirm,
    LearnAnew,
    OnMyWay,
    Reset,
    ResetSums,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
)
from edge.model.moment import SECOND
from rules.definition import SHELVE_MAX

router = APIRouter(prefix="/api/v1/alarms")

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
    minutes: Annotated[float, Field(ge=1, le=SHELVE_MAX / SECOND / 60)]
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


class StatisticsAsked(BaseModel, extra="forbid"):
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
async def acknowledge(request: Request, asked: AcknowledgeAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, Acknowledge(asked.alarm, asked.occurrence, asked.comment), key)


@router.post("/on-my-way")
async def on_my_way(request: Request, asked: OnMyWayAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, OnMyWay(asked.alarm, asked.occurrence), key)


@router.post("/comment")
async def comment(request: Request, asked: CommentAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, Comment(asked.alarm, asked.text), key)


@router.post("/shelve")
async def shelve(request: Request, asked: ShelveAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    duration = round(asked.minutes * 60 * SECOND)
    return await _command(request, caller, Shelve(asked.alarm, duration, asked.reason, one_shot=asked.one_shot), key)


@router.post("/unshelve")
async def unshelve(request: Request, asked: AlarmAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, Unshelve(asked.alarm), key)


@router.post("/reset")
async def reset(request: Request, asked: AlarmAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, Reset(asked.alarm), key)


@router.post("/unacknowledge")
async def unacknowledge(request: Request, asked: UnacknowledgeAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    """Nobody looks after it after all."""
    return await _command(request, caller, Unacknowledge(asked.alarm, asked.occurrence, asked.reason), key)


@router.post("/confirm")
async def confirm(request: Request, asked: AcknowledgeAsked, caller: MayAct, key: IdempotencyKey = None) -> Answer:
    """The work is done, where the rule asks for that."""
    return await _command(request, caller, Confirm(asked.alarm, asked.occurrence, asked.comment), key)


@router.post("/take-out-of-service")
async def take_out_of_service(
    request: Request, asked: TakeOutOfServiceAsked, caller: MayMaintain, key: IdempotencyKey = None
) -> Answer:
    return await _command(request, caller, TakeOutOfService(asked.alarm, asked.reason, asked.work_order), key)


@router.post("/return-to-service")
async def return_to_service(request: Request, asked: AlarmAsked, caller: MayMaintain, key: IdempotencyKey = None) -> Answer:
    return await _command(request, caller, ReturnToService(asked.alarm), key)


@router.post("/learn-anew")
async def learn_anew(request: Request, asked: StatisticsAsked, caller: MayMaintain, key: IdempotencyKey = None) -> Answer:
    """Its statistics learn their normal again."""
    return await _command(request, caller, LearnAnew(asked.alarm, asked.reason), key)


@router.post("/reset-sums")
async def reset_sums(request: Request, asked: StatisticsAsked, caller: MayMaintain, key: IdempotencyKey = None) -> Answer:
    """Its cumulative sums are zero again, by the same baseline: the cause is removed."""
    return await _command(request, caller, ResetSums(asked.alarm, asked.reason), key)


async def _command(request: Request, caller: Caller, command: AlarmCommand, key: str | None) -> Answer:
    event = await carry_out(request, caller, command, key)
    return Answer(event=event.kind, alarm=event.subject, data=dict(event.data))
