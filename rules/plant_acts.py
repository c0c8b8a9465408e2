"""What a person does to many alarms at once: stages and maintenance windows. Every act ends in one event that answers, and in
what covers which rules from then on.

Pure. Not here: what becomes of the alarms that are covered or not any more (annunciator.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from edge.model.command import EndMaintenance, InboxRow, PlanMaintenance, PlantCommand, Rejection, SetStage, body_kind
from edge.model.event import Event, Stream
from edge.model.moment import NEVER, Moment, to_iso
from edge.model.stage import Stage
from rules.layout import Layout
from rules.maintenance import COVER, Maintenance, Turn, Window
from rules.stages import SHADOW_COVER, Stages
from rules.suppression import Suppression, Turned

#: What of some rules somebody should know of when the work is over, as events say it (left_open.py).
LeftOpen = Callable[[Sequence[int], Moment], Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Act:
    """event: what happened. turned: the rules whose covers changed by it. opened: rules of which more are told from now on than
    the few until now: the rows, and who alone was added; empty for everybody. opened_by: because what ended."""

    event: Event
    turned: list[Turned]
    opened: Mapping[int, Sequence[str]] = field(default_factory=dict)
    opened_by: str = ""


class PlantActs:
    """altered: whether what `record` gives has changed since it was asked. next_due: when it wants to be called; NEVER for
    never."""

    def __init__(self, layout: Layout, suppression: Suppression, left_open: LeftOpen, first: Stage) -> None:
        self._suppression = suppression
        self._left_open = left_open
        self._size = len(layout.rules)
        self._shadow: frozenset[int] = frozenset()
        self._apart: dict[int, Sequence[str]] = {}
        self.stages = Stages(layout, first)
        self.maintenance = Maintenance(layout)
        self.altered = False
        self.next_due: Moment = NEVER
        self._follow_stages()

    def plan(self) -> None:
        """To be called after every act: `next_due` is asked for with every edge."""
        self.next_due = min(self.stages.next_due, self.maintenance.next_due)

    def told_apart(self, row: int) -> Mapping[str, Any]:
        """What a raise says of its stage, and of who alone may be told."""
        owner = self.maintenance.owner_of_loss(row)
        if owner is not None:
            return {"only": [f"person:{owner}"]}
        holds = self.stages.of(row)
        if holds.stage is Stage.LIVE:
            return {}
        only = {"only": list(holds.only)} if holds.stage is Stage.COMMISSIONING else {}
        return {"stage": str(holds.stage), **only}

    def obey(self, command: InboxRow, body: PlantCommand, now: Moment) -> Iterator[Act]:
        """The act that answers is the first."""
        self.altered = True
        yield from self._obey(command, body, now)
        self.plan()

    def _obey(self, command: InboxRow, body: PlantCommand, now: Moment) -> Iterator[Act]:
        match body:
            case SetStage():
                yield self._set_stage(command, body, now)
            case PlanMaintenance():
                refused = self.maintenance.refuse(body, now)
                if refused is not None:
                    yield _rejected(command, body.window, refused, now)
                    return
                window = self.maintenance.plan(body, command.actor)
                yield Act(_answer(command, "maintenance_planned", window.name, _planned(window), now), [])
                self.plan()
                yield from self.lapse(now)
            case EndMaintenance():
                yield self._end(command, body, now)
            case _ as never:
                assert_never(never)

    def lapse(self, now: Moment) -> Iterator[Act]:
        """What falls due by now, in order."""
        while (due := self.next_due) <= now:
            self.altered = True
            for scope, stage in self.stages.lapse(due):
                data = {"stage": str(stage), "before": str(Stage.COMMISSIONING)}
                event = Event(Stream.PLANT, "stage_ended", scope, due, data)
                yield Act(event, self._follow_stages(), self._open(), str(Stage.COMMISSIONING))
            while (turned := self.maintenance.due(due)) is not None:
                yield self._window_turns(*turned, due)
            self.plan()

    def record(self) -> dict[str, Any]:
        """All that was set and planned, as plain JSON."""
        self.altered = False
        return {"stages": self.stages.record(), "windows": self.maintenance.record()}

    def restore(self, record: Mapping[str, Any]) -> None:
        self.stages.restore(record.get("stages", {}))
        self.maintenance.restore(record.get("windows", []))
        self._follow_stages()
        for window in self.maintenance.windows.values():
            if window.open:
                self._suppression.hide(f"{COVER}{window.name}", self.maintenance.covered(window))
        self._open()
        self.plan()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _set_stage(self, command: InboxRow, body: SetStage, now: Moment) -> Act:
        refused = self.stages.refuse(body)
        if refused is not None:
            return _rejected(command, body.scope, refused, now)
        before = self.stages.stage_of(body.scope)
        made = self.stages.set(body, command.actor, now)
        data = {"stage": str(made.stage), "before": str(before), "reason": made.reason, "only": list(made.only)}
        until = None if made.until == NEVER else to_iso(made.until)
        event = _answer(command, "stage_set", body.scope, {**data, "until": until}, now)
        return Act(event, self._follow_stages(), self._open(), str(Stage.COMMISSIONING))

    def _open(self) -> dict[int, list[str]]:
        """The rules of which only a few were told, and more are now; who alone was added, nobody where it is everybody."""
        rows = sorted({*self.stages.on_trial(), *self.maintenance.told_to_owners()})
        apart = {row: only for row in rows if (only := self.told_apart(row).get("only")) is not None}
        opened = {}
        for row, before in self._apart.items():
            added = [each for each in apart.get(row, ()) if each not in before]
            if added or row not in apart:
                opened[row] = added
        self._apart = apart
        return opened

    def _follow_stages(self) -> list[Turned]:
        """Rules that go into shadow, or come out of it."""
        shadow = frozenset(self.stages.in_shadow())
        if shadow == self._shadow:
            return []
        changed = shadow ^ self._shadow
        self._shadow = shadow
        turned = self._suppression.hide(SHADOW_COVER, sorted(shadow)) if shadow else self._suppression.show(SHADOW_COVER)
        # Laying the cover anew turns those twice that stay in shadow: nothing changed for them.
        last = {each.row: each for each in turned if each.row in changed}
        return [last[row] for row in sorted(last)]

    def _window_turns(self, window: Window, turn: Turn, now: Moment) -> Act:
        data: dict[str, Any] = {"owner": window.owner}
        match turn:
            case Turn.BEGINS:
                data |= {"devices": list(window.devices), "end": to_iso(window.end), "permit": window.permit}
                turned = self._suppression.hide(f"{COVER}{window.name}", self.maintenance.covered(window))
                self._open()
                return Act(Event(Stream.PLANT, "maintenance_begun", window.name, now, data), turned)
            case Turn.IS_ENDING:
                data |= {"end": to_iso(window.end), **self._left_open(self.maintenance.rows(window), now)}
                return Act(Event(Stream.PLANT, "maintenance_ending", window.name, now, data), [])
            case Turn.ENDS:
                data |= {"cause": "over", **self._left_open(self.maintenance.rows(window), now)}
                cover = f"{COVER}{window.name}"
                event = Event(Stream.PLANT, "maintenance_ended", window.name, now, data)
                return Act(event, self._suppression.show(cover), self._open(), cover)
            case _ as never:
                assert_never(never)

    def left_open(self, window: Window, now: Moment) -> Mapping[str, list[str]]:
        """What its owner is told of a window that is under way (`rules.left_open`); nothing of one to come."""
        return self._left_open(self.maintenance.rows(window) if window.open else (), now)

    def _end(self, command: InboxRow, body: EndMaintenance, now: Moment) -> Act:
        window = self.maintenance.windows.pop(body.window, None)
        if window is None:
            return _rejected(command, body.window, Rejection.UNKNOWN_WINDOW, now)
        left = self.left_open(window, now)
        data = {"owner": window.owner, "cause": "person", **left}
        cover = f"{COVER}{window.name}"
        event = _answer(command, "maintenance_ended", window.name, data, now)
        return Act(event, self._suppression.show(cover), self._open(), cover)


def _planned(window: Window) -> dict[str, Any]:
    return {
        "devices": list(window.devices),
        "begin": to_iso(window.begin),
        "end": to_iso(window.end),
        "permit": window.permit,
        "reason": window.reason,
    }


def _rejected(command: InboxRow, subject: str, reason: Rejection, now: Moment) -> Act:
    return Act(_answer(command, "rejected", subject, {"command": body_kind(command.body), "reason": str(reason)}, now), [])


def _answer(command: InboxRow, kind: str, subject: str, data: Mapping[str, Any], now: Moment) -> Event:
    named = {"by": command.actor, "via": command.source, **data}
    return Event(Stream.PLANT, kind, subject, now, named, (command.source, command.message_id))
