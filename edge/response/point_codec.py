"""Points as JSON records, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge.response.grants import Until
from edge.response.point import Ask, Point, Write, WriteState


def encode_point(point: Point) -> dict[str, Any]:
    """A JSON object that `decode_point` turns back into an equal point."""
    return asdict(point)


def decode_point(data: Mapping[str, Any]) -> Point:
    """Raises KeyError, TypeError or ValueError for data of another shape."""
    return Point(
        **{
            **data,
            "writes": tuple(Write(**{**write, "state": WriteState(write["state"])}) for write in data["writes"]),
            "left_at": tuple(data["left_at"]),
            "refused_at": tuple(data["refused_at"]),
            "asks": {alarm: Ask(**{**ask, "until": Until(ask["until"])}) for alarm, ask in data["asks"].items()},
        }
    )
