"""The trend of one tag on a page: which span, what the API has of it, and the chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui

from edge.client.client import ApiError, ApiRefusal, Client
from edge.console.feed import Line
from edge.console.frame import Page
from edge.console.plain_table import Cell, PlainTable
from edge.console.plant_time import PlantTime
from edge.console.trend_chart import Marks, trend_option

#: Seconds that can be chosen, and every how many ticks each is asked for anew.
SPANS: Mapping[int, int] = {600: 1, 3_600: 2, 28_800: 6, 86_400: 12, 604_800: 60}
TICK_S = 5.0
#: About one for two points of the screen.
POINTS = 500
#: Of a window around an event, this share lies before it.
BEFORE = 0.25
#: Of a trend of texts, the newest.
TEXTS_MAX = 50


class TrendView:
    """marks: what is drawn beside the values, asked for each time. about: the ISO time around which it can be shown, if any;
    look_back: it is so from the start."""

    def __init__(
        self,
        page: Page,
        client: Client,
        tag: str,
        *,
        marks: Callable[[], Marks],
        about: Callable[[], str | None] | None = None,
        look_back: bool = False,
    ) -> None:
        words = self._words = page.words
        self._page, self._client, self._tag, self._marks = page, client, tag, marks
        self._about = about or (lambda: None)
        self._states: dict[float, str] = {}
        self._ticks = 0
        with ui.element("div").classes("trend"):
            with ui.element("div").classes("section-head"):
                ui.label(words("trend.heading")).classes("heading")
                self._span = ui.toggle({span: words(f"trend.span_{span}") for span in SPANS}, value=600, on_change=self.load)
                self._span.props("dense unelevated no-caps toggle-color=primary")
                self._around = ui.checkbox(words("trend.around"), value=look_back, on_change=self.load).props("dense")
                self._around.set_visibility(about is not None)
            self._told = ui.label(words("loading")).classes("trend-told")
            self._chart = ui.echart({"series": []}).classes("trend-chart")
            self._chart.set_visibility(False)
            self._texts = PlainTable([words("column.since"), words("column.value")], words("trend.nothing"))
        ui.timer(0, self.load, once=True)
        ui.timer(TICK_S, self._tick)

    def show_states(self, states: Sequence[Mapping[str, Any]], *, is_session: bool = False) -> None:
        """What the tag's numbers mean."""
        self._states = {float(state["value"]): self._words.of(state["words"]) for state in states}
        if is_session:
            self._states = {0.0: self._words("tags.session_down"), 1.0: self._words("tags.session_up")}

    async def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % SPANS[self._span.value] == 0 and self._page.feed.line is Line.UP:
            await self.load()

    async def load(self) -> None:
        time = self._page.time
        if time is None:
            return
        start, stop = self._window(time)
        try:
            trend = await self._client.trend(self._tag, start=start, end=stop, points=POINTS)
        except ApiRefusal as refusal:
            self._tell(str(refusal))
        except ApiError:
            self._tell(self._words("trend.unreachable"))
        else:
            self._draw(trend, time)

    def _window(self, time: PlantTime) -> tuple[str, str]:
        """From, to: the span up to now, or around the event as far as it has come."""
        now, span = datetime.fromisoformat(time.now), timedelta(seconds=self._span.value)
        about = self._about() if self._around.value else None
        if about is None:
            return _iso(now - span), _iso(now)
        start = datetime.fromisoformat(about) - span * BEFORE
        return _iso(start), _iso(min(start + span, now))

    def _draw(self, trend: Mapping[str, Any], time: PlantTime) -> None:
        texts = trend.get("texts") or []
        if texts:
            newest_first = list(reversed(texts))[:TEXTS_MAX]
            self._texts.show([[Cell(time.shown(text["t"])), Cell(str(text["text"]))] for text in newest_first])
            self._tell("", chart=False)
        elif not trend["buckets"] and not trend["gaps"]:
            self._tell(self._words("trend.nothing"))
        else:
            option = trend_option(trend, self._marks(), self._states, self._words, time)
            self._chart.options.clear()
            self._chart.options.update(option)
            self._chart.update()
            self._tell("", chart=True)

    def _tell(self, text: str, *, chart: bool = False) -> None:
        """A sentence in the place of the chart, or the chart."""
        self._told.set_text(text)
        self._told.set_visibility(bool(text))
        self._chart.set_visibility(chart)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
