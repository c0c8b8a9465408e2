"""What may be done to one alarm: acknowledge, on my way, confirm, comment, shelve, unshelve, reset, return to service.

The elements are made once and only come and go, so that what somebody types stays while the alarm moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from edge.console.commands import Commands
from edge.console.reasoned_acts import ReasonedActs
from edge.console.rows import HIDDEN, can_acknowledge, can_reset
from edge.console.words import Words

#: Minutes that are offered for a shelf, beside the plant's own.
DURATIONS = (15, 30, 60, 120, 240, 480)
OTHER = "other"
#: What is offered when the API could not be asked.
NO_SHELVING: Mapping[str, Any] = {"reasons": [], "minutes": 30, "minutes_max": 480}


class Acts:
    """shelving: what the API says may be offered. commented: told when a comment stands in the journal:
    that moves no alarm."""

    def __init__(
        self,
        words: Words,
        commands: Commands,
        shelving: Mapping[str, Any],
        *,
        may_maintain: bool,
        commented: Callable[[], None] = lambda: None,
    ) -> None:
        self._words, self._commands, self._commented = words, commands, commented
        self._may_maintain = may_maintain
        self._alarm: Mapping[str, Any] | None = None
        with ui.element("div").classes("acts"):
            self._acknowledge = ui.button(words("act.acknowledge"), on_click=self._see).props("unelevated no-caps")
            self._on_my_way = ui.button(words("act.on_my_way"), on_click=self._go).props("outline no-caps")
            self._confirm = ui.button(words("act.confirm"), on_click=self._work_is_done).props("outline no-caps")
            self._reset = ui.button(words("act.reset"), on_click=self._clear_latch).props("outline no-caps")
            self._unshelve = ui.button(words("act.unshelve"), on_click=self._bring_back).props("outline no-caps")
            self._put_back = ui.button(words("act.return_to_service"), on_click=self._return_to_service).props(
                "outline no-caps"
            )
        self._comment = ui.textarea(words("panel.comment")).props("outlined dense rows=2 maxlength=500")
        self._comment.props["hint"] = words("panel.comment_hint")
        with ui.element("div").classes("acts"):
            ui.button(words("act.comment"), on_click=self._remark).props("outline no-caps")
        with ui.element("div").classes("shelve") as self._shelve_box:
            self._build_shelf(shelving)
        self._not_shelvable = ui.label(words("act.not_shelvable")).classes("why")
        self._reasoned = ReasonedActs(words, commands, may_maintain=may_maintain)

    def _build_shelf(self, shelving: Mapping[str, Any]) -> None:
        words = self._words
        self._reasons = reasons_of(shelving, words)
        self._reason = ui.select(
            self._reasons | {OTHER: words("act.other_reason")}, label=words("act.reason"), on_change=self._reason_chosen
        ).props("outlined dense")
        self._other = ui.input(words("act.other_reason")).props("outlined dense maxlength=200")
        self._other.set_visibility(False)
        usual = int(shelving["minutes"])
        offered = sorted({*DURATIONS, usual} & set(range(1, int(shelving["minutes_max"]) + 1)))
        durations = {minutes: self._duration(minutes) for minutes in offered}
        self._duration_asked = ui.select(durations, value=usual, label=words("act.duration")).props("outlined dense")
        self._once = ui.checkbox(words("act.once")).props("dense")
        ui.button(words("act.shelve"), on_click=self._shelve).props("outline no-caps")

    def _duration(self, minutes: int) -> str:
        if minutes % 60 == 0:
            return self._words("act.hours", count=minutes // 60)
        return self._words("act.minutes", count=minutes)

    def show(self, alarm: Mapping[str, Any] | None) -> None:
        """What may be done to it as it is now; None: it is over, and only a comment is still possible. With another alarm than
        before, what was typed for that one is gone."""
        is_other = alarm is not None and (self._alarm is None or alarm["alarm"] != self._alarm["alarm"])
        if is_other:
            self._comment.set_value("")
            self._other.set_value("")
            self._reason.set_value(None)
            self._once.set_value(False)
        self._alarm = alarm or self._alarm
        self._reasoned.show(alarm, is_other=is_other)
        shelved = alarm is not None and alarm["shelved_until"] is not None
        hidden = alarm is not None and alarm["state"] in HIDDEN
        out = alarm is not None and alarm["work_order"] is not None
        self._acknowledge.set_visibility(alarm is not None and can_acknowledge(alarm))
        self._on_my_way.set_visibility(alarm is not None and not hidden and alarm["active"])
        self._confirm.set_visibility(alarm is not None and alarm["acked"] and not alarm["confirmed"])
        self._reset.set_visibility(alarm is not None and can_reset(alarm))
        self._unshelve.set_visibility(shelved)
        self._put_back.set_visibility(out and self._may_maintain)
        self._shelve_box.set_visibility(alarm is not None and alarm["shelvable"] and not shelved)
        self._not_shelvable.set_visibility(alarm is not None and not alarm["shelvable"])

    def _reason_chosen(self) -> None:
        self._other.set_visibility(self._reason.value == OTHER)

    # --- what a press does ----------------------------------------------------------------------------------------

    async def _see(self) -> None:
        if self._alarm is not None:
            alarm, occurrence, comment = self._alarm["alarm"], self._alarm["occurrence"], self._comment.value or ""
            done = self._words("done.acknowledged")
            if await self._commands.carry_out(lambda client: client.acknowledge(alarm, occurrence, comment), done):
                self._comment.set_value("")

    async def _go(self) -> None:
        if self._alarm is not None:
            alarm, occurrence = self._alarm["alarm"], self._alarm["occurrence"]
            await self._commands.carry_out(lambda client: client.on_my_way(alarm, occurrence), self._words("done.on_my_way"))

    async def _work_is_done(self) -> None:
        if self._alarm is not None:
            alarm, occurrence, comment = self._alarm["alarm"], self._alarm["occurrence"], self._comment.value or ""
            done = self._words("done.confirmed")
            if await self._commands.carry_out(lambda client: client.confirm(alarm, occurrence, comment), done):
                self._comment.set_value("")

    async def _remark(self) -> None:
        if self._alarm is not None:
            alarm, text = self._alarm["alarm"], (self._comment.value or "").strip()
            if not text:
                self._comment.run_method("focus")
            elif await self._commands.carry_out(lambda client: client.comment(alarm, text), self._words("done.commented")):
                self._comment.set_value("")
                self._commented()

    async def _clear_latch(self) -> None:
        if self._alarm is not None:
            alarm = self._alarm["alarm"]
            await self._commands.carry_out(lambda client: client.reset(alarm), self._words("done.reset"))

    async def _bring_back(self) -> None:
        if self._alarm is not None:
            alarm = self._alarm["alarm"]
            await self._commands.carry_out(lambda client: client.unshelve(alarm), self._words("done.unshelved"))

    async def _return_to_service(self) -> None:
        if self._alarm is not None:
            alarm = self._alarm["alarm"]
            done = self._words("done.returned_to_service")
            await self._commands.carry_out(lambda client: client.return_to_service(alarm), done)

    async def _shelve(self) -> None:
        if self._alarm is None:
            return
        alarm, minutes = self._alarm["alarm"], int(self._duration_asked.value)
        reason = (self._other.value or "").strip() if self._reason.value == OTHER else self._reason.value
        if not reason:
            (self._other if self._reason.value == OTHER else self._reason).run_method("focus")
            ui.notify(self._words("act.reason_first"), type="warning", position="bottom")
            return
        once = bool(self._once.value)
        done = self._words("done.shelved_once" if once else "done.shelved", duration=self._duration(minutes))
        await self._commands.carry_out(lambda client: client.shelve(alarm, minutes, reason, one_shot=once), done)


def reasons_of(shelving: Mapping[str, Any], words: Words) -> dict[str, str]:
    """What the plant presets, by the id that is written down."""
    return {reason["id"]: words.of(reason["words"]) for reason in shelving["reasons"]}
