"""Browsers on the console: pages that stay with it, whose scripts do not fail; and what tests ask of tables and charts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from tests.api_gateway import CODE, PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
WITHIN_MS = 15_000
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
ADMIN = "engineer"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Tab:
    """A page that is used again and again: a new one costs the browser twice as much. errors, foreign: what its scripts said
    and what it asked of others than the console, since it was opened; both stay empty."""

    page: Page
    errors: list[str]
    foreign: list[str]

    def bring(self) -> Page:
        """The page, in front of the others: behind them a browser saves work."""
        self.page.bring_to_front()
        return self.page

    def check(self) -> None:
        assert (self.errors, self.foreign) == ([], [])


@contextmanager
def tab_of(context: BrowserContext, console: str) -> Iterator[Tab]:
    page = context.new_page()
    page.set_default_timeout(WITHIN_MS)
    errors: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if "Error while" in told.text else None)
    page.on("request", lambda asked: None if asked.url.startswith((console, "data:", "blob:")) else foreign.append(asked.url))
    yield Tab(page, errors, foreign)
    page.close()


@contextmanager
def watched(context: BrowserContext, console: str) -> Iterator[Page]:
    """A page whose every request stays with the console, and whose scripts do not fail."""
    with tab_of(context, console) as tab:
        yield tab.page
    tab.check()


@contextmanager
def visitor(browser: Browser, console: str) -> Iterator[Page]:
    """A browser of its own, without cookies."""
    context = browser.new_context(viewport=VIEWPORT)
    with watched(context, console) as page:
        yield page
    context.close()


def make_first_account(page: Page, console: str) -> None:
    page.goto(f"{console}/?code={CODE}")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


def log_in(page: Page, console: str, name: str) -> None:
    page.goto(f"{console}/en")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("status").first).to_have_text("Connected")


def row_of(page: Page, text: str) -> Locator:
    """A row of the table; AG Grid keeps pinned columns in another container under the same row id."""
    return page.locator(".ag-center-cols-container .ag-row", has_text=text)


def pinned_button(page: Page, row_id: str) -> Locator:
    return page.locator(f'.ag-row[row-id="{row_id}"] button')


def grid(page: Page, asked: str) -> Any:
    """What the table's own interface says; asked: JavaScript that calls it `api`."""
    return page.evaluate(
        f"""() => {{
            const element = document.querySelector(".nicegui-aggrid");
            const api = getElement(Number(element.id.slice(1))).api;
            return {asked};
        }}"""
    )


def chart(page: Page) -> dict[str, Any]:
    """What the trend draws, as the chart itself says it."""
    option: dict[str, Any] = page.evaluate(
        """() => getElement(Number(document.querySelector(".trend-chart").id.slice(1))).chart.getOption()"""
    )
    return option
