"""What the drivers have to say of themselves: how much each device is read, and what it said that was not used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from drivers.base import Driver, Explaining, RefusedInput, Scanning, ScanRate
from edge.api.alarm_form import iso
from edge.api.authorise import MaySee
from edge.api.door import door_of
from edge.model.moment import SECOND
from edge.model.tag import SESSION, tag_name
from edge.texts import LANGUAGES, catalogue, render

router = APIRouter(prefix="/api/v1/drivers")


@router.get("")
async def list_drivers(request: Request, _: MaySee) -> JSONResponse:
    """Each connection with its devices. up: null until it is known; since: when it came up or was lost; why: of a lost one, as
    the log says it. configured, achieved: polls or messages a second over the last minute; configured 0: the device speaks by
    itself. scans: the same for the tags of each period; lag_s: how late a poll began, at worst in the last minute or two;
    overruns: polls that were left out. counts: since the start, by words that the driver's README explains. refused: input
    that was not used, with the first of each kind; a device there that is none of the plant's has the cause `unknown_device`.
    words: what a count or a cause means and what comes of it, in both languages, where there is more to say than its name."""
    gateway = door_of(request).gateway
    shown = []
    for driver in gateway.drivers():
        devices, counts = [], _counts_by_device(driver)
        scanning = driver.scans() if isinstance(driver, Scanning) else ()
        losses = driver.losses() if isinstance(driver, Explaining) else {}
        for device, (configured, achieved) in driver.rates().items():
            session = gateway.tag(tag_name(device, SESSION))
            rates = {"configured": configured, "achieved": achieved}
            counted = counts.get(device, {})
            scans = [_scan(each) for each in scanning if each.device == device]
            devices.append(
                {
                    "device": device,
                    "up": None if session is None else session.value == 1.0,
                    "since": None if session is None else iso(session.source_time),
                    "why": losses.get(device),
                    **rates,
                    "scans": scans,
                    "counts": counted,
                    "words": _words(driver, counted),
                }
            )
        refused = [_refused(each) for each in driver.refused_inputs()]
        words = _words(driver, {each["cause"] for each in refused})
        shown.append({"driver": driver.name, "devices": devices, "refused": refused, "words": words})
    return JSONResponse(shown)


def _counts_by_device(driver: Driver) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for (device, what), times in driver.counters().items():
        counts.setdefault(device, {})[what] = times
    return counts


def _words(driver: Driver, words: Iterable[str]) -> dict[str, dict[str, str]]:
    """Sentences of those that have one, by word."""
    protocol = driver.name.partition(" ")[0]
    keys = {word: f"drivers.{protocol}.counted.{word}" for word in words}
    known = catalogue(LANGUAGES[0])
    return {word: {language: render(key, {}, language) for language in LANGUAGES} for word, key in keys.items() if key in known}


def _scan(scan: ScanRate) -> dict[str, Any]:
    return {
        "every_s": scan.every / SECOND,
        "tags": scan.tags,
        "configured": scan.configured,
        "achieved": scan.achieved,
        "lag_s": scan.lag / SECOND,
        "overruns": scan.overruns,
    }


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
