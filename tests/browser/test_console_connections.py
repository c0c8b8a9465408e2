"""The console's page of the connections to devices, at 200 of them, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from drivers.base import RefusedInput, ScanRate
from edge.model.moment import SECOND
from edge.model.sample import Quality
from tests.api_gateway import T0, SmallGateway, load_mill
from tests.browser.console_visitor import (
    CHROMIUM,
    VIEWPORT,
    WITHIN_MS,
    Tab,
    chromium,
    grid,
    make_first_account,
    row_of,
    tab_of,
    watched,
)
from tests.console_process import ServedGateway, console_process, served
from tests.told_driver import ToldDriver

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=WITHIN_MS)

MOTOR, FAN = "CRM.ST3.MOTOR", "CRM.FUME_FAN"
LOST = "no answer within 1 s"


def line(small: SmallGateway, *, lost: bool) -> None:
    """The motor's drive behind Modbus, a fan that speaks MQTT, and 198 more."""
    small.sample(f"{MOTOR}.session", 0.0 if lost else 1.0)
    small.sample(f"{FAN}.session", 1.0)
    if lost:
        small.sample(f"{MOTOR}.de_temp", 61.0, Quality.BAD)
    scan = ScanRate(MOTOR, SECOND, 12, 1.0, 0.4 if lost else 1.0, 3_200_000, 36)
    gone = RefusedInput(MOTOR, f"{MOTOR}.de_temp", "holding 7", "exception_2", 14, "illegal data address", T0)
    vib = RefusedInput(FAN, f"{FAN}.vib", "hall/<b>fan</b>", "not_json", 3, "{v:<i>1</i>}", T0)
    oven = RefusedInput("OVEN", "", "hall/OVEN/vib", "unknown_device", 2, "7.5", T0)
    small.opened = [
        ToldDriver(
            "modbus 10.0.0.5:502",
            {MOTOR: (1.0, scan.achieved)},
            {(MOTOR, "polls"): 3_000, (MOTOR, "no_answer"): 5, (MOTOR, "exception_2"): 14},
            {MOTOR: LOST} if lost else {},
            [scan],
            [gone] if lost else [],
        ),
        ToldDriver("mqtt broker:1883", {FAN: (0.0, 2.5)}, {(FAN, "messages"): 900, (FAN, "not_json"): 3}, {}, [], [vib, oven]),
        ToldDriver("s7 10.0.0.9:102 rack 0 slot 1", {f"D{number:03}": (1.0, 1.0) for number in range(198)}),
    ]


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill()) as gateway:
        gateway.do(lambda small: line(small, lost=True))
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
    context = browser.new_context(viewport=VIEWPORT)
    with watched(context, console) as page:
        make_first_account(page, console)
        expect(page.get_by_role("status").first).to_have_text("Connected")
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(engineer: BrowserContext, console: str) -> Iterator[Tab]:
    with tab_of(engineer, console) as tab:
        yield tab


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    yield tab.bring()
    tab.check()


def order(page: Page, count: int) -> list[str]:
    names: list[str] = grid(page, f"Array.from({{length: {count}}}, (_, at) => api.getDisplayedRowAtIndex(at)?.data.name)")
    return names


def test_the_worst_connection_is_first_and_is_told_in_full_as_it_changes(
    page: Page, console: str, gateway: ServedGateway
) -> None:
    page.goto(f"{console}/en/connections")
    expect(row_of(page, "Lost").first).to_contain_text("Lost")
    expect(page.get_by_text("201 devices, 201 of them")).to_be_visible()
    assert grid(page, "api.getDisplayedRowCount()") == 201
    assert page.locator(".ag-center-cols-container .ag-row").count() < 60, "only those in view are drawn"
    assert order(page, 1) == [MOTOR]
    row_of(page, LOST).click()
    panel = page.locator("aside.connection")
    for text in (
        MOTOR,
        "modbus 10.0.0.5:502",
        LOST,
        "0.4 of 1 /s",
        "3.2 s",
        "36",
        "the device has no such register",
        "holding 7",
    ):
        expect(panel).to_contain_text(text)
    panel.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    marked = page.evaluate("() => getSelection().toString()")
    assert "State: Lost" in marked and "exception_2, 14 times" in marked
    gateway.do(lambda small: line(small, lost=False))
    expect(panel.locator(".panel-state")).to_have_text("Bad values")
    panel.get_by_role("link", name="Its measurements").click()
    expect(page.locator(".heading")).to_have_text(f"Measurements of {MOTOR}")
    expect(row_of(page, f"{MOTOR}.de_temp").first).to_be_visible()
    assert all(name.startswith(f"{MOTOR}.") for name in grid(page, "api.getRenderedNodes().map(row => row.data.id)"))


def test_what_a_device_said_is_shown_as_text_and_whose_matter_it_is_in_chinese(page: Page, console: str) -> None:
    page.goto(f"{console}/zh/connections")
    expect(page.get_by_text("共 201 台设备")).to_be_visible()
    page.get_by_label("搜索").fill("风机")
    row_of(page, "发布方问题").first.click()
    panel = page.locator("aside.connection")
    expect(panel).to_contain_text("{v:<i>1</i>}")
    expect(panel).to_contain_text("报文既不是 JSON")
    expect(panel.locator("td i, td b")).to_have_count(0)
    page.get_by_label("搜索").fill("OVEN")
    expect(row_of(page, "OVEN")).to_contain_text("未知设备")
