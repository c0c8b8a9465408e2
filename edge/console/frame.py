"""The frame of every page behind the log-in: head line, banners, and the feed's snapshots as long as the page is open."""

from __future__ import annotations

from nicegui import ui

from edge.console.feed import Line, Snapshot
from edge.console.rows import SHAPES, PlantTime, count_alarms, count_shelved
from edge.console.visits import Visit
from edge.console.words import Words

USERS_PATH = "/users"


class Frame:
    """path: of the page, below the language (`""` or `/users`)."""

    def __init__(self, words: Words, visit: Visit, other_language: str, path: str = "") -> None:
        self._words = words
        self._counts: dict[str, tuple[ui.element, ui.label]] = {}
        with ui.element("header"):
            ui.label(words("title")).classes("product")
            self._site = ui.label("").classes("site")
            self._line = ui.label("").classes("line").props("role=status")
            with ui.element("div").classes("counts"):
                for priority in count_alarms(()):
                    with ui.element("div").classes(f"count {priority}") as chip:
                        ui.label(SHAPES[priority]).classes("shape")
                        ui.label(words(f"priority.{priority}"))
                        self._counts[priority] = (chip, ui.label("0").classes("figure"))
                self._shelved = ui.label("").classes("count shelved")
            self._clock = ui.label("").classes("clock")
            if "administer" in visit.permissions and not path:
                ui.link(words("head.users"), f"/{words.language}{USERS_PATH}")
            elif path:
                ui.link(words("head.alarms"), f"/{words.language}")
            ui.link(words("language"), f"/{other_language}{path}").classes("language")
            ui.label(visit.account).classes("account")
            with ui.element("form").props(f'method="post" action="/{words.language}/log-out"'):
                ui.button(words("head.log_out")).props("type=submit flat dense no-caps")
        self._lapse = ui.label("").classes("banner lapse")
        self._lapse.set_visibility(False)
        self._lost = ui.label("").classes("banner lost").props("role=alert")
        self._lost.set_visibility(False)

    def show(self, snapshot: Snapshot) -> None:
        words = self._words
        lost = snapshot.line is Line.LOST
        self._lost.set_visibility(lost)
        if lost:
            self._lost.set_text(words("head.unreachable", since=snapshot.lost_since))
        self._line.set_text(words("head.lost" if lost else "head.connected") if snapshot.line is not Line.OPENING else "")
        self._line.classes(add="bad" if lost else "", remove="" if lost else "bad")
        if snapshot.site is None:
            return
        site = snapshot.site
        self._site.set_text(site["site"])
        self._clock.set_text(PlantTime(site["time_zone"], site["now"]).shown(site["now"]))
        self._lapse.set_visibility(site["rate"] > 1)
        if site["rate"] > 1:
            self._lapse.set_text(words("head.time_lapse", rate=f"{site['rate']:g}"))
        for priority, count in count_alarms(snapshot.alarms).items():
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
        self._shelved.set_text(words("head.shelved", count=count_shelved(snapshot.alarms)))


def follow(visit: Visit, show: object) -> None:
    """Call `show(snapshot)` inside this page with what is known and all that follows, until the page is gone."""
    assert callable(show)
    client = ui.context.client

    def told(snapshot: Snapshot) -> None:
        with client:
            if snapshot.line is Line.ENDED:
                ui.navigate.reload()
            else:
                show(snapshot)

    # A page is deleted when its browser has gone for longer than it may take to reconnect, or when none ever came.
    client.on_delete(lambda: visit.feed.leave(told))
    if visit.feed.snapshot.site is not None:
        show(visit.feed.snapshot)
    visit.feed.listen(told)
