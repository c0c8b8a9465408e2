"""Stages: which hold, promotion by a person with a reason, and the daily list of what is in shadow."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from edge.api.alarm_form import name_of
from edge.api.authorise import MayMaintain, MaySee
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.api.refusal import Refusal
from edge.model.command import SetStage
from edge.model.event import Event
from edge.model.moment import MINUTE, NEVER, Moment, to_iso
from edge.model.person import Directory
from edge.model.stage import COMMISSIONING_MAX, PLANT, Stage
from edge.response.calendar import day_at, day_span
from edge.response.shadow import shadow_day, shadow_document
from edge.store.store import SqliteStore

router = APIRouter(prefix="/api/v1/stages")

#: Of those who can be named for a trial, so many stand in the refusal of one that names somebody else.
KNOWN_SHOWN = 20
#: Rows of the journal that are read at once: the store has one thread, and others wait for it.
PAGE = 2_000
_LAST = (1 << 63) - 1


class StageAsked(BaseModel, extra="forbid"):
    """scope: `plant`, `line:NAME` or an alarm's id. only, minutes: of commissioning alone."""

    scope: Annotated[str, Field(min_length=1, max_length=200)] = PLANT
    stage: Stage
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    only: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)] = []
    minutes: Annotated[float, Field(ge=0, le=COMMISSIONING_MAX / MINUTE)] = 0


class StageAnswer(BaseModel):
    """The event that the command became: `stage_set`."""

    event: str
    scope: str
    data: dict[str, Any]


@router.get("")
async def list_stages(request: Request, _: MaySee) -> JSONResponse:
    """Of the plant, and of each line or alarm that has a stage of its own; `by` is empty where nobody has set it. until: when a
    trial ends by itself, null for no trial. minutes_max: of a trial. scopes: what else can have a stage, beside any alarm.
    recipients: who can be named for a trial, by id."""
    gateway = door_of(request).gateway
    plant = gateway.plant
    stages = [
        {
            "scope": scope,
            "stage": each.stage,
            "by": each.by,
            "by_name": name_of(plant, each.by) if each.by else "",
            "reason": each.reason,
            "only": list(each.only),
            "until": None if each.until == NEVER else to_iso(each.until),
        }
        for scope, each in gateway.stages().items()
    ]
    recipients = _recipients(plant.policy.directory)
    scopes = {f"line:{name}": dict(line.words) for name, line in plant.policy.lines.items()}
    answer = {"stages": stages, "minutes_max": COMMISSIONING_MAX // MINUTE, "scopes": scopes, "recipients": recipients}
    return JSONResponse(answer)


@router.post("")
async def set_stage(request: Request, asked: StageAsked, caller: MayMaintain, key: IdempotencyKey = None) -> StageAnswer:
    """Promote, try out, or take back. Refusal 422 when `only` names somebody whom people.yaml does not know."""
    known = _recipients(door_of(request).gateway.plant.policy.directory)
    unknown = [each for each in asked.only if each not in known]
    if unknown:
        shown = ", ".join(sorted(known)[:KNOWN_SHOWN]) + (", ..." if len(known) > KNOWN_SHOWN else "")
        raise Refusal(422, "unknown_recipients", unknown=", ".join(unknown[:KNOWN_SHOWN]), known=shown)
    command = SetStage(asked.scope, asked.stage, asked.reason, tuple(asked.only), round(asked.minutes * MINUTE))
    event = await carry_out(request, caller, command, key)
    return StageAnswer(event=event.kind, scope=event.subject, data=dict(event.data))


@router.get("/shadow")
async def list_shadow(
    request: Request,
    _: MaySee,
    day: Annotated[str | None, Query(max_length=10, description="YYYY-MM-DD of the plant; today when left out")] = None,
) -> JSONResponse:
    """Who would have been told on a day of what was in shadow."""
    gateway = door_of(request).gateway
    plant = gateway.plant
    asked = day or day_at(gateway.clock.now(), plant.time_zone)
    try:
        begin, end = day_span(asked, plant.time_zone)
    except (ValueError, OverflowError) as error:
        raise Refusal(422, "invalid", fields="day") from error
    found = shadow_day(plant.policy, await _events_between(gateway, begin, end))
    return JSONResponse(shadow_document(asked, found, plant.policy.directory))


def _recipients(directory: Directory) -> dict[str, str]:
    """Who can be named for a trial: `person:ID`, `team:ID` or `group:ID`, and the name; a team has none but its id."""
    persons = {f"person:{key}": person.name for key, person in directory.persons.items()}
    teams = {f"team:{key}": key for key in directory.teams}
    return persons | teams | {f"group:{key}": group.name for key, group in directory.groups.items()}


async def _events_between(gateway: GatewayFace, begin: Moment, end: Moment) -> list[Event]:
    """Events recorded in this span that say something of the shadow, a page at a time."""
    events: list[Event] = []
    before = _LAST
    while True:
        rows = await gateway.run_in_store(partial(SqliteStore.read_back, before=before, limit=PAGE))
        inside = (row.event for row in rows if begin <= row.recorded_at < end)
        events += [event for event in inside if event.data.get("suppressed") == [Stage.SHADOW]]
        if not rows or rows[-1].recorded_at < begin:
            return events
        before = rows[-1].sequence
