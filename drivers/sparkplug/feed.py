"""The metrics of a message into a batch, for one device of the plant. Pure.

What is refused never becomes a value: its tag is BAD with its last value until the next good one. Not here: whether the message
counts (`node.py`), what a metric is worth (`metric.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from drivers.base import RefusedInput
from drivers.measuring import Measuring
from drivers.session import Session
from drivers.sparkplug.births import Births, Unnamed
from drivers.sparkplug.codec import Metric, Payload
from drivers.sparkplug.config import SparkplugConnection, SparkplugPoint
from drivers.sparkplug.metric import Reading, Refusal, read_metric
from drivers.sparkplug.plan import Node
from edge.model.moment import MILLISECOND, Moment
from edge.model.sample import Batch, Mark, Quality, value_of_text

#: Causes that are counted, and are no refusal: there is nothing to be put right.
NULL, HISTORICAL, NOT_IN_BIRTH = "null", "historical", "not_in_birth"


@dataclass(slots=True)
class _Columns:
    """A batch in the making. quality: as the node has it; BAD: without a value of its own."""

    position: list[int] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    quality: list[Quality] = field(default_factory=list)
    source_time: list[Moment] = field(default_factory=list)
    mark: list[int] = field(default_factory=list)
    text: dict[int, str] = field(default_factory=dict)

    def add(self, position: int, reading: Reading, source_time: Moment, mark: int) -> None:
        value = np.nan if reading.value is None else reading.value
        if isinstance(value, str):
            self.text[len(self.raw)] = value
            value = value_of_text(value)
        self.position.append(position)
        self.raw.append(value)
        self.quality.append(reading.quality)
        self.source_time.append(source_time)
        self.mark.append(mark)


_NOTHING = Reading(None, Quality.BAD)
#: By which it shows that the birth is not the one we know. An alias given twice is the birth's own mistake.
_MISSED_BIRTH = (Unnamed.UNKNOWN_ALIAS, Unnamed.ALIAS_DIFFERS)


class Feed:
    """tell: hears the first refusal of each kind."""

    def __init__(self, session: Session, connection: SparkplugConnection, tell: Callable[[RefusedInput], None]) -> None:
        self.session, self.node, self.device = session, Node.of(connection), connection.device
        self.counts: Counter[str] = Counter()
        self.births = Births()
        self._tell = tell
        self._window = connection.window
        self._points = [_point(tag.point) for tag in session.tags]
        self._positions: dict[str, list[int]] = defaultdict(list)
        for position, point in enumerate(self._points):
            self._positions[point.metric].append(position)
        self._measuring = Measuring([tag.measure for tag in session.tags])
        self._newest: dict[int, Moment] = {}
        #: Every tag is BAD, and has been told so.
        self._doubted = False
        self._refused: dict[tuple[str, str], RefusedInput] = {}
        #: Values that came after a command was sent, by tag.
        self._since_command: dict[int, float | str | None] = {}

    @property
    def refused(self) -> Mapping[tuple[str, str], RefusedInput]:
        return self._refused

    def take_birth(self, payload: Payload, topic: str, now: Moment) -> Batch:
        """Up, and all values. They are first knowledge, unless the session stood already. Tags that are not in it are BAD."""
        initial = Mark.NONE if self.session.is_up else Mark.INITIAL
        self.births = Births(payload.metrics)
        self._newest.clear()
        missing = [at for at, point in enumerate(self._points) if point.metric not in self.births]
        self.counts[NOT_IN_BIRTH] += len(missing)
        absent = self.session.bad(np.array(missing, dtype=np.intp), now)
        return Batch.join([self.session.up(now), absent, self.take(payload, topic, now, int(initial))])

    def fits(self, payload: Payload) -> bool:
        """Whether the birth that we know can be the one that these metrics go by."""
        return all(self.births.name_of(metric) not in _MISSED_BIRTH for metric in payload.metrics)

    def take_misfit(self, payload: Payload, topic: str, now: Moment) -> Batch:
        """A message that does not fit: every tag is in doubt, then what it names is taken."""
        rest: list[Metric] = []
        for metric in payload.metrics:
            if self.births.name_of(metric) is Unnamed.ALIAS_DIFFERS:
                self.refuse(Unnamed.ALIAS_DIFFERS, topic, now, f"alias {metric.alias}")
            else:
                rest.append(metric)
        return Batch.join([self.doubt(now), self.take(replace(payload, metrics=tuple(rest)), topic, now)])

    def take(self, payload: Payload, topic: str, now: Moment, initial: int = 0) -> Batch:
        """All metrics in their order. Historical ones count where they are in order and inside the window."""
        columns = _Columns()
        for metric in payload.metrics:
            name = self.births.name_of(metric)
            if isinstance(name, Unnamed):
                self.refuse(name, topic, now, f"alias {metric.alias}")
                for position in (at for name in self.births.names_of_twice(metric) for at in self._positions.get(name, ())):
                    columns.add(position, _NOTHING, now, initial | Mark.RECEIVED_TIME_USED)
                continue
            for position in self._positions.get(name, ()):
                self._take_one(columns, position, metric, payload.timestamp, topic, now, initial)
        return self._measured(columns, now)

    def doubt(self, now: Moment) -> Batch:
        """Every tag is BAD until it has a new value; the session goes on. Again only when something has come since."""
        self.births.forget_aliases()
        if self._doubted or not self.session.is_up:
            return Batch.empty()
        self._doubted = True
        return self.session.bad(np.arange(len(self._points)), now)

    def refuse(self, cause: str, topic: str, now: Moment, shown: str, tag: str = "") -> None:
        """shown: safe to be shown anywhere."""
        self.counts[str(cause)] += 1
        known = self._refused.get((tag, str(cause)))
        if known is None:
            known = RefusedInput(self.session.device, tag, topic, str(cause), 0, shown, now)
            self._tell(known.again())
        self._refused[tag, str(cause)] = known.again()

    # --- commands -------------------------------------------------------------------------------------------------

    def position_of(self, tag: str) -> int | None:
        return next((at for at, each in enumerate(self.session.tags) if each.name == tag), None)

    def metric_at(self, position: int) -> tuple[str, int | None]:
        """The name of a tag's metric, and the data type that its birth gave it."""
        name = self._points[position].metric
        return name, self.births.type_of(name)

    def command_sent(self, position: int) -> None:
        self._since_command[position] = None

    def since_command(self, position: int) -> float | str | None:
        """The last value that came since; None: none."""
        return self._since_command.get(position)

    # --- metrics --------------------------------------------------------------------------------------------------

    def _take_one(
        self, columns: _Columns, position: int, metric: Metric, sent: int | None, topic: str, now: Moment, initial: int
    ) -> None:
        point = self._points[position]
        reading = read_metric(metric, self.births.type_of(point.metric), point.type)
        stamp = self._stamp(sent if metric.timestamp is None else metric.timestamp, now)
        if metric.is_historical and (stamp is None or stamp <= self._newest.get(position, stamp - 1)):
            self.counts[HISTORICAL] += 1
            return
        if isinstance(reading, Refusal):
            self.refuse(reading, topic, now, _shown(metric), self.session.tags[position].name)
            columns.add(position, _NOTHING, now, initial | Mark.RECEIVED_TIME_USED)
            return
        if reading.value is None:
            self.counts[NULL] += 1
        source_time = now if stamp is None else stamp
        self._newest[position] = max(source_time, self._newest.get(position, source_time))
        columns.add(position, reading, source_time, initial | (Mark.RECEIVED_TIME_USED if stamp is None else Mark.NONE))

    def _stamp(self, ms: int | None, now: Moment) -> Moment | None:
        """None: the received time, for want of a stamp that is believed."""
        if ms is None:
            return None
        stamp = ms * MILLISECOND
        return stamp if -self._window.past <= stamp - now <= self._window.future else None

    def _measured(self, columns: _Columns, now: Moment) -> Batch:
        if not columns.raw:
            return Batch.empty()
        self._doubted = False
        positions = np.array(columns.position, dtype=np.intp)
        measured = self._measuring.measure(positions, np.array(columns.raw, dtype=np.float64), columns.text)
        values, quality = measured.value.copy(), measured.quality.copy()
        text = dict(columns.text)
        mark = np.array(columns.mark, dtype=np.uint8)
        for row, (position, said) in enumerate(zip(columns.position, columns.quality, strict=True)):
            if said is Quality.BAD:
                values[row], quality[row] = self.session.last_of(position), said
                if (last := self.session.last_text_of(position)) is not None:
                    text[row] = last
                continue
            mark[row] |= measured.mark[row]
            if quality[row] == Quality.GOOD:
                quality[row] = said
                value = float(values[row])
                self.session.note_one(position, value, text.get(row))
                if position in self._since_command:
                    self._since_command[position] = text.get(row, value)
        return Batch(
            slot=self.session.slots[positions],
            value=values,
            quality=quality,
            source_time=np.array(columns.source_time, dtype=np.int64),
            received_time=np.full(len(positions), now, dtype=np.int64),
            mark=mark,
            text=text,
        )


def _shown(metric: Metric) -> str:
    """What a metric said, without what cannot be printed."""
    raw = "nothing" if metric.value is None else f"{metric.value.form.name.lower()} {metric.value.raw!r}"
    return f"data type {metric.datatype}, {raw}"[:200]


def _point(point: object) -> SparkplugPoint:
    if not isinstance(point, SparkplugPoint):
        raise TypeError(f"point is {type(point).__name__}, expected SparkplugPoint")
    return point
