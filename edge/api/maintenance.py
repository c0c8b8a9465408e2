"""Maintenance windows: which are planned or open, planning one, ending one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import name_of
from edge.api.authorise import MayMaintain, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.command import EndMaintenance, PlanMaintenance
from edge.model.event import Event
from edge.model.moment import Moment, from_iso, to_iso

router = APIRouter(prefix="/api/v1/maintenance")

#: Of what a window leaves, so many are named.
LEFT_MAX = 20

WindowName = Annotated[str, Field(min_length=1, max_length=64)]
Iso = Annotated[str, Field(max_length=40, description="ISO 8601 with an offset")]


class MaintenanceAsked(BaseModel, extra="forbid"):
    """begin: now when left out. permit: number of the work permit."""

    window: WindowName
    devices: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=1_000)]
    begin: Iso | None = None
    end: Iso
    permit: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class EndAsked(BaseModel, extra="forbid"):
    window: WindowName


class MaintenanceAnswer(BaseModel):
    """The event that the command became: `maintenance_planned`, `maintenance_ended`."""

    event: str
    window: str
    data: dict[str, Any]


@router.get("")
async def list_maintenance(request: Request, _: MaySee) -> JSONResponse:
    """By the time they begin. open: it has begun. left: what is active, shelved or silent of its devices now, the first of
    each, and how many there are. devices: all that can be named for one, by id."""
    gateway = door_of(request).gateway
    plant = gateway.plant
    windows = [
        {
            "window": each.name,
            "devices": list(each.devices),
            "begin": to_iso(each.begin),
            "end": to_iso(each.end),
            "owner": each.owner,
            "owner_name": name_of(plant, each.owner),
            "permit": each.permit,
            "reason": each.reason,
            "open": each.open,
            "left": {
                key: {"count": len(names), "named": [_named(name, plant) for name in names[:LEFT_MAX]]}
                for key, names in gateway.left_open(each).items()
            },
        }
        for each in gateway.windows()
    ]
    devices = {
        name: {"words": dict(device.words), "area_words": dict(plant.areas[device.area])}
        for name, device in plant.devices.items()
    }
    return JSONResponse({"windows": windows, "devices": devices})


@router.post("")
async def plan_maintenance(
    request: Request, asked: MaintenanceAsked, caller: MayMaintain, key: IdempotencyKey = None
) -> MaintenanceAnswer:
    """The caller is its owner."""
    now = door_of(request).gateway.clock.now()
    begin = now if asked.begin is None else _moment(asked.begin, "begin")
    devices = tuple(dict.fromkeys(asked.devices))
    command = PlanMaintenance(asked.window, devices, begin, _moment(asked.end, "end"), asked.permit, asked.reason)
    return _answer(await carry_out(request, caller, command, key))


@router.post("/end")
async def end_maintenance(
    request: Request, asked: EndAsked, caller: MayMaintain, key: IdempotencyKey = None
) -> MaintenanceAnswer:
    """Before its time, or before it has begun."""
    return _answer(await carry_out(request, caller, EndMaintenance(asked.window), key))


def _answer(event: Event) -> MaintenanceAnswer:
    return MaintenanceAnswer(event=event.kind, window=event.subject, data=dict(event.data))


def _named(name: str, plant: Plant) -> dict[str, Any]:
    """An alarm, or a device."""
    rule = plant.policy.rules.get(name)
    device = plant.devices[name if rule is None else rule.device]
    return {"name": name, "words": dict(rule.words) if rule is not None else {}, "device_words": dict(device.words)}


def _moment(text: str, field: str) -> Moment:
    try:
        return from_iso(text)
    except (ValueError, OverflowError) as error:
        raise Refusal(422, "invalid", fields=field) from error
