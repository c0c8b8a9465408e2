"""Phones that ring in a real browser: DINGs, conferences and to-dos appear by themselves, and are answered by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from tests.e2e.standin_process import CLIENT_ID, HTTP, StandIn, running_standin

WINDOW: ViewportSize = {"width": 1440, "height": 900}
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt install chromium")
expect.set_options(timeout=15_000)
BOTH = ["lead.a", "fitter.a"]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture
def page(standin: StandIn) -> Iterator[Page]:
    """Two phones side by side; a page that allows no error and nothing from elsewhere."""
    surprises: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page(viewport=WINDOW)
        opened.on("pageerror", lambda error: surprises.append(str(error)))
        opened.goto(f"{standin.phones_url}?lang=en&people={','.join(BOTH)}")
        yield opened
        browser.close()
    assert surprises == []


def call(standin: StandIn, path: str, body: dict[str, Any], **query: str) -> dict[str, Any]:
    headers = {"x-acs-dingtalk-access-token": standin.token()}
    reply = HTTP.post(f"{standin.url}/{path}", json=body, headers=headers, params=query)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def phone(page: Page, user: str) -> Locator:
    return page.locator(f'.handset[data-user="{user}"]')


def union_id(standin: StandIn, user: str) -> str:
    return next(str(each["union_id"]) for each in standin.control("state")["persons"] if each["user_id"] == user)


def test_dings_calls_and_to_dos_come_by_themselves_and_are_answered_by_hand(standin: StandIn, page: Page) -> None:
    lead, fitter = phone(page, "lead.a"), phone(page, "fitter.a")
    expect(lead.get_by_role("alertdialog")).to_have_count(0)
    urgent = {"robotCode": CLIENT_ID, "receiverUserIdList": BOTH, "content": "<b>Stand 3</b> main motor 96 C"}
    call(standin, "v1.0/robot/ding/send", {**urgent, "remindType": 3})
    expect(lead.get_by_role("alertdialog")).to_contain_text("DING call")
    lead.get_by_role("button", name="Answer").click()
    expect(lead.get_by_role("alertdialog")).to_have_count(0)
    expect(fitter.get_by_role("alertdialog")).to_be_visible()
    fitter.get_by_role("button", name="Decline").click()

    call(standin, "v1.0/robot/ding/send", {**urgent, "remindType": 1})
    expect(lead.locator("[data-tabs] .unread")).to_have_text("1")
    lead.get_by_role("link", name="DING").click()
    expect(lead.locator("article.ding")).to_have_count(2)
    expect(lead.locator("article.ding").first).to_contain_text("<b>Stand 3</b> main motor 96 C")
    expect(lead.locator("article.ding").last).to_contain_text("answered")
    lead.get_by_role("button", name="Got it").click()
    expect(lead.locator("[data-tabs] .unread")).to_have_count(0)
    expect(lead.locator("article.ding").first).to_contain_text("read")

    me = union_id(standin, "fitter.a")
    order = {
        "subject": "Order 17: change the bearing",
        "executorIds": [me],
        "detailUrl": {"appUrl": "https://plant.example/17"},
    }
    call(standin, f"v1.0/todo/users/{me}/tasks", order, operatorId=me)
    fitter.get_by_role("link", name="To-do").click()
    expect(fitter.locator("article.todo")).to_contain_text("Order 17: change the bearing")
    expect(fitter.get_by_role("link", name="Details")).to_have_attribute("href", "https://plant.example/17")
    expect(fitter.get_by_role("button", name="Done")).to_have_count(0)

    host = union_id(standin, "lead.a")
    meeting = {"userId": host, "confTitle": "Stand 3 is hot", "inviteUserIds": [me], "inviteCaller": False}
    call(standin, "v1.0/conference/videoConferences", meeting)
    expect(fitter.get_by_role("alertdialog")).to_contain_text("Stand 3 is hot")
    fitter.get_by_role("button", name="Join").click()
    fitter.get_by_role("link", name="Meetings").click()
    expect(fitter.locator("article.meeting")).to_contain_text("in")
    lead.get_by_role("link", name="Meetings").click()
    lead.get_by_role("button", name="Join").click()
    expect(lead.get_by_role("button", name="Leave")).to_be_visible()


def test_a_call_is_answered_also_without_the_script_and_in_chinese(standin: StandIn) -> None:
    urgent = {"robotCode": CLIENT_ID, "receiverUserIdList": ["lead.a"], "content": "三号机架", "remindType": 3}
    call(standin, "v1.0/robot/ding/send", urgent)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(java_script_enabled=False)
        plain = context.new_page()
        plain.goto(f"{standin.phones_url}/lead.a?lang=zh")
        plain.get_by_role("button", name="接听").click()
        plain.get_by_role("link", name="DING").click()
        expect(plain.locator("article.ding").first).to_contain_text("已接听")
        browser.close()


def test_the_ledger_shows_what_each_call_did_and_what_it_cost_in_both_languages(standin: StandIn, page: Page) -> None:
    urgent = {"robotCode": CLIENT_ID, "receiverUserIdList": BOTH, "content": "hot", "remindType": 2}
    key = call(standin, "v1.0/robot/ding/send", urgent)["openDingId"]
    page.locator("details.desk summary").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="All of it").click()
    ledger = opened.value
    row = ledger.locator("tbody tr").filter(has_text=key).first
    expect(row).to_contain_text("v1.0/robot/ding/send")
    expect(row).to_contain_text("SMS 2")
    expect(ledger.locator(".spent")).to_contain_text("API calls this month")
    ledger.get_by_label("Subject").fill(key)
    ledger.get_by_role("button", name="Show").click()
    expect(ledger.locator("tbody tr")).to_have_count(1)
    ledger.goto(f"{standin.phones_url}/ledger?lang=zh")
    expect(ledger.locator("tbody tr").filter(has_text=key).first).to_contain_text("短信 2")
