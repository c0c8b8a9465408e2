"""The payload of a simulated MQTT device: points and a time stamp laid into one JSON object. Pure.

Not here: the connection (`mqtt_publisher.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from simulators.devices.encoding import ValueType, to_bit, to_integer
from simulators.devices.point import JsonPath, Point

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TimeFormat(Enum):
    """How the device writes its time stamp."""

    ISO8601 = "iso8601"
    UNIX_S = "unix_s"
    UNIX_MS = "unix_ms"
    UNIX_US = "unix_us"


@dataclass(frozen=True, slots=True)
class MqttTopic:
    """Where and how often a machine publishes: at every whole multiple of `every_us` counted from 1970.

    `time_path` None: the payload carries no time stamp.
    """

    topic: str
    every_us: int
    time_path: JsonPath | None = None
    time_format: TimeFormat = TimeFormat.ISO8601
    qos: int = 0
    retain: bool = False

    def __post_init__(self) -> None:
        if not self.topic or any(wildcard in self.topic for wildcard in "+#\0"):
            raise ValueError(f"topic must be a name without + and #, is {self.topic!r}")
        if self.every_us <= 0:
            raise ValueError(f"every must be longer than 0, is {self.every_us} µs")
        if self.qos not in (0, 1, 2):
            raise ValueError(f"qos must be 0, 1 or 2, is {self.qos}")

    def due_after(self, moment: int) -> int:
        """The first moment later than `moment` at which a payload is due."""
        return (moment // self.every_us + 1) * self.every_us


class PayloadLayout:
    """Which value goes to which place of a topic's payload.

    Raises ValueError if a point has no path, or if two values would overwrite each other.
    """

    def __init__(self, topic: MqttTopic, points: Iterable[Point]) -> None:
        self.topic = topic
        self._fields: list[tuple[tuple[str, ...], Point]] = []
        taken = {} if topic.time_path is None else {topic.time_path.keys: "the time stamp"}
        for point in points:
            if point.where is None:
                continue
            if not isinstance(point.where, JsonPath):
                raise ValueError(f"point {point.name}: an MQTT point needs a path, has {point.where}")
            keys = point.where.keys
            for other, owner in taken.items():
                shorter = min(len(keys), len(other))
                if keys[:shorter] == other[:shorter]:
                    raise ValueError(f"point {point.name}: path {point.where} collides with that of {owner}")
            taken[keys] = f"point {point.name}"
            self._fields.append((keys, point))

    def payload(self, value_of: Callable[[Point], float | str], now: int) -> bytes:
        """One JSON object, UTF-8, keys in the order of the points, the time stamp last."""
        document: dict[str, Any] = {}
        for keys, point in self._fields:
            _lay(document, keys, _json_value(point, value_of(point)))
        if self.topic.time_path is not None:
            _lay(document, self.topic.time_path.keys, time_stamp(now, self.topic.time_format))
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def time_stamp(now: int, time_format: TimeFormat) -> str | int | float:
    """`now` (µs since 1970, UTC) as the device writes it."""
    match time_format:
        case TimeFormat.ISO8601:
            return (EPOCH + timedelta(microseconds=now)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case TimeFormat.UNIX_S:
            return now / 1_000_000
        case TimeFormat.UNIX_MS:
            return now // 1000
        case TimeFormat.UNIX_US:
            return now


def _lay(document: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    *parents, last = keys
    for key in parents:
        document = document.setdefault(key, {})
    document[last] = value


def _json_value(point: Point, value: float | str) -> bool | int | float | str:
    if isinstance(value, str):
        return value
    match point.value_type:
        case ValueType.BOOL:
            return to_bit(value)
        case ValueType.FLOAT32 | ValueType.FLOAT64:
            return round(value / point.scale, point.decimals)
        case _:
            return to_integer(value, point.value_type, point.scale)
