"""The application: all routers, the door they share, and limits on what comes in."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.api import (
    alarms,
    callbacks,
    channel_sessions,
    commands,
    deliveries,
    drivers,
    entries,
    explanation,
    forced,
    hang_tags,
    health,
    journal,
    live,
    maintenance,
    proof,
    quarantine,
    quota,
    reports,
    sessions,
    setup,
    site,
    stages,
    tags,
    trends,
    users,
    writes,
)
from edge.api.derived_form import derived_from
from edge.api.door import Door
from edge.api.gateway import GatewayFace
from edge.api.passwords import Passwords, new_token
from edge.api.refusal import answer_refusals
from edge.api.tags import tags_in_order
from edge.api.throttle import Throttle

#: No request of ours is larger; uploads will bring their own limit.
BODY_MAX = 64 * 1024


def create_app(gateway: GatewayFace, *, setup_code: str | None, passwords: Passwords | None = None) -> FastAPI:
    """The ready application. FastAPI's own /docs would load scripts from the internet, so it is off; the schema is served."""
    app = FastAPI(title="Andon", version="1", openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None)
    boot, known = new_token()[:12], tags_in_order(gateway.plant)
    app.state.door = Door(gateway, passwords or Passwords(), Throttle(), setup_code, boot, known, derived_from(gateway.plant))
    # Commands before alarms: an alarm's id may be anything, also the path of a command.
    parts = (
        setup,
        sessions,
        channel_sessions,
        callbacks,
        users,
        site,
        live,
        commands,
        stages,
        maintenance,
        writes,
        forced,
        entries,
        hang_tags,
        reports,
        alarms,
        explanation,
        tags,
        trends,
        journal,
        deliveries,
        proof,
        quarantine,
        quota,
        drivers,
        health,
    )
    for part in parts:
        # Not include_router: that reads every signature anew for each application, at its first request.
        app.routes.extend(part.router.routes)
    answer_refusals(app)
    app.add_middleware(BodyLimit)
    return app


class BodyLimit:
    """Refuses a body above BODY_MAX, whether its length is announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_MAX:
                # Not a Refusal: where FastAPI reads a body, it lets only this kind of error through as it is.
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
