"""The canonical form: one event, one sequence of bytes. Pure.

    {"command":["api","4711"],"data":{...},"kind":"acknowledged","stream":"alarm","subject":"CRM.ST3/de_temp_high","time":"2026-05-04T08:00:00.000000Z"}

Keys are sorted at every depth, moments of the event are ISO 8601 with microseconds, floats have their shortest form, nothing
is escaped that need not be. What a recording adds (moment of recording, boot epoch, sequence) is not in it, so a live run, a
scenario and a replay of the same input are compared byte by byte. `canonical_row` adds it: that is what the hash covers.

An alarm must not be lost for a strange value, so encoding never refuses what a device or a person can send: NaN and infinities
become null (JSON has no word for them), half of a surrogate pair becomes U+FFFD, an integer beyond 64 bits becomes its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from edge.model.event import Event
from edge.model.moment import Moment, to_iso

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
_INT64 = range(-(1 << 63), 1 << 63)


def encode(value: Any) -> str:
    """Canonical JSON text. Raises TypeError for what is no JSON at all (an object, a key that is no text)."""
    try:
        return orjson.dumps(value, option=_OPTIONS).decode()
    except TypeError:
        return orjson.dumps(_speakable(value), option=_OPTIONS).decode()


def decode(text: str) -> Any:
    """The value of a JSON text."""
    return orjson.loads(text)


def canonical(event: Event) -> bytes:
    """The event and nothing of its recording; equal events give equal bytes."""
    return canonical_event(event, encode(event.data))


def canonical_event(event: Event, data: str) -> bytes:
    """As `canonical`, with the event's data as text already encoded (or as found in the journal, byte for byte)."""
    return orjson.dumps(
        {
            "command": event.command,
            "data": orjson.Fragment(data),
            "kind": event.kind,
            "stream": event.stream,
            "subject": event.subject,
            "time": to_iso(event.time),
        }
    )


def canonical_row(event: bytes, *, site: str, agent: str, epoch: int, sequence: int, recorded_at: Moment) -> bytes:
    """A journal row as it is hashed: the canonical event within its identity."""
    return orjson.dumps(
        {
            "agent": agent,
            "epoch": epoch,
            "event": orjson.Fragment(event),
            "recorded_at": recorded_at,
            "sequence": sequence,
            "site": site,
        }
    )


def chain_hash(previous: str, row: bytes) -> str:
    """SHA-256 in hex over the previous row's hash and this row."""
    return hashlib.sha256(previous.encode() + b"\n" + row).hexdigest()


def genesis_hash(site: str, agent: str, created_at: Moment) -> str:
    """What the first row of a journal calls its previous hash."""
    return hashlib.sha256(orjson.dumps(["andon journal", site, agent, created_at])).hexdigest()


def _speakable(value: Any) -> Any:
    """The same value with every part that JSON's encoder refuses in a form it takes."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_speakable(key): _speakable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_speakable(part) for part in value]
    if isinstance(value, int) and value not in _INT64:
        return str(value)
    return value
