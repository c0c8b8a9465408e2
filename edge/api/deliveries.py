"""Who was told: the latest attempts of the bridge, and what waits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.model.moment import to_iso
from edge.model.permission import Permission

router = APIRouter(prefix="/api/v1/deliveries")


@router.get("")
async def list_deliveries(
    request: Request,
    _: Annotated[Caller, needs(Permission.SEE)],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """counts: intents by state. attempts: newest first."""
    gateway = door_of(request).gateway
    attempts = await gateway.run_in_store(lambda store: store.deliveries(limit))
    counts = await gateway.run_in_store(lambda store: dict(store.outbox_counts()))
    shown = []
    for attempt in attempts:
        row = asdict(attempt)
        for moment in ("started_at", "ended_at"):
            row[moment] = None if row[moment] is None else to_iso(row[moment])
        shown.append(row)
    return {"counts": counts, "attempts": shown}
