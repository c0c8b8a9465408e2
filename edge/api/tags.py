"""Live tags: value, quality, age."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Request

from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.model.moment import SECOND, to_iso
from edge.model.permission import Permission
from edge.model.tag import Device, Tag

router = APIRouter(prefix="/api/v1/tags")


@router.get("")
async def list_tags(request: Request, _: Annotated[Caller, needs(Permission.SEE)]) -> list[dict[str, Any]]:
    """Every tag. quality: good, uncertain, bad, stale (nothing good for longer than allowed) or waiting (nothing came yet)."""
    gateway = door_of(request).gateway
    devices = sorted(gateway.plant.devices.values(), key=lambda device: device.name)
    return [_shown(gateway, device, tag) for device in devices for tag in device.tags]


def _shown(gateway: GatewayFace, device: Device, tag: Tag) -> dict[str, Any]:
    sample = gateway.tag(tag.name)
    shown: dict[str, Any] = {
        "tag": tag.name,
        "area": device.area,
        "area_words": dict(gateway.plant.areas[device.area]),
        "device": device.name,
        "device_words": dict(device.words),
        "words": dict(tag.words),
        "unit": tag.unit,
        "value": None,
        "quality": "waiting",
        "source_time": None,
        "age_s": None,
        "initial": False,
    }
    if sample is None:
        return shown
    age = max(0, gateway.clock.now() - sample.source_time)
    is_stale = tag.stale_after is not None and age > tag.stale_after
    return {
        **shown,
        "value": None if math.isnan(sample.value) else sample.value,
        "quality": "stale" if is_stale and sample.quality.name == "GOOD" else sample.quality.name.lower(),
        "source_time": to_iso(sample.source_time),
        "age_s": age / SECOND,
        "initial": bool(sample.mark & 1),
    }
