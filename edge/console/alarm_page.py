"""Page: all that is known of one alarm: how it stands, its trend, what to do, the machine, who was told, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, ApiRefusal, Client
from edge.console.acts import NO_SHELVING, Acts, reasons_of
from edge.console.commands import Commands
from edge.console.delivery_rows import delivery_row
from edge.console.device_facts import device_facts
from edge.console.facts import Facts
from edge.console.feed import Line, News
from edge.console.frame import Frame, Page, follow
from edge.console.hang_section import HangSection
from edge.console.journal_life import passed_on_text
from edge.console.journal_words import journal_row
from edge.console.panel import alarm_facts
from edge.console.plain_table import Cell, PlainTable
from edge.console.proof_rows import COLUMNS as PROOF_COLUMNS
from edge.console.proof_rows import proof_rows
from edge.console.quantity import context_value, quality_text
from edge.console.rows import SHAPES, badges, peak_of, state_text, tag_path, with_reading
from edge.console.rule_words import occurrence_facts, rule_facts, trend_marks
from edge.console.trend import TrendView
from edge.console.trend_chart import Marks
from edge.console.why import WhyList
from edge.console.words import Words

#: Deliveries and rows of the journal do not move the alarm: they are asked for once in this long.
ASK_EVERY_S = 3.0
CATCH_UP_EVERY_S = 0.3
_STATE_FACTS = (
    "now",
    "quality",
    "peak",
    "began",
    "raised",
    "acknowledged",
    "coming",
    "passed_on",
    "returned",
    "lasted",
    "suppressed",
    "shelved",
    "shelve_reason",
    "out_of_service",
    "service_reason",
    "chattering",
    "first_out",
)
_RULE_FACTS = ("begins", "ends", "deadband", "latching", "acknowledgement", "confirmation", "safety")
_DEVICE_FACTS = ("device", "area", "place", "panel", "breaker", "isolation", "drawing", "spares", "phone")


async def show_alarm(page: Page, alarm_id: str) -> None:
    client = page.client()
    frame = Frame(page)
    with ui.element("main").classes("alarm-page") as root:
        loading = ui.label(page.words("loading")).classes("why")
        told, shelving = await _ask(client, page, alarm_id)
        loading.delete()
        if isinstance(told, str):
            ui.label(told).classes("told").props("role=alert")
            follow(page, frame.show)
            return
        alarm = AlarmPage(page, client, told, shelving)

    def show(news: News) -> None:
        frame.show(news)
        root.classes(add="old" if news.line is Line.LOST else "", remove="" if news.line is Line.LOST else "old")
        alarm.take(news)

    follow(page, show)
    alarm.show()
    await alarm.ask()
    ui.timer(CATCH_UP_EVERY_S, alarm.catch_up)
    ui.timer(ASK_EVERY_S, alarm.ask)


async def _ask(client: Client, page: Page, alarm_id: str) -> tuple[Mapping[str, Any] | str, Mapping[str, Any]]:
    """What the API says of it, or why it says nothing; and what may be offered for shelving."""
    try:
        return await client.alarm(alarm_id), await client.shelving()
    except ApiRefusal as refusal:
        return str(refusal), NO_SHELVING
    except ApiError:
        return page.words("entry.no_answer"), NO_SHELVING


class AlarmPage:
    """told: what the API says of the alarm."""

    def __init__(self, page: Page, client: Client, told: Mapping[str, Any], shelving: Mapping[str, Any]) -> None:
        words = self._words = page.words
        self._page, self._client, self._alarm = page, client, told
        self._reasons = reasons_of(shelving, words)
        self._is_due = False
        self._read: dict[tuple[str, str], bool | None] = {}
        with ui.element("div").classes("alarm-head"):
            self._priority = ui.label("").classes("panel-priority")
            ui.label(words.of(told["words"])).classes("alarm-what")
            self._state = ui.label("").classes("alarm-state")
            self._badges = ui.label("").classes("badge")
            ui.label(f"{words.of(told['area_words'])} · {words.of(told['device_words'])}").classes("alarm-place")
            ui.label(told["alarm"]).classes("name")
        with ui.element("div").classes("alarm-columns"):
            with ui.element("div").classes("alarm-left"):
                with ui.element("section").classes("sheet pair"):
                    self._state_facts = Facts({key: words(f"panel.{key}") for key in _STATE_FACTS})
                    self._rule_facts = Facts({key: words(f"rule.{key}") for key in _RULE_FACTS})
                self._why = WhyList(words)
                with ui.element("section").classes("sheet"):
                    self._trend = TrendView(
                        page, client, told["tag"], marks=self._marks, about=self._began, look_back=not told["active"]
                    )
                    self._trend.show_states(told["states"], is_session=told["kind"] == "comm_loss")
                with ui.element("section").classes("sheet") as self._context_box:
                    ui.label(words("alarm.context")).classes("heading")
                    headers = [
                        words("column.tag"),
                        *(words(f"alarm.context_{when}") for when in ("began", "raised", "returned")),
                    ]
                    self._context = PlainTable(headers, "")
                with ui.element("section").classes("sheet"):
                    ui.label(words("proof.heading")).classes("heading")
                    self._proof = PlainTable([words(f"proof.column_{key}") for key in PROOF_COLUMNS], words("proof.none"))
                    ui.button(words("proof.ask"), on_click=self._ask_who_has_read).props("outline no-caps dense")
                self._deliveries = _table(words("alarm.deliveries"), _delivery_headers(words), words("delivery.none"))
                journal = [words(f"journal.{column}") for column in ("time", "what", "who", "text")]
                self._journal = _table(words("alarm.journal"), journal, words("journal.none"))
            with ui.element("div").classes("alarm-right"):
                with ui.element("section").classes("sheet"):
                    if page.may_act:
                        commands = Commands(client, page.feed, words)
                        self._acts: Acts | None = Acts(
                            words, commands, shelving, may_maintain=page.may_maintain, commented=self._ask_soon
                        )
                    else:
                        self._acts = None
                        ui.label(words("panel.may_only_look")).classes("why")
                self._hang = HangSection(page, Commands(client, page.feed, words), told["device"])
                if guidance := words.of(told["guidance"]):
                    with ui.element("section").classes("sheet"):
                        ui.label(words("panel.guidance")).classes("heading")
                        ui.label(guidance).classes("guidance")
                with ui.element("section").classes("sheet"):
                    ui.label(words("alarm.machine")).classes("heading")
                    Facts({key: words(f"device.{key}") for key in _DEVICE_FACTS}).show(device_facts(told, words))
                    ui.link(words("alarm.tag"), tag_path(told["tag"], words))

    def _began(self) -> str | None:
        return None if self._alarm["began"] is None else str(self._alarm["began"])

    def _ask_soon(self) -> None:
        self._is_due = True

    def _marks(self) -> Marks:
        return trend_marks(self._alarm, self._words)

    def take(self, news: News) -> None:
        """Ask again when the alarm moved; its value moves with the mirror."""
        alarm_id, mirror = self._alarm["alarm"], self._page.mirror
        if alarm_id in news.change.alarms:
            self._is_due = True
        tag = mirror.tags.get(self._alarm["tag"])
        if tag is not None and self._alarm["tag"] in news.change.tags:
            value = self._alarm["value"] if tag["quality"] == "bad" or tag["value"] is None else tag["value"]
            self._alarm = {**self._alarm, "value": value, "quality": tag["quality"]}
        self._show_facts()

    async def ask(self) -> None:
        """Anew, as long as somebody answers; the feed says when the agent is gone."""
        self._is_due = False
        with suppress(ApiError):
            self._alarm = await self._client.alarm(self._alarm["alarm"])
            self.show()
            self._why.show(await self._client.explanation(self._alarm["alarm"]))
            self._show_proof(await self._client.proof(self._alarm["alarm"]))

    async def catch_up(self) -> None:
        """The alarm moved: its page follows at once, its trend with it."""
        if self._is_due:
            await self.ask()
            await self._trend.load()

    # --- what is drawn --------------------------------------------------------------------------------------------

    def show(self) -> None:
        words, alarm, time = self._words, self._alarm, self._page.time
        if time is None:
            return
        self._show_facts()
        self._context_box.set_visibility(bool(alarm["context"]))
        self._context.show([_context_cells(line, alarm, words) for line in alarm["context"]])
        told = [delivery_row(each, words, time) for each in alarm["deliveries"]]
        self._deliveries.show([[Cell(row[key], f"{key} told-{row['state_key']}") for key in _DELIVERY_COLUMNS] for row in told])
        rows = [journal_row(each, words, time, self._reasons) for each in alarm["journal"]]
        self._journal.show(
            [[Cell(row[key], f"journal-{row['kind_key']}") for key in ("time", "kind", "who", "text")] for row in rows]
        )

    async def _ask_who_has_read(self) -> None:
        """Each answer is a counted call, so nobody asks by looking; what was answered stays until the next question."""
        with suppress(ApiError):
            proof = await self._client.proof(self._alarm["alarm"], read=True)
            self._read = {(way["recipient"], way["channel"]): way["read"] for way in proof["people"]}
            self._show_proof(proof)

    def _show_proof(self, proof: Mapping[str, Any]) -> None:
        if self._page.time is None:
            return
        people = [{**way, "read": self._read.get((way["recipient"], way["channel"]))} for way in proof["people"]]
        rows = proof_rows({**proof, "people": people}, self._words, self._page.time)
        self._proof.show(
            [
                [Cell(row[key], f"{_PROOF_CLASSES.get(key, key)} told-{row['state_key']}") for key in PROOF_COLUMNS]
                for row in rows
            ]
        )

    def _show_facts(self) -> None:
        words, time = self._words, self._page.time
        alarm = with_reading(self._alarm, self._page.mirror.tags.get(self._alarm["tag"]))
        if time is None:
            return
        self._priority.set_text(f"{SHAPES[alarm['priority']]} {words('priority.' + alarm['priority'])}")
        self._priority.classes(replace=f"panel-priority {alarm['priority']}")
        self._state.set_text(state_text(alarm, words))
        self._state.classes(replace=f"alarm-state {alarm['state']} {alarm['priority']}")
        said = badges(alarm, words)
        self._badges.set_text(" · ".join(said))
        self._badges.set_visibility(bool(said))
        self._state_facts.show(
            {
                **alarm_facts(alarm, words, time, self._reasons),
                **occurrence_facts(alarm, words, time),
                "passed_on": passed_on_text(alarm, words),
                "peak": peak_of(alarm, words),
                "quality": self._quality(alarm),
            }
        )
        self._rule_facts.show(rule_facts(alarm, words))
        if self._acts is not None:
            self._acts.show(alarm)
        self._hang.show(time)

    def _quality(self, alarm: Mapping[str, Any]) -> str:
        """Why the value is not to be trusted; empty for a good one."""
        if alarm["quality"] == "good":
            return ""
        tag = self._page.mirror.tags.get(alarm["tag"])
        return quality_text(alarm["quality"], "" if tag is None else tag["reason"], self._words)


#: What the style sheet colours by how it ended.
_PROOF_CLASSES = {"accepted": "state"}
_DELIVERY_COLUMNS = ("wanted", "recipient", "channel", "purpose", "state", "arrived", "late", "pressed")


def _delivery_headers(words: Words) -> list[str]:
    return [words(f"delivery.column_{key}") for key in _DELIVERY_COLUMNS]


def _table(heading: str, headers: list[str], empty: str) -> PlainTable:
    with ui.element("section").classes("sheet"):
        ui.label(heading).classes("heading")
        return PlainTable(headers, empty)


def _context_cells(line: Mapping[str, Any], alarm: Mapping[str, Any], words: Words) -> list[Cell]:
    values = (context_value(line[when], line["unit"], line["states"], words) for when in ("began", "raised", "returned"))
    return [Cell(words.of(line["words"])), *(Cell(value or "—", "value") for value in values)]
