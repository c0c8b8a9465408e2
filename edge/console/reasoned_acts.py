"""What a person does to an alarm with a reason: take an acknowledgement back, take it out of service, let it learn anew,
return its sums to zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.console.commands import Commands
from edge.console.words import Words
from edge.model.alarm import AlarmState

_ACKNOWLEDGED = {AlarmState.ACKED, AlarmState.LATAK}


class ReasonedActs:
    """One field for the reason, one for the work order; the buttons that make sense beside each other."""

    def __init__(self, words: Words, commands: Commands, *, may_maintain: bool) -> None:
        self._words, self._commands, self._may_maintain = words, commands, may_maintain
        self._alarm: Mapping[str, Any] | None = None
        with ui.element("div").classes("shelve") as self._box:
            self._reason = ui.input(words("act.why")).props("outlined dense maxlength=500")
            self._order = ui.input(words("act.work_order")).props("outlined dense maxlength=200")
            with ui.element("div").classes("acts"):
                self._take_back = ui.button(words("act.unacknowledge"), on_click=self._unacknowledge).props("outline no-caps")
                self._take_out = ui.button(words("act.take_out_of_service"), on_click=self._take_out_of_service)
                self._take_out.props("outline no-caps")
                self._learn = ui.button(words("act.learn_anew"), on_click=self._learn_anew).props("outline no-caps")
                self._sums = ui.button(words("act.reset_sums"), on_click=self._reset_sums).props("outline no-caps")
        self._in_service = ui.label(words("act.stays_in_service")).classes("why")

    def show(self, alarm: Mapping[str, Any] | None, *, is_other: bool) -> None:
        """is_other: than the one before; what was typed for that is gone."""
        if is_other:
            self._reason.set_value("")
            self._order.set_value("")
        self._alarm = alarm
        maintains = self._may_maintain and alarm is not None
        take_back = alarm is not None and alarm["process_state"] in _ACKNOWLEDGED
        take_out = maintains and alarm is not None and alarm["serviceable"] and alarm["work_order"] is None
        learn = maintains and alarm is not None and alarm["learns"]
        sums = maintains and alarm is not None and alarm["sums"]
        self._take_back.set_visibility(take_back)
        self._take_out.set_visibility(take_out)
        self._order.set_visibility(take_out)
        self._learn.set_visibility(learn)
        self._sums.set_visibility(sums)
        self._box.set_visibility(take_back or take_out or learn or sums)
        self._in_service.set_visibility(maintains and alarm is not None and not alarm["serviceable"])

    # --- what a press does ----------------------------------------------------------------------------------------

    async def _unacknowledge(self) -> None:
        if self._alarm is not None and (reason := self._asked(self._reason, "act.why_first")):
            alarm, occurrence = self._alarm["alarm"], self._alarm["occurrence"]
            done = self._words("done.unacknowledged")
            if await self._commands.carry_out(lambda client: client.unacknowledge(alarm, occurrence, reason), done):
                self._reason.set_value("")

    async def _take_out_of_service(self) -> None:
        if self._alarm is None or not (reason := self._asked(self._reason, "act.why_first")):
            return
        if order := self._asked(self._order, "act.work_order_first"):
            alarm, done = self._alarm["alarm"], self._words("done.taken_out_of_service")
            if await self._commands.carry_out(lambda client: client.take_out_of_service(alarm, reason, order), done):
                self._reason.set_value("")
                self._order.set_value("")

    async def _learn_anew(self) -> None:
        if self._alarm is not None and (reason := self._asked(self._reason, "act.why_first")):
            alarm, done = self._alarm["alarm"], self._words("done.learning")
            if await self._commands.carry_out(lambda client: client.learn_anew(alarm, reason), done):
                self._reason.set_value("")

    async def _reset_sums(self) -> None:
        if self._alarm is not None and (reason := self._asked(self._reason, "act.why_first")):
            alarm, done = self._alarm["alarm"], self._words("done.sums_reset")
            if await self._commands.carry_out(lambda client: client.reset_sums(alarm, reason), done):
                self._reason.set_value("")

    def _asked(self, field: ui.input, otherwise: str) -> str:
        """What was typed; where nothing was, the field is pointed at."""
        text = (field.value or "").strip()
        if not text:
            field.run_method("focus")
            ui.notify(self._words(otherwise), type="warning", position="bottom")
        return text
