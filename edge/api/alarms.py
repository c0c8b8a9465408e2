"""Alarms: those that somebody has to look at, and all that is known of one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from edge.api.alarm_form import alarm_form, facts_form, is_hidden, is_to_be_seen, rule_form, states_form, tag_of
from edge.api.authorise import MaySee
from edge.api.deliveries import TELLINGS_MAX, telling_forms
from edge.api.door import door_of
from edge.api.journal import SEQUENCE_MAX, journal_form
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.event import JournalRow
from edge.model.moment import MINUTE
from edge.store.overview import TellingFilter
from edge.store.store import SqliteStore
from rules.definition import SHELVE_MAX
from rules.view import AlarmView

router = APIRouter(prefix="/api/v1/alarms")

#: Rows of its journal that come with one alarm, the newest.
JOURNAL_ROWS = 200


class ShelveReason(BaseModel):
    id: str
    words: dict[str, str]


class Shelving(BaseModel):
    """reasons: those that the plant presets; any other text is taken too. minutes: how long, unless somebody says otherwise."""

    reasons: list[ShelveReason]
    minutes: float
    minutes_max: float


@router.get("")
async def list_alarms(
    request: Request,
    _: MaySee,
    every: Annotated[bool, Query(description="also those at rest")] = False,
    hidden: Annotated[
        Literal["show", "hide", "only"], Query(description="shelved, out of service, or suppressed by design")
    ] = "show",
) -> JSONResponse:
    """What somebody has to look at: active, unacknowledged, unconfirmed, latched, shelved or out of service; most urgent first,
    then eldest.

    Alarms of the priority `journal` are only written down: they are listed with `every`. Who wants to follow asks for
    `/api/v1/live`."""
    gateway = door_of(request).gateway
    views = list(gateway.alarms()) if every else [view for view in gateway.standing() if is_to_be_seen(view)]
    if hidden != "show":
        views = [view for view in views if is_hidden(view) == (hidden == "only")]
    views.sort(key=lambda view: (view.rule.priority.rank, view.raised or 0, view.rule.id))
    return JSONResponse([alarm_form(view, gateway.plant) for view in views])


@router.get("/shelving")
async def shelving(request: Request, _: MaySee) -> Shelving:
    """What a face may offer when somebody shelves."""
    policy = door_of(request).gateway.plant.policy
    reasons = [ShelveReason(id=key, words=dict(words)) for key, words in policy.shelve_reasons]
    return Shelving(reasons=reasons, minutes=policy.shelve_for / MINUTE, minutes_max=SHELVE_MAX / MINUTE)


@router.get("/{alarm:path}")
async def one_alarm(
    request: Request,
    _: MaySee,
    alarm: Annotated[str, Path(min_length=1, max_length=200)],
) -> JSONResponse:
    """All that is known of one alarm, also at rest. Beside what the list says: its rule, tag and device; the context of its
    newest occurrence; what was told of that occurrence; and the newest rows of its journal, newest first."""
    gateway = door_of(request).gateway
    view = gateway.alarm(alarm)
    if view is None:
        raise Refusal(404, "unknown_alarm", alarm=alarm)
    occurrence = view.facts.occurrence

    def ask(store: SqliteStore) -> tuple[list[JournalRow], list[dict[str, Any]]]:
        rows = store.read_back(SEQUENCE_MAX, JOURNAL_ROWS, subjects=[alarm])
        wanted = TellingFilter(alarm=alarm, occurrence=occurrence)
        return rows, telling_forms(store, gateway.plant, store.tellings(wanted, TELLINGS_MAX))

    rows, told = await gateway.run_in_store(ask)
    return JSONResponse(
        {
            **alarm_form(view, gateway.plant),
            "rule": rule_form(view.rule),
            "tag_facts": _tag_facts(gateway.plant, view),
            "facts": facts_form(gateway.plant.devices[view.rule.device]),
            "context": _context(gateway.plant, view, rows),
            "deliveries": told,
            "journal": [journal_form(row, gateway.plant) for row in rows],
        }
    )


def _tag_facts(plant: Plant, view: AlarmView) -> dict[str, Any]:
    tag = tag_of(plant, view.rule)
    return {
        "words": dict(tag.words),
        "is_text": tag.is_text,
        "range": tag.measure.range,
        "valid": tag.measure.valid,
    }


def _context(plant: Plant, view: AlarmView, rows: list[JournalRow]) -> list[dict[str, Any]]:
    """What the tags that the rule names showed when the newest occurrence began, was raised and returned; None where it did
    not, or they showed nothing."""
    named = view.rule.context
    if not named:
        return []
    of_this = {
        row.event.kind: row.event.data
        for row in reversed(rows)
        if row.event.kind in {"raised", "returned"} and row.event.data.get("occurrence") == view.facts.occurrence
    }
    raised, returned = of_this.get("raised", {}), of_this.get("returned", {})
    known = {tag.name: tag for device in plant.devices.values() for tag in device.tags if tag.name in named}
    return [
        {
            "tag": name,
            "words": dict(known[name].words),
            "unit": known[name].unit,
            "states": states_form(known[name]),
            "began": raised.get("context_began", {}).get(name),
            "raised": raised.get("context", {}).get(name),
            "returned": returned.get("context", {}).get(name),
        }
        for name in named
        if name in known
    ]
