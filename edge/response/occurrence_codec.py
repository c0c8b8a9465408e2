"""The record of an occurrence as JSON, one object a record, written in transaction B. Records of older versions lack fields:
those have defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.act import CallMedium
from edge.model.alarm import AlarmFacts, Priority
from edge.model.intent import Purpose
from edge.response.occurrence import (
    Act,
    Again,
    Chatter,
    Closed,
    FirstOut,
    Occurrence,
    OpenIntent,
    PlannedCall,
    Recipient,
    Returned,
    Shown,
)
from edge.response.told import Told

_ACTS = ("acknowledged", "unacknowledged", "coming", "confirmed", "comment", "shelved", "service")
_OPENS = ("open", "earlier")
_PARTS: Mapping[str, type[Any]] = {
    **dict.fromkeys(_ACTS, Act),
    "returned": Returned,
    "chatter": Chatter,
    "shown": Shown,
    "again": Again,
    "closed": Closed,
}


def encode_occurrence(occurrence: Occurrence) -> dict[str, Any]:
    """A JSON object that `decode_occurrence` turns back into an equal record."""
    fields = shallow(occurrence)
    for name in ("facts", "returned", "chatter", "first_out", "shown", *_ACTS):
        fields[name] = None if fields[name] is None else shallow(fields[name])
    fields["calls"] = [{**shallow(call), "address": dict(call.address)} for call in occurrence.calls]
    fields["recipients"] = {key: _encode_recipient(recipient) for key, recipient in occurrence.recipients.items()}
    return fields


def decode_occurrence(data: Mapping[str, Any]) -> Occurrence:
    """Raises KeyError or TypeError for data of another shape."""
    fields = dict(data)
    for name, part in _PARTS.items():
        if (found := fields.get(name)) is not None:
            fields[name] = part(**found) if isinstance(found, dict) else part(found)
    fields["facts"] = AlarmFacts(**fields["facts"])
    fields["priority"] = Priority(fields["priority"])
    fields["watched"] = tuple(fields.get("watched", ()))
    fields["suppressed"] = tuple(fields.get("suppressed", ()))
    if (place := fields.get("first_out")) is not None:
        fields["first_out"] = FirstOut(**{**place, "together": tuple(place["together"])})
    calls = (PlannedCall(**{**call, "medium": CallMedium(call["medium"])}) for call in fields.get("calls", ()))
    fields["calls"] = tuple(calls)
    fields["recipients"] = {key: _decode_recipient(value) for key, value in fields["recipients"].items()}
    return Occurrence(**fields)


def _encode_recipient(recipient: Recipient) -> dict[str, Any]:
    opens = {name: [shallow(intent) for intent in getattr(recipient, name)] for name in _OPENS}
    return {**shallow(recipient), **opens, "ways": [[channel, dict(address)] for channel, address in recipient.ways]}


def shallow(record: Any) -> dict[str, Any]:
    """The fields of a dataclass, without the deep copies that `dataclasses.asdict` makes: this runs for every change."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _decode_recipient(data: Mapping[str, Any]) -> Recipient:
    fields = dict(data)
    fields["told"] = Told(fields["told"])
    for name in _OPENS:
        fields[name] = tuple(OpenIntent(**{**intent, "purpose": Purpose(intent["purpose"])}) for intent in fields.get(name, ()))
    fields["ways"] = tuple((channel, address) for channel, address in fields.get("ways", ()))
    return Recipient(**fields)
