"""Writes to devices: which points may be written, what became of each write, asking for one, agreeing to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import name_of, states_form
from edge.api.authorise import Caller, MayAct, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.api.refusal import Refusal, language_of
from edge.config.plant import Plant
from edge.model.command import ConfirmWrite, RefuseWrite, Rejection, WriteCommand, WritePoint
from edge.model.event import Event
from edge.model.moment import SECOND, Moment, to_iso
from edge.model.permission import Permission, may
from edge.response.grants import Grant, role_suffices
from edge.response.point import RULE, Ask, Point, Write, WriteState, write_name
from edge.texts import render

router = APIRouter(prefix="/api/v1/writes")

#: What a refusal is to a program; all others are 409.
_STATUS: Mapping[str, int] = {
    Rejection.NOT_GRANTED: 403,
    Rejection.WRONG_ROLE: 403,
    Rejection.UNKNOWN_WRITE: 404,
    Rejection.NOT_A_VALUE: 422,
    Rejection.OUT_OF_RANGE: 422,
    Rejection.STEP_TOO_LARGE: 422,
    Rejection.TOO_OFTEN: 429,
    Rejection.POINT_LOCKED: 429,
}

Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]


class WriteAsked(BaseModel, extra="forbid"):
    """value: in the tag's unit; a switch is 1 or 0."""

    tag: Annotated[str, Field(min_length=1, max_length=200)]
    value: Number | Text
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class SecondStepAsked(BaseModel, extra="forbid"):
    """write: its name, as `asked` said it: `PLC1.setpoint~17`."""

    write: Annotated[str, Field(min_length=1, max_length=220)]


class WriteAnswer(BaseModel):
    """The event that the command became: `asked`, `confirmed`. What becomes of the write is in the list and in the journal."""

    event: str
    tag: str
    data: dict[str, Any]


@router.get("")
async def list_writes(request: Request, caller: MaySee) -> JSONResponse:
    """Every point that has a grant or had a write, by name: the grant, what rules ask for, and the last writes, newest first. A
    write whose end nobody knows is `unknown` until its point was read. may_write, may_confirm, may_refuse: whether whoever asks
    has the role for it, and is not the person who would have to be another."""
    gateway = door_of(request).gateway
    tags = sorted({*gateway.plant.policy.grants.by_tag, *gateway.points()})
    return JSONResponse({"points": [point_form(gateway, tag, caller) for tag in tags]})


@router.post("")
async def write_point(request: Request, asked: WriteAsked, caller: MayAct, key: IdempotencyKey = None) -> WriteAnswer:
    """Taken is not yet done: the answer names the write."""
    return await _ask(request, caller, WritePoint(asked.tag, asked.value, asked.reason, caller.role), key)


@router.post("/confirm")
async def confirm_write(request: Request, asked: SecondStepAsked, caller: MayAct, key: IdempotencyKey = None) -> WriteAnswer:
    """Somebody else than whoever asked agrees."""
    return await _ask(request, caller, ConfirmWrite(asked.write, caller.role), key)


@router.post("/refuse")
async def refuse_write(request: Request, asked: SecondStepAsked, caller: MayAct, key: IdempotencyKey = None) -> WriteAnswer:
    """Somebody says no to a write that waits for a second person, or who asked for it takes it back: it is never sent."""
    return await _ask(request, caller, RefuseWrite(asked.write, caller.role), key)


async def _ask(request: Request, caller: Caller, command: WriteCommand, key: str | None) -> WriteAnswer:
    try:
        event: Event = await carry_out(request, caller, command, key)
    except Refusal as refusal:
        reason = str(refusal.data.get("reason"))
        refusal.status = _STATUS.get(reason, refusal.status)
        if isinstance(command, WritePoint) and reason in (Rejection.OUT_OF_RANGE, Rejection.STEP_TOO_LARGE):
            said = _beyond(door_of(request).gateway, command, reason, language_of(request))
            refusal.data["sentence"] = said or refusal.data["sentence"]
        raise
    return WriteAnswer(event=event.kind, tag=event.subject, data=dict(event.data))


