"""The panel beside the alarms: the chosen one in short, what to do, and the commands on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from edge.console.acts import Acts, reasons_of
from edge.console.commands import Commands
from edge.console.cover_words import covers_text
from edge.console.facts import Facts
from edge.console.frame import Page
from edge.console.plant_time import PlantTime
from edge.console.rows import SHAPES, actor, alarm_path, limit_of, state_text, value_of
from edge.console.words import Words

_FACTS = (
    "now",
    "limit",
    "raised",
    "returned",
    "acknowledged",
    "coming",
    "suppressed",
    "shelved",
    "shelve_reason",
    "out_of_service",
    "service_reason",
    "chattering",
    "first_out",
)


class Panel:
    """shelving: what the API says may be offered."""

    def __init__(self, words: Words, commands: Commands, shelving: Mapping[str, Any], page: Page) -> None:
        self._words = words
        self._reasons = reasons_of(shelving, words)
        self._alarm: Mapping[str, Any] | None = None
        with ui.element("aside") as self._root:
            with ui.element("div").classes("panel-head"):
                self._priority = ui.label("").classes("panel-priority")
                close = ui.button(icon="close", on_click=self.close).props("flat dense round size=sm")
                close.props["aria-label"] = words("panel.close")
            self._headline = ui.label("").classes("panel-what")
            self._place = ui.label("").classes("panel-place")
            self._state = ui.label("").classes("panel-state")
            self._facts = Facts({fact: words(f"panel.{fact}") for fact in _FACTS})
            self._more = ui.link(words("panel.more"), "")
            with ui.element("div").classes("guidance") as self._guidance_box:
                ui.label(words("panel.guidance")).classes("small-heading")
                self._guidance = ui.label("")
            self._acts = Acts(words, commands, shelving, may_maintain=page.may_maintain) if page.may_act else None
            if not page.may_act:
                ui.label(words("panel.may_only_look")).classes("why")
        self._root.set_visibility(False)

    @property
    def alarm_id(self) -> str | None:
        return None if self._alarm is None else self._alarm["alarm"]

    def close(self) -> None:
        self._alarm = None
        self._root.set_visibility(False)

    def open(self, alarm: Mapping[str, Any], time: PlantTime) -> None:
        self._root.set_visibility(True)
        self.show(alarm, time)

    def show(self, alarm: Mapping[str, Any] | None, time: PlantTime) -> None:
        """The newest that is known of the open alarm; None: it is over, its last facts stay until somebody closes it."""
        words = self._words
        if self._acts is not None:
            self._acts.show(alarm)
        if alarm is None:
            self._state.set_text(words("panel.over"))
            return
        self._alarm = alarm
        self._priority.set_text(f"{SHAPES[alarm['priority']]} {words('priority.' + alarm['priority'])}")
        self._priority.classes(replace=f"panel-priority {alarm['priority']}")
        self._headline.set_text(words.of(alarm["words"]))
        self._place.set_text(f"{words.of(alarm['area_words'])} · {words.of(alarm['device_words'])}")
        self._state.set_text(state_text(alarm, words))
        self._facts.show(alarm_facts(alarm, words, time, self._reasons))
        self._more.props["href"] = alarm_path(alarm["alarm"], words)
        self._more.update()
        guidance = words.of(alarm["guidance"])
        self._guidance.set_text(guidance)
        self._guidance_box.set_visibility(bool(guidance))


def alarm_facts(alarm: Mapping[str, Any], words: Words, time: PlantTime, reasons: Mapping[str, str]) -> dict[str, str]:
    """By the keys under `panel`; empty texts say nothing. reasons: the presets by their id; any other text is one too."""

    def by(name: str, at: str) -> str:
        return words("alarms.acknowledged", who=actor(alarm[name], words), at=time.shown(alarm[at])) if alarm[at] else ""

    shelved, reason, order = time.shown(alarm["shelved_until"]), alarm["shelve_reason"] or "", alarm["work_order"]
    form = "alarms.shelved_once" if alarm["one_shot"] else "alarms.shelved_until"
    return {
        "now": value_of(alarm, words),
        "limit": limit_of(alarm, words),
        "raised": time.shown(alarm["raised"]),
        "returned": "" if alarm["active"] else time.shown(alarm["returned"]),
        "acknowledged": by("acknowledged_by_name", "acknowledged_at") if alarm["acked"] else "",
        "coming": by("coming_by_name", "coming_at"),
        "shelved": words(form, until=shelved, who=actor(alarm["shelved_by_name"], words)) if shelved else "",
        "shelve_reason": reasons.get(reason, reason) if shelved else "",
        "suppressed": covers_text(alarm["suppressed"], words),
        "out_of_service": words("alarms.out_of_service", order=order, who=actor(alarm["service_by_name"], words))
        if order
        else "",
        "service_reason": alarm["service_reason"] or "",
        "chattering": words("panel.chattered", count=alarm["chattering"]) if alarm["chattering"] else "",
        "first_out": first_out_text(alarm, words),
    }


def first_out_text(alarm: Mapping[str, Any], words: Words) -> str:
    """Its rank, in which group, and whether the PLC says so; empty for one without."""
    rank = alarm["first_out"]
    if rank is None:
        return ""
    first = "panel.first_by_word" if alarm["first_out_by"] == "plc_word" else "panel.first"
    return words(first if rank == 1 else "panel.rank", rank=rank, group=alarm["first_out_group"])
