"""Hang-tags: which hang, hanging one, taking one off. They stop what Andon writes to a device, and are no physical lock."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import name_of
from edge.api.authorise import MayAct, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.model.command import Hang, RemoveHangTag
from edge.model.event import Event
from edge.model.moment import to_iso
from edge.model.permission import Permission, may

router = APIRouter(prefix="/api/v1/hang-tags")

Text = Annotated[str, Field(min_length=1, max_length=200)]


class HangAsked(BaseModel, extra="forbid"):
    """order: number of the work order or permit. phone: where whoever hangs it can be reached."""

    device: Text
    order: Text
    phone: Annotated[str, Field(max_length=200)] = ""
    reason: Text


class RemoveAsked(BaseModel, extra="forbid"):
    """reason: needed of who takes off another person's."""

    tag: Text
    reason: Annotated[str, Field(max_length=200)] = ""


class HangTagAnswer(BaseModel):
    """The event that the command became: `hang_tag_hung`, `hang_tag_removed`."""

    event: str
    device: str
    data: dict[str, Any]


@router.get("")
async def list_hang_tags(request: Request, _: MaySee) -> JSONResponse:
    """By device, the eldest first. is_old: it hangs for more than 12 hours, somebody should look."""
    return JSONResponse(hang_tags_form(door_of(request).gateway))


@router.post("")
async def hang(request: Request, asked: HangAsked, caller: MayAct, key: IdempotencyKey = None) -> HangTagAnswer:
    """From now on nothing is written to the device. This is not the physical lock: lock out its energy at the isolator."""
    command = Hang(asked.device, asked.order, asked.phone, asked.reason)
    return _answer(await carry_out(request, caller, command, key))


@router.post("/remove")
async def remove(request: Request, asked: RemoveAsked, caller: MayAct, key: IdempotencyKey = None) -> HangTagAnswer:
    """Who hung it; or, with a reason, who may maintain."""
    command = RemoveHangTag(asked.tag, asked.reason, may(caller.role, Permission.MAINTAIN))
    return _answer(await carry_out(request, caller, command, key))


def _answer(event: Event) -> HangTagAnswer:
    return HangTagAnswer(event=event.kind, device=event.subject, data=dict(event.data))


def hang_tags_form(gateway: GatewayFace) -> list[dict[str, Any]]:
    now = gateway.clock.now()
    return [
        {
            "tag": each.name,
            "device": each.device,
            "by": each.by,
            "by_name": name_of(gateway.plant, each.by),
            "since": to_iso(each.since),
            "order": each.order,
            "phone": each.phone,
            "reason": each.reason,
            "is_old": each.is_old(now),
        }
        for each in gateway.hang_tags()
    ]
