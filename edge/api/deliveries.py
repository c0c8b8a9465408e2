"""Who was told: what the outbox holds, when it arrived, and who pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import iso, name_of, recipient_name
from edge.api.authorise import MaySee
from edge.api.door import door_of
from edge.api.journal import SEQUENCE_MAX
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.event import JournalRow
from edge.model.intent import Purpose
from edge.model.moment import SECOND, Moment
from edge.store.outbox_sql import IntentState
from edge.store.overview import Telling, TellingFilter
from edge.store.store import SqliteStore

router = APIRouter(prefix="/api/v1/deliveries")

TELLINGS_MAX = 500
#: Presses are looked for in this many of the newest answers to the alarms of a page.
PRESSES_MAX = 2_000
#: Purposes that ask somebody to press.
_ASKING = (Purpose.RAISED, Purpose.REMINDER, Purpose.GIVEN_BACK, Purpose.CALL)


@router.get("")
async def list_deliveries(
    request: Request,
    _: MaySee,
    limit: Annotated[int, Query(ge=1, le=TELLINGS_MAX)] = 100,
    before: Annotated[int | None, Query(ge=0, le=SEQUENCE_MAX, description="`next` of the page above")] = None,
    alarm: Annotated[str | None, Query(max_length=200)] = None,
    occurrence: Annotated[int | None, Query(ge=1, le=SEQUENCE_MAX)] = None,
    state: IntentState | None = None,
    purpose: Purpose | None = None,
    recipient: Annotated[str | None, Query(max_length=200)] = None,
    changes_of_state: Annotated[Literal["show", "hide"], Query(description="silent updates of a card")] = "show",
) -> JSONResponse:
    """counts: all intents by state. recipients: who can be told, by id. deliveries: newest first. next: what `before` asks for
    the next page by; null on the last."""
    gateway = door_of(request).gateway
    wanted = TellingFilter(
        before, alarm, occurrence, state, purpose, recipient, without=Purpose.STATE if changes_of_state == "hide" else None
    )

    def ask(store: SqliteStore) -> tuple[dict[str, int], list[dict[str, Any]]]:
        told = store.tellings(wanted, limit)
        return dict(store.outbox_counts()), telling_forms(store, gateway.plant, told)

    counts, deliveries = await gateway.run_in_store(ask)
    directory = gateway.plant.policy.directory
    recipients = {f"person:{key}": person.name for key, person in directory.persons.items()}
    recipients |= {f"group:{key}": group.name for key, group in directory.groups.items()}
    following = deliveries[-1]["sequence"] if len(deliveries) == limit else None
    return JSONResponse({"counts": counts, "recipients": recipients, "deliveries": deliveries, "next": following})


def telling_forms(store: SqliteStore, plant: Plant, told: Sequence[Telling]) -> list[dict[str, Any]]:
    """As plain JSON, with who pressed. Asks the store once for all."""
    asking = sorted({telling.alarm for telling in told if telling.purpose in _ASKING})
    kinds = ("acknowledged", "on_my_way")
    answers = store.read_back(SEQUENCE_MAX, PRESSES_MAX, subjects=asking, kinds=kinds) if asking else []
    answers.reverse()
    return [_form(telling, plant, [row for row in answers if _answers(row, telling)]) for telling in told]


def _answers(row: JournalRow, telling: Telling) -> bool:
    """A person answers what they themselves were told; what a group was told, anybody does by the same channel."""
    data = row.event.data
    if telling.purpose not in _ASKING or (row.event.subject, data["occurrence"]) != (telling.alarm, telling.occurrence):
        return False
    kind, _, key = telling.recipient.partition(":")
    return bool(data["by"] == key if kind == "person" else data["via"] == telling.channel)


def _form(telling: Telling, plant: Plant, presses: Sequence[JournalRow]) -> dict[str, Any]:
    """arrived: when the channel took it; None before, and where nothing was to be sent, which is the state `no_card`. late_s:
    from when it was wanted to then. due: of what waits, not to be tried before."""
    arrived: Moment | None = telling.ended_at if telling.was_sent else None
    rule = plant.policy.rules.get(telling.alarm)
    device = None if rule is None else plant.devices.get(rule.device)
    return {
        "sequence": telling.sequence,
        "intent": telling.intent,
        "channel": telling.channel,
        "purpose": telling.purpose,
        "recipient": telling.recipient,
        "recipient_name": recipient_name(plant, telling.recipient),
        "alarm": telling.alarm,
        "occurrence": telling.occurrence,
        "priority": list(Priority)[telling.priority_rank],
        "words": {} if rule is None else dict(rule.words),
        "device_words": {} if device is None else dict(device.words),
        "area_words": {} if device is None else dict(plant.areas[device.area]),
        "wanted": iso(telling.wanted_at),
        "created": iso(telling.created_at),
        "state": "no_card" if telling.state == IntentState.DELIVERED and not telling.was_sent else telling.state,
        "attempt": telling.attempt,
        "tried": iso(telling.started_at),
        "due": iso(telling.due_at) if telling.state == IntentState.WAITING else None,
        "detail": telling.detail or "",
        "arrived": iso(arrived),
        "late_s": None if arrived is None else max(0, arrived - telling.wanted_at) / SECOND,
        "is_late": arrived is not None and arrived - telling.wanted_at > plant.policy.late_after,
        "presses": [
            {
                "by": row.event.data["by"],
                "by_name": name_of(plant, str(row.event.data["by"])),
                "at": iso(row.event.time),
                "coming": row.event.kind == "on_my_way" or bool(row.event.data.get("coming")),
            }
            for row in presses
        ],
    }
