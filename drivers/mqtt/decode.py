"""Messages into a batch: all the tags that they feed, as columns.

A payload is parsed once, a time stamp that several of its tags share is read once, and a batch is measured at once: at
thousands of messages a second each object for a sample would cost more than the sample. What is refused never becomes a value:
its tags are BAD with their last value until the next good payload. Not here: who is connected (`driver.py`), what a payload
says (`reading.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, repeat

import numpy as np
from numpy.typing import NDArray

from drivers.base import RefusedInput
from drivers.measuring import Measured, Measuring
from drivers.mqtt.codec import Document, Refusal, parse_payload
from drivers.mqtt.config import MqttPoint
from drivers.mqtt.path import parse_path
from drivers.mqtt.plan import Listener, Subscriptions
from drivers.mqtt.presence import Presence
from drivers.mqtt.reading import Conditions, concerns, samples_in, time_in, value_in
from drivers.mqtt.refusals import RefusedPayloads
from drivers.mqtt.stamp import Belief
from drivers.session import Session
from edge.model.moment import Moment
from edge.model.sample import Batch, Mark, Quality, value_of_text
from edge.ports import MqttMessage

#: Plain numbers: the operators of an enumeration cost more than all else that is done with a mark.
_INITIAL, _RECEIVED = int(Mark.INITIAL), int(Mark.RECEIVED_TIME_USED)


@dataclass(frozen=True, slots=True)
class _Fed:
    """A tag that a topic feeds. row: of the tag among all tags. stamp: equal for tags of a topic that share a time stamp.
    where: which of its payloads are about the tag; empty: all."""

    device: int
    row: int
    slot: int
    tag: str
    point: MqttPoint
    stamp: int
    where: Conditions


@dataclass(slots=True)
class _Columns:
    """A batch in the making; entries of one number belong together. text: by entry."""

    row: list[int] = field(default_factory=list)
    slot: list[int] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    source_time: list[Moment] = field(default_factory=list)
    received_time: list[Moment] = field(default_factory=list)
    mark: list[int] = field(default_factory=list)
    text: dict[int, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)

    def add(self, fed: _Fed, value: float | str, source_time: Moment, received_time: Moment, mark: int) -> None:
        if isinstance(value, str):
            self.text[len(self.raw)] = value
            value = value_of_text(value)
        self.row.append(fed.row)
        self.slot.append(fed.slot)
        self.raw.append(value)
        self.source_time.append(source_time)
        self.received_time.append(received_time)
        self.mark.append(mark)

    def refuse(self, fed: _Fed, received_time: Moment, initial: int) -> None:
        """Without a value of its own."""
        self.refused.append(len(self.raw))
        self.add(fed, math.nan, received_time, received_time, initial | _RECEIVED)


class Decoder:
    """Of all devices that share a connection. sessions: theirs, in their order. tell: hears the first refusal of each kind."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        sessions: Sequence[Session],
        plan: Subscriptions,
        tell: Callable[[RefusedInput], None],
    ) -> None:
        self._sessions, self._plan, self._tell = sessions, plan, tell
        self._beliefs = [Belief.of(listener.connection) for listener in listeners]
        self._beliefs_of_retained = [replace(belief, kept=True) for belief in self._beliefs]
        self._first_row = list(accumulate((len(session.tags) for session in sessions), initial=0))
        self._device_of = np.repeat(np.arange(len(sessions)), [len(session.tags) for session in sessions])
        #: By row, the source time of its last value; 0: there was none yet.
        self._last_time: list[Moment] = [0] * self._first_row[-1]
        self._measuring = Measuring([tag.measure for session in sessions for tag in session.tags])
        self._fed = {topic: tuple(self._resolved(topic)) for topic in plan.feeds}
        self._refused = RefusedPayloads()
        self.counts: list[Counter[str]] = [Counter() for _ in sessions]

    def refused(self) -> Sequence[RefusedInput]:
        return self._refused.listed()

    def decode(self, messages: Iterable[MqttMessage], presence: Presence) -> Batch:
        """What does not count of a device now leaves its tags BAD."""
        columns = _Columns()
        for message in messages:
            fed = self._fed.get(message.topic)
            if fed is None:
                self._meet_unknown(message)
                continue
            left_out: Container[int] = ()
            if not presence.is_plain:
                left_out = {device for device in {each.device for each in fed} if not presence.counts(device, message)}
            self._take(columns, parse_payload(message.payload), fed, message, left_out)
        return self._measured(columns)

    def decode_of(self, device: int, messages: Iterable[MqttMessage], now: Moment) -> Batch:
        """What waited for the word of a device, and counts from now on."""
        columns = _Columns()
        for message in messages:
            fed = [each for each in self._fed[message.topic] if each.device == device]
            self._take(columns, parse_payload(message.payload), fed, message._replace(received_time=now), ())
        return self._measured(columns)

    def count_refusal(self, cause: Refusal, message: MqttMessage, device: int, tag: str = "") -> None:
        self.counts[device][str(cause)] += 1
        first = self._refused.count(cause, message, device=self._sessions[device].device, tag=tag)
        if first is not None:
            self._tell(first)

    def _resolved(self, topic: str) -> Iterable[_Fed]:
        stamps: dict[object, int] = {}
        for feed in self._plan.feeds[topic]:
            session, point = self._sessions[feed.device], feed.point
            stamp = stamps.setdefault((feed.device, point.time_path, point.time), len(stamps))
            row, slot = self._first_row[feed.device] + feed.position, int(session.slots[feed.position])
            where = tuple((parse_path(path), wanted) for path, wanted in point.where.items())
            yield _Fed(feed.device, row, slot, session.tags[feed.position].name, point, stamp, where)

    def _meet_unknown(self, message: MqttMessage) -> None:
        name = self._plan.unknown_name(message.topic)
        if name is not None:
            first = self._refused.count(Refusal.UNKNOWN_DEVICE, message, device=name)
            if first is not None:
                self._tell(first)

    def _take(
        self, columns: _Columns, parsed: Document | Refusal, fed: Sequence[_Fed], message: MqttMessage, left_out: Container[int]
    ) -> None:
        """left_out: devices of which it does not count."""
        initial = _INITIAL if message.retained else 0
        times: dict[int, Moment | Refusal | None] = {}
        refused: dict[tuple[int, Refusal], str] = {}
        for each in fed:
            if each.where and isinstance(parsed, Document) and not concerns(parsed, each.where):
                continue
            cause: Refusal | None = Refusal.WHILE_OFFLINE
            if each.device not in left_out:
                cause = self._take_one(columns, parsed, each, message.received_time, initial, times)
            if cause is None:
                continue
            refused.setdefault((each.device, cause), each.tag)
            # What was retained at some time is no news of a tag that has had a value since.
            if not (initial and cause is Refusal.OUTSIDE_WINDOW and self._last_time[each.row]):
                columns.refuse(each, message.received_time, initial)
        for (device, cause), tag in refused.items():
            # That the broker retained something of a device that is gone is as it should be.
            if not (message.retained and cause is Refusal.WHILE_OFFLINE):
                self.count_refusal(cause, message, device, tag)

    def _take_one(
        self,
        columns: _Columns,
        parsed: Document | Refusal,
        fed: _Fed,
        now: Moment,
        initial: int,
        times: dict[int, Moment | Refusal | None],
    ) -> Refusal | None:
        """times: by stamp, what was read of this message already. None: its values are in the columns, or are none to be shown:
        a retained one never takes the place of a newer one."""
        if isinstance(parsed, Refusal):
            return parsed
        if fed.point.samples is not None:
            return self._take_samples(columns, parsed, fed, now, initial)
        value = value_in(parsed, fed.point)
        if isinstance(value, Refusal):
            return value
        if fed.stamp not in times:
            beliefs = self._beliefs_of_retained if initial else self._beliefs
            times[fed.stamp] = time_in(parsed, fed.point, beliefs[fed.device], now)
        stamp = times[fed.stamp]
        if isinstance(stamp, Refusal):
            return stamp
        if initial and self._is_superseded(fed, now if stamp is None else stamp):
            return None
        if stamp is None:
            columns.add(fed, value, now, now, initial | _RECEIVED)
        else:
            columns.add(fed, value, stamp, now, initial)
        self._last_time[fed.row] = now if stamp is None else stamp
        return None

    def _take_samples(self, columns: _Columns, parsed: Document, fed: _Fed, now: Moment, initial: int) -> Refusal | None:
        beliefs = self._beliefs_of_retained if initial else self._beliefs
        readings = samples_in(parsed, fed.point, beliefs[fed.device], now)
        if isinstance(readings, Refusal):
            return readings
        last = now if readings.times is None else readings.times[-1]
        if initial and self._is_superseded(fed, last):
            return None
        self._last_time[fed.row] = last
        mark = initial if readings.times is not None else initial | _RECEIVED
        for value, stamp in zip(readings.values, readings.times or repeat(now, len(readings.values)), strict=True):
            columns.add(fed, value, stamp, now, mark)
        return None

    def _is_superseded(self, fed: _Fed, stamp: Moment) -> bool:
        if stamp >= self._last_time[fed.row]:
            return False
        self.counts[fed.device]["superseded"] += 1
        return True

    # --- from raw values to a batch -------------------------------------------------------------------------------

    def _measured(self, columns: _Columns) -> Batch:
        if not columns.raw:
            return Batch.empty()
        rows = np.array(columns.row, dtype=np.intp)
        mark = np.array(columns.mark, dtype=np.uint8)
        measured = self._measuring.measure(rows, np.array(columns.raw, dtype=np.float64), columns.text)
        if columns.refused:
            measured = self._with_last_values(columns, measured)
        else:
            self._note(rows, measured)
        mark |= measured.mark
        return Batch(
            slot=np.array(columns.slot, dtype=np.int32),
            value=measured.value,
            quality=measured.quality,
            source_time=np.array(columns.source_time, dtype=np.int64),
            received_time=np.array(columns.received_time, dtype=np.int64),
            mark=mark,
            text=measured.text,
        )

    def _note(self, rows: NDArray[np.intp], measured: Measured) -> None:
        """Keep the last values; a device's rows may stand anywhere among those of the others."""
        device_of = self._device_of[rows]
        if device_of[0] == device_of[-1] and not np.any(device_of != device_of[0]):
            self._sessions[device_of[0]].note(rows - self._first_row[device_of[0]], measured)
            return
        in_order = np.argsort(device_of, kind="stable")
        for places in np.split(in_order, np.flatnonzero(np.diff(device_of[in_order])) + 1):
            device = int(device_of[places[0]])
            text = {at: measured.text[place] for at, place in enumerate(places.tolist()) if place in measured.text}
            part = Measured(
                measured.value[places], measured.quality[places], measured.mark[places], text if measured.text else {}
            )
            self._sessions[device].note(rows[places] - self._first_row[device], part)

    def _with_last_values(self, columns: _Columns, measured: Measured) -> Measured:
        """Row by row, because the last value of a refused one may stand just before it. Refused is no fault of a sensor."""
        refused, text = set(columns.refused), dict(measured.text)
        for place, row in enumerate(columns.row):
            session = self._sessions[self._device_of[row]]
            position = row - self._first_row[self._device_of[row]]
            if place in refused:
                measured.value[place], measured.mark[place] = session.last_of(position), Mark.NONE
                if (last := session.last_text_of(position)) is not None:
                    text[place] = last
            elif measured.quality[place] == Quality.GOOD:
                session.note_one(position, float(measured.value[place]), measured.text.get(place))
        return replace(measured, text=text)
