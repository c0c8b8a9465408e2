"""What a payload says about a tag: its raw values, and when they were so. Pure.

A list of samples is taken as a whole or refused as a whole, in the order of its time stamps; those of equal times keep theirs.
If one of the stamps is outside the window, all of the list have the received time: half of it in our time and half in the
device's would be in no order at all. Where the broker may have kept the message, the received time stands for nothing, and what
is outside the window is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any

from drivers.mqtt.codec import Document, Refusal, as_active, as_value, is_written_as, payload_as_text
from drivers.mqtt.config import MqttPoint, ValueType
from drivers.mqtt.path import MISSING, JsonPath, find
from drivers.mqtt.stamp import Belief, moment_of
from edge.model.device_alarm import SEVERITY_MIN, AlarmPart, DeviceAlarm
from edge.model.moment import Moment

SAMPLES_MAX = 10_000

#: Paths, and what must stand there.
Conditions = Sequence[tuple[JsonPath, str | int | bool]]


@dataclass(frozen=True, slots=True)
class Readings:
    """values: raw, texts of a tag that is one; at least one. times: a source time for each; None: all have the received time,
    because there are no stamps, or because they are not believed."""

    values: Sequence[float | str]
    times: Sequence[Moment] | None


def value_in(document: Document, point: MqttPoint) -> float | str | Refusal:
    """The value of a tag without `samples`."""
    if point.is_text and not point.path.steps:
        return payload_as_text(document)
    if document.refusal is not None:
        return document.refusal
    if point.active is not None:
        return _severity(document.value, point, point.active)
    found = find(document.value, point.path)
    return Refusal.PATH_MISSING if found is MISSING else as_value(found, point.type)


def concerns(document: Document, where: Conditions) -> bool:
    """Whether a payload is about a tag; of one that cannot be read, nobody knows that it is not."""
    if document.refusal is not None:
        return True
    return all(is_written_as(find(document.value, path), wanted) for path, wanted in where)


def _severity(root: Any, point: MqttPoint, active: JsonPath) -> float | Refusal:
    """Of an alarm that the device raises by itself (`edge/model/device_alarm.py`). Without a path it is the least there is."""
    found = find(root, active)
    is_active = Refusal.PATH_MISSING if found is MISSING else as_active(found)
    if isinstance(is_active, Refusal):
        return is_active
    severity: float | str | Refusal = float(SEVERITY_MIN)
    if is_active and point.path.steps:
        graded = find(root, point.path)
        severity = Refusal.PATH_MISSING if graded is MISSING else as_value(graded, ValueType.FLOAT)
    if not isinstance(severity, float):
        return severity if isinstance(severity, Refusal) else Refusal.NOT_A_NUMBER
    shown = DeviceAlarm(is_active, round(severity)).value(AlarmPart.SEVERITY)
    assert isinstance(shown, float)
    return shown


def time_in(document: Document, point: MqttPoint, belief: Belief, received_time: Moment) -> Moment | Refusal | None:
    """The source time of a tag without `samples`; None: the received time, for want of a stamp that is believed."""
    if point.time_path is None:
        return None
    if document.refusal is not None:
        return document.refusal
    stamp = moment_of(find(document.value, point.time_path), point.time, belief.zone)
    if stamp is None:
        return Refusal.BAD_TIME
    if belief.believes(stamp, received_time):
        return stamp
    return Refusal.OUTSIDE_WINDOW if belief.kept else None


def samples_in(document: Document, point: MqttPoint, belief: Belief, received_time: Moment) -> Readings | Refusal:
    """The values of a tag with `samples`, in the order of their times."""
    listed = document.refusal or _list_in(document.value, point)
    if isinstance(listed, Refusal):
        return listed
    values = _values(listed, point)
    if isinstance(values, Refusal):
        return values
    stamps = _stamps(document.value, listed, point, belief, received_time)
    if stamps is None or isinstance(stamps, Refusal):
        return Readings(values, None) if stamps is None else stamps
    if any(later < earlier for earlier, later in pairwise(stamps)):
        in_order = sorted(zip(stamps, values, strict=True), key=itemgetter(0))
        stamps, values = [stamp for stamp, _ in in_order], [value for _, value in in_order]
    is_believed = belief.believes(stamps[0], received_time) and belief.believes(stamps[-1], received_time)
    if belief.kept and not is_believed:
        return Refusal.OUTSIDE_WINDOW
    return Readings(values, stamps if is_believed else None)


def _list_in(root: Any, point: MqttPoint) -> list[Any] | Refusal:
    """The list of samples; point: one that has some."""
    listed = MISSING if point.samples is None else find(root, point.samples)
    if listed is MISSING:
        return Refusal.PATH_MISSING
    if not isinstance(listed, list):
        return Refusal.NOT_A_LIST
    if not listed:
        return Refusal.EMPTY
    return listed if len(listed) <= SAMPLES_MAX else Refusal.TOO_MANY_SAMPLES


def _values(listed: list[Any], point: MqttPoint) -> list[float | str] | Refusal:
    values: list[float | str] = []
    for each in listed:
        found = find(each, point.path)
        value = Refusal.PATH_MISSING if found is MISSING else as_value(found, point.type)
        if isinstance(value, Refusal):
            return value
        values.append(value)
    return values


def _stamps(
    root: Any, listed: list[Any], point: MqttPoint, belief: Belief, received_time: Moment
) -> list[Moment] | Refusal | None:
    """In the order of the list. None: the device says no times at all."""
    if point.every is not None:
        # What was measured cannot be younger than what was sent: without a stamp, the last sample is of now.
        first: Moment | None = received_time - (len(listed) - 1) * point.every
        if point.time_path is not None:
            first = moment_of(find(root, point.time_path), point.time, belief.zone)
        return Refusal.BAD_TIME if first is None else [first + number * point.every for number in range(len(listed))]
    if point.times is not None:
        written = find(root, point.times)
        if not isinstance(written, list) or len(written) != len(listed):
            return Refusal.BAD_TIME
    elif point.time_path is not None:
        written = [find(each, point.time_path) for each in listed]
    else:
        return None
    stamps = [moment_of(each, point.time, belief.zone) for each in written]
    known = [stamp for stamp in stamps if stamp is not None]
    return known if len(known) == len(stamps) else Refusal.BAD_TIME
