"""Tags without a wire: what is due, and entering a value."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import finite, iso, name_of, states_form
from edge.api.authorise import MayAct, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.forced import TagName, Value
from edge.api.gateway import GatewayFace
from edge.api.refusal import Refusal
from edge.model.command import EnterValue
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.tag import Device, Entry, Tag
from rules.entering import Entered

router = APIRouter(prefix="/api/v1/entries")


class EntryAsked(BaseModel, extra="forbid"):
    """value: in the tag's unit; a text for a tag that is one. measured_at: now when left out. confirmed: it is outside what is
    plausible, and right all the same."""

    tag: TagName
    value: Value
    measured_at: Annotated[str, Field(max_length=40, description="ISO 8601 with an offset")] | None = None
    confirmed: bool = False


class EntryAnswer(BaseModel):
    """The event that the command became: `entered`."""

    event: str
    tag: str
    data: dict[str, Any]


@router.get("")
async def list_entries(request: Request, _: MaySee) -> JSONResponse:
    """Every tag that people enter, what is due first. due_at: null where nobody says how often; of one that nobody has entered
    yet, it is now."""
    gateway = door_of(request).gateway
    now, known = gateway.clock.now(), gateway.entered()
    asked = [
        (_due_at(tag.entry, known.get(tag.name), now), device, tag, tag.entry)
        for device in gateway.plant.devices.values()
        for tag in device.tags
        if tag.entry is not None
    ]
    asked.sort(key=lambda each: (each[0] is None, each[0] or 0, each[2].name))
    return JSONResponse([entry_form(gateway, device, tag, entry) for _, device, tag, entry in asked])


@router.post("")
async def enter(request: Request, asked: EntryAsked, caller: MayAct, key: IdempotencyKey = None) -> EntryAnswer:
    """409 `confirm_implausible`: the value is outside what is plausible; send it again with confirmed, if it is right."""
    now = door_of(request).gateway.clock.now()
    measured_at = now if asked.measured_at is None else _moment(asked.measured_at)
    event = await carry_out(request, caller, EnterValue(asked.tag, asked.value, measured_at, asked.confirmed), key)
    return EntryAnswer(event=event.kind, tag=event.subject, data=dict(event.data))


def _due_at(entry: Entry, newest: Entered | None, now: Moment) -> Moment | None:
    if entry.every is None:
        return None
    return now if newest is None else newest.measured_at + entry.every


def entry_form(gateway: GatewayFace, device: Device, tag: Tag, entry: Entry) -> dict[str, Any]:
    newest, now = gateway.entered().get(tag.name), gateway.clock.now()
    due = _due_at(entry, newest, now)
    return {
        "tag": tag.name,
        "device": device.name,
        "device_words": dict(device.words),
        "words": dict(tag.words),
        "unit": tag.unit,
        "is_text": tag.is_text,
        "is_switch": entry.is_switch,
        "states": states_form(tag),
        "between": entry.between,
        "anyway": entry.anyway,
        "every_s": None if entry.every is None else entry.every / SECOND,
        "due_at": None if due is None else iso(due),
        "is_due": due is not None and due <= now,
        "value": None if newest is None or newest.text is not None else finite(newest.value),
        "text": None if newest is None else newest.text,
        "measured_at": None if newest is None else iso(newest.measured_at),
        "by": None if newest is None else newest.by,
        "by_name": None if newest is None else name_of(gateway.plant, newest.by),
    }


def _moment(text: str) -> Moment:
    try:
        return from_iso(text)
    except (ValueError, OverflowError) as error:
        raise Refusal(422, "invalid", fields="measured_at") from error
