"""The console in a real browser, over a real API: first start, log-in, live alarms, commands, both languages, a lost agent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from edge.model.sample import Mark, Quality
from tests.api_gateway import BEARING, BEARING_TAG, CODE, PASSWORD, load_mill
from tests.browser.console_visitor import (
    ADMIN,
    CHROMIUM,
    VIEWPORT,
    WITHIN_MS,
    Tab,
    chromium,
    log_in,
    make_first_account,
    pinned_button,
    row_of,
    tab_of,
    visitor,
    watched,
)
from tests.console_process import ServedGateway, console_process, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=WITHIN_MS)


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill(), rate=10.0) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def console(gateway: ServedGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("console")
    with console_process(f"http://127.0.0.1:{gateway.port}", folder, "--port", "0", "--every", "0.1") as (_, ready):
        yield f"http://127.0.0.1:{ready['port']}"
    words = (folder / "console.err").read_text(encoding="utf-8")
    assert "Traceback" not in words, words


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def engineer(browser: Browser, console: str) -> Iterator[BrowserContext]:
    """The browser in which the first person has made the first account, and is logged in with it."""
    context = browser.new_context(viewport=VIEWPORT)
    with watched(context, console) as page:
        page.goto(f"{console}/?code={CODE}")
        expect(page.get_by_text("First start")).to_be_visible()
        expect(page.get_by_label("Set-up code")).to_have_value(CODE)
        page.get_by_label("Name").fill("shift engineer")
        expect(page.get_by_text("A name has letters, digits")).to_be_visible()
        page.get_by_label("Password").fill("too short")
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_text("Too short: 10 characters at least")).to_be_visible()
        expect(page.get_by_label("Set-up code")).to_have_value(CODE)
        make_first_account(page, console)
        expect(page.locator(".ag-overlay").get_by_text("No alarms.")).to_be_visible()
        assert page.url == f"{console}/en"
    yield context
    context.close()


@pytest.fixture(scope="module")
def board(engineer: BrowserContext, console: str) -> Iterator[Tab]:
    with tab_of(engineer, console) as tab:
        tab.page.goto(f"{console}/en")
        expect(tab.page.get_by_role("status").first).to_have_text("Connected")
        yield tab


@pytest.fixture
def alarms(board: Tab) -> Iterator[Page]:
    """The page of alarms, on which the live tests follow each other as in a shift."""
    yield board.bring()
    board.check()


@pytest.fixture(scope="module")
def tab(engineer: BrowserContext, console: str) -> Iterator[Tab]:
    with tab_of(engineer, console) as tab:
        yield tab


@pytest.fixture
def page(tab: Tab, console: str) -> Iterator[Page]:
    page = tab.bring()
    page.goto(f"{console}/en")
    expect(page.get_by_role("status").first).to_have_text("Connected")
    yield page
    tab.check()


def open_panel(page: Page, text: str) -> None:
    row_of(page, text).first.locator('[col-id="value"]').click()


def choose(page: Page, field: str, option: str) -> None:
    page.locator(".section-head").get_by_label(field).first.click()
    page.get_by_role("option", name=option, exact=True).click()


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


def test_an_alarm_appears_is_acknowledged_and_goes_without_a_reload(alarms: Page, gateway: ServedGateway) -> None:
    alarms.evaluate("window.sameDocument = true")
    gateway.do(lambda small: small.hold("CRM.ST1.MOTOR.de_temp", 86.0, 31))
    row = row_of(alarms, "bearing hot")
    expect(row).to_contain_text("Stand 1")
    expect(row).to_contain_text("86 °C")
    expect(row).to_contain_text("≥ 80 °C")
    expect(row).to_contain_text("Unacknowledged")
    expect(alarms.locator("header .count.high .figure")).to_have_text("1")
    pinned_button(alarms, "CRM.ST1.MOTOR/de_temp_high").click()
    expect(row).to_contain_text("Acknowledged")
    expect(row).to_contain_text("engineer · ")
    expect(pinned_button(alarms, "CRM.ST1.MOTOR/de_temp_high")).to_have_count(0)
    gateway.do(lambda small: small.hold("CRM.ST1.MOTOR.de_temp", 60.0, 61))
    expect(row).to_have_count(0)
    assert alarms.evaluate("window.sameDocument")


def test_the_panel_comments_and_shelves_what_may_be_shelved(alarms: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.hold("CRM.ST2.MOTOR.de_temp", 75.0, 660))
    open_panel(alarms, "bearing warm")
    panel = alarms.locator("aside")
    expect(panel).to_contain_text("Stand 2 · motor")
    panel.get_by_label("Comment").fill("grease is old")
    panel.get_by_role("button", name="Add comment").click()
    expect(alarms.get_by_text("Comment added.")).to_be_visible()
    panel.get_by_label("Reason for shelving").click()
    alarms.get_by_role("option").first.click()
    panel.get_by_role("button", name="Shelve", exact=True).click()
    expect(row_of(alarms, "bearing warm")).to_contain_text("Shelved")
    expect(alarms.get_by_text("Shelved for 1 h; it comes back by itself then.")).to_be_visible()
    expect(panel).to_contain_text("· engineer")
    panel.get_by_role("button", name="Unshelve").click()
    expect(row_of(alarms, "bearing warm")).to_contain_text("Unacknowledged")
    kinds = gateway.do(lambda small: [row.event.kind for row in small.store.read_after(0, 500)])
    assert {"commented", "shelved", "unshelved"} <= set(kinds)


def test_the_two_highest_priorities_offer_no_shelf_and_a_latch_offers_a_reset(alarms: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.raise_pumps())
    row = row_of(alarms, "main pumps tripped")
    open_panel(alarms, "main pumps tripped")
    panel = alarms.locator("aside")
    expect(
        panel.get_by_text("Alarms of this priority are not shelved in this plant, and those that concern safety never are.")
    ).to_be_visible()
    expect(panel.get_by_role("button", name="Shelve", exact=True)).to_be_hidden()
    expect(panel.get_by_role("button", name="Reset")).to_be_hidden()
    panel.get_by_role("button", name="On my way").click()
    expect(row).to_contain_text("Acknowledged")
    expect(panel.locator("dl")).to_contain_text("On the way")
    gateway.do(lambda small: (small.sample("CRM.AGC.HYDRAULICS.pump_trip", 0.0), small.pass_time(1)))
    panel.get_by_role("button", name="Reset").click()
    expect(row).to_have_count(0)
    expect(panel).to_contain_text("This alarm is over.")


def test_a_command_that_is_refused_says_why(alarms: Page, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.hold("CRM.ST4.MOTOR.de_temp", 86.0, 31))
    open_panel(alarms, "bearing hot")
    panel = alarms.locator("aside")
    gateway.do(lambda small: small.refuse_with("still_active"))
    panel.get_by_role("button", name="On my way").click()
    expect(alarms.get_by_text("The condition still holds. It can be reset when it is gone.")).to_be_visible()


def test_time_lapse_is_shown_as_such_and_the_language_is_switched_and_kept(page: Page, console: str) -> None:
    expect(page.locator(".banner.lapse")).to_contain_text("10 times as fast")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".banner.lapse")).to_contain_text("10 倍")
    expect(page.get_by_role("link", name="测点")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("status").first).to_have_text("已连接")
    page.goto(console)
    expect(page).to_have_url(f"{console}/zh")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("link", name="Measurements")).to_be_visible()


def test_alarms_are_chosen_by_place_priority_state_and_text_and_acknowledged_together(
    alarms: Page, gateway: ServedGateway
) -> None:
    alarms.get_by_role("button", name="Close").click()
    gateway.do(lambda small: [small.hold(f"CRM.ST{stand}.MOTOR.de_temp", 88.0, 31) for stand in (1, 2, 3)])
    shown = alarms.locator(".ag-center-cols-container .ag-row")
    choose(alarms, "Priority", "High")
    choose(alarms, "State", "Unacknowledged")
    expect(shown).to_have_count(4)
    choose(alarms, "Place", "Stand 2")
    expect(shown).to_have_count(1)
    alarms.get_by_label("Search").fill("no such text")
    expect(shown).to_have_count(0)
    alarms.get_by_label("Search").fill("bearing")
    expect(shown).to_have_count(1)
    for field in ("Place", "State"):
        alarms.locator(".section-head .q-select", has_text=field).get_by_role("button", name="Clear").click()
    alarms.get_by_role("button", name="Acknowledge ticked").click()
    expect(alarms.get_by_text("Tick alarms first that nobody has acknowledged.")).to_be_visible()
    alarms.locator(".ag-header-select-all input").first.check()
    alarms.get_by_role("button", name="Acknowledge ticked").click()
    expect(alarms.get_by_text("Acknowledged: 4.")).to_be_visible()
    expect(row_of(alarms, "Unacknowledged")).to_have_count(0)
    alarms.locator(".section-head .q-select", has_text="Priority").get_by_role("button", name="Clear").click()
    alarms.get_by_label("Search").fill("")


def test_a_row_is_opened_from_the_keyboard(alarms: Page, console: str) -> None:
    row_of(alarms, "Stand 3").filter(has_text="bearing hot").locator('[col-id="state"]').click()
    alarms.keyboard.press("Enter")
    expect(alarms.locator(".alarm-what")).to_have_text("bearing hot")
    expect(alarms).to_have_url(f"{console}/en/alarms/{BEARING}")
    alarms.goto(f"{console}/en")
    expect(alarms.get_by_role("status").first).to_have_text("Connected")


def test_measurements_show_value_and_quality_in_place_and_are_searched(
    page: Page, gateway: ServedGateway, console: str
) -> None:
    page.goto(f"{console}/en/tags")
    gateway.do(lambda small: small.sample(BEARING_TAG, 61.5))
    row = page.locator(f'.ag-center-cols-container .ag-row[row-id="{BEARING_TAG}"]')
    page.get_by_label("Search").fill(BEARING_TAG)
    expect(row).to_contain_text("61.5")
    expect(row).to_contain_text("good")
    row.evaluate("row => { row.sameRow = true; }")
    gateway.do(lambda small: small.sample(BEARING_TAG, 62.25))
    expect(row).to_contain_text("62.25")
    assert row.evaluate("row => row.sameRow")
    gateway.do(lambda small: small.pass_time(60))
    expect(row).to_contain_text("stale")
    expect(row).to_contain_text("60 s")
    expect(page.locator(".ag-center-cols-container .ag-row")).to_have_count(1)
    gateway.do(lambda small: small.samples({BEARING_TAG: 850.0}, Quality.BAD, Mark.SENSOR_FAULT))
    expect(row).to_contain_text("bad: sensor fault")


def test_names_are_shown_as_text_whatever_they_are(page: Page, gateway: ServedGateway, console: str) -> None:
    evil = "<img src=x onerror=\"document.title='hit'\">"
    gateway.do(lambda small: small.rename("CRM.ST5.MOTOR", {"zh": evil, "en": evil}))
    gateway.boot_anew()
    gateway.do(lambda small: small.hold("CRM.ST5.MOTOR.de_temp", 86.0, 31))
    expect(row_of(page, evil).first).to_be_visible()
    row_of(page, evil).first.hover()
    open_panel(page, evil)
    expect(page.locator("aside")).to_contain_text(evil)
    for path in ("tags", "alarms/CRM.ST5.MOTOR/de_temp_high", "tags/CRM.ST5.MOTOR.de_temp", "deliveries", "journal"):
        page.goto(f"{console}/en/{path}")
        expect(page.get_by_role("status").first).to_have_text("Connected")
        if path in {"tags", "journal"}:
            page.get_by_label("Search").fill("img src")
        if path != "deliveries":
            expect(page.get_by_text(evil).first).to_be_visible()
    assert page.title() != "hit"
    assert page.locator("img[src=x]").count() == 0


def test_an_agent_that_is_gone_is_said_and_found_again(alarms: Page, gateway: ServedGateway) -> None:
    expect(row_of(alarms, "Stand 3").first).to_be_visible()
    gateway.fall_silent()
    expect(alarms.locator(".banner.lost")).to_contain_text("The agent does not answer since")
    expect(alarms.get_by_role("status").first).to_have_text("No connection")
    expect(alarms.locator("main.board")).to_have_class("board old")
    expect(row_of(alarms, "Stand 3").first).to_be_visible()
    gateway.serve()
    expect(alarms.locator(".banner.lost")).to_be_hidden()
    expect(alarms.locator("main.board")).to_have_class("board")


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
        expect(other.get_by_role("link", name="Measurements")).to_be_visible()
        expect(other.get_by_role("link", name="Users")).to_have_count(0)
        expect(other.locator("button.quick")).to_have_count(0)
        gateway.do(lambda small: small.end_sessions("visitor"))
        expect(other.get_by_role("button", name="Log in")).to_be_visible()


def test_the_last_administrator_stays_one_on_the_page_too(page: Page, console: str) -> None:
    page.goto(f"{console}/en/users")
    page.locator(".account-list .q-toggle").first.click()
    expect(page.get_by_text("This is the last administrator. Make another one first.")).to_be_visible()
    expect(page.locator(".account-list .q-toggle").first).to_have_attribute("aria-checked", "true")


def test_who_logs_out_is_out_on_every_page_and_back_does_not_help(page: Page, alarms: Page, console: str) -> None:
    page.goto(f"{console}/en/tags")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(alarms.get_by_role("button", name="Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
