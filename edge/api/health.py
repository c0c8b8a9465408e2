"""What probes and scrapers read."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from edge.api.door import door_of
from edge.model.alarm import AlarmState, Priority

router = APIRouter()

_NAME = re.compile(r"^[a-z_]+")


@router.get("/livez")
async def live() -> PlainTextResponse:
    """The process answers; says nothing about anything it depends on."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    reasons = list(door_of(request).gateway.ready())
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@router.get("/metrics")
async def metrics(request: Request) -> PlainTextResponse:
    """Prometheus' text format."""
    gateway = door_of(request).gateway
    figures = dict(gateway.metrics())
    for priority in Priority:
        active = [view for view in gateway.alarms() if view.rule.priority is priority and view.state is not AlarmState.NORM]
        figures[f'andon_alarms{{priority="{priority}"}}'] = len(active)
    lines: list[str] = []
    typed: set[str] = set()
    for figure, value in sorted(figures.items()):
        found = _NAME.match(figure)
        name = found[0] if found else figure
        if name not in typed:
            typed.add(name)
            lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines.append(f"{figure} {value:g}" if value != int(value) else f"{figure} {int(value)}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
