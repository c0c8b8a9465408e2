"""When nothing leaves the gateway, a screen in the plant says so and sounds, until somebody silences it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.model.moment import SECOND
from tests.api_gateway import load_mill
from tests.browser.console_visitor import CHROMIUM, WITHIN_MS, chromium, make_first_account, visitor
from tests.console_process import ServedGateway, console_process, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=WITHIN_MS)


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(replace(load_mill(), horn_after=10 * SECOND)) as gateway:
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
def page(browser: Browser, console: str) -> Iterator[Page]:
    with visitor(browser, console) as page:
        make_first_account(page, console)
        expect(page.get_by_role("status").first).to_have_text("Connected")
        yield page


def horn(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-horn", state)


def cut(gateway: ServedGateway, seconds: float) -> None:
    gateway.do(lambda small: small.down.update(dingtalk=small.clock.now()))
    gateway.do(lambda small: small.pass_time(seconds))


def test_a_cut_line_is_a_banner_then_a_horn_that_one_silences_here_and_that_sounds_again_the_next_time(
    page: Page, console: str, gateway: ServedGateway
) -> None:
    banner = page.locator(".banner.horn")
    expect(banner).to_be_hidden()
    cut(gateway, 5)
    expect(banner).to_contain_text("Messages reach nobody: read alarms here, and telephone.")
    expect(banner.get_by_role("button")).to_have_count(0)
    gateway.do(lambda small: small.pass_time(5))
    page.locator("body").click(position={"x": 5, "y": 600})
    horn(page, "sounds")
    page.get_by_role("button", name="Silence the horn").click()
    horn(page, "silenced")
    page.goto(f"{console}/zh/tags")
    expect(banner).to_contain_text("现在谁也收不到通知")
    horn(page, "silenced")
    gateway.do(lambda small: small.down.clear())
    horn(page, "off")
    expect(banner).to_be_hidden()
    cut(gateway, 11)
    page.locator("body").click(position={"x": 5, "y": 600})
    horn(page, "sounds")
    gateway.do(lambda small: small.down.clear())
    horn(page, "off")


def test_a_service_that_hangs_is_named_and_no_horn_sounds_for_it(page: Page, gateway: ServedGateway) -> None:
    banner = page.locator(".banner.horn")
    gateway.do(lambda small: small.hanging.update({("apprise", "mail"): small.clock.now()}))
    expect(banner).to_contain_text("其他服务（apprise）：mail（自")
    horn(page, "off")
    gateway.do(lambda small: small.hanging.clear())
    expect(banner).to_be_hidden()
