"""Maintenance windows: one act takes the alarms of some devices out of service for a time.

    planned ──── its begin ────▶ open ──── its end, or a person ────▶ gone
       └────────────────────── a person ─────────────────────────────▶

What warns people of a danger stays in service. The loss of a connection is to be expected when a cabinet is switched off, so it
is told to the owner alone. A quarter of an hour before its end, and at its end, the owner hears what is still open; no window
ever lengthens itself.

Pure: windows are durable as a whole (`record`). Not here: what becomes of the alarms (annunciator.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, assert_never

from edge.model.command import PlanMaintenance, Rejection
from edge.model.moment import HOUR, MINUTE, NEVER, Moment, Span
from rules.definition import Kind
from rules.layout import Layout
from rules.shelving import TEXT_MAX

COVER = "maintenance:"
#: The owner hears what is still open this long before the end.
WARN_BEFORE: Span = 15 * MINUTE
WINDOW_MAX: Span = 30 * 24 * HOUR
AHEAD_MAX: Span = 400 * 24 * HOUR
WINDOWS_MAX, DEVICES_MAX = 200, 1_000


class Turn(Enum):
    """What becomes of a window when its time has come."""

    BEGINS = "begins"
    IS_ENDING = "is_ending"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Window:
    """owner: a person's id. warned: that it ends soon has been said."""

    name: str
    devices: tuple[str, ...]
    begin: Moment
    end: Moment
    owner: str
    permit: str
    reason: str
    open: bool = False
    warned: bool = False

    @property
    def next(self) -> tuple[Moment, Turn]:
        """What becomes of it next, and when."""
        if not self.open:
            return self.begin, Turn.BEGINS
        if not self.warned and self.end - WARN_BEFORE > self.begin:
            return self.end - WARN_BEFORE, Turn.IS_ENDING
        return self.end, Turn.ENDS


class Maintenance:
    """windows: by name, planned and open."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._devices = {tag.device for tag in layout.tags}
        self.windows: dict[str, Window] = {}

    @property
    def next_due(self) -> Moment:
        return min((window.next[0] for window in self.windows.values()), default=NEVER)

    def refuse(self, command: PlanMaintenance, now: Moment) -> Rejection | None:
        """Why it cannot be planned so; None when it can."""
        span = command.end - command.begin
        reasons = (
            (command.window in self.windows or not command.window.strip(), Rejection.WINDOW_TAKEN),
            (len(self.windows) >= WINDOWS_MAX or len(command.devices) > DEVICES_MAX, Rejection.DURATION_OUT_OF_RANGE),
            (not command.devices or not self._devices.issuperset(command.devices), Rejection.UNKNOWN_DEVICE),
            (span <= 0 or command.end <= now, Rejection.SPAN_BACKWARDS),
            (span > WINDOW_MAX or command.begin > now + AHEAD_MAX, Rejection.DURATION_OUT_OF_RANGE),
            (not command.permit.strip(), Rejection.PERMIT_MISSING),
            (not command.reason.strip(), Rejection.REASON_MISSING),
            (max(map(len, (command.window, command.permit, command.reason))) > TEXT_MAX, Rejection.COMMENT_TOO_LONG),
        )
        return next((rejection for applies, rejection in reasons if applies), None)

    def plan(self, command: PlanMaintenance, owner: str) -> Window:
        window = Window(command.window, command.devices, command.begin, command.end, owner, command.permit, command.reason)
        self.windows[window.name] = window
        return window

    def due(self, now: Moment) -> tuple[Window, Turn] | None:
        """The first window whose time has come, of those that have; it has turned when this returns."""
        dues = sorted((window.next[0], window.name) for window in self.windows.values() if window.next[0] <= now)
        if not dues:
            return None
        window = self.windows[dues[0][1]]
        turn = window.next[1]
        match turn:
            case Turn.BEGINS:
                self.windows[window.name] = replace(window, open=True)
            case Turn.IS_ENDING:
                self.windows[window.name] = replace(window, warned=True)
            case Turn.ENDS:
                del self.windows[window.name]
            case _ as never:
                assert_never(never)
        return window, turn

    def covered(self, window: Window) -> list[int]:
        """The rows that a window takes out of service."""
        return [row for row in self._rows(window) if self._layout.rules[row].kind is not Kind.COMM_LOSS]

    def rows(self, window: Window) -> list[int]:
        """All rows that it is about: with the losses of connection, without what warns of a danger."""
        return self._rows(window)

    def owner_of_loss(self, row: int) -> str | None:
        """Who alone is told that this connection is lost; None: whoever is told of it always."""
        rule = self._layout.rules[row]
        if not self.windows or rule.kind is not Kind.COMM_LOSS or rule.safety:
            return None
        return next((each.owner for each in self.windows.values() if each.open and rule.device in each.devices), None)

    def told_to_owners(self) -> list[int]:
        """The rows of which an owner alone is told."""
        lost = {row for window in self.windows.values() if window.open for row in self._rows(window)}
        return [row for row in lost if self._layout.rules[row].kind is Kind.COMM_LOSS]

    def record(self) -> list[list[Any]]:
        """All windows, as plain JSON."""
        return [
            [each.name, list(each.devices), each.begin, each.end, each.owner, each.permit, each.reason, each.open, each.warned]
            for each in self.windows.values()
        ]

    def restore(self, record: list[list[Any]]) -> None:
        for name, devices, *rest in record:
            self.windows[name] = Window(name, tuple(devices), *rest)

    def _rows(self, window: Window) -> list[int]:
        devices = set(window.devices)
        return [row for row, rule in enumerate(self._layout.rules) if rule.device in devices and not rule.safety]
