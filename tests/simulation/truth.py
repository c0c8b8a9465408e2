"""The truth: what the devices showed while all that is needed to see it was up; it knows neither rules engine nor journal.

A glance every two seconds, and at every change. A condition that was clearly true at every glance of a stretch long enough for
its delay, with its device, the broker and the gateway up all the while, must have its alarm active at the end of it; one that
was clearly false must not. "Clearly" keeps away from limits and bands: the values of a script do too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.model.moment import SECOND, Moment, Span

GLANCE_EVERY: Span = 2 * SECOND
#: Polls come every 3 s, publications every 2 s; the rest is for a slow cloud of timers.
MARGIN: Span = 8 * SECOND
#: A device that was gone is asked again after a minute at most, and a broker after ten seconds; then with MARGIN.
BACK_AFTER: Span = 75 * SECOND

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Expectation:
    """An alarm, told apart from the rules files on purpose: written down again, by hand. true, false: clearly so."""

    alarm: str
    device: str
    true: Callable[[Values], bool]
    false: Callable[[Values], bool]
    on_s: float
    off_s: float = 0.0


#: An oil temperature above this is none; no alarm on it may change by one.
VALID_TO = 150


def _above(alarm: str, key: str, limit: float, release: float, on_s: float, off_s: float = 0.0) -> Expectation:
    device = alarm.partition("/")[0]
    tag = f"{device}.{key}"
    most = VALID_TO if key == "oil_temp" and limit < VALID_TO else float("inf")
    return Expectation(alarm, device, lambda v: limit + 0.3 < v[tag] <= most, lambda v: v[tag] < release - 0.3, on_s, off_s)


def _below(alarm: str, key: str, limit: float, release: float, on_s: float) -> Expectation:
    device = alarm.partition("/")[0]
    tag = f"{device}.{key}"
    return Expectation(alarm, device, lambda v: v[tag] < limit - 0.3, lambda v: v[tag] > release + 0.3, on_s)


EXPECTATIONS = (
    *(_above(f"PRESS.{n}/oil_hot", "oil_temp", 80, 77, 6, 3) for n in (1, 2)),
    *(_above(f"PRESS.{n}/oil_warm", "oil_temp", 70, 67, 20) for n in (1, 2)),
    *(_above(f"PRESS.{n}/oil_temp_sensor_fault", "oil_temp", VALID_TO, VALID_TO, 2) for n in (1, 2)),
    *(_below(f"PRESS.{n}/pressure_low", "pressure", 20, 22, 0) for n in (1, 2)),
    *(_above(f"PRESS.{n}/door_open", "door_open", 0.5, 0.5, 3) for n in (1, 2)),
    _above("OVEN.1/too_hot", "zone_temp", 650, 640, 0),
    _below("OVEN.1/cold", "zone_temp", 500, 510, 10),
    _above("FAN.1/vibration_high", "vibration", 7, 6.5, 5),
)
#: alarm, device, seconds of absence that it needs: its delay and the driver's own time-out.
ABSENCES = (("PRESS.1/press_lost", "PRESS.1", 10), ("PRESS.2/press_lost", "PRESS.2", 10), ("OVEN.1/oven_lost", "OVEN.1", 10))


@dataclass(frozen=True, slots=True)
class Fault:
    """A stretch in which a tag showed no measurement, at every glance; whether anybody saw it is another matter."""

    tag: str
    since: Moment
    until: Moment


@dataclass(frozen=True, slots=True)
class Due:
    """At `at`, the alarm must be active, or must not be, because it was so since `since`."""

    alarm: str
    active: bool
    since: Moment
    at: Moment


class Truth:
    """Fed with glances in order; `dues` is what must be found in the journal, `faults` when sensors had failed."""

    def __init__(self) -> None:
        self.dues: list[Due] = []
        self.faults: list[Fault] = []
        self._failed: dict[str, Fault] = {}
        self._since: dict[tuple[str, bool], Moment] = {}
        self._up_since: dict[str, Moment] = {}

    def glance(self, now: Moment, values: Values, *, up: Mapping[str, bool], gateway: bool) -> None:
        """values: by tag. up: by device, its way to us included. gateway: it runs and its disk takes rows."""
        for device, is_up in up.items():
            if not is_up:
                self._up_since.pop(device, None)
            else:
                self._up_since.setdefault(device, now)
        self._follow_faults(now, values)
        for expected in EXPECTATIONS:
            back = now - self._up_since.get(expected.device, now) >= BACK_AFTER
            seen = gateway and back
            self._follow(now, expected.alarm, seen and expected.true(values), True, expected.on_s)
            self._follow(now, expected.alarm, seen and expected.false(values), False, expected.off_s)
        for alarm, device, on_s in ABSENCES:
            gone = gateway and not up[device]
            self._follow(now, alarm, gone, True, on_s)
            back = gateway and now - self._up_since.get(device, now) >= BACK_AFTER
            self._follow(now, alarm, back, False, 0)

    def _follow_faults(self, now: Moment, values: Values) -> None:
        for tag in (f"PRESS.{n}.oil_temp" for n in (1, 2)):
            if values[tag] > VALID_TO:
                begun = self._failed.pop(tag, Fault(tag, now, now))
                self._failed[tag] = Fault(tag, begun.since, now)
            elif tag in self._failed:
                self.faults.append(self._failed.pop(tag))

    def _follow(self, now: Moment, alarm: str, holds: bool, active: bool, for_s: float) -> None:
        key = (alarm, active)
        if not holds:
            self._since.pop(key, None)
            return
        since = self._since.setdefault(key, now)
        if now - since >= int(for_s * SECOND) + MARGIN:
            self.dues.append(Due(alarm, active, since, now))
