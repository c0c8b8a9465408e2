"""What probes and scrapers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from edge.api.door import door_of
from edge.model.alarm import Priority
from edge.model.errors import StoreError
from edge.model.moment import SECOND, Moment
from edge.store.overview import Queue

router = APIRouter()


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
    figures = {name: float(value) for name, value in gateway.metrics().items()}
    with suppress(StoreError):  # what waits nobody can tell now; andon_store_refusing says so
        queues = await gateway.run_in_store(lambda store: store.queues())
        figures |= _of_queues(queues, gateway.plant.channels, gateway.clock.now())
    standing = Counter(view.rule.priority for view in gateway.standing())
    for priority in Priority:
        figures[f'andon_alarms{{priority="{priority}"}}'] = float(standing[priority])
    lines: list[str] = []
    typed: set[str] = set()
    for figure, value in sorted(figures.items()):
        name = figure.partition("{")[0]
        if name not in typed:
            typed.add(name)
            lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines.append(f"{figure} {int(value) if value.is_integer() else repr(value)}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


def _of_queues(queues: Iterable[Queue], channels: Iterable[str], now: Moment) -> dict[str, float]:
    """How many messages wait for each channel, by priority, and for how long the eldest; also where none does."""
    of_each = [f'channel="{channel}",priority="{priority}"' for channel in channels for priority in Priority]
    figures = {f"andon_delivery_{what}{{{of}}}": 0.0 for of in of_each for what in ("waiting", "oldest_seconds")}
    for queue in queues:
        of = f'channel="{queue.channel}",priority="{queue.priority}"'
        figures[f"andon_delivery_waiting{{{of}}}"] = float(queue.waiting)
        figures[f"andon_delivery_oldest_seconds{{{of}}}"] = max(0, now - queue.eldest) / SECOND
    return figures
