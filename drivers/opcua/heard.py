"""From what a server said to samples: the values and alarms of a session's devices, with their qualities and times.

It keeps what is known of each tag, what was refused and why, and what an acknowledgement must name. It asks nothing of the
server; that is `driver.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.base import RefusedInput
from drivers.measuring import Measuring
from drivers.opcua.codec import Decoded, believes, decode, source_time
from drivers.opcua.config import Mode, OpcUaConnection, OpcUaPoint, TimeOf
from drivers.opcua.plan import Place, Wanted, plan_alarms
from drivers.rate import RateWindow
from drivers.session import Session
from edge.model.device_alarm import DeviceAlarm
from edge.model.moment import Moment
from edge.model.sample import Mark, Quality, Sample, value_of_text
from edge.ports import OpcUaCondition, OpcUaValue

#: How much of what was refused first is kept for the engineer.
SHOWN_CHARS = 200
#: What comes beyond is counted, but not kept.
REFUSED_MAX = 10_000
#: What a node is counted under whose namespace the server has not.
UNKNOWN_NAMESPACE = "unknown_namespace"


@dataclass(slots=True)
class Ear:
    """One device of the session: what is known of it."""

    connection: OpcUaConnection
    points: Sequence[OpcUaPoint]
    session: Session
    measuring: Measuring
    rate: RateWindow
    counts: Counter[str]


class Hearing:
    """The devices of a session. tell: what is to be said of the first value that is refused for a cause."""

    def __init__(self, ears: Sequence[Ear], tell: Callable[[RefusedInput], None]) -> None:
        self._ears = ears
        self._tell = tell
        self._alarms = plan_alarms([ear.points for ear in ears])
        self._refused: dict[tuple[str, str, str], RefusedInput] = {}
        #: By tag, under which key it is refused now.
        self._bad_now: dict[str, tuple[str, str, str]] = {}
        self._conditions: dict[str, OpcUaCondition] = {}
        #: Alarms that have been told of since the session began.
        self._told: set[str] = set()

    @property
    def alarms(self) -> Mapping[str, tuple[Place, ...]]:
        return self._alarms

    def begin(self) -> None:
        """A session begins: nobody knows how its alarms stand."""
        self._told.clear()
        self._conditions.clear()

    def refused(self) -> Sequence[RefusedInput]:
        return list(self._refused.values())

    def refused_tags(self) -> Mapping[str, RefusedInput]:
        """Of each tag that is bad by what the server said of it last."""
        return {tag: self._refused[key] for tag, key in self._bad_now.items() if key in self._refused}

    def condition(self, name: str) -> OpcUaCondition | None:
        """As it was told of last in this session."""
        return self._conditions.get(name)

    # --- values ---------------------------------------------------------------------------------------------------

    def value(self, wanted: Wanted, came: OpcUaValue) -> list[Sample]:
        """What a value is to each tag that shows it."""
        return [self._of_tag(place, wanted.written, came) for place in wanted.places]

    def missing(self, wanted: Wanted, cause: str, now: Moment) -> list[Sample]:
        """A node that the server has not, or will not show: its tags are bad, the others go on."""
        return [self._bad(place, wanted.written, cause, "", now) for place in wanted.places]

    def _of_tag(self, place: Place, node: str, came: OpcUaValue) -> Sample:
        ear = self._ears[place.device]
        point = ear.points[place.position]
        decoded = decode(came, point)
        ear.rate.count(came.received_time)
        ear.counts["values"] += 1
        if decoded.dropped:
            ear.counts["dropped"] += 1
        if decoded.cause and decoded.quality is Quality.BAD and not decoded.mark & Mark.SENSOR_FAULT:
            return self._bad(place, node, decoded.cause, _shown(came.value), came.received_time)
        if decoded.cause:
            self._count(place, node, decoded.cause, _shown(came.value), came.received_time)
        time_of = ear.connection.time_of
        stamp = source_time(came, time_of, ear.connection.window)
        if stamp is None and time_of is TimeOf.RECEIVED and ear.connection.mode is Mode.READ:
            stamp = came.received_time
        return self._sample(place, decoded, stamp, came.received_time)

    def _sample(self, place: Place, decoded: Decoded, stamp: Moment | None, received: Moment) -> Sample:
        ear = self._ears[place.device]
        self._bad_now.pop(ear.session.tags[place.position].name, None)
        mark = decoded.mark if stamp is not None else decoded.mark | Mark.RECEIVED_TIME_USED
        value, quality = math.nan, decoded.quality
        if decoded.text is not None:
            value = value_of_text(decoded.text)
        elif not decoded.mark & Mark.SENSOR_FAULT:
            positions = np.array([place.position], dtype=np.intp)
            measured = ear.measuring.measure(positions, np.array([decoded.raw]))
            value = float(measured.value[0])
            mark |= Mark(int(measured.mark[0]))
            quality = Quality(max(quality, int(measured.quality[0])))
        if quality is Quality.GOOD:
            ear.session.note_one(place.position, value, decoded.text)
        slot = int(ear.session.slots[place.position])
        return Sample(slot, value, quality, received if stamp is None else stamp, received, mark, decoded.text)

    def _bad(self, place: Place, node: str, cause: str, shown: str, now: Moment) -> Sample:
        self._count(place, node, cause, shown, now)
        session = self._ears[place.device].session
        tag = session.tags[place.position].name
        self._bad_now[tag] = (tag, node, cause)
        last, text = session.last_of(place.position), session.last_text_of(place.position)
        return Sample(int(session.slots[place.position]), last, Quality.BAD, now, now, Mark.RECEIVED_TIME_USED, text)

    def _count(self, place: Place, node: str, cause: str, shown: str, now: Moment) -> None:
        ear = self._ears[place.device]
        ear.counts[cause] += 1
        tag = ear.session.tags[place.position].name
        key = (tag, node, cause)
        if key in self._refused:
            self._refused[key] = self._refused[key].again()
        elif len(self._refused) < REFUSED_MAX:
            first = RefusedInput(ear.session.device, tag, node, cause, 1, shown, now)
            self._refused[key] = first
            self._tell(first)

    # --- alarms ---------------------------------------------------------------------------------------------------

    def happened(self, said: OpcUaCondition) -> list[Sample]:
        """A condition has changed, or stands as it was before we asked."""
        places = self._alarms.get(said.name)
        if places is None:
            return []
        self._conditions[said.name] = said
        self._told.add(said.name)
        alarm = DeviceAlarm(said.active, said.severity, _one_line(said.message), said.acknowledged, said.source_time)
        known = Mark.INITIAL if said.refreshed else Mark.NONE
        return list(self._alarm_samples(places, alarm, known, said.received_time))

    def refreshed(self, now: Moment) -> list[Sample]:
        """All that stand have been told: the others do not."""
        quiet = [places for name, places in self._alarms.items() if name not in self._told]
        self._told.update(self._alarms)
        alarm = DeviceAlarm(active=False, acknowledged=True)
        return [sample for places in quiet for sample in self._alarm_samples(places, alarm, Mark.INITIAL, now)]

    def _alarm_samples(self, places: Iterable[Place], alarm: DeviceAlarm, mark: Mark, received: Moment) -> Iterable[Sample]:
        for place in places:
            ear = self._ears[place.device]
            value = alarm.value(ear.points[place.position].part)
            if value is None:
                continue
            ear.counts["alarms"] += 1
            ear.rate.count(received)
            stamp = alarm.time if alarm.time is not None and believes(ear.connection.window, alarm.time, received) else None
            text = value if isinstance(value, str) else None
            number = value_of_text(value) if isinstance(value, str) else value
            ear.session.note_one(place.position, number, text)
            yield Sample(
                slot=int(ear.session.slots[place.position]),
                value=number,
                quality=Quality.GOOD,
                source_time=received if stamp is None else stamp,
                received_time=received,
                mark=mark if stamp is not None else mark | Mark.RECEIVED_TIME_USED,
                text=text,
            )


def _one_line(message: str) -> str:
    return "".join(char if char.isprintable() else " " for char in message[:SHOWN_CHARS]).strip()


def _shown(value: object) -> str:
    """The beginning of a value, safe to be shown anywhere."""
    text = value[:SHOWN_CHARS] if isinstance(value, str) else repr(value)[:SHOWN_CHARS]
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
