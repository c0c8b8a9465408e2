"""The state of a position as JSON, one object a position, written in transaction B with the records of occurrences.

What has an order is a list of pairs: the store sorts the keys of objects, and who came first is told first. Records of the
first versions have objects in their place; those are read, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.response.flood import Flood
from edge.response.occurrence_codec import shallow
from edge.response.tally import Tally

_COUNTS = ("by_priority", "by_area", "alarms")


def encode_flood(flood: Flood) -> dict[str, Any]:
    """A JSON object that `decode_flood` turns back into an equal state, in the same order."""
    return {
        **shallow(flood),
        "recent": [list(each) for each in flood.recent],
        "alarms": _pairs(flood.alarms),
        "tallies": [[recipient, _encode_tally(tally)] for recipient, tally in flood.tallies.items()],
    }


def decode_flood(data: Mapping[str, Any]) -> Flood:
    """Raises KeyError, TypeError or ValueError for data of another shape."""
    fields = {
        **data,
        "recent": tuple((second, count) for second, count in data["recent"]),
        "first_out": tuple(data["first_out"]),
        "alarms": dict(data["alarms"]),
        "tallies": {recipient: _decode_tally(tally) for recipient, tally in dict(data["tallies"]).items()},
    }
    return Flood(**fields)


def _encode_tally(tally: Tally) -> dict[str, Any]:
    return {**shallow(tally), **{name: _pairs(getattr(tally, name)) for name in _COUNTS}}


def _decode_tally(data: Mapping[str, Any]) -> Tally:
    return Tally(**{**data, **{name: dict(data[name]) for name in _COUNTS}})


def _pairs(counts: Mapping[str, int]) -> list[list[Any]]:
    return [list(each) for each in counts.items()]
