"""Messages that a channel refused, that made it fail again and again, or of which nobody knows whether they arrived; having one
tried anew.

Which they are says the list of deliveries, by the states `refused`, `quarantined` and `unknown`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from edge.api.authorise import MayMaintain
from edge.api.carry_out import IdempotencyKey, carry_out
from edge.api.door import door_of
from edge.api.refusal import Refusal
from edge.model.command import ReplayIntent
from edge.store.outbox import Replayable

router = APIRouter(prefix="/api/v1/deliveries")

_REFUSALS = {
    Replayable.UNKNOWN: (404, "unknown_message"),
    Replayable.NOT_IN_QUARANTINE: (409, "not_in_quarantine"),
    Replayable.WITHDRAWN: (409, "no_longer_wanted"),
    Replayable.NEVER_REPEATED: (409, "never_repeated"),
    Replayable.OUT_OF_TURN: (409, "out_of_turn"),
}


class ReplayAsked(BaseModel, extra="forbid"):
    """intent: its key, as the list of deliveries says it."""

    intent: Annotated[str, Field(min_length=1, max_length=1_000)]


class ReplayAnswer(BaseModel):
    """The event that the command became: `replayed`."""

    event: str
    intent: str
    data: dict[str, Any]


@router.post("/replay")
async def replay(request: Request, asked: ReplayAsked, caller: MayMaintain, key: IdempotencyKey = None) -> ReplayAnswer:
    """Mend first what it was refused for. Of what may have arrived the text says so. Taken is not yet told: what becomes of it
    is in the list."""
    found = await door_of(request).gateway.run_in_store(lambda store: store.replayable(asked.intent))
    if found is not Replayable.YES:
        raise Refusal(*_REFUSALS[found])
    event = await carry_out(request, caller, ReplayIntent(asked.intent), key)
    return ReplayAnswer(event=event.kind, intent=event.subject, data=dict(event.data))
