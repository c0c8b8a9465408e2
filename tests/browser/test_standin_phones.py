"""The phone page in a real browser: cards are pressed, choices asked, failures shown, both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.standin_process import GROUP, StandIn, eventually, running_standin


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A page that allows no error in its console."""
    opened = browser.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []


def show(page: Page, standin: StandIn, user: str, chat: str = GROUP, language: str = "en") -> None:
    page.goto(f"{standin.phones_url}?{urlencode({'user': user, 'chat': chat, 'lang': language})}")


def test_a_press_on_the_phone_reaches_the_app_and_its_answer_changes_the_card_before_the_eyes(standin, page):
    standin.raise_card("browser-1")
    answer = {
        "cardUpdateOptions": {"updateCardDataByKey": True},
        "cardData": {"cardParamMap": {"state": "acknowledged", "state_text": "Lead A has it", "buttons": "[]"}},
    }
    with standin.app(lambda _data: answer) as got:
        show(page, standin, "lead.a")
        card = page.locator('[data-card="browser-1"]')
        expect(card.locator(".badge")).to_have_text("Not acknowledged")
        card.get_by_role("button", name="Acknowledge").click()
        expect(card.locator(".badge")).to_have_text("Lead A has it")
        expect(card.get_by_role("status")).to_have_text("Delivered")
        expect(card.get_by_role("button")).to_have_count(0)
    assert [data["outTrackId"] for data in got] == ["browser-1"]


def test_a_button_with_choices_asks_first(standin, page):
    standin.raise_card("browser-2")
    with standin.app(lambda _data: {}) as got:
        show(page, standin, "lead.a")
        card = page.locator('[data-card="browser-2"]')
        card.locator("summary").click()
        card.get_by_role("button", name="Waiting for parts").click()
        expect(card.get_by_role("status")).to_have_text("Delivered")
    assert '"choice": "parts"' in got[0]["content"]


def test_a_press_nobody_answers_is_shown_as_such_in_both_languages(standin, page):
    standin.raise_card("browser-3")
    with standin.open_stream():
        show(page, standin, "lead.a")
        card = page.locator('[data-card="browser-3"]')
        card.get_by_role("button", name="Acknowledge").click()
        expect(card.get_by_role("button", name="Acknowledge")).to_be_disabled()
        expect(card.get_by_role("status")).to_have_text("No answer, please try again later")
    page.get_by_role("link", name="中文").click()
    expect(page.locator('[data-card="browser-3"]').get_by_role("status")).to_have_text("没有响应，请稍后再试")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_what_is_written_on_one_phone_is_read_on_the_other_without_reloading(standin, page, browser):
    show(page, standin, "lead.a")
    other = browser.new_page()
    show(other, standin, "fitter.a")
    page.get_by_role("button", name="@", exact=True).click()
    page.get_by_label("Message").press_sequentially("who is on it?")
    page.get_by_role("button", name="Send").click()
    expect(other.locator(".bubble").last).to_have_text("@安灯 Andon who is on it?")
    expect(page.get_by_label("Message")).to_have_value("")
    other.close()


def test_unread_counts_are_beside_the_persons_and_the_chats_and_go_when_the_chat_is_opened(standin, page):
    show(page, standin, "ada.kovacs")
    eventually(lambda: standin.control("phone", user_id="ada.kovacs")["unread"], lambda unread: unread == 0)
    show(page, standin, "ada.kovacs", chat="")
    standin.raise_card("browser-4")
    standin.raise_card("browser-5")
    expect(page.locator('[data-user="ada.kovacs"] .unread')).to_have_text("2")
    row = page.locator(f'[data-chat="{GROUP}"]')
    expect(row.locator(".unread")).to_have_text("2")
    row.click()
    expect(page.locator('[data-card="browser-5"]')).to_be_visible()
    expect(page.locator('[data-user="ada.kovacs"] .unread')).to_have_count(0)


def test_what_a_message_says_is_never_markup_of_the_page(standin, page):
    text = "<img src=x onerror=alert(1)>"
    standin.raise_card("browser-6", headline=text, footer="<script>alert(1)</script>")
    show(page, standin, "lead.a")
    card = page.locator('[data-card="browser-6"]')
    expect(card.locator("h3")).to_have_text(text)
    expect(card.locator("img, script")).to_have_count(0)


def test_the_page_works_without_its_script(standin, browser):
    standin.raise_card("browser-7")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with standin.app(lambda _data: {}) as got:
        show(page, standin, "lead.a")
        page.locator('[data-card="browser-7"]').get_by_role("button", name="Acknowledge").click()
        expect(page.locator('[data-card="browser-7"]')).to_be_visible()
    assert [data["outTrackId"] for data in got] == ["browser-7"]
    context.close()
