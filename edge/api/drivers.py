"""What the drivers have to say of themselves: how much each device is read, and what it said that was not used."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from drivers.base import Driver, RefusedInput
from edge.api.alarm_form import iso
from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.model.permission import Permission
from edge.model.tag import SESSION, tag_name

router = APIRouter(prefix="/api/v1/drivers")


@router.get("")
async def list_drivers(request: Request, _: Annotated[Caller, needs(Permission.SEE)]) -> JSONResponse:
    """Each connection with its devices. configured, achieved: polls or messages a second over the last minute; configured 0:
    the device speaks by itself. counts: since the start, by words that the driver's README explains. refused: input that was
    not used, with the first of each kind; a device there that is none of the plant's has the cause `unknown_device`."""
    gateway = door_of(request).gateway
    shown = []
    for driver in gateway.drivers():
        devices, counts = [], _counts_by_device(driver)
        for device, (configured, achieved) in driver.rates().items():
            session = gateway.tag(tag_name(device, SESSION))
            up = None if session is None else session.value == 1.0
            rates = {"configured": configured, "achieved": achieved}
            devices.append({"device": device, "up": up, **rates, "counts": counts.get(device, {})})
        shown.append(
            {"driver": driver.name, "devices": devices, "refused": [_refused(each) for each in driver.refused_inputs()]}
        )
    return JSONResponse(shown)


def _counts_by_device(driver: Driver) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for (device, what), times in driver.counters().items():
        counts.setdefault(device, {})[what] = times
    return counts


def _refused(refused: RefusedInput) -> dict[str, Any]:
    return {
        "device": refused.device,
        "tag": refused.tag or None,
        "source": refused.source,
        "cause": refused.cause,
        "times": refused.times,
        "first": refused.first,
        "at": iso(refused.at),
    }