def _beyond(gateway: GatewayFace, command: WritePoint, reason: str, language: str) -> str | None:
    """What the grant of a point would have allowed, in its tag's unit; None: it has none any more."""
    policy, sample = gateway.plant.policy, gateway.tag(command.tag)
    grant, tag = policy.grants.by_tag.get(command.tag), policy.tag(command.tag)
    if grant is None or tag is None:
        return None
    said = {"value": _shown(command.value), "unit": tag.unit}
    if reason == Rejection.STEP_TOO_LARGE and grant.step is not None and sample is not None:
        return render("api.beyond_grant.step", said | {"step": _shown(grant.step), "now": _shown(sample.value)}, language)
    if grant.range is not None:
        low, high = map(_shown, grant.range)
        return render("api.beyond_grant.range", said | {"low": low, "high": high}, language)
    return render("api.beyond_grant.values", said | {"values": ", ".join(map(_shown, grant.allowed))}, language)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"


def point_form(gateway: GatewayFace, tag: str, caller: Caller) -> dict[str, Any]:
    """A point that has a grant or had a write, as this caller may use it."""
    plant, point = gateway.plant, gateway.points().get(tag, Point(tag))
    grant, known = plant.policy.grants.by_tag.get(tag), plant.policy.tag(tag)
    may_write = grant is not None and may(caller.role, Permission.ACT) and role_suffices(caller.role, grant)
    device = plant.devices.get(tag.rpartition(".")[0])
    return {
        "tag": tag,
        "words": dict(known.words) if known is not None else {},
        "device_words": dict(device.words) if device is not None else {},
        "unit": known.unit if known is not None else "",
        "is_text": known is not None and known.is_text,
        "states": [] if known is None else states_form(known),
        "may_write": may_write,
        "grant": None if grant is None else _grant_form(grant),
        "locked_until": _iso(point.locked_until),
        "held_back": point.held,
        "asks": [_ask_form(alarm, ask) for alarm, ask in point.asks.items()],
        "writes": [_write_form(tag, write, plant, caller, may_write) for write in reversed(point.writes)],
    }


def _ask_form(alarm: str, ask: Ask) -> dict[str, Any]:
    """forced: the alarm stands on what people have forced, so it counts for nothing."""
    return {"alarm": alarm, "value": ask.value, "since": to_iso(ask.since), "forced": ask.forced}


def _grant_form(grant: Grant) -> dict[str, Any]:
    back = grant.read_back
    return {
        "purpose": str(grant.purpose),
        "values": list(grant.allowed),
        "range": None if grant.range is None else list(grant.range),
        "step": grant.step,
        "times": grant.times,
        "per_s": grant.per / SECOND,
        "role": str(grant.role),
        "rules": grant.rules,
        "two_step_s": None if grant.two_step is None else grant.two_step / SECOND,
        "read_back": None if back is None else {"within_s": back.within / SECOND, "tolerance": back.tolerance},
        "valid_for_s": grant.valid_for / SECOND,
        "rest": grant.rest,
        "on_fault": str(grant.on_fault),
        "fault_value": grant.fault_value,
    }


def _write_form(tag: str, write: Write, plant: Plant, caller: Caller, may_write: bool) -> dict[str, Any]:
    waits, own = write.state is WriteState.PROPOSED, write.by == caller.actor
    return {
        "write": write_name(tag, write.number),
        "value": write.value,
        "state": str(write.state),
        "by": write.by,
        "by_name": write.by.removeprefix(RULE) if write.by_rule else name_of(plant, write.by),
        "reason": write.reason,
        "asked_at": to_iso(write.asked_at),
        "due": to_iso(write.due),
        "confirmed_by": write.confirmed_by or None,
        "confirmed_by_name": name_of(plant, write.confirmed_by or None),
        "may_confirm": waits and may_write and not own,
        "may_refuse": waits and (may_write or own),
        "ended_at": _iso(write.ended_at),
        "detail": write.detail,
        "before": write.before,
        "shown": write.shown,
    }


def _iso(moment: Moment | None) -> str | None:
    return None if moment is None else to_iso(moment)
