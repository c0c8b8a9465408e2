"""Page: one tag: what it shows, its trend, where it comes from, and the alarms that watch it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, ApiRefusal, Client
from edge.console.commands import Commands
from edge.console.entry_section import EntrySection
from edge.console.facts import Facts
from edge.console.feed import Line, News
from edge.console.force_section import NOT_FORCIBLE, ForceSection
from edge.console.frame import Frame, Page, follow
from edge.console.hang_section import HangSection
from edge.console.plain_table import Cell, PlainTable
from edge.console.plant_time import PlantTime
from edge.console.quantity import age, number, quality_text, reading_value, span, with_unit
from edge.console.rows import SHAPES, alarm_path, forced_mark, hung_mark
from edge.console.rule_words import rule_facts
from edge.console.trend import TrendView
from edge.console.trend_chart import Limit, Marks
from edge.console.words import Words
from edge.console.write_section import WriteSection

#: What became of a write, what is due: asked for once in this long.
ASK_EVERY_S = 3.0
_NOW = ("now", "quality", "why", "age", "time")
_ORIGIN = ("device", "driver", "point", "scale", "range", "valid", "bad_values", "ne43", "stale_after", "on_change")


async def show_tag(page: Page, tag: str) -> None:
    client = page.client()
    frame = Frame(page)
    shown: TagPage | None = None
    with ui.element("main").classes("alarm-page") as root:
        try:
            shown = TagPage(page, client, await client.tag(tag))
        except ApiRefusal as refusal:
            ui.label(str(refusal)).classes("told").props("role=alert")
        except ApiError:
            ui.label(page.words("entry.no_answer")).classes("told").props("role=alert")

    def show(news: News) -> None:
        frame.show(news)
        root.classes(add="old" if news.line is Line.LOST else "", remove="" if news.line is Line.LOST else "old")
        if shown is not None:
            shown.show()

    follow(page, show)
    if shown is not None:
        ui.timer(ASK_EVERY_S, shown.ask)


class TagPage:
    """told: what the API says of the tag."""

    def __init__(self, page: Page, client: Client, told: Mapping[str, Any]) -> None:
        words = page.words
        self._page, self._client, self._told = page, client, told
        with ui.element("div").classes("alarm-head"):
            ui.label(words.of(told["words"])).classes("alarm-what")
            self._marks = ui.label("").classes("badge")
            ui.label(f"{words.of(told['area_words'])} · {words.of(told['device_words'])}").classes("alarm-place")
            ui.label(told["tag"]).classes("name")
        with ui.element("section").classes("sheet pair"):
            self._now = Facts({key: words(f"tag.{key}") for key in _NOW})
            Facts({key: words(f"tag.{key}") for key in _ORIGIN}).show(origin_facts(told, words))
        self._build_what_people_do(page, client, told)
        with ui.element("section").classes("sheet"):
            trend = TrendView(page, client, told["tag"], marks=lambda: limit_marks(told, words))
            trend.show_states(told["states"], is_session=told["is_session"])
        with ui.element("section").classes("sheet"):
            ui.label(words("tag.alarms")).classes("heading")
            headers = [words("column.priority"), words("column.what"), words("rule.begins"), words("rule.ends")]
            PlainTable(headers, words("tag.no_alarms")).show([_alarm_cells(alarm, told, words) for alarm in told["alarms"]])

    def _build_what_people_do(self, page: Page, client: Client, told: Mapping[str, Any]) -> None:
        """Enter, write, force, and hang a tag on its device: each where it is possible at all."""
        commands = Commands(client, page.feed, page.words)
        self._entry = self._write = self._force = None
        if told["entry"] is not None:
            with ui.element("section").classes("sheet"):
                ui.label(page.words("entries.one_heading")).classes("heading")
                self._entry = EntrySection(page, commands, told["entry"], self.ask)
        with ui.element("div").classes("by-people"):
            if told["write"] is not None:
                self._write = WriteSection(page, commands, told["write"], told["device"])
            with ui.element("div").classes("by-people-side"):
                if told["never_forced"] != NOT_FORCIBLE:
                    self._force = ForceSection(page, commands, told)
                self._hang = HangSection(page, commands, told["device"])

    async def ask(self) -> None:
        """Writes and entries move without a sample."""
        with suppress(ApiError):
            self._told = await self._client.tag(self._told["tag"])
            self.show()

    def show(self) -> None:
        words, time = self._page.words, self._page.time
        reading = with_newest(self._page.mirror.tags.get(self._told["tag"], self._told), self._told)
        if time is None:
            return
        facts = now_facts(reading, words, time)
        self._now.show(facts)
        said = forced_mark(reading, words) + hung_mark(reading, words)
        self._marks.set_text(" · ".join(said))
        self._marks.set_visibility(bool(said))
        self._hang.show(time)
        if self._force is not None:
            self._force.show(time)
        if self._write is not None:
            self._write.show(self._told["write"], facts["now"], time)
        if self._entry is not None:
            self._entry.show(self._told["entry"], time)


def _recorded_from(told: Mapping[str, Any], unit: str) -> str:
    """By how much it must differ to be recorded; of a share, that of the last value recorded."""
    if told["on_change_percent"] is not None:
        return with_unit(number(told["on_change_percent"]), "%")
    return "" if told["on_change"] is None else with_unit(number(told["on_change"]), unit)


def with_newest(shown: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    """shown: what the mirror has. told: what the API said of the tag when it was asked for it. A sample that repeats a value is
    no news to the mirror, yet it makes what is shown younger."""
    if (told["source_time"] or "") <= (shown["source_time"] or ""):
        return shown
    return {**shown, **{name: told[name] for name in shown if name in told}}


def now_facts(reading: Mapping[str, Any], words: Words, time: PlantTime) -> dict[str, str]:
    """What moves of a tag, by the keys under `tag`."""
    at, value = reading["source_time"], reading_value(reading, words)
    return {
        "now": with_unit(value, reading["unit"]) if value else "",
        "quality": quality_text(reading["quality"], reading["reason"], words),
        "why": words.of(reading.get("why") or {}),
        "age": "" if at is None else age(time.seconds_since(at), words),
        "time": time.shown(at),
    }


def origin_facts(told: Mapping[str, Any], words: Words) -> dict[str, str]:
    """Where it comes from and how its numbers are read, by the keys under `tag`; empty texts say nothing."""
    unit = told["unit"]
    return {
        "device": f"{words.of(told['device_words'])} ({told['device']})",
        "driver": told["driver"] if told["point"] else "",
        "point": words("list_separator").join(f"{key}: {value}" for key, value in told["point"].items()),
        "scale": _conversion(told["scale"], told["offset"], words),
        "range": _range(told["range"], unit, words),
        "valid": _range(told["valid"], unit, words),
        "bad_values": words("list_separator").join(number(value) for value in told["bad_values"]),
        "ne43": words("tag.ne43_told") if told["ne43"] else "",
        "stale_after": "" if told["stale_after_s"] is None else span(told["stale_after_s"], words),
        "on_change": _recorded_from(told, unit),
    }


def limit_marks(told: Mapping[str, Any], words: Words) -> Marks:
    """The limits of the alarms that watch the tag."""
    limits = []
    for alarm in told["alarms"]:
        if alarm["kind"] in {"high", "low"} and alarm["limit"] is not None:
            shown = words(f"alarms.limit_{alarm['kind']}", limit=with_unit(number(alarm["limit"]), told["unit"]))
            text = words("tag.limit", priority=words(f"priority.{alarm['priority']}"), limit=shown)
            limits.append(Limit(alarm["limit"], text))
    return Marks(limits)


def _conversion(scale: float, offset: float, words: Words) -> str:
    if offset:
        return words("tag.line", scale=number(scale), offset=f"+ {number(offset)}" if offset > 0 else f"− {number(-offset)}")
    return "" if scale == 1 else words("tag.factor", scale=number(scale))


def _range(ends: Sequence[float] | None, unit: str, words: Words) -> str:
    return "" if ends is None else words("tag.between", low=number(ends[0]), high=with_unit(number(ends[1]), unit))


def _alarm_cells(alarm: Mapping[str, Any], told: Mapping[str, Any], words: Words) -> list[Cell]:
    facts = rule_facts({"rule": alarm, "derived": alarm["derived"], "unit": told["unit"], "states": told["states"]}, words)
    return [
        Cell(f"{SHAPES[alarm['priority']]} {words('priority.' + alarm['priority'])}"),
        Cell(words.of(alarm["words"]), href=alarm_path(alarm["alarm"], words)),
        Cell(facts["begins"]),
        Cell(facts["ends"]),
    ]
