"""What people do to values, in a real browser: write with a second person, force, hang tags, enter by telephone."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge.model.deed import DeedEnd
from tests.api_gateway import PASSWORD
from tests.browser.console_visitor import ADMIN, CHROMIUM, WITHIN_MS, chromium, log_in, make_first_account, row_of, visitor
from tests.console_process import ServedGateway, console_process, served
from tests.hall_plant import ACID, LAMP, SETPOINT, TEMPERATURE, hall_plant

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=WITHIN_MS)
SECOND = "second"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGateway]:
    with served(hall_plant(tmp_path_factory.mktemp("hall"))) as gateway:
        gateway.do(lambda small: small.samples({SETPOINT: 150.0, LAMP: 0.0, TEMPERATURE: 165.0}))
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
def page(browser: Browser, console: str, gateway: ServedGateway) -> Iterator[Page]:
    """Of the first person; a second one, a worker, has an account too."""
    with visitor(browser, console) as page:
        make_first_account(page, console)
        expect(page.get_by_role("status").first).to_have_text("Connected")
        add_second(gateway.port)
        yield page


def add_second(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as api:
        token = api.post("/sessions", json={"name": ADMIN, "password": PASSWORD}).json()["token"]
        account = {"name": SECOND, "password": PASSWORD, "role": "worker", "person": None}
        api.post("/users", json=account, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def sheet(page: Page, heading: str) -> Locator:
    return page.locator("section.sheet").filter(has=page.locator(".heading", has_text=heading)).first


def test_a_write_of_two_persons_is_asked_agreed_to_and_shown_as_unknown_when_nobody_knows(
    page: Page, browser: Browser, console: str, gateway: ServedGateway
) -> None:
    page.goto(f"{console}/en/tags/{SETPOINT}")
    form = sheet(page, "Write")
    form.get_by_label("Value (°C)").fill("155")
    form.get_by_label("Reason").fill("<b>recipe</b> 7")
    form.get_by_role("button", name="Write", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("150 °C → 155 °C")
    dialog.get_by_role("button", name="Write", exact=True).click()
    row = page.locator("tr.write-proposed")
    expect(row).to_contain_text("<b>recipe</b> 7")
    expect(row.get_by_role("button", name="Agree")).to_have_count(0)
    expect(row.get_by_role("button", name="Take back")).to_be_visible()
    with visitor(browser, console) as second:
        log_in(second, console, SECOND)
        second.goto(f"{console}/en/writes")
        second.get_by_role("button", name="Agree").click()
        expect(second.locator("tr.write-intended")).to_contain_text("engineer, agreed by second")
        gateway.do(lambda small: small.end_write(f"{SETPOINT}~1", DeedEnd.UNKNOWN))
        unknown = second.locator("tr.write-unknown")
        expect(unknown).to_contain_text("Not known")
        expect(unknown).to_contain_text("nobody knows whether it was carried out")
        second.goto(f"{console}/en/tags/{TEMPERATURE}")
        expect(sheet(second, "Force")).to_contain_text("Engineers and administrators force values.")


def test_while_a_value_is_forced_every_page_says_so_and_the_true_value_stays_in_sight(page: Page, console: str) -> None:
    page.goto(f"{console}/en/tags/{TEMPERATURE}")
    form = sheet(page, "Force")
    form.get_by_label("Forced to (°C)").fill("190")
    form.get_by_label("Reason").fill("loop check")
    form.get_by_role("button", name="Force", exact=True).click()
    expect(form).to_contain_text("Forced to 190 °C by engineer")
    expect(form).to_contain_text("the device says 165 °C")
    page.goto(f"{console}/en/tags")
    expect(row_of(page, TEMPERATURE)).to_contain_text("forced")
    page.locator("button.banner.forced").click()
    expect(page.get_by_role("dialog")).to_contain_text("190 °C · the device says 165 °C")
    page.get_by_role("dialog").get_by_role("link", name="oven 1 · temperature").click()
    page.get_by_role("button", name="Release").click()
    expect(page.locator("button.banner.forced")).to_be_hidden()


def test_a_hang_tag_stops_writing_is_seen_on_its_device_and_says_that_it_is_not_the_lock(page: Page, console: str) -> None:
    page.goto(f"{console}/en/tags/{LAMP}")
    hang = sheet(page, "Hang-tags")
    expect(hang).to_contain_text("It is not the physical lock")
    hang.get_by_role("button", name="Hang a tag").click()
    hang.get_by_label("Work order or permit").fill("WO-17")
    hang.get_by_label("Reason").fill("new bulb")
    hang.get_by_role("button", name="Hang a tag").click()
    expect(hang.locator(".hang-tag")).to_contain_text("WO-17: new bulb")
    expect(sheet(page, "Write")).to_contain_text("A hang-tag of engineer hangs on this device")
    expect(sheet(page, "Write").get_by_role("button", name="Write", exact=True)).to_be_disabled()
    page.goto(f"{console}/en/tags")
    expect(row_of(page, LAMP).locator(".badge.hung")).to_have_text("hang-tag")
    page.goto(f"{console}/en/tags/{LAMP}")
    page.get_by_role("button", name="Take it off").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it off").click()
    expect(hang).to_contain_text("No hang-tag hangs on this device.")
    expect(page.locator("button.banner.hung")).to_be_hidden()


def test_on_a_telephone_a_value_is_two_taps_and_a_number_and_an_implausible_one_needs_a_third(page: Page, console: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{console}/zh/entries")
    entry = page.locator("section.sheet", has_text="游离酸浓度")
    expect(entry).to_contain_text("应录入，尚无数据")
    field = entry.get_by_label("数值（g/L）")
    expect(field).to_have_attribute("inputmode", "decimal")
    field.fill("60")
    entry.get_by_role("button", name="录入", exact=True).click()
    expect(entry).to_contain_text("超出合理范围")
    entry.get_by_role("button", name="核对无误，仍要录入").click()
    expect(entry).to_contain_text("上次 60 g/L · engineer")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"{console}/zh/tags/{ACID}")
    expect(page.locator("main.alarm-page")).to_contain_text("上次 60 g/L")
