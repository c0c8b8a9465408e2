"""What a command becomes: a row of the inbox, and then the event that ended it, or a refusal that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Header, Request

from edge.api.alarm_form import name_of
from edge.api.authorise import Caller
from edge.api.door import door_of
from edge.api.passwords import new_token
from edge.api.refusal import Refusal, language_of
from edge.config.plant import Plant
from edge.model.command import InboxRow, PersonCommand, body_kind
from edge.model.event import Event
from edge.model.moment import from_iso, to_datetime
from edge.texts import catalogue, render

#: A command that is in the inbox is carried out, but while the store refuses rows nobody knows when.
ANSWER_WITHIN_S = 8.0
#: A client that sends one repeats a command safely: the same key enters once.
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]


async def carry_out(request: Request, caller: Caller, command: PersonCommand, key: str | None) -> Event:
    """The event that the command became. Refusal 409 for one that changed nothing, 504 for one whose end was not seen."""
    gateway = door_of(request).gateway
    # The key is the client's own: two accounts may use the same one without knowing of each other.
    message_id = f"{caller.account}:{key or new_token()}"
    row = InboxRow("api", message_id, caller.actor, command, gateway.clock.now())
    try:
        event = await asyncio.wait_for(gateway.answer(row), ANSWER_WITHIN_S)
    except TimeoutError as error:
        raise Refusal(504, "not_answered") from error
    if event is None:
        raise Refusal(409, "taken_before")
    if event.kind == "rejected":
        reason, language = str(event.data["reason"]), language_of(request)
        # Of some commands a reason says more than of most.
        own = f"api.rejections_of.{body_kind(command)}.{reason}"
        sentence = own if own in catalogue(language) else f"api.rejections.{reason}"
        raise Refusal(409, "rejected", reason=reason, sentence=render(sentence, _who(gateway.plant, event.data), language))
    return event


def _who(plant: Plant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Who was quicker, by name, and when, on the plant's clock; else what the event says, numbers as people write them."""
    if "acknowledged_by" not in data:
        plain = {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in data.items()}
        return {"at": "", **plain, "by": ""}
    at = to_datetime(from_iso(str(data["acknowledged_at"]))).astimezone(ZoneInfo(plant.time_zone))
    return {"by": name_of(plant, str(data["acknowledged_by"])) or "", "at": f"{at:%H:%M:%S}"}
