"""The state of a position as JSON, one object a position, written in transaction B with the records of occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.response.flood import Flood
from edge.response.occurrence_codec import shallow
from edge.response.tally import Tally


def encode_flood(flood: Flood) -> dict[str, Any]:
    """A JSON object that `decode_flood` turns back into an equal state."""
    tallies = {recipient: shallow(tally) for recipient, tally in flood.tallies.items()}
    return {**shallow(flood), "recent": [list(each) for each in flood.recent], "tallies": tallies}


def decode_flood(data: Mapping[str, Any]) -> Flood:
    """Raises KeyError or TypeError for data of another shape."""
    fields = {
        **data,
        "recent": tuple((second, count) for second, count in data["recent"]),
        "first_out": tuple(data["first_out"]),
        "tallies": {recipient: Tally(**tally) for recipient, tally in data["tallies"].items()},
    }
    return Flood(**fields)
