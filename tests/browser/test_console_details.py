"""The console's pages of one alarm, one tag, who was told and what happened, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.statement import statements
from edge.config.plant import Plant
from edge.model.facts import DeviceFacts, Spare
from edge.model.intent import Delivered, Refused
from edge.model.quota import Kind, Usage
from edge.model.sample import Mark, Quality
from tests.api_gateway import BEARING, BEARING_TAG, PASSWORD, T0, SmallGateway, load_mill
from tests.browser.console_visitor import (
    CHROMIUM,
    VIEWPORT,
    WITHIN_MS,
    Tab,
    chart,
    chromium,
    log_in,
    make_first_account,
    tab_of,
    visitor,
    watched,
)
from tests.console_process import ServedGateway, console_process, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=WITHIN_MS)

FACTS = DeviceFacts(
    place={"zh": "3号机架传动侧", "en": "drive side of stand 3"},
    panel="MCC-3 / 07",
    breaker="Q3.12",
    isolation=("Q3.12", "F3.4"),
    drawing="E-3107 p. 14",
    spares=(Spare("6330 C3", "A-12-3"),),
    phone="8-3107",
)


def mill_with_facts() -> Plant:
    mill = load_mill()
    motor = mill.devices["CRM.ST3.MOTOR"]
    return replace(mill, devices={**mill.devices, motor.name: replace(motor, facts=FACTS)})


def warm_up_and_trip(small: SmallGateway) -> None:
    """Five minutes of warming up, a failed sensor for 20 s, and then 84 °C for longer than the delay."""
    for second in range(300):
        small.sample(BEARING_TAG, 60.0 + second / 20)
        small.pass_time(1)
    for _ in range(20):
        small.samples({BEARING_TAG: 850.0}, Quality.BAD, Mark.SENSOR_FAULT)
        small.pass_time(1)
    small.raise_bearing(84.25)
    small.tell(Delivered("task-1"), after_s=1.5)
    small.hold("CRM.ST1.MOTOR.de_temp", 86.0, 31)
    small.tell(Refused("user not found"))
    small.raise_bearing(84.25)


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(mill_with_facts()) as gateway:
        gateway.do(warm_up_and_trip)
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


def sheet(page: Page, heading: str) -> Any:
    return page.locator(".sheet", has=page.get_by_text(heading, exact=True))


def test_who_was_told_is_proven_and_who_has_read_it_is_asked_for(page: Page, console: str, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.read.update({("person:shift_lead_a", "raised"): True}))
    page.goto(f"{console}/en/alarms/{BEARING}")
    proof = sheet(page, "Proof of delivery")
    expect(proof.get_by_role("row")).to_have_count(4)
    lead = proof.get_by_role("row").filter(has_text="Shift lead A")
    expect(lead).to_contain_text("DingTalk")
    expect(lead).not_to_contain_text("read")
    proof.get_by_role("button", name="Ask who has read it").click()
    expect(lead).to_contain_text("read")


def test_one_alarm_is_told_in_full(page: Page, console: str) -> None:
    page.goto(f"{console}/en/alarms/{BEARING}")
    expect(page.locator(".alarm-what")).to_have_text("bearing hot")
    expect(page.locator(".alarm-state")).to_have_text("Unacknowledged")
    first = page.locator(".alarm-left > .sheet").first
    for text in ("84.25 °C", "≥ 80 °C for 30 s", "< 77 °C", "3 °C"):
        expect(first).to_contain_text(text)
    machine = sheet(page, "The machine")
    for text in (
        "drive side of stand 3",
        "MCC-3 / 07",
        "1. Q3.12",
        "2. F3.4",
        "E-3107 p. 14",
        "6330 C3 (bin A-12-3)",
        "8-3107",
    ):
        expect(machine).to_contain_text(text)
    why = sheet(page, "Why it is so, term by term").get_by_role("listitem")
    expect(why.filter(has_text="84.25 °C")).not_to_have_count(0)
    expect(why.filter(has_text="80 °C")).not_to_have_count(0)
    told = sheet(page, "Who was told")
    expect(told.get_by_role("row")).to_have_count(4)
    expect(told).to_contain_text("delivered")
    expect(told).to_contain_text("2.5 s")


def test_the_trend_shows_limit_deadband_delay_and_the_failed_sensor(page: Page, console: str) -> None:
    page.goto(f"{console}/en/alarms/{BEARING}")
    expect(page.locator(".trend-chart canvas")).to_be_visible()
    page.wait_for_function("document.querySelector('.trend-told').textContent === ''")
    option = chart(page)
    curve = option["series"][2]
    limit = next(line for line in curve["markLine"]["data"] if "yAxis" in line)
    assert (limit["yAxis"], limit["label"]["formatter"]) == (80, "Limit ≥ 80 °C")
    labels = [line["label"]["formatter"] for line in curve["markLine"]["data"] if "xAxis" in line]
    assert labels == ["Began", "Raised"]
    areas = {area[0].get("label", {}).get("formatter"): area for area in curve["markArea"]["data"]}
    assert areas["Delay 30 s"][1]["xAxis"] - areas["Delay 30 s"][0]["xAxis"] == 30_000
    assert "sensor fault" in areas
    deadband = next(area for area in curve["markArea"]["data"] if "yAxis" in area[0])
    assert (deadband[0]["yAxis"], deadband[1]["yAxis"]) == (80, 77)
    assert option["yAxis"][0]["name"] == "°C"
    drawn = [value for _, value in curve["data"] if value is not None]
    assert (min(drawn), max(drawn)) == (60, 84.25)


def test_the_trend_looks_back_further_and_around_the_beginning(page: Page, console: str) -> None:
    page.goto(f"{console}/en/alarms/{BEARING}")
    expect(page.locator(".trend-chart canvas")).to_be_visible()
    span = "getElement(Number(document.querySelector('.trend-chart').id.slice(1))).chart.getOption().xAxis[0]"
    page.get_by_role("button", name="8 h").click()
    page.wait_for_function(f"{span}.max - {span}.min === 8 * 3600 * 1000")
    page.get_by_role("button", name="10 min").click()
    page.get_by_text("around the beginning").click()
    page.wait_for_function(f"{span}.max - {span}.min < 10 * 60 * 1000")


def test_what_somebody_does_stands_there_at_once_and_a_comment_as_such(
    page: Page, console: str, gateway: ServedGateway
) -> None:
    page.goto(f"{console}/en/alarms/{BEARING}")
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Comment").fill("<b>grease</b> is old")
    page.get_by_role("button", name="Add comment").click()
    happened = sheet(page, "What happened")
    expect(happened).to_contain_text("“<b>grease</b> is old”")
    page.get_by_role("button", name="On my way").click()
    expect(page.locator(".alarm-state")).to_have_text("Acknowledged")
    expect(page.locator(".facts").first).to_contain_text("On the way")
    expect(happened).to_contain_text("Acknowledged, on the way")
    page.wait_for_function(
        """getElement(Number(document.querySelector(".trend-chart").id.slice(1))).chart.getOption().series[2]
            .markLine.data.some(line => line.label.formatter === "On the way")"""
    )
    gateway.do(lambda small: small.sample(BEARING_TAG, 85.5))
    expect(page.locator(".facts").first).to_contain_text("85.5 °C")
    assert page.evaluate("window.sameDocument")


def test_an_alarm_goes_out_of_service_with_a_reason_and_an_order_and_comes_back(page: Page, console: str) -> None:
    page.goto(f"{console}/en/alarms/CRM.ST5.MOTOR/de_temp_high")
    out = page.get_by_role("button", name="Take out of service")
    page.get_by_role("textbox", name="Reason", exact=True).fill("new bearing")
    out.click()
    expect(page.get_by_text("Give the number of the work order or permit first.")).to_be_visible()
    page.get_by_role("textbox", name="Work order or permit").fill("WO-4711")
    out.click()
    expect(page.locator(".alarm-state")).to_have_text("Out of service")
    expect(page.locator(".alarm-left > .sheet").first).to_contain_text("work order WO-4711 · engineer")
    expect(out).to_be_hidden()
    page.get_by_role("button", name="Return to service").click()
    expect(page.locator(".alarm-state")).to_have_text("Normal")


def test_the_same_in_chinese_without_a_word_of_english(page: Page, console: str) -> None:
    page.goto(f"{console}/zh/alarms/{BEARING}")
    expect(page.locator(".alarm-what")).to_have_text("轴承温度高")
    expect(page.locator(".facts").first).to_contain_text("85.5 °C")
    expect(sheet(page, "设备信息")).to_contain_text("6330 C3（库位 A-12-3）")
    expect(sheet(page, "通知了谁")).to_contain_text("已送达")
    expect(sheet(page, "事件经过")).to_contain_text("已确认，正在前往")
    words = page.locator("main.alarm-page").inner_text()
    plants = re.compile(r"<b>grease</b> is old|Shift lead A|engineer|CRM\.\S+|MCC-3|SKF|E-3107 p\. 14")
    assert re.findall(r"[A-Za-z]{4,}", plants.sub("", words)) == []


def test_an_alarm_that_does_not_exist_is_said(page: Page, console: str) -> None:
    page.goto(f"{console}/en/alarms/NO.SUCH/alarm")
    expect(page.locator(".told")).to_contain_text('There is no alarm "NO.SUCH/alarm".')


def test_one_tag_says_where_it_comes_from_and_shows_the_limits_of_its_alarms(page: Page, console: str) -> None:
    page.goto(f"{console}/en/tags/{BEARING_TAG}")
    first = page.locator(".sheet").first
    for text in ("85.5 °C", "good", "holding 0", "raw × 0.1"):
        expect(first).to_contain_text(text)
    expect(page.locator(".trend-chart canvas")).to_be_visible()
    page.wait_for_function("document.querySelector('.trend-told').textContent === ''")
    assert "High ≥ 80 °C" in [line["label"]["formatter"] for line in chart(page)["series"][2]["markLine"]["data"]]
    page.get_by_role("link", name="bearing hot").click()
    expect(page.locator(".alarm-what")).to_have_text("bearing hot")


def test_who_was_told_is_chosen_by_state_and_recipient(page: Page, console: str) -> None:
    page.goto(f"{console}/en/deliveries")
    rows = page.locator(".ag-center-cols-container .ag-row")
    expect(rows.first).to_be_visible()
    page.get_by_label("State").first.click()
    page.get_by_role("option", name="refused", exact=True).click()
    expect(rows.first).to_contain_text("refused: user not found")
    expect(page.locator(".ag-row.told-refused").first).to_be_visible()
    everybody = rows.count()
    page.get_by_label("To").first.click()
    page.get_by_role("option").first.click()
    page.wait_for_function(f"document.querySelectorAll('.ag-center-cols-container .ag-row').length < {everybody}")
    expect(page.get_by_role("button", name="Older")).to_be_disabled()


def test_above_the_messages_stands_what_was_used_of_the_quota(page: Page, console: str, gateway: ServedGateway) -> None:
    used = Account(Limits(), "Asia/Shanghai").counted([Usage(Kind.API, "2026-05-04", 1_300), Usage(Kind.PUSH, "2026-05-04", 7)])

    def spend(small: SmallGateway) -> None:
        small.statements = statements("dingtalk", used, T0)

    gateway.do(spend)
    page.goto(f"{console}/zh/deliveries")
    strip = page.locator(".quota")
    expect(strip.locator(".asks")).to_have_text("钉钉本月 API 调用：1,300 / 5,000 · 日均 1,300，将于 2026-05-07 用完")
    expect(strip.locator(".why")).to_have_text("钉钉本月 Webhook/Stream 推送：7 / 3,000 · 日均 7，够用到月底")


def test_the_journal_follows_and_is_searched(page: Page, console: str, gateway: ServedGateway) -> None:
    page.goto(f"{console}/zh/journal")
    rows = page.locator(".ag-center-cols-container .ag-row")
    expect(rows.first).to_be_visible()
    gateway.do(lambda small: small.hold("CRM.ST5.MOTOR.de_temp", 88.0, 31))
    expect(rows.filter(has_text="5号机架").filter(has_text="88 °C").first).to_be_visible()
    page.get_by_label("搜索").fill("grease")
    expect(rows).to_have_count(1)


def test_a_window_is_planned_and_ended_and_the_plant_goes_through_its_stages(page: Page, console: str) -> None:
    page.goto(f"{console}/en/stages")
    work = sheet(page, "Maintenance")
    expect(work).to_contain_text("No maintenance is planned or under way.")
    work.get_by_label("Name").fill("gear")
    work.get_by_role("combobox").click()
    page.keyboard.type("FUME_FAN")
    page.get_by_role("option", name="CRM.FUME_FAN").click()
    page.keyboard.press("Escape")
    work.get_by_label("Until").fill("2026-05-04T12:00")
    work.get_by_label("Permit no.").fill("P-17")
    work.get_by_role("button", name="Plan maintenance").click()
    expect(page.get_by_text("Still missing: Reason")).to_be_visible()
    work.get_by_label("Reason").fill("new gear")
    work.get_by_role("button", name="Plan maintenance").click()
    expect(work.locator("tbody tr")).to_contain_text(["gear"])
    expect(work.locator("tbody tr")).to_contain_text(["12:00:00"])
    work.get_by_role("button", name="End it").click()
    expect(work).to_contain_text("No maintenance is planned or under way.")

    stage = sheet(page, "Stage of the plant")
    expect(stage.locator(".stage-now")).to_have_text("Live")
    for wanted, shown in (("Shadow", True), ("Live", False)):
        stage.get_by_label("Stage", exact=True).click()
        page.get_by_role("option", name=wanted).click()
        stage.get_by_label("Reason").fill("a rehearsal")
        stage.get_by_role("button", name="Set stage").click()
        expect(stage.locator(".stage-now")).to_have_text(wanted)
        expect(page.locator(".banner.stage")).to_be_visible(visible=shown)


def test_the_performance_of_the_alarms_opens_into_the_rows_it_was_made_of(page: Page, console: str) -> None:
    page.goto(f"{console}/en/performance")
    tile = page.locator(".tile", has_text="Share of the ten most frequent")
    expect(tile).to_contain_text("over limit: target at most 5 %, limit at most 15 % (ISA-18.2 / IEC 62682)")
    expect(sheet(page, "Most frequent alarms")).to_contain_text("Stand 3 motor bearing hot")
    tile.click()
    dialog = page.locator(".figure-dialog")
    expect(dialog.get_by_role("row").filter(has_text="bearing hot").filter(has_text="Raised").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Position").click()
    page.get_by_role("option", name="maintenance").click()
    expect(page.locator(".tile", has_text="Most in 10 min")).to_contain_text("acceptable: target at most 10")
    page.goto(f"{console}/zh/performance")
    expect(page.locator(".tile").first).to_contain_text("每岗位每天报警数")


def test_a_viewer_sees_all_of_it_and_may_do_nothing(page: Page, browser: Browser, console: str) -> None:
    page.goto(f"{console}/en/users")
    page.get_by_label("Name").fill("visitor")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator(".account-new").get_by_label("Role").click()
    page.get_by_role("option", name="Viewer").click()
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text("Account visitor was made.")).to_be_visible()
    with visitor(browser, console) as other:
        log_in(other, console, "visitor")
        other.goto(f"{console}/en/alarms/{BEARING}")
        expect(other.get_by_text("Your role may look, not act.")).to_be_visible()
        expect(other.get_by_role("button", name="On my way")).to_have_count(0)
