"""Stages: which alarms are only written down, which are tried out on a few people, and which are live.

An alarm has the stage that was set for itself, else for its line, else for the plant. A trial (`commissioning`) ends by itself,
and then what was before is so again: the scope's own stage, or none, and then it goes with its line and the plant. What is in
shadow lies under a cover of that name, so all of it lives on underneath, and on promotion what is active is announced.

Pure: what is set is durable as a whole (`record`). Not here: who is told (the response).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge.model.command import Rejection, SetStage
from edge.model.moment import NEVER, Moment
from edge.model.stage import COMMISSIONING_MAX, PLANT, Stage
from rules.layout import Layout
from rules.shelving import TEXT_MAX

SHADOW_COVER = "shadow"
#: Who may be named for a trial.
ONLY_MAX = 50
_LINE = "line:"


@dataclass(frozen=True, slots=True)
class Set:
    """What was set for a scope. until: when a trial is over, NEVER for none. before: the scope's own stage, which is then so
    again; None: it had none of its own."""

    stage: Stage
    by: str
    reason: str
    only: tuple[str, ...] = ()
    until: Moment = NEVER
    before: Stage | None = None


class Stages:
    """first: the stage of a plant for which nobody has set one."""

    def __init__(self, layout: Layout, first: Stage) -> None:
        self._layout = layout
        self._first = first
        self._unset = Set(first, "", "")
        self._set: dict[str, Set] = {}

    @property
    def next_due(self) -> Moment:
        return min((each.until for each in self._set.values()), default=NEVER)

    def of(self, row: int) -> Set:
        """What holds for a rule."""
        if not self._set:
            return self._unset
        rule = self._layout.rules[row]
        for scope in (rule.id, f"{_LINE}{rule.line}", PLANT):
            if scope in self._set:
                return self._set[scope]
        return self._unset

    def stage_of(self, scope: str) -> Stage:
        """What holds for a scope."""
        row = self._layout.rows.get(scope)
        if row is not None:
            return self.of(row).stage
        return (self._set.get(scope) or self._set.get(PLANT) or self._unset).stage

    def all(self) -> dict[str, Set]:
        """What holds for the plant, and for every other scope that has a stage of its own."""
        return {PLANT: self._unset, **self._set}

    def in_shadow(self) -> Iterator[int]:
        """The rows of the rules that nobody is told of."""
        if not self._set:
            if self._first is Stage.SHADOW:
                yield from range(len(self._layout.rules))
            return
        for row in range(len(self._layout.rules)):
            if self.of(row).stage is Stage.SHADOW:
                yield row

    def on_trial(self) -> Iterator[int]:
        """The rows of the rules of which only a named list is told."""
        if any(each.stage is Stage.COMMISSIONING for each in self._set.values()):
            yield from (row for row in range(len(self._layout.rules)) if self.of(row).stage is Stage.COMMISSIONING)

    def refuse(self, command: SetStage) -> Rejection | None:
        """Why it cannot be set so; None when it can."""
        lines = {f"{_LINE}{line.name}" for line in self._layout.lines}
        if command.scope != PLANT and command.scope not in self._layout.rows and command.scope not in lines:
            return Rejection.UNKNOWN_SCOPE
        if not command.reason.strip():
            return Rejection.REASON_MISSING
        if len(command.reason) > TEXT_MAX:
            return Rejection.COMMENT_TOO_LONG
        if command.stage is not Stage.COMMISSIONING:
            return Rejection.SAME_STAGE if self._is_set(command) else None
        if not 0 < command.duration <= COMMISSIONING_MAX:
            return Rejection.DURATION_OUT_OF_RANGE
        return None if 0 < len(command.only) <= ONLY_MAX else Rejection.NOBODY_NAMED

    def set(self, command: SetStage, by: str, now: Moment) -> Set:
        """Set it; what was refused must not be."""
        trial = command.stage is Stage.COMMISSIONING
        was = self._set.get(command.scope)
        own = None if was is None else was.before if was.stage is Stage.COMMISSIONING else was.stage
        until = now + command.duration if trial else NEVER
        made = Set(command.stage, by, command.reason, command.only if trial else (), until, own if trial else None)
        self._set[command.scope] = made
        return made

    def lapse(self, now: Moment) -> list[tuple[str, Stage]]:
        """Trials that are over by now: their scopes, and what holds there again."""
        over = [(scope, each) for scope, each in sorted(self._set.items()) if each.until <= now]
        for scope, each in over:
            if each.before is None:
                del self._set[scope]
            else:
                self._set[scope] = replace(each, stage=each.before, only=(), until=NEVER, before=None)
        return [(scope, self.stage_of(scope)) for scope, _ in over]

    def record(self) -> dict[str, Any]:
        """All that was set, as plain JSON."""
        return {
            scope: [str(each.stage), each.by, each.reason, list(each.only), each.until, each.before and str(each.before)]
            for scope, each in self._set.items()
        }

    def restore(self, record: Mapping[str, Any]) -> None:
        """What was set for rules and lines that are gone is kept: they may come back."""
        for scope, (stage, by, reason, only, until, before) in record.items():
            self._set[scope] = Set(Stage(stage), by, reason, tuple(only), until, before and Stage(before))

    def _is_set(self, command: SetStage) -> bool:
        was = self._set.get(command.scope)
        return was is not None and was.stage is command.stage
