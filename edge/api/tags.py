"""Tags: what they are, and what they show."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from edge.api.alarm_form import finite, iso, rule_form, seconds, states_form
from edge.api.authorise import MaySee
from edge.api.derived_form import derived_form
from edge.api.door import door_of
from edge.api.entries import entry_form
from edge.api.forced import forced_form
from edge.api.gateway import GatewayFace
from edge.api.refusal import Refusal
from edge.api.why_bad import WhyBad
from edge.api.writes import point_form
from edge.config.plant import Plant
from edge.model.moment import SECOND
from edge.model.sample import Mark, Quality
from edge.model.tag import SESSION, Device, Tag
from rules.definition import Rule
from rules.forcing import never_forced, safety_tags

router = APIRouter(prefix="/api/v1/tags")

PAGE_MAX = 2_000


@router.get("")
async def list_tags(
    request: Request,
    _: MaySee,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int | None, Query(ge=1, le=PAGE_MAX, description="left out: all")] = None,
) -> JSONResponse:
    """Every tag, or a part of them, in the order of their devices. quality: good, uncertain, bad, stale (nothing good for
    longer than allowed) or waiting (nothing came yet). Who wants to follow asks for this once, then for `/api/v1/live`."""
    door = door_of(request)
    wanted = islice(door.tags.values(), offset, None if limit is None else offset + limit)
    why = WhyBad(door.gateway)
    return JSONResponse([_shown(door.gateway, door.gateway.plant.devices[device], tag, why) for device, tag in wanted])


@router.get("/{tag}")
async def one_tag(
    request: Request,
    caller: MaySee,
    tag: Annotated[str, Path(min_length=1, max_length=200)],
) -> JSONResponse:
    """What the list says of it, and beside that where it comes from, how its numbers are read, and the alarms that watch it.
    force: by whom it is forced and what its device says meanwhile (`actual`); null where it is not.
    write: what `/writes` says of the point; null where nothing was granted or written. entry: what `/entries` says of it; null
    where nobody enters it. never_forced: why nobody can force it, null where one can."""
    door = door_of(request)
    gateway = door.gateway
    if tag not in door.tags:
        raise Refusal(404, "unknown_tag", tag=tag)
    device_name, found = door.tags[tag]
    device = gateway.plant.devices[device_name]
    measure = found.measure
    known_points = {*gateway.plant.policy.grants.by_tag, *gateway.points()}
    return JSONResponse(
        {
            **_shown(gateway, device, found, WhyBad(gateway)),
            "driver": device.driver,
            "point": _point(found),
            "scale": measure.scale,
            "offset": measure.offset,
            "range": measure.range,
            "raw_range": measure.raw_range,
            "valid": measure.valid,
            "bad_values": list(measure.bad_values),
            "ne43": measure.ne43,
            "stale_after_s": seconds(found.stale_after),
            "on_change": found.on_change,
            "on_change_percent": None if found.on_change_share is None else round(100 * found.on_change_share, 6),
            "force": next((each for each in forced_form(gateway) if each["tag"] == tag), None),
            "never_forced": never_forced(found, safety_tags([tag for _, tag in door.tags.values()], gateway.plant.rules)),
            "write": point_form(gateway, tag, caller) if tag in known_points else None,
            "entry": None if found.entry is None else entry_form(gateway, device, found, found.entry),
            "alarms": [_alarm(gateway, rule) for rule in gateway.plant.rules if rule.tag == tag],
        }
    )


def _alarm(gateway: GatewayFace, rule: Rule) -> dict[str, Any]:
    view = gateway.alarm(rule.id)
    derived = None if view is None else derived_form(view, gateway.plant)
    return {"alarm": rule.id, "priority": rule.priority, "words": dict(rule.words), **rule_form(rule), "derived": derived}


def tags_in_order(plant: Plant) -> dict[str, tuple[str, Tag]]:
    """Every tag with the name of its device, in the order of the list."""
    devices = sorted(plant.devices.values(), key=lambda device: device.name)
    return {tag.name: (device.name, tag) for device in devices for tag in device.tags}


def reading_form(gateway: GatewayFace, device: str, tag: Tag, why_bad: WhyBad) -> dict[str, Any]:
    """What moves of a tag. reason: why it is bad: sensor_fault, disconnected, refused (its device does not give this one), or
    empty when nothing more is known; why: the same as a sentence by language, where there is more to say. text: of a tag that
    is one."""
    sample = gateway.tag(tag.name)
    reason, why = why_bad.reason(device, tag, sample)
    if sample is None:
        return {
            "value": None,
            "text": None,
            "quality": "waiting",
            "reason": reason,
            "why": why,
            "source_time": None,
            "age_s": None,
            "initial": False,
            "forced": False,
        }
    age = max(0, gateway.clock.now() - sample.source_time)
    is_stale = tag.stale_after is not None and age > tag.stale_after
    return {
        "value": finite(sample.value),
        "text": sample.text if tag.is_text else None,
        "quality": "stale" if is_stale and sample.quality is Quality.GOOD else sample.quality.name.lower(),
        "reason": reason,
        "why": why,
        "source_time": iso(sample.source_time),
        "age_s": age / SECOND,
        "initial": bool(sample.mark & Mark.INITIAL),
        "forced": bool(sample.mark & Mark.FORCED),
    }


def _shown(gateway: GatewayFace, device: Device, tag: Tag, why: WhyBad) -> dict[str, Any]:
    return {
        "tag": tag.name,
        "area": device.area,
        "area_words": dict(gateway.plant.areas[device.area]),
        "device": device.name,
        "device_words": dict(device.words),
        "words": dict(tag.words),
        "unit": tag.unit,
        "is_session": tag.key == SESSION,
        "is_text": tag.is_text,
        "states": states_form(tag),
        **reading_form(gateway, device.name, tag, why),
    }


def _point(tag: Tag) -> dict[str, str]:
    """What the driver needs to read it, as the file says it."""
    if not isinstance(tag.point, BaseModel):
        return {}
    said = ((name, getattr(tag.point, name)) for name in type(tag.point).model_fields)
    return {name: str(value) for name, value in said if value is not None}
