"""The panel of one alarm: what is known of it, what to do, and the commands on it.

Its elements are made once and only change their texts, so that what somebody types stays while the alarm moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from edge.console.commands import Commands
from edge.console.rows import (
    SHAPES,
    PlantTime,
    actor,
    can_acknowledge,
    can_reset,
    limit_of,
    peak_of,
    value_of,
)
from edge.console.words import Words
from edge.model.alarm import AlarmState

#: Minutes that are offered for a shelf, beside the plant's own.
DURATIONS = (15, 30, 60, 120, 240, 480)
OTHER = "other"
_FACTS = ("now", "limit", "peak", "raised", "returned", "acknowledged", "shelved", "shelve_reason")


class Panel:
    """shelving: what the API says may be offered. closed: called when somebody closes it."""

    def __init__(
        self, words: Words, commands: Commands, shelving: Mapping[str, Any], *, may_act: bool, closed: Callable[[], None]
    ) -> None:
        self._words, self._commands, self._may_act = words, commands, may_act
        self._alarm: Mapping[str, Any] | None = None
        self._facts: dict[str, tuple[ui.element, ui.label]] = {}
        with ui.element("aside") as self._root:
            with ui.element("div").classes("panel-head"):
                self._priority = ui.label("").classes("panel-priority")
                close = ui.button(icon="close", on_click=closed).props("flat dense round size=sm")
                close.props["aria-label"] = words("panel.close")
            self._headline = ui.label("").classes("panel-what")
            self._place = ui.label("").classes("panel-place")
            self._state = ui.label("").classes("panel-state")
            with ui.element("dl"):
                for fact in _FACTS:
                    with ui.element("div").classes("fact") as line:
                        with ui.element("dt"):
                            ui.label(words(f"panel.{fact}"))
                        with ui.element("dd"):
                            self._facts[fact] = (line, ui.label(""))
            with ui.element("div").classes("guidance") as self._guidance_box:
                ui.label(words("panel.guidance")).classes("small-heading")
                self._guidance = ui.label("")
            if may_act:
                self._build_acts(shelving)
            else:
                ui.label(words("panel.may_only_look")).classes("why")
        self._root.set_visibility(False)

    def _build_acts(self, shelving: Mapping[str, Any]) -> None:
        words = self._words
        self._comment = ui.textarea(words("panel.comment")).props("outlined dense rows=2 maxlength=500")
        self._comment.props["hint"] = words("panel.comment_hint")
        with ui.element("div").classes("acts"):
            self._acknowledge = ui.button(words("act.acknowledge"), on_click=self.acknowledge).props("unelevated no-caps")
            self._on_my_way = ui.button(words("act.on_my_way"), on_click=self._go).props("outline no-caps")
            ui.button(words("act.comment"), on_click=self._remark).props("outline no-caps")
            self._reset = ui.button(words("act.reset"), on_click=self._clear_latch).props("outline no-caps")
            self._unshelve = ui.button(words("act.unshelve"), on_click=self._bring_back).props("outline no-caps")
        with ui.element("div").classes("shelve") as self._shelve_box:
            reasons = {reason["id"]: words.of(reason["words"]) for reason in shelving["reasons"]} | {
                OTHER: words("act.other_reason")
            }
            self._reasons = reasons
            self._reason = ui.select(reasons, label=words("act.reason"), on_change=self._reason_chosen).props("outlined dense")
            self._other = ui.input(words("act.other_reason")).props("outlined dense maxlength=200")
            self._other.set_visibility(False)
            usual = int(shelving["minutes"])
            offered = sorted({*DURATIONS, usual} & set(range(1, int(shelving["minutes_max"]) + 1)))
            durations = {minutes: self._duration(minutes) for minutes in offered}
            self._duration_asked = ui.select(durations, value=usual, label=words("act.duration")).props("outlined dense")
            ui.button(words("act.shelve"), on_click=self._shelve).props("outline no-caps")
        self._not_shelvable = ui.label(words("act.not_shelvable")).classes("why")

    def _duration(self, minutes: int) -> str:
        if minutes % 60 == 0:
            return self._words("act.hours", count=minutes // 60)
        return self._words("act.minutes", count=minutes)

    @property
    def alarm_id(self) -> str | None:
        return None if self._alarm is None else self._alarm["alarm"]

    def close(self) -> None:
        self._alarm = None
        self._root.set_visibility(False)

    def open(self, alarm: Mapping[str, Any], time: PlantTime) -> None:
        """Show another alarm; what was typed for the one before is gone."""
        if alarm["alarm"] != self.alarm_id and self._may_act:
            self._comment.set_value("")
            self._other.set_value("")
            self._reason.set_value(None)
        self._root.set_visibility(True)
        self.show(alarm, time)

    def show(self, alarm: Mapping[str, Any] | None, time: PlantTime) -> None:
        """The newest that is known of the open alarm; None: it is over, its last facts stay until somebody closes it."""
        words = self._words
        if alarm is None:
            self._state.set_text(words("panel.over"))
            if self._may_act:
                self._show_acts(None)
            return
        self._alarm = alarm
        self._priority.set_text(f"{SHAPES[alarm['priority']]} {words('priority.' + alarm['priority'])}")
        self._priority.classes(replace=f"panel-priority {alarm['priority']}")
        self._headline.set_text(words.of(alarm["words"]))
        self._place.set_text(f"{words.of(alarm['area_words'])} · {words.of(alarm['device_words'])}")
        self._state.set_text(words(f"state.{alarm['state']}"))
        for fact, text in self._facts_of(alarm, time).items():
            line, label = self._facts[fact]
            label.set_text(text)
            line.set_visibility(bool(text))
        guidance = words.of(alarm["guidance"])
        self._guidance.set_text(guidance)
        self._guidance_box.set_visibility(bool(guidance))
        if self._may_act:
            self._show_acts(alarm)

    def _facts_of(self, alarm: Mapping[str, Any], time: PlantTime) -> dict[str, str]:
        words = self._words
        shelved = time.shown(alarm["shelved_until"])
        acknowledged = time.shown(alarm["acknowledged_at"])
        who = actor(alarm["acknowledged_by_name"], words)
        return {
            "now": value_of(alarm, words),
            "limit": limit_of(alarm, words),
            "peak": peak_of(alarm, words),
            "raised": time.shown(alarm["raised"]),
            "returned": "" if alarm["active"] else time.shown(alarm["returned"]),
            "acknowledged": words("alarms.acknowledged", who=who, at=acknowledged) if alarm["acked"] and acknowledged else "",
            "shelved": words("alarms.shelved_until", until=shelved, who=actor(alarm["shelved_by_name"], words))
            if shelved
            else "",
            "shelve_reason": self._reason_words(alarm["shelve_reason"]) if shelved else "",
        }

    def _reason_words(self, reason: str | None) -> str:
        """A preset reason is written down by its id."""
        return self._reasons.get(reason or "", reason or "") if self._may_act else reason or ""

    def _show_acts(self, alarm: Mapping[str, Any] | None) -> None:
        shelved = alarm is not None and alarm["state"] == AlarmState.SHLVD
        waits = alarm is not None and can_acknowledge(alarm)
        self._acknowledge.set_visibility(waits)
        self._on_my_way.set_visibility(alarm is not None and not shelved and alarm["active"])
        self._reset.set_visibility(alarm is not None and can_reset(alarm))
        self._unshelve.set_visibility(shelved)
        self._shelve_box.set_visibility(alarm is not None and alarm["shelvable"] and not shelved)
        self._not_shelvable.set_visibility(alarm is not None and not alarm["shelvable"])

    def _reason_chosen(self) -> None:
        self._other.set_visibility(self._reason.value == OTHER)

    # --- what a press does ----------------------------------------------------------------------------------------

    async def acknowledge(self) -> None:
        if self._alarm is not None:
            alarm, occurrence, comment = self._alarm["alarm"], self._alarm["occurrence"], self._comment.value or ""
            done = self._words("done.acknowledged")
            if await self._commands.carry_out(lambda client: client.acknowledge(alarm, occurrence, comment), done):
                self._comment.set_value("")

    async def _go(self) -> None:
        if self._alarm is not None:
            alarm, occurrence = self._alarm["alarm"], self._alarm["occurrence"]
            await self._commands.carry_out(lambda client: client.on_my_way(alarm, occurrence), self._words("done.on_my_way"))

    async def _remark(self) -> None:
        if self._alarm is not None:
            alarm, text = self._alarm["alarm"], (self._comment.value or "").strip()
            if not text:
                self._comment.run_method("focus")
            elif await self._commands.carry_out(lambda client: client.comment(alarm, text), self._words("done.commented")):
                self._comment.set_value("")

    async def _clear_latch(self) -> None:
        if self._alarm is not None:
            alarm = self._alarm["alarm"]
            await self._commands.carry_out(lambda client: client.reset(alarm), self._words("done.reset"))

    async def _bring_back(self) -> None:
        if self._alarm is not None:
            alarm = self._alarm["alarm"]
            await self._commands.carry_out(lambda client: client.unshelve(alarm), self._words("done.unshelved"))

    async def _shelve(self) -> None:
        if self._alarm is None:
            return
        alarm, minutes = self._alarm["alarm"], float(self._duration_asked.value)
        reason = (self._other.value or "").strip() if self._reason.value == OTHER else self._reason.value
        if not reason:
            (self._other if self._reason.value == OTHER else self._reason).run_method("focus")
            ui.notify(self._words("act.reason"), type="warning", position="bottom")
            return
        await self._commands.carry_out(lambda client: client.shelve(alarm, minutes, reason), self._words("done.shelved"))
