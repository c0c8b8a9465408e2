"""Where clouds call us, if a plant publishes this address. The channel believes nothing that its cloud has not signed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from cloud_bridge.callback import Callback
from edge.api.door import door_of
from edge.api.refusal import Refusal

router = APIRouter(prefix="/api/v1/callbacks")


@router.post("/{channel}/{kind}")
async def called_back(request: Request, channel: str, kind: str) -> JSONResponse:
    """Answered by the channel, in its cloud's own words."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    callback = Callback(kind, dict(request.query_params), headers, await request.body())
    reply = await door_of(request).gateway.called_back(channel, callback)
    if reply is None:
        raise Refusal(404, "not_found")
    return JSONResponse(reply.body, reply.status)
