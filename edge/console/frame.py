"""The frame of every page behind the log-in: head line, ways to the other pages, banners, and the feed's news as long as the
page is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from nicegui import ui

from edge.client.client import Client
from edge.console.feed import Feed, Line, News
from edge.console.horn_banner import HornBanner
from edge.console.mirror import Mirror
from edge.console.people_banner import PeopleBanner
from edge.console.plant_time import PlantTime
from edge.console.row_book import RowBook
from edge.console.rows import COUNTED, SHAPES
from edge.console.visits import Visit
from edge.console.words import Words
from edge.model.alarm import AlarmState
from edge.model.stage import Stage

ALARMS_PATH, TAGS_PATH, DELIVERIES_PATH, JOURNAL_PATH, USERS_PATH = "", "/tags", "/deliveries", "/journal", "/users"
STAGES_PATH, PERFORMANCE_PATH, CONNECTIONS_PATH = "/stages", "/performance", "/connections"
WRITES_PATH, ENTRIES_PATH = "/writes", "/entries"
_WAYS = {
    "alarms": ALARMS_PATH,
    "tags": TAGS_PATH,
    "connections": CONNECTIONS_PATH,
    "writes": WRITES_PATH,
    "entries": ENTRIES_PATH,
    "deliveries": DELIVERIES_PATH,
    "journal": JOURNAL_PATH,
    "stages": STAGES_PATH,
    "performance": PERFORMANCE_PATH,
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as somebody opened it. path: below the language, as the browser's address has it. rows: those of this language,
    shared by all pages."""

    words: Words
    visit: Visit
    api: str
    path: str
    other_language: str
    rows: RowBook

    @property
    def feed(self) -> Feed:
        return self.visit.feed

    @property
    def mirror(self) -> Mirror:
        return self.visit.feed.mirror

    @property
    def may_act(self) -> bool:
        return "act" in self.visit.permissions

    @property
    def may_maintain(self) -> bool:
        return "maintain" in self.visit.permissions

    @property
    def time(self) -> PlantTime | None:
        """The plant's clock; None before the API has said what it shows."""
        site = self.visit.feed.site
        return None if site is None else PlantTime(site["time_zone"], site["now"])

    def client(self) -> Client:
        """The API with this person's token, as long as the page is open. Call it while the page is built."""
        client = Client(self.api, token=self.visit.token, language=self.words.language)
        ui.context.client.on_delete(client.close)
        return client


class Frame:
    def __init__(self, page: Page) -> None:
        words = self._words = page.words
        self._page = page
        self._counts: dict[str, tuple[ui.element, ui.label]] = {}
        with ui.element("header"):
            with ui.element("div").classes("head-row"):
                ui.label(words("title")).classes("product")
                self._site = ui.label("").classes("site")
                self._line = ui.label("").classes("line").props("role=status")
                ui.element("div").classes("space")
                self._clock = ui.label("").classes("clock")
                ui.link(words("language"), f"/{page.other_language}{quote(page.path)}").classes("language")
                ui.label(page.visit.account).classes("account")
                with ui.element("form").props(f'method="post" action="/{words.language}/log-out"'):
                    ui.button(words("head.log_out")).props("type=submit flat dense no-caps")
            with ui.element("div").classes("head-row"):
                with ui.element("nav"):
                    ways = _WAYS | ({"users": USERS_PATH} if "administer" in page.visit.permissions else {})
                    for name, path in ways.items():
                        way = ui.link(words(f"head.{name}"), f"/{words.language}{path}")
                        if path == _way_of(page.path):
                            way.props("aria-current=page")
                with ui.element("div").classes("counts"):
                    for priority in COUNTED:
                        with ui.element("div").classes(f"count {priority}") as chip:
                            ui.label(SHAPES[priority]).classes("shape")
                            ui.label(words(f"priority.{priority}"))
                            self._counts[priority] = (chip, ui.label("0").classes("figure"))
                    self._hidden = ui.label("").classes("count shelved")
        self._lapse = ui.label("").classes("banner lapse")
        self._lapse.set_visibility(False)
        self._stage = ui.link("", f"/{words.language}{STAGES_PATH}").classes("banner stage")
        self._stage.set_visibility(False)
        self._flood = ui.label("").classes("banner flood")
        self._flood.set_visibility(False)
        self._people = PeopleBanner(page.feed, words)
        self._horn = HornBanner(page.feed, words)
        self._lost = ui.label("").classes("banner lost").props("role=alert")
        self._lost.set_visibility(False)

    def show(self, news: News) -> None:
        words = self._words
        lost = news.line is Line.LOST
        self._lost.set_visibility(lost)
        if lost:
            self._lost.set_text(words("head.unreachable", since=news.lost_since))
        self._line.set_text(words("head.lost" if lost else "head.connected") if news.line is not Line.OPENING else "")
        self._line.classes(add="bad" if lost else "", remove="" if lost else "bad")
        site, time = self._page.feed.site, self._page.time
        if site is None or time is None:
            return
        self._site.set_text(site["site"])
        self._clock.set_text(time.shown(site["now"]))
        self._lapse.set_visibility(site["rate"] > 1)
        if site["rate"] > 1:
            self._lapse.set_text(words("head.time_lapse", rate=f"{site['rate']:g}"))
        self._stage.set_visibility(site["stage"] != Stage.LIVE)
        if site["stage"] != Stage.LIVE:
            self._stage.set_text(words(f"head.in_{site['stage']}"))
        floods = [
            words("head.flood", position=each["name"], since=time.shown(each["since"]), count=each["alarms"])
            for each in self._page.feed.floods
        ]
        self._flood.set_visibility(bool(floods))
        self._flood.set_text(" · ".join(floods))
        self._people.show(time)
        self._horn.show(time)
        self._show_counts()

    def _show_counts(self) -> None:
        words = self._words
        for priority, count in self._page.mirror.counts.items():
            chip, figure = self._counts[priority]
            figure.set_text(str(count.all))
            chip.classes(add="some" if count.all else "", remove="" if count.all else "some")
            chip.classes(add="open" if count.unacknowledged else "", remove="" if count.unacknowledged else "open")
            told = words(
                "head.counts",
                priority=words(f"priority.{priority}"),
                count=count.all,
                unacknowledged=count.unacknowledged,
            )
            if chip.props.get("title") != told:
                chip.props["title"] = told
        # Shelves always, for somebody made them; the others where there are some.
        hidden = [(state, count) for state, count in self._page.mirror.hidden.items() if count or state is AlarmState.SHLVD]
        self._hidden.set_text(" · ".join(words(f"head.{state}", count=count) for state, count in hidden))


def _way_of(path: str) -> str:
    """Where a page belongs: one alarm's to the alarms, one tag's to the tags."""
    first = "/" + path.strip("/").partition("/")[0]
    return ALARMS_PATH if first in {"/", "/alarms"} else first


def follow(page: Page, show: Callable[[News], None]) -> None:
    """Call `show(news)` inside this page with what is known and all that follows, until the page is gone."""
    client = ui.context.client

    def told(news: News) -> None:
        with client:
            if news.line is Line.ENDED:
                ui.navigate.reload()
            else:
                show(news)

    # A page is deleted when its browser has gone for longer than it may take to reconnect, or when none ever came.
    client.on_delete(lambda: page.feed.leave(page.visit.token, told))
    if page.feed.site is not None:
        show(page.feed.now())
    page.feed.listen(page.visit.token, told)
