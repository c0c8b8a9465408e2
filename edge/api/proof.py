"""Proof of delivery: who was told of one occurrence, when, by which channel; whether it was accepted and read; who acted.

Nothing is remembered for it: it is read from the outbox (what was told, and how each attempt ended) and from the journal (what
people did, who was folded into a digest, who was not reached). *Accepted* is the moment at which the channel took it. *Acted*
is what a person's committed command did: a tap that never came in counts for nothing, however the card looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import iso, name_of, recipient_name
from edge.api.authorise import MaySee
from edge.api.door import door_of
from edge.api.gateway import GatewayFace
from edge.api.journal import SEQUENCE_MAX
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.event import JournalRow
from edge.model.intent import Purpose
from edge.model.moment import SECOND, Moment
from edge.store.overview import Telling, TellingFilter
from edge.store.store import SqliteStore

router = APIRouter(prefix="/api/v1/proof")

TELLINGS_MAX = 500
ROWS_MAX = 500
#: So many people's channels are asked whether they have read it.
ASKED_MAX = 20
#: What people do about an occurrence.
_ACTS = ("acknowledged", "on_my_way", "unacknowledged", "confirmed")
#: Why somebody was told otherwise than by a message about this alarm, or not at all.
_OTHERWISE = ("folded", "missed", "unrouted", "fell_back")
#: What tells of it for the first time.
_FIRST = (Purpose.RAISED, Purpose.CALL)


@router.get("/{alarm:path}")
async def proof_of_alarm(
    request: Request,
    _: MaySee,
    alarm: str,
    occurrence: Annotated[int | None, Query(ge=1, le=SEQUENCE_MAX, description="the newest unless given")] = None,
    read: Annotated[bool, Query(description="ask channels whether it was read, by a counted call each")] = False,
) -> JSONResponse:
    """people: one entry for each recipient and channel, in the order in which they were told; `read` of each is null
    where nobody was asked, or can tell. otherwise: who was told of it in a digest, by another channel, or not at all, and why.
    acts: what people did, in order."""
    gateway = door_of(request).gateway
    view = gateway.alarm(alarm)
    if view is None:
        raise Refusal(404, "unknown_alarm", alarm=alarm)
    number = occurrence or view.facts.occurrence
    proof = await gateway.run_in_store(lambda store: proof_form(store, gateway.plant, alarm, number))
    if read:
        for way in proof["people"][:ASKED_MAX]:
            way["read"] = await _was_read(gateway, way)
    return JSONResponse(proof)


async def _was_read(gateway: GatewayFace, way: Mapping[str, Any]) -> bool | None:
    """Whether the last message of which the channel can tell was read."""
    for telling in reversed(way["told"]):
        found = await gateway.run_in_store(partial(SqliteStore.told, key=telling["intent"]))
        if found is not None and (was_read := await gateway.was_read(*found)) is not None:
            return was_read
    return None


def proof_form(store: SqliteStore, plant: Plant, alarm: str, occurrence: int) -> dict[str, Any]:
    """As plain JSON."""
    told = store.tellings(TellingFilter(alarm=alarm, occurrence=occurrence, without=Purpose.STATE), TELLINGS_MAX)
    rows = store.read_back(SEQUENCE_MAX, ROWS_MAX, subjects=[alarm], kinds=(*_ACTS, *_OTHERWISE))
    about = [row for row in reversed(rows) if row.event.data.get("occurrence") == occurrence]
    acts = [row for row in about if row.event.kind in _ACTS]
    ways: dict[tuple[str, str], list[Telling]] = {}
    for telling in reversed(told):
        ways.setdefault((telling.recipient, telling.channel), []).append(telling)
    return {
        "alarm": alarm,
        "occurrence": occurrence,
        "people": [_way(plant, tellings, acts, ways) for tellings in ways.values()],
        "otherwise": [one for row in about if row.event.kind in _OTHERWISE for one in _otherwise(store, plant, row)],
        "acts": [_act(plant, row) for row in acts],
    }


def _way(
    plant: Plant, tellings: Sequence[Telling], acts: Iterable[JournalRow], ways: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    first = next((each for each in tellings if each.purpose in _FIRST), tellings[0])
    accepted = next((each for each in tellings if each.was_sent), None)
    arrived = None if accepted is None else accepted.ended_at
    late = 0 if arrived is None or accepted is None else arrived - accepted.wanted_at
    persons = {recipient.partition(":")[2] for recipient, _ in ways if recipient.startswith("person:")}
    return {
        "recipient": first.recipient,
        "recipient_name": recipient_name(plant, first.recipient),
        "channel": first.channel,
        "wanted": iso(first.wanted_at),
        "accepted": iso(arrived),
        "late_s": None if arrived is None else max(0, late) / SECOND,
        "is_late": arrived is not None and late > plant.policy.late_after,
        "state": first.state if accepted is None else accepted.state,
        "detail": first.detail or "",
        "read": None,
        "acted": [_act(plant, row) for row in acts if _is_of(row, first, persons)],
        "told": [_told(each) for each in tellings],
    }


def _is_of(row: JournalRow, first: Telling, persons: Iterable[str]) -> bool:
    """A person's own acts; of a group what somebody did by its channel who was not told alone."""
    kind, _, key = first.recipient.partition(":")
    by = str(row.event.data["by"])
    return by == key if kind == "person" else row.event.data["via"] == first.channel and by not in persons


def _told(telling: Telling) -> dict[str, Any]:
    return {
        "intent": telling.intent,
        "purpose": telling.purpose,
        "wanted": iso(telling.wanted_at),
        "state": telling.state,
        "attempts": telling.attempt,
        "accepted": iso(telling.ended_at) if telling.was_sent else None,
        "detail": telling.detail or "",
    }


def _act(plant: Plant, row: JournalRow) -> dict[str, Any]:
    data = row.event.data
    return {
        "kind": row.event.kind,
        "by": data["by"],
        "by_name": name_of(plant, str(data["by"])),
        "via": data["via"],
        "at": iso(row.event.time),
    }


def _otherwise(store: SqliteStore, plant: Plant, row: JournalRow) -> Iterator[dict[str, Any]]:
    """One for each recipient; nobody in particular is an empty one. digest: when the digest of what they missed was accepted;
    None: not yet, or there is none."""
    data = row.event.data
    for recipient in data.get("recipients", [data.get("recipient", "")]):
        yield {
            "kind": row.event.kind,
            "recipient": recipient,
            "recipient_name": recipient_name(plant, recipient) if recipient else "",
            "at": iso(row.event.time),
            "detail": data.get("detail", ""),
            "channel": data.get("channel", ""),
            "digest": iso(_digest_accepted(store, recipient, row.event.time)) if row.event.kind == "missed" else None,
        }


def _digest_accepted(store: SqliteStore, recipient: str, missed_at: Moment) -> Moment | None:
    """Digests follow each other, and each says all that the recipient missed until then."""
    told = store.tellings(TellingFilter(purpose=Purpose.MISSED, recipient=recipient), TELLINGS_MAX)
    after = (each for each in reversed(told) if each.was_sent and each.created_at >= missed_at)
    return next((each.ended_at for each in after), None)
