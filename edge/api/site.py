"""Which plant this is, before anybody has logged in: what a log-in page has to show."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from edge.api.door import door_of
from edge.model.moment import to_iso
from edge.model.stage import PLANT

router = APIRouter(prefix="/api/v1/site")


class Site(BaseModel):
    """rate: how much faster than the wall the agent's clock runs; more than 1 only in a demonstration. stage: of the plant,
    shadow, commissioning or live."""

    site: str
    agent: str
    language: str
    time_zone: str
    now: str
    rate: float
    stage: str


@router.get("")
async def site(request: Request) -> Site:
    gateway = door_of(request).gateway
    plant = gateway.plant
    return Site(
        site=plant.site,
        agent=plant.agent,
        language=plant.language,
        time_zone=plant.time_zone,
        now=to_iso(gateway.clock.now()),
        rate=gateway.rate,
        stage=str(gateway.stages()[PLANT].stage),
    )
