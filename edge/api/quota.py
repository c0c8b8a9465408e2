"""What the collaboration cloud counts: what was used, what is left, and until when it lasts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from cloud_bridge.quota.statement import Statement
from edge.api.alarm_form import iso
from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.model.moment import to_iso
from edge.model.permission import Permission

router = APIRouter(prefix="/api/v1/quota")


@router.get("")
async def quota(request: Request, _: Annotated[Caller, needs(Permission.SEE)]) -> JSONResponse:
    """quotas: a row for each channel whose cloud counts, and each kind: api, push, sms, call."""
    gateway = door_of(request).gateway
    return JSONResponse({"now": to_iso(gateway.clock.now()), "quotas": [_form(each) for each in gateway.quotas()]})


def _form(told: Statement) -> dict[str, Any]:
    """per: `month` or `day`. reserved: of the limit, for critical alarms alone. a_day: on an average day of the last seven.
    ends: when at that pace it is used up, null when it lasts. refused_until: of a refusal by the cloud."""
    return {
        "channel": told.channel,
        "kind": str(told.kind),
        "per": "month" if told.monthly else "day",
        "used": told.spent,
        "limit": told.limit,
        "left": told.left,
        "reserved": told.reserved,
        "a_day": round(told.a_day, 1),
        "ends": iso(told.ends),
        "refused_until": iso(told.refused_until),
    }
