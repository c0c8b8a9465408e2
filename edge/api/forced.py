"""Forced values: which tags are forced, forcing one, releasing one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import finite, iso, name_of
from edge.api.authorise import MayMaintain, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.model.command import ForceValue, ReleaseValue
from edge.model.event import Event
from edge.model.moment import MINUTE, to_iso
from edge.model.sample import Sample

router = APIRouter(prefix="/api/v1/forced")

TagName = Annotated[str, Field(min_length=1, max_length=200)]
Value = Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=200)]


class ForceAsked(BaseModel, extra="forbid"):
    """value: in the tag's unit; a text for a tag that is one. minutes: at most 8 h."""

    tag: TagName
    value: Value
    minutes: Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class ReleaseAsked(BaseModel, extra="forbid"):
    tag: TagName


class ForceAnswer(BaseModel):
    """The event that the command became: `forced`, `force_ended`."""

    event: str
    tag: str
    data: dict[str, Any]


@router.get("")
async def list_forced(request: Request, _: MaySee) -> JSONResponse:
    """The eldest first. actual: what the device says meanwhile, null while nobody knows."""
    return JSONResponse(forced_form(door_of(request).gateway))


@router.post("")
async def force(request: Request, asked: ForceAsked, caller: MayMaintain, key: IdempotencyKey = None) -> ForceAnswer:
    """For commissioning: rules, pictures and history see this value, marked, until its time is over. Nothing is written to the
    device."""
    command = ForceValue(asked.tag, asked.value, round(asked.minutes * MINUTE), asked.reason)
    return _answer(await carry_out(request, caller, command, key))


@router.post("/release")
async def release(request: Request, asked: ReleaseAsked, caller: MayMaintain, key: IdempotencyKey = None) -> ForceAnswer:
    return _answer(await carry_out(request, caller, ReleaseValue(asked.tag), key))


def _answer(event: Event) -> ForceAnswer:
    return ForceAnswer(event=event.kind, tag=event.subject, data=dict(event.data))


def forced_form(gateway: GatewayFace) -> list[dict[str, Any]]:
    return [
        {
            "tag": each.tag,
            "value": finite(each.value) if each.text is None else None,
            "text": each.text,
            "since": to_iso(each.since),
            "until": to_iso(each.until),
            "by": each.by,
            "by_name": name_of(gateway.plant, each.by),
            "reason": each.reason,
            "actual": None if each.actual is None else _actual(each.actual),
        }
        for each in gateway.forced()
    ]


def _actual(sample: Sample) -> dict[str, Any]:
    return {
        "value": finite(sample.value) if sample.text is None else None,
        "text": sample.text,
        "quality": sample.quality.name.lower(),
        "source_time": iso(sample.source_time),
    }
