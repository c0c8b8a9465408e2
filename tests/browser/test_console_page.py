"""The console in a real browser, over a real API: first start, log-in, live alarms, commands, both languages, a lost agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.api_gateway import BEARING_TAG, CODE, PASSWORD, load_mill
from tests.console_process import ServedGateway, console_process, served

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")

WITHIN_MS = 15_000
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
ADMIN = "li.na"
expect.set_options(timeout=WITHIN_MS)


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill(), rate=10.0) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def console(gateway: ServedGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("console")
    with console_process(f"http://127.0.0.1:{gateway.port}", folder) as (_, ready):
        yield f"http://127.0.0.1:{ready['port']}"
    words = (folder / "console.err").read_text(encoding="utf-8")
    assert "Traceback" not in words, words


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


@contextmanager
def watched(page: Page, console: str) -> Iterator[Page]:
    """A page whose every request stays with the console, and whose scripts do not fail."""
    page.set_default_timeout(WITHIN_MS)
    errors: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((console, "data:", "blob:")) else foreign.append(asked.url))
    yield page
    page.close()
    assert (errors, foreign) == ([], [])


@contextmanager
def visitor(browser: Browser, console: str) -> Iterator[Page]:
    """A browser of its own, without cookies."""
    context = browser.new_context(viewport=VIEWPORT)
    with watched(context.new_page(), console) as page:
        yield page
    context.close()


def log_in(page: Page, console: str, name: str) -> None:
    page.goto(f"{console}/en")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("status").first).to_have_text("Connected")


@pytest.fixture(scope="module")
def engineer(browser: Browser, console: str) -> Iterator[BrowserContext]:
    """The browser in which the first person has made the first account, and is logged in with it."""
    context = browser.new_context(viewport=VIEWPORT)
    with watched(context.new_page(), console) as page:
        page.goto(f"{console}/?code={CODE}")
        expect(page.get_by_text("First start")).to_be_visible()
        expect(page.get_by_label("Set-up code")).to_have_value(CODE)
        page.get_by_label("Name").fill(ADMIN)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_text("No alarms.")).to_be_visible()
        assert page.url == f"{console}/en"
    yield context
    context.close()


@pytest.fixture(scope="module")
def board(engineer: BrowserContext, console: str) -> Iterator[Page]:
    """One open console page, on which the live tests follow each other as in a shift."""
    with watched(engineer.new_page(), console) as page:
        page.goto(f"{console}/en")
        expect(page.get_by_role("status").first).to_have_text("Connected")
        yield page


@pytest.fixture
def page(engineer: BrowserContext, console: str) -> Iterator[Page]:
    with watched(engineer.new_page(), console) as page:
        page.goto(f"{console}/en")
        expect(page.get_by_role("status").first).to_have_text("Connected")
        yield page


def row_of(page: Page, text: str) -> Any:
    """A row of the alarm grid; AG Grid keeps pinned columns in another container under the same row id."""
    return page.locator("section.alarms .ag-center-cols-container .ag-row", has_text=text)


def pinned_button(page: Page, alarm: str) -> Any:
    return page.locator(f'section.alarms .ag-row[row-id="{alarm}"] button')


def test_before_the_log_in_nothing_of_the_plant_is_shown_and_a_wrong_password_is_said(
    engineer: BrowserContext, browser: Browser, console: str
) -> None:
    with visitor(browser, console) as stranger:
        stranger.goto(f"{console}/en/users")
        expect(stranger.locator("form input[name=password]")).to_be_visible()
        assert "CRM." not in stranger.content()
        stranger.goto(f"{console}/zh")
        stranger.get_by_label("用户名").fill(ADMIN)
        stranger.get_by_label("密码").fill("not this one")
        stranger.get_by_role("button", name="登录").click()
        expect(stranger.get_by_role("alert")).to_have_text("用户名或密码错误。")
        expect(stranger.get_by_label("用户名")).to_have_value(ADMIN)
        expect(stranger.get_by_label("密码")).to_have_value("")


def test_an_alarm_appears_is_acknowledged_and_goes_without_a_reload(board: Page, gateway: ServedGateway) -> None:
    board.evaluate("window.sameDocument = true")
    gateway.do(lambda small: small.hold("CRM.ST1.MOTOR.de_temp", 86.0, 31))
    row = row_of(board, "bearing hot")
    expect(row).to_contain_text("Stand 1")
    expect(row).to_contain_text("86 °C")
    expect(row).to_contain_text("≥ 80 °C")
    expect(row).to_contain_text("Unacknowledged")
    expect(board.locator("header .count.high .figure")).to_have_text("1")
    pinned_button(board, "CRM.ST1.MOTOR/de_temp_high").click()
    expect(row).to_contain_text("Acknowledged")
    expect(row).to_contain_text("li.na · ")
    expect(pinned_button(board, "CRM.ST1.MOTOR/de_temp_high")).to_have_count(0)
    gateway.do(lambda small: small.hold("CRM.ST1.MOTOR.de_temp", 60.0, 61))
    expect(row).to_have_count(0)
    assert board.evaluate("window.sameDocument")


def test_the_panel_comments_and_shelves_what_may_be_shelved(board: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.hold("CRM.ST2.MOTOR.de_temp", 75.0, 660))
    row_of(board, "bearing warm").click()
    panel = board.locator("aside")
    expect(panel).to_contain_text("Stand 2 · motor")
    panel.get_by_label("Comment").fill("grease is old")
    panel.get_by_role("button", name="Add comment").click()
    expect(board.get_by_text("Comment added.")).to_be_visible()
    panel.get_by_label("Reason for shelving").click()
    board.get_by_role("option").first.click()
    panel.get_by_role("button", name="Shelve", exact=True).click()
    expect(row_of(board, "bearing warm")).to_contain_text("Shelved")
    expect(panel).to_contain_text("· li.na")
    panel.get_by_role("button", name="Unshelve").click()
    expect(row_of(board, "bearing warm")).to_contain_text("Unacknowledged")
    kinds = gateway.do(lambda small: [row.event.kind for row in small.store.read_after(0, 500)])
    assert {"commented", "shelved", "unshelved"} <= set(kinds)


def test_the_two_highest_priorities_offer_no_shelf_and_a_latch_offers_a_reset(board: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.raise_pumps())
    row = row_of(board, "main pumps tripped")
    row.click()
    panel = board.locator("aside")
    expect(panel.get_by_text("Alarms of the two highest priorities are not shelved.")).to_be_visible()
    expect(panel.get_by_role("button", name="Shelve", exact=True)).to_be_hidden()
    expect(panel.get_by_role("button", name="Reset")).to_be_hidden()
    panel.get_by_role("button", name="On my way").click()
    expect(row).to_contain_text("Acknowledged")
    gateway.do(lambda small: (small.sample("CRM.AGC.HYDRAULICS.pump_trip", 0.0), small.pass_time(1)))
    panel.get_by_role("button", name="Reset").click()
    expect(row).to_have_count(0)
    expect(panel).to_contain_text("This alarm is over.")


def test_a_command_that_is_refused_says_why(board: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.hold("CRM.ST4.MOTOR.de_temp", 86.0, 31))
    row_of(board, "bearing hot").click()
    panel = board.locator("aside")
    gateway.do(lambda small: small.refuse_with("still_active"))
    panel.get_by_role("button", name="On my way").click()
    expect(board.get_by_text("The condition still holds. It can be reset when it is gone.")).to_be_visible()


def test_time_lapse_is_shown_as_such_and_the_language_is_switched_and_kept(page: Page, console: str) -> None:
    expect(page.locator(".banner.lapse")).to_contain_text("10 times as fast")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".banner.lapse")).to_contain_text("10 倍")
    expect(page.get_by_text("测点").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("status").first).to_have_text("已连接")
    page.goto(console)
    expect(page).to_have_url(f"{console}/zh")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Measurements", exact=True)).to_be_visible()


def test_measurements_show_value_and_quality_and_are_searched(board: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.sample(BEARING_TAG, 61.5))
    row = board.locator('section.tags .ag-row[row-id="CRM.ST3.MOTOR.de_temp"]')
    board.get_by_label("Search").fill("CRM.ST3.MOTOR.de_temp")
    expect(row).to_contain_text("61.5")
    expect(row).to_contain_text("good")
    gateway.do(lambda small: small.pass_time(60))
    expect(row).to_contain_text("stale")
    expect(board.locator("section.tags .ag-center-cols-container .ag-row")).to_have_count(1)


def test_names_are_shown_as_text_whatever_they_are(board: Page, gateway: ServedGateway) -> None:
    evil = "<img src=x onerror=\"document.title='hit'\">"
    gateway.do(lambda small: small.rename("CRM.ST5.MOTOR", {"zh": evil, "en": evil}))
    board.get_by_label("Search").fill("CRM.ST5")
    expect(board.locator("section.tags").get_by_text(evil).first).to_be_visible()
    gateway.do(lambda small: small.hold("CRM.ST5.MOTOR.de_temp", 86.0, 31))
    expect(row_of(board, evil)).to_be_visible()
    board.get_by_role("button", name="Close").click()
    expect(board.locator("section.alarms").get_by_text("Acknowledged / shelved until")).to_be_visible()
    row_of(board, evil).click()
    expect(board.locator("aside")).to_contain_text(evil)
    assert board.title() != "hit"
    assert board.locator("img[src=x]").count() == 0


def test_an_agent_that_is_gone_is_said_and_found_again(board: Page, gateway: ServedGateway) -> None:
    board.get_by_label("Search").fill("")
    expect(board.locator("section.tags .ag-row").first).to_be_visible()
    gateway.fall_silent()
    expect(board.locator(".banner.lost")).to_contain_text("The agent does not answer since")
    expect(board.get_by_role("status").first).to_have_text("No connection")
    expect(board.locator("main.board")).to_have_class("board old")
    expect(board.locator("section.tags .ag-row").first).to_be_visible()
    gateway.serve()
    expect(board.locator(".banner.lost")).to_be_hidden()
    expect(board.locator("main.board")).to_have_class("board")


def test_an_administrator_adds_a_viewer_who_may_only_look_until_logged_out_from_elsewhere(
    page: Page, browser: Browser, console: str, gateway: ServedGateway
) -> None:
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Name").fill("visitor")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator(".account-new").get_by_label("Role").click()
    page.get_by_role("option", name="Viewer").click()
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text("Account visitor was made.")).to_be_visible()
    expect(page.locator(".account-list").get_by_text("visitor")).to_be_visible()
    with visitor(browser, console) as other:
        log_in(other, console, "visitor")
        expect(other.get_by_text("Measurements", exact=True)).to_be_visible()
        expect(other.get_by_role("link", name="Users")).to_have_count(0)
        expect(other.locator("button.quick")).to_have_count(0)
        gateway.do(lambda small: small.end_sessions("visitor"))
        expect(other.get_by_role("button", name="Log in")).to_be_visible()


def test_the_last_administrator_stays_one_on_the_page_too(page: Page, console: str) -> None:
    page.goto(f"{console}/en/users")
    page.locator(".account-list .q-toggle").first.click()
    expect(page.get_by_text("This is the last administrator. Make another one first.")).to_be_visible()
    expect(page.locator(".account-list .q-toggle").first).to_have_attribute("aria-checked", "true")


def test_who_logs_out_is_out_and_back_does_not_help(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
